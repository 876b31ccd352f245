"""Dates and times."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.errors import Misconfigured
from practicestudio.mapping.times import (
    SKIPPED,
    TWICE,
    eastern_stamp,
    iso_date,
    local_to_utc,
    read_clock,
    read_date,
    read_eastern_stamp,
    read_local,
    us_date,
    utc_to_local,
)

ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "Pacific/Honolulu")


@pytest.mark.parametrize("text", ["06/18/1987", "6/18/1987", "1987-06-18"])
def test_both_ways_of_writing_a_date_are_read(text: str) -> None:
    assert read_date(text) == date(1987, 6, 18)


@pytest.mark.parametrize(
    "text",
    ["02/30/1980", "15/04/1995", "01/01/   1", "00/00/0000", "01/01/0001", "1980-02-31", "06-18-1987", "wrong date", "", "٠٦/18/1987"],
)
def test_a_date_that_does_not_exist_is_none(text: str) -> None:
    assert read_date(text) is None


@given(st.dates(min_value=date(1800, 1, 1), max_value=date(2200, 12, 31)))
def test_a_date_comes_back_from_either_way_of_writing(day: date) -> None:
    assert read_date(us_date(day)) == day == read_date(iso_date(day))


@pytest.mark.parametrize("text", ["24:00", "12:60", "9", "nine", "12:00 PM"])
def test_a_time_that_no_clock_shows_is_none(text: str) -> None:
    assert read_clock(text) is None


def test_summer_and_winter_have_their_own_offset() -> None:
    assert local_to_utc(date(2023, 6, 15), time(9), "America/New_York") == (datetime(2023, 6, 15, 13, tzinfo=UTC), None)
    assert local_to_utc(date(2023, 12, 15), time(9), "America/New_York") == (datetime(2023, 12, 15, 14, tzinfo=UTC), None)


def test_a_time_that_daylight_saving_skips_moves_forward_with_a_warning() -> None:
    moment, warning = local_to_utc(date(2024, 3, 10), time(2, 30), "America/New_York")
    assert warning == SKIPPED
    assert utc_to_local(moment, "America/New_York").time() == time(3, 30)


def test_of_a_time_that_comes_twice_the_first_is_taken_with_a_warning() -> None:
    moment, warning = local_to_utc(date(2024, 11, 3), time(1, 30), "America/New_York")
    assert warning == TWICE
    assert moment == datetime(2024, 11, 3, 5, 30, tzinfo=UTC)


def test_a_place_without_daylight_saving_has_neither() -> None:
    assert local_to_utc(date(2024, 3, 10), time(2, 30), "America/Phoenix") == (datetime(2024, 3, 10, 9, 30, tzinfo=UTC), None)


@given(st.dates(min_value=date(1990, 1, 1), max_value=date(2035, 1, 1)), st.times(), st.sampled_from(ZONES))
def test_every_other_time_comes_back_from_utc(day: date, clock: time, zone: str) -> None:
    moment, warning = local_to_utc(day, clock, zone)
    back = utc_to_local(moment, zone).replace(tzinfo=None)
    assert back - datetime.combine(day, clock) == (timedelta(hours=1) if warning == SKIPPED else timedelta())


def test_an_iso_time_is_local_unless_it_says_otherwise() -> None:
    assert read_local("2023-06-15T09:00:00", "America/Chicago") == (datetime(2023, 6, 15, 14, tzinfo=UTC), None)
    assert read_local("2023-06-15T09:00:00-04:00", "America/Chicago") == (datetime(2023, 6, 15, 13, tzinfo=UTC), None)
    assert read_local("2023-06-31T09:00:00", "America/Chicago") is None
    assert read_local("0001-01-01T00:00:00+14:00", "America/Chicago") is None


def test_a_stamp_is_eastern_time() -> None:
    assert read_eastern_stamp("07/15/2020 13:01:49") == datetime(2020, 7, 15, 17, 1, 49, tzinfo=UTC)
    assert eastern_stamp(datetime(2020, 7, 15, 17, 1, 49, tzinfo=UTC)) == "07/15/2020 13:01:49"


@pytest.mark.parametrize("text", ["07/15/2020 25:00:00", "13/13/2020 10:00:00", "yesterday", ""])
def test_a_stamp_that_is_none_is_none(text: str) -> None:
    assert read_eastern_stamp(text) is None


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", ""])
def test_a_zone_that_does_not_exist_is_a_wrong_setting(name: str) -> None:
    with pytest.raises(Misconfigured):
        local_to_utc(date(2024, 1, 1), time(9), name)
