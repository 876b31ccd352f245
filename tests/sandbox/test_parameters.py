from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.sandbox.clock import EASTERN
from practicestudio.sandbox.parameters import Parameters, read_date, us_date
from practicestudio.sandbox.refusals import Refusal


def read(query: str = "", body: bytes = b"", kind: str = "application/x-www-form-urlencoded") -> Parameters:
    return Parameters.read(query.encode(), body, kind)


@given(st.dates(min_value=date(1000, 1, 1)))
def test_a_date_is_written_and_read_back(day: date) -> None:
    assert read_date(us_date(day)) == day
    assert read_date(day.isoformat(), iso=True) == day
    assert read_date(day.isoformat()) is None


@pytest.mark.parametrize("text", ["02/30/2026", "13/01/2026", "1/1/26", "", "x", "01/01/   1", "2026/01/01"])
def test_what_is_no_date_is_none(text: str) -> None:
    assert read_date(text, iso=True) is None


def test_a_date_without_leading_zeros_is_taken() -> None:
    assert read_date("6/18/1987") == date(1987, 6, 18)


@pytest.mark.parametrize(
    "query", ["departmentid=1,2", "departmentid=1&departmentid=2", "DEPARTMENTID=1&departmentid=2", "departmentid[0]=1&departmentid[1]=2"]
)
def test_lists_come_as_commas_repeated_keys_or_indexes(query: str) -> None:
    assert read(query).integers("departmentid") == [1, 2]


@pytest.mark.parametrize("text", ["", "one", "1.5", "0x1", "9" * 40])
def test_what_is_no_integer_is_refused_with_its_value(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(f"limit={text}").integer("limit")
    assert refused.value.body["detailedmessage"] == f"Expecting type integer, but value is {text}"


def test_json_members_become_the_text_a_form_would_carry() -> None:
    body = b'{"PatientId": 5, "flag": true, "list": [{"a": 1}], "none": null}'
    parameters = read(body=body, kind="application/json; charset=utf-8")
    assert (parameters.integer("patientid"), parameters.flag("flag"), parameters.text("none")) == (5, True, None)
    assert parameters.text("list") == '[{"a":1}]'
    assert parameters.json


def test_an_hour_that_comes_twice_is_taken_at_its_widest() -> None:
    query = read("start=11/01/2026 01:30:00&end=11/01/2026 01:30:00")
    start, end = query.moment("start", EASTERN), query.moment("end", EASTERN, last=True)
    assert start is not None
    assert end is not None
    assert start.astimezone(UTC) == datetime(2026, 11, 1, 5, 30, tzinfo=UTC)
    assert end.astimezone(UTC) == datetime(2026, 11, 1, 6, 30, tzinfo=UTC)


def test_a_bare_date_ends_a_window_at_its_last_second() -> None:
    end = read("end=11/20/2026").moment("end", EASTERN, last=True)
    assert end is not None
    assert (end.hour, end.minute, end.second) == (23, 59, 59)
