from collections import Counter
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.sandbox.catalogue import catalogue_of
from practicestudio.sandbox.population import Population
from practicestudio.sandbox.schedule import FIRST_DAY, Schedule, SlotKey

OPENED = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)


def schedule_of(index: int = 0) -> Schedule:
    catalogue = catalogue_of(("195900", "195901")[index], index)
    return Schedule(1, catalogue, Population(1, catalogue, 500), OPENED)


@given(st.integers(FIRST_DAY, FIRST_DAY + 3000), st.integers(0, 5), st.integers(0, 31))
def test_an_id_tells_its_slot(day: int, provider: int, number: int) -> None:
    schedule = schedule_of()
    key = SlotKey(day, provider, number)
    assert schedule.locate(schedule.identify(key)) == (key if schedule.works(provider, day) else None)


def test_nobody_works_at_the_weekend() -> None:
    schedule = schedule_of()
    assert not list(schedule.day(date(2026, 11, 21).toordinal()))
    assert list(schedule.day(date(2026, 11, 20).toordinal()))


def test_bookings_lie_a_fortnight_before_and_after_and_nowhere_else() -> None:
    schedule = schedule_of()
    states: Counter[str] = Counter()
    for day in range(date(2026, 11, 2).toordinal(), date(2026, 12, 20).toordinal()):
        for appointment in schedule.day(day):
            record = schedule.appointment(appointment)
            assert record is not None
            if record["appointmentstatus"] != "o":
                assert OPENED - timedelta(days=15) < schedule.start(record) < OPENED + timedelta(days=15)
            states[record["appointmentstatus"]] += 1
    assert states.keys() == {"o", "f", "x", "3", "4"}
    assert all(count > 20 for count in states.values())


def test_the_past_is_over_and_the_future_is_not() -> None:
    schedule = schedule_of()
    for day in schedule.booked_days():
        for appointment in schedule.day(day):
            record = schedule.appointment(appointment) or {}
            if record["appointmentstatus"] in "34":
                assert schedule.start(record) < OPENED
            elif record["appointmentstatus"] == "f":
                assert schedule.start(record) >= OPENED


def test_a_cancelled_time_is_free_again_under_another_id() -> None:
    schedule = schedule_of()
    by_place: dict[tuple[str, str, str], list[str]] = {}
    for day in schedule.booked_days():
        for appointment in schedule.day(day):
            record = schedule.appointment(appointment) or {}
            by_place.setdefault((record["providerid"], record["date"], record["starttime"]), []).append(record["appointmentstatus"])
    assert {tuple(states) for states in by_place.values()} >= {("x", "o"), ("f",), ("o",)}
    assert all(states == ["x", "o"] or len(states) == 1 for states in by_place.values())


@pytest.mark.parametrize(
    ("index", "department", "day", "utc"),
    [
        (0, "1", "11/20/2026", "2026-11-20T14:00:00+00:00"),
        (0, "1", "07/20/2026", "2026-07-20T13:00:00+00:00"),
        (0, "21", "11/20/2026", "2026-11-20T15:00:00+00:00"),
        (1, "1", "11/20/2026", "2026-11-20T17:00:00+00:00"),
        (1, "2", "07/20/2026", "2026-07-20T16:00:00+00:00"),
        (1, "2", "11/20/2026", "2026-11-20T16:00:00+00:00"),
    ],
)
def test_nine_oclock_is_the_departments_nine_oclock(index: int, department: str, day: str, utc: str) -> None:
    record = {"date": day, "starttime": "09:00", "departmentid": department}
    assert schedule_of(index).start(record).isoformat() == utc
