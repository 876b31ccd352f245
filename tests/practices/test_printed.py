"""The docs page of the settings shows them as they are."""

from pathlib import Path

from practicestudio.practices.printed import markdown

PAGE = Path(__file__).parents[2] / "docs" / "practices.md"
MARK = "<!-- What follows is printed from the forms by practicestudio.practices.printed.markdown; a test holds it to them. -->\n"


def test_the_docs_show_every_setting_as_its_form_does() -> None:
    assert PAGE.read_text().partition(MARK)[2] == "\n" + markdown()
