"""The code tables and the rows that use them."""

import pytest

from practicestudio.mapping import ALL_CODE_TABLES, ALL_MAPS, FieldMap
from practicestudio.mapping.codes import ETHNICITY, RACE, standard_code
from practicestudio.mapping.languages import language_6392, read_language
from practicestudio.mapping.rows import CodeRow, CodeTable
from practicestudio.records import Coded


@pytest.mark.parametrize("table", ALL_CODE_TABLES, ids=lambda table: table.name)
def test_every_code_that_is_sent_is_read_back_as_the_same(table: CodeTable) -> None:
    read = table.read_codes()
    for sent in (table.sent_codes("platform"), table.sent_codes("guide")):
        assert all(read[athena].ours == ours for ours, athena in sent.items())


@pytest.mark.parametrize("table", ALL_CODE_TABLES, ids=lambda table: table.name)
def test_every_code_stands_in_its_table_once(table: CodeTable) -> None:
    codes = [row.athena for row in table.rows]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("row", [*RACE.rows, *ETHNICITY.rows], ids=lambda row: row.athena)
def test_every_race_and_ethnicity_code_has_its_check_digit(row: CodeRow) -> None:
    assert standard_code(row.athena)


@pytest.mark.parametrize("code", ["2106-4", "2016-3", "21063", "2106-", "210-63", "٢١٠٦-٣", ""])
def test_other_codes_have_not(code: str) -> None:
    assert not standard_code(code)


@pytest.mark.parametrize("fields", ALL_MAPS, ids=lambda fields: fields.name)
def test_every_field_stands_in_its_map_once(fields: FieldMap) -> None:
    names = [row.athena for row in fields.rows]
    assert sorted({name for name in names if names.count(name) > 1}) == []


@pytest.mark.parametrize("fields", ALL_MAPS, ids=lambda fields: fields.name)
def test_what_is_not_kept_says_why(fields: FieldMap) -> None:
    assert all(row.note and row.via is None and not row.ours for row in fields.rows if row.direction == "not kept")


@pytest.mark.parametrize("text", ["spa", "SPA", "es", "Spanish"])
def test_a_language_is_read_by_any_of_its_codes_and_by_name(text: str) -> None:
    assert read_language(text) == Coded("spa", "Spanish")


def test_both_kinds_of_iso_639_2_are_read_and_the_terminology_code_is_sent() -> None:
    assert read_language("ger") == read_language("deu") == Coded("deu", "German")
    assert language_6392("deu") == "deu"


def test_what_is_no_language_is_none() -> None:
    assert read_language("Klingonese") is None
    assert language_6392("qqq") is None
