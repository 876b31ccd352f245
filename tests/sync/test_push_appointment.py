"""Booking, moving, cancelling and seeing patients: done here, told to athenahealth once, and taken back to a person where the time is gone."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest

from practicestudio.clock import now
from practicestudio.errors import InvalidValue
from practicestudio.sync.change_appointment import book, cancel, choose_slot, reschedule, take_step
from practicestudio.sync.change_patient import create_patient
from practicestudio.sync.find_slots import Slot, Wish, find_slots
from practicestudio.sync.setup import setup_of

BREAKS = ["drop_before", "drop_after", "500", "truncated", "429"]
BOOKS = {"platform": "book_appointment", "guide": "open_or_book"}


async def slots(clinic: Any, **wish: Any) -> list[Slot]:
    items = (await clinic.do(setup_of)).items
    start = now() + timedelta(days=2)
    chosen = Wish(**{"location_id": items.locations["1"].id, "start": start, "end": start + timedelta(days=9), **wish})
    return await find_slots(clinic.doors, clinic.database, clinic.practice.id, chosen)


async def patient_id(clinic: Any, external_id: str = "3") -> UUID:
    found: UUID = (await clinic.patients())[external_id].id
    return found


async def booked_here(clinic: Any, slot: Slot, **given: Any) -> UUID:
    patient = await patient_id(clinic)
    found: UUID = await clinic.do(lambda transaction: book(transaction, patient, slot, "ann", **given))
    return found


async def booked(clinic: Any) -> tuple[UUID, str]:
    """An appointment that is booked on both sides: our id, and theirs."""
    [slot, *_] = await slots(clinic)
    ours = await booked_here(clinic, slot)
    await clinic.work()
    return ours, await external_id_of(clinic, ours)


async def of_id(clinic: Any, appointment_id: UUID) -> Any:
    return next(one.record for one in (await clinic.appointments()).values() if one.id == appointment_id)


async def external_id_of(clinic: Any, appointment_id: UUID) -> str:
    external_id: str = (await of_id(clinic, appointment_id)).external_id
    assert external_id is not None
    return external_id


async def test_free_slots_are_found_for_a_location_a_provider_and_a_type(pulled: Any) -> None:
    items = (await pulled.do(setup_of)).items
    every = await slots(pulled)
    assert every
    assert {slot.location_id for slot in every} == {items.locations["1"].id}
    provider, kind = every[0].provider_id, every[0].appointment_type
    mine = await slots(pulled, provider_id=provider)
    assert mine == [slot for slot in every if slot.provider_id == provider]
    typed = await slots(pulled, appointment_type=kind)
    assert every[0] in typed
    assert {slot.appointment_type for slot in typed} == {kind}


async def test_a_booking_here_is_a_booking_there(pulled: Any) -> None:
    [slot, *_] = await slots(pulled)
    ours = await booked_here(pulled, slot, notes="Prefers the morning.")
    assert (await of_id(pulled, ours)).status == "booked"
    await pulled.work()
    record = await of_id(pulled, ours)
    there = await pulled.true_appointment(record.external_id)
    assert (there["appointmentstatus"], there["patientid"]) == ("f", "3")
    assert [note["notetext"] for note in there["notes"]] == ["Prefers the morning."]
    assert (record.start_time, record.provider_id) == (slot.start_time, slot.provider_id)
    before, writes = await pulled.appointments(), len(await pulled.writes())
    await pulled.feed()
    assert await pulled.appointments() == before
    assert len(await pulled.writes()) == writes
    assert not [one.error for one in await pulled.errors()]


@pytest.mark.parametrize("fault", BREAKS)
async def test_a_booking_that_breaks_off_is_booked_once(shared_clinic: Any, fault: str) -> None:
    [slot, *_] = await slots(shared_clinic)
    made = len(await shared_clinic.writes("booked"))
    await shared_clinic.fault(fault, BOOKS[(await shared_clinic.do(setup_of)).dialect])
    ours = await booked_here(shared_clinic, slot)
    await shared_clinic.work()
    assert len(await shared_clinic.writes("booked")) == made + 1
    assert (await shared_clinic.true_appointment(await external_id_of(shared_clinic, ours)))["appointmentstatus"] == "f"
    count = len(await shared_clinic.appointments())
    await shared_clinic.feed()
    assert len(await shared_clinic.appointments()) == count
    assert not [one.error for one in await shared_clinic.errors()]


async def test_a_booking_whose_worker_is_killed_is_booked_once_even_if_the_feed_is_faster(pulled: Any) -> None:
    [slot, *_] = await slots(pulled)
    count = len(await pulled.appointments())
    ours = await booked_here(pulled, slot)
    await pulled.killed_once_answered(r"(PUT .*/appointments/\d+|POST .*/appointments/open)$")
    await pulled.feed()
    await pulled.work()
    assert len(await pulled.writes("booked")) == 1
    assert len(await pulled.appointments()) == count + 1
    assert await external_id_of(pulled, ours)
    assert not [one.error for one in await pulled.errors()]


async def test_a_time_that_was_taken_meanwhile_comes_back_with_the_nearest_free_ones(pulled: Any) -> None:
    free = await slots(pulled)
    slot = free[0]
    ours = await booked_here(pulled, slot)
    await pulled.happens("book", patientid=5, appointmentid=int(slot.external_id))
    await pulled.work()
    parked = await pulled.only_error()
    assert (parked.state, parked.error_code) == ("parked", "slot_taken")
    assert parked.error == "The time was booked by someone else meanwhile. Choose another: 5 near it are listed with the message."
    nearest = (await pulled.report(parked))["nearest"]
    assert len(nearest) == 5
    assert {one["provider_id"] for one in nearest} == {str(slot.provider_id)}
    assert slot.external_id not in {one["external_id"] for one in nearest}
    other = msgspec.convert(nearest[0], Slot)
    await pulled.do(lambda transaction: choose_slot(transaction, parked.id, other, "ann"))
    await pulled.work()
    assert not [one.error for one in await pulled.errors()]
    assert (await of_id(pulled, ours)).start_time == other.start_time
    assert (await pulled.true_appointment(await external_id_of(pulled, ours)))["patientid"] == "3"


async def test_a_409_at_the_last_moment_is_a_taken_time_too(pulled_platform: Any) -> None:
    [slot, *_] = await slots(pulled_platform)
    await booked_here(pulled_platform, slot)

    async def somebody_is_faster() -> None:
        await pulled_platform.happens("book", patientid=5, appointmentid=int(slot.external_id))

    await pulled_platform.while_answered(r"GET .*/appointments/open$", somebody_is_faster)
    assert (await pulled_platform.only_error()).error_code == "slot_taken"


async def test_a_booking_that_never_came_to_be_is_cancelled_here_alone(pulled: Any) -> None:
    [slot, *_] = await slots(pulled)
    ours = await booked_here(pulled, slot)
    await pulled.happens("book", patientid=5, appointmentid=int(slot.external_id))
    await pulled.work()
    await pulled.do(lambda transaction: cancel(transaction, ours, "ann", reason="Too late"))
    await pulled.work()
    assert (await of_id(pulled, ours)).status == "cancelled"
    assert not [one.error for one in await pulled.errors()]
    assert not await pulled.writes("cancelled")


@pytest.mark.parametrize("fault", [None, *BREAKS])
async def test_a_cancellation_here_is_one_there_once(shared_platform: Any, fault: str | None) -> None:
    clinic = shared_platform
    ours, theirs = await booked(clinic)
    if fault:
        await clinic.fault(fault, "cancel_appointment")
    await clinic.do(lambda transaction: cancel(transaction, ours, "ann", reason="Better again"))
    await clinic.work()
    assert (await clinic.true_appointment(theirs))["appointmentstatus"] == "x"
    assert [write["appointmentid"] for write in await clinic.writes("cancelled")].count(theirs) == 1
    await clinic.feed()
    assert (await of_id(clinic, ours)).status == "cancelled"
    assert not [one.error for one in await clinic.errors()]


@pytest.mark.parametrize("fault", [None, *BREAKS])
async def test_a_reschedule_here_is_one_there_once(shared_platform: Any, fault: str | None) -> None:
    clinic = shared_platform
    ours, theirs = await booked(clinic)
    free = await slots(clinic)
    if fault:
        await clinic.fault(fault, "reschedule_appointment")
    new = await clinic.do(lambda transaction: reschedule(transaction, ours, free[3], "ann", reason="Work"))
    await clinic.work()
    await clinic.feed()
    old, moved = await of_id(clinic, ours), await of_id(clinic, new)
    assert (old.status, old.rescheduled_to) == ("cancelled", moved.external_id)
    assert (moved.status, moved.start_time) == ("booked", free[3].start_time)
    assert (await clinic.true_appointment(theirs))["appointmentstatus"] == "x"
    assert (await clinic.true_appointment(moved.external_id))["patientid"] == "3"
    assert [write["appointmentid"] for write in await clinic.writes("booked")].count(moved.external_id) == 1
    assert not [one.error for one in await clinic.errors()]


async def test_all_of_it_works_in_the_guides_dialect_too(make_clinic: Any) -> None:
    clinic = await make_clinic("guide")
    await clinic.pull()
    ours, _ = await booked(clinic)
    free = await slots(clinic)
    new = await clinic.do(lambda transaction: reschedule(transaction, ours, free[3], "ann"))
    await clinic.work()
    await clinic.do(lambda transaction: take_step(transaction, new, "check_in", "ann"))
    await clinic.do(lambda transaction: take_step(transaction, new, "check_out", "ann"))
    await clinic.work()
    assert (await clinic.true_appointment(await external_id_of(clinic, new)))["appointmentstatus"] == "3"
    other, theirs = await booked(clinic)
    await clinic.do(lambda transaction: cancel(transaction, other, "ann"))
    await clinic.work()
    assert (await clinic.true_appointment(theirs))["appointmentstatus"] == "x"
    assert not [one.error for one in await clinic.errors()]


@pytest.mark.parametrize("fault", [None, *BREAKS])
async def test_a_visit_is_checked_in_and_out_once(shared_platform: Any, fault: str | None) -> None:
    clinic = shared_platform
    ours, theirs = await booked(clinic)
    if fault:
        await clinic.fault(fault, r"/checkin$")
        await clinic.fault(fault, r"/checkout$")
    await clinic.do(lambda transaction: take_step(transaction, ours, "check_in", "ann"))
    await clinic.work()
    assert (await clinic.true_appointment(theirs))["appointmentstatus"] == "2"
    await clinic.do(lambda transaction: take_step(transaction, ours, "check_out", "ann"))
    await clinic.work()
    assert (await clinic.true_appointment(theirs))["appointmentstatus"] == "3"
    await clinic.feed()
    assert (await of_id(clinic, ours)).status == "checked_out"
    assert not [one.error for one in await clinic.errors()]


async def test_cancelling_what_was_begun_there_says_so_and_takes_their_state(pulled_platform: Any) -> None:
    clinic = pulled_platform
    ours, theirs = await booked(clinic)
    await clinic.happens("check_in", appointmentid=int(theirs))
    await clinic.do(lambda transaction: cancel(transaction, ours, "ann"))
    await clinic.work()
    failed = await clinic.only_error()
    assert failed.error == "The appointment could not be cancelled: its state at athenahealth does not allow it. Look at it there."
    assert (await of_id(clinic, ours)).status == "checked_in"


async def test_the_practices_rules_say_what_may_be_booked(pulled_platform: Any) -> None:
    clinic = pulled_platform
    free = await slots(clinic)
    items = (await clinic.do(setup_of)).items
    provider = next(one for one in items.providers.values() if one.id == free[0].provider_id)
    kind = next(one for one in items.appointment_types.values() if one.id == free[0].appointment_type)

    await clinic.configure("scheduling_rule", "booking", {"provider_types": {provider.external_id: ["99999"]}})
    assert provider.id not in {slot.provider_id for slot in await slots(clinic)}
    with pytest.raises(InvalidValue, match="does not see appointments of this type"):
        await booked_here(clinic, free[0])
    await clinic.configure("scheduling_rule", "booking", {"provider_types": {provider.external_id: [kind.external_id]}})
    assert free[0] in await slots(clinic)

    await clinic.configure("scheduling_rule", "booking", {"lead_hours": 24 * 4})
    assert all(slot.start_time >= now() + timedelta(days=4) - timedelta(minutes=1) for slot in await slots(clinic))
    with pytest.raises(InvalidValue, match="books at least 4 days ahead"):
        await booked_here(clinic, free[0])

    await clinic.configure("scheduling_rule", "booking", {"hours": {str(day): ["09:00", "11:00"] for day in range(5)}})
    zone = (await clinic.do(setup_of)).practice.zone
    assert {slot.start_time.astimezone(zone).hour for slot in await slots(clinic)} <= {9, 10}


async def test_a_patients_booking_waits_for_the_patients_registration(pulled_platform: Any) -> None:
    clinic = pulled_platform
    [slot, *_] = await slots(clinic)
    known = await clinic.patient("3")
    items = (await clinic.do(setup_of)).items
    new = replace(known, external_id=None, first_name="Zed", insurances=(), primary_location_id=items.locations["1"].id)
    patient = await clinic.do(lambda transaction: create_patient(transaction, new, "ann"))
    ours = await clinic.do(lambda transaction: book(transaction, patient, slot, "ann"))
    await clinic.work()
    assert not [one.error for one in await clinic.errors()]
    external_id = (await clinic.true_appointment(await external_id_of(clinic, ours)))["patientid"]
    assert (await clinic.truth(external_id))["firstname"] == "Zed"
