"""Feeds of changes: what happens at athenahealth arrives here, once, whatever breaks in between."""

from typing import Any

import pytest


async def test_a_feed_is_subscribed_to_once_and_read_until_it_is_empty(clinic: Any) -> None:
    await clinic.pull()
    assert clinic.calls("subscribe_patients") == 1
    await clinic.feed()
    assert clinic.calls("subscribe_patients") == 1
    assert {message.state for message in await clinic.messages()} == {"done"}


async def test_a_move_a_marriage_and_a_phone_arrive(pulled: Any) -> None:
    moved = await pulled.happens("move", patientid=3)
    married = await pulled.happens("marry", patientid=4, lastname="Newman")
    await pulled.happens("phone", patientid=5, mobilephone="6175550123")
    await pulled.feed()
    assert (await pulled.patient("3")).address.line1 == moved["fields"]["address1"]
    assert (await pulled.patient("4")).last_name == married["fields"]["lastname"] == "Newman"
    assert (await pulled.patient("5")).phone_mobile == "+16175550123"
    assert not [one.error for one in await pulled.errors()]


async def test_insurances_and_custom_fields_arrive_although_the_feed_does_not_tell_them(pulled: Any) -> None:
    practice = pulled.sandbox.practices[pulled.practice.athena_id]
    practice.people.set_custom_fields(6, [])
    before = (await pulled.patient("6")).insurances
    await pulled.happens("phone", patientid=6)
    await pulled.feed()
    assert (await pulled.patient("6")).insurances == before
    assert (await pulled.patient("6")).custom_fields == {}


async def test_a_birth_brings_a_new_patient(pulled: Any) -> None:
    born = await pulled.happens("birth", patientid=3)
    await pulled.feed()
    child = await pulled.patient(born["patientid"])
    assert child.last_name == (await pulled.patient("3")).last_name
    assert len(await pulled.patients()) == pulled.size + 1


async def test_a_delete_is_followed(pulled: Any) -> None:
    await pulled.happens("delete", patientid=7)
    await pulled.feed()
    assert (await pulled.patient("7")).status == "deleted"


@pytest.mark.parametrize("survivor_first", [True, False])
async def test_a_merge_is_followed_with_its_appointments_and_links(pulled: Any, survivor_first: bool) -> None:
    booked = await pulled.happens("book", patientid=9)
    await pulled.feed()
    kept, gone = ("8", "9") if survivor_first else ("9", "8")
    merged = await pulled.happens("merge", patientid=int(kept), gone=int(gone))
    assert (merged["patientid"], merged["gone"]) == (kept, gone)
    await pulled.feed()
    patients = await pulled.patients()
    assert patients[gone].merged_into == patients[kept].id
    assert patients[kept].record.status == "active"
    assert patients[kept].record.external_id == kept
    assert patients[kept].record.previous_external_ids == (gone,)
    assert (await pulled.appointment(booked["appointmentid"])).patient_id == patients[kept].id
    assert not [one for one in (await pulled.appointments()).values() if one.record.patient_id == patients[gone].id]
    await pulled.run("pull.patients")
    await pulled.happens("phone", patientid=int(gone))
    await pulled.feed()
    assert (await pulled.patients())[kept].record == patients[kept].record
    assert not [one.error for one in await pulled.errors()]


async def test_a_booking_a_cancellation_and_a_no_show_arrive(pulled: Any) -> None:
    booked = await pulled.happens("book", patientid=3)
    await pulled.feed()
    assert (await pulled.appointment(booked["appointmentid"])).status == "booked"
    cancelled = await pulled.happens("cancel", appointmentid=int(booked["appointmentid"]))
    missed = await pulled.happens("book", patientid=4)
    await pulled.happens("no_show", appointmentid=int(missed["appointmentid"]))
    await pulled.feed()
    assert (await pulled.appointment(cancelled["appointmentid"])).status == "cancelled"
    no_show = await pulled.appointment(missed["appointmentid"])
    assert (no_show.status, no_show.no_show) == ("cancelled", True)
    assert not [one.error for one in await pulled.errors()]


async def test_a_reschedule_cancels_one_and_books_another(pulled: Any) -> None:
    booked = await pulled.happens("book", patientid=3)
    moved = await pulled.happens("reschedule", appointmentid=int(booked["appointmentid"]))
    await pulled.feed()
    old, new = await pulled.appointment(moved["appointmentid"]), await pulled.appointment(moved["newappointmentid"])
    assert (old.status, old.rescheduled_to) == ("cancelled", moved["newappointmentid"])
    assert new.status == "booked"
    assert new.patient_id == old.patient_id


async def test_check_in_and_check_out_arrive(pulled: Any) -> None:
    seen = await pulled.happens("book", patientid=3)
    await pulled.happens("check_in", appointmentid=int(seen["appointmentid"]))
    await pulled.feed()
    assert (await pulled.appointment(seen["appointmentid"])).status == "checked_in"
    await pulled.happens("check_out", appointmentid=int(seen["appointmentid"]))
    await pulled.feed()
    assert (await pulled.appointment(seen["appointmentid"])).status == "checked_out"
