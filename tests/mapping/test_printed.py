"""The printed rows, and the docs page that shows them."""

from pathlib import Path

from practicestudio.mapping import ALL_CODE_TABLES, ALL_MAPS, PATIENT
from practicestudio.mapping.printed import markdown, printed_not_kept, printed_rows

PAGE = Path(__file__).parents[2] / "docs" / "mapping.md"
MARK = "<!-- What follows is printed from the rows by practicestudio.mapping.printed.markdown; a test holds it to them. -->\n"


def test_a_row_is_printed_with_what_binds_it() -> None:
    row = next(row for row in printed_rows(PATIENT) if row.athena == "language6392code")
    assert row.in_guide == "language"
    assert row.ours == "preferred_language"
    assert row.direction == "received and sent"
    assert "may be `declined`" in row.note


def test_what_is_left_out_is_printed_by_its_reason() -> None:
    assert "balances" in printed_not_kept(PATIENT)["money is read from the billing side when it is needed"]


def test_the_docs_show_the_rows_as_they_are() -> None:
    assert PAGE.read_text().partition(MARK)[2] == "\n" + markdown(ALL_MAPS, ALL_CODE_TABLES)
