"""Appointments: the calendar in the location's zone, and what can be done about an appointment by whoever may."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from practicestudio.access.rights import Role
from practicestudio.clock import new_id
from practicestudio.practices.items import put_items
from practicestudio.practices.practice import Practice
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Database
from practicestudio.store.records import Stored
from practicestudio.sync.setup import setup_of

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(hour=18, minute=0, second=0, microsecond=0)


def home(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/appointments"


@pytest.fixture
async def appointment(database: Database, practice: Practice) -> UUID:
    """Tomorrow at 18:00 UTC, at an office in Chicago, in a practice in New York."""
    patient = Stored(new_id(), Patient(external_id="5", first_name="Jean", last_name="Hillcanary"))
    async with database.practice(practice.id) as transaction:
        await put_items(transaction, "location", [{"external_id": "1", "name": "Lake Office", "time_zone": "America/Chicago"}])
        await put_items(transaction, "provider", [{"external_id": "71", "name": "Marcus Test, MD"}])
        items = (await setup_of(transaction)).items
        record = Appointment(
            external_id="900", patient_id=patient.id, provider_id=items.providers["71"].id, location_id=items.locations["1"].id,
            start_time=TOMORROW, end_time=TOMORROW + timedelta(minutes=30), reason="Cough",
        )  # fmt: skip
        stored = Stored(new_id(), record)
        await store.add_patients(transaction, [patient])
        await store.add_appointments(transaction, [stored])
    return stored.id


async def status(database: Database, practice: Practice, appointment: UUID) -> str:
    async with database.practice(practice.id) as transaction:
        return (await store.read_appointments(transaction, [appointment]))[appointment].record.status


@pytest.mark.parametrize("view", ["day", "week"])
async def test_the_calendar_shows_who_is_booked_in_the_locations_zone(sign_in: Any, practice: Practice, appointment: UUID, view: str) -> None:
    person = await sign_in(Role.FRONT_DESK)
    shown = (await person.get(f"{home(practice)}?day={TOMORROW:%Y-%m-%d}&view={view}")).text
    there = TOMORROW.astimezone(ZoneInfo("America/Chicago"))
    assert "Hillcanary, Jean" in shown
    assert f"{there:%H:%M}–" in shown
    assert "America/Chicago" in shown
    later = (await person.get(f"{home(practice)}?day={TOMORROW + timedelta(days=30):%Y-%m-%d}&view={view}")).text
    assert "Hillcanary" not in later
    assert "Nothing is booked" in later


async def test_a_practice_without_locations_says_what_to_do(sign_in: Any, practice: Practice) -> None:
    assert "No location yet" in (await (await sign_in(Role.FRONT_DESK)).get(home(practice))).text


async def test_a_patient_is_checked_in_and_out(sign_in: Any, database: Database, practice: Practice, appointment: UUID) -> None:
    person = await sign_in(Role.FRONT_DESK)
    assert "Cough" in (await person.get(f"{home(practice)}/{appointment}")).text
    for what, then in (("check_in", "checked_in"), ("check_out", "checked_out")):
        done = await person.post(f"{home(practice)}/{appointment}/step", {"what": what})
        assert done.status_code == 303
        assert await status(database, practice, appointment) == then
    late = await person.post(f"{home(practice)}/{appointment}/cancel", {"reason": "late"})
    assert (late.status_code, "checked out, so this cannot be done" in late.text) == (422, True)


async def test_a_cancellation_wants_a_reason(sign_in: Any, database: Database, practice: Practice, appointment: UUID) -> None:
    person = await sign_in(Role.FRONT_DESK)
    refused = await person.post(f"{home(practice)}/{appointment}/cancel", {"reason": " "})
    assert (refused.status_code, "Say why it is cancelled" in refused.text) == (422, True)
    await person.post(f"{home(practice)}/{appointment}/cancel", {"reason": "Called in"})
    assert await status(database, practice, appointment) == "cancelled"
    assert "1 cancelled" in (await person.get(f"{home(practice)}?day={TOMORROW:%Y-%m-%d}")).text


async def test_free_times_that_athenahealth_does_not_tell_are_a_sentence_beside_the_calendar(
    sign_in: Any, practice: Practice, appointment: UUID
) -> None:
    person = await sign_in(Role.FRONT_DESK)
    shown = await person.get(f"{home(practice)}?day={TOMORROW:%Y-%m-%d}&free=true")
    assert "Hillcanary, Jean" in shown.text
    assert 'role="alert"' in shown.text
    assert "For whom?" in (await person.get(f"{home(practice)}/book")).text


async def test_who_may_only_look_changes_nothing(sign_in: Any, database: Database, practice: Practice, appointment: UUID) -> None:
    person = await sign_in(Role.BILLER)
    assert "Check in" not in (await person.get(f"{home(practice)}/{appointment}")).text
    assert (await person.post(f"{home(practice)}/{appointment}/step", {"what": "check_in"})).status_code == 403
    assert (await person.get(f"{home(practice)}/book")).status_code == 403
    assert (await (await sign_in(Role.AUDITOR)).get(home(practice))).status_code == 403
    assert await status(database, practice, appointment) == "booked"
