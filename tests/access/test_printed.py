"""The table of rights in the docs is the one in the code."""

from pathlib import Path

from practicestudio.access.printed import rights_table
from practicestudio.access.rights import Right

PAGE = Path(__file__).parents[2] / "docs" / "access.md"
BEGIN = "<!-- Printed by practicestudio.access.printed.rights_table; a test holds it to the code. -->\n"
END = "<!-- End of what is printed. -->\n"


def test_the_docs_show_the_rights_as_they_are() -> None:
    assert PAGE.read_text().partition(BEGIN)[2].partition(END)[0] == "\n" + rights_table() + "\n"


def test_every_right_has_a_line() -> None:
    assert not [right for right in Right if f"| `{right.value}` |" not in rights_table()]
