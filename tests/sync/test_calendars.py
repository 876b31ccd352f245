"""The calendar: a location's days in its own time zone, as a table that anybody can follow; and one appointment whole."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from practicestudio.access.audit import Action
from practicestudio.records import Appointment
from practicestudio.store.records import Stored
from practicestudio.sync.appointment_page import appointment_page
from practicestudio.sync.calendars import Booked, Cell, read_calendar, table_of
from practicestudio.sync.change_appointment import take_step
from practicestudio.sync.find_slots import Wish, find_slots
from practicestudio.sync.setup import setup_of

ZONE = ZoneInfo("America/New_York")


def booked(start: str, end: str) -> Booked:
    at = [datetime.combine(date(2026, 11, 24), time.fromisoformat(one), ZONE) for one in (start, end)]
    return Booked(Stored(None, Appointment()), None, *at)  # type: ignore[arg-type]


def shape(*columns: list[Booked]) -> list[list[Any]]:
    """Rows of the table: how far each cell goes and how much is in it; None where one from above goes on."""
    rows = table_of(columns, opens=time(9), closes=time(11))
    return [[f"{row.at:%H:%M}", *(cell and (cell.rows, len(cell.entries)) for cell in row.cells)] for row in rows]


def test_an_appointment_goes_over_the_rows_of_its_time() -> None:
    assert shape([booked("09:30", "10:30")]) == [["09:00", (1, 0)], ["09:30", (2, 1)], ["10:00", None], ["10:30", (1, 0)]]


def test_what_overlaps_shares_a_cell() -> None:
    found = shape([booked("09:00", "10:00"), booked("09:30", "10:30")], [booked("10:00", "10:15")])
    assert found == [["09:00", (3, 2), (1, 0)], ["09:30", None, (1, 0)], ["10:00", None, (1, 1)], ["10:30", (1, 0), (1, 0)]]


def test_the_day_begins_earlier_and_ends_later_where_somebody_is_booked() -> None:
    rows = table_of([[booked("07:10", "07:20"), booked("19:00", "19:40")]])
    assert (rows[0].at, rows[-1].at) == (time(7), time(19, 30))


def test_nothing_booked_is_an_empty_table() -> None:
    assert all(row.cells == (Cell(1),) for row in table_of([[]]))


async def test_a_day_is_the_locations_day_with_patients_and_free_times_between(shared_platform: Any) -> None:
    clinic = shared_platform
    setup = await clinic.do(setup_of)
    location = setup.items.locations["1"]
    day = clinic.sandbox.clock.now().astimezone(ZoneInfo(location.time_zone)).date()
    wish = Wish(
        location_id=location.id,
        start=datetime.combine(day + timedelta(days=1), time(), UTC),
        end=datetime.combine(day + timedelta(days=2), time(), UTC),
    )
    slots = await find_slots(clinic.doors, clinic.database, clinic.practice.id, wish)
    shown = await clinic.do(lambda transaction: read_calendar(transaction, location.id, day, 2, "bob", free=slots))
    here = [one for one in (await clinic.appointments()).values() if one.record.location_id == location.id]
    wanted = {one.id for one in here if day <= one.record.start_time.astimezone(shown.zone).date() <= day + timedelta(days=1)}
    found = {one.stored.id for one in (*shown.entries, *shown.cancelled) if isinstance(one, Booked)}
    assert found == wanted
    assert wanted
    assert all(one.patient is not None for one in shown.entries if isinstance(one, Booked))
    assert sum(not isinstance(one, Booked) for one in shown.entries) == len(slots)
    assert [one.start for one in shown.entries] == sorted(one.start for one in shown.entries)


async def test_an_appointment_tells_its_history_and_whoever_looked_stands_in_the_trail(shared_platform: Any) -> None:
    clinic = shared_platform
    stored = next(one for one in (await clinic.appointments()).values() if one.record.status == "booked")
    await clinic.do(lambda transaction: take_step(transaction, stored.id, "check_in", "ann"))
    shown = await clinic.do(lambda transaction: appointment_page(transaction, stored.id, "bob"))
    assert [(one.actor, one.value) for one in shown.histories["status"].events] == [("ann", "checked_in"), ("athenahealth", "booked")]
    assert shown.messages[0].kind == "appointment.check_in"
    assert shown.patient is not None
    [viewed] = [one for one in await clinic.trail(stored.id) if one["action"] == Action.PERSON_APPOINTMENT_VIEW]
    assert (viewed["actor"], viewed["patient_id"]) == ("bob", stored.record.patient_id)
