"""Is this somebody we know? Full agreement links, partial agreement asks, a missing value never links, and a person's answer is followed."""

from dataclasses import replace
from typing import Any

import pytest

from practicestudio.access.audit import Action
from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue
from practicestudio.records import Address, Patient
from practicestudio.store import records as store
from practicestudio.store.records import Stored
from practicestudio.sync.decide_review import decide_match
from practicestudio.sync.setup import setup_of


async def known_here(clinic: Any, patient: Patient) -> Any:
    """A patient of ours whom athenahealth's id is not known of, as from another system."""
    stored = Stored(new_id(), patient)
    await clinic.do(lambda transaction: store.add_patients(transaction, [stored]))
    return stored.id


async def as_theirs(clinic: Any, external_id: str) -> Patient:
    """The patient as athenahealth has them, without the id."""
    body = await clinic.truth(external_id)
    mapped = (await clinic.do(setup_of)).mapping.patient_in(body)
    record: Patient = mapped.record
    return replace(record, external_id=None, insurances=(), custom_fields={})


async def test_full_agreement_links(clinic: Any) -> None:
    await clinic.run("pull.practice")
    ours = await known_here(clinic, await as_theirs(clinic, "3"))
    await clinic.run("pull.patients")
    found = (await clinic.patients())["3"]
    assert found.id == ours
    assert len(await clinic.patients()) == clinic.size
    assert Action.ATHENA_PATIENT_LINK in {entry["action"] for entry in await clinic.trail(ours)}


async def test_partial_agreement_asks_and_the_answer_links(clinic: Any) -> None:
    await clinic.run("pull.practice")
    theirs = await as_theirs(clinic, "3")
    moved = replace(theirs, address=Address(line1="9 New Rd", postal_code="01970"), phone_home="+19785550101", phone_mobile=None, email=None)
    ours = await known_here(clinic, replace(moved, phone_work=None, ssn_last4=None))
    await clinic.run("pull.patients")
    [review] = [one for one in await clinic.reviews() if str(ours) in str(one.content)]
    [parked] = [one for one in await clinic.errors() if one.id == review.message_id]
    assert parked.error == "Name and date of birth agree, but no contact confirms it. Decide it in the review queue."
    with pytest.raises(InvalidValue, match="not one of those in question"):
        await clinic.do(lambda transaction: decide_match(transaction, review.id, new_id(), "ann"))
    await clinic.do(lambda transaction: decide_match(transaction, review.id, ours, "ann"))
    await clinic.work()
    linked = (await clinic.patients())["3"]
    assert linked.id == ours
    [conflict] = [one for one in await clinic.reviews() if one.record_id == ours]
    assert "address" in {one["unit"] for one in conflict.content}, "what never was agreed on is asked, not overwritten"


async def test_the_answer_new_makes_a_patient(pulled_platform: Any) -> None:
    clinic = pulled_platform
    made = await clinic.happens("duplicate", patientid=3, agree="partial")
    await clinic.feed()
    [review] = await clinic.reviews()
    await clinic.do(lambda transaction: decide_match(transaction, review.id, None, "ann"))
    await clinic.work()
    found = await clinic.patients()
    assert found[made["patientid"]].id != found["3"].id
    assert not await clinic.errors()


async def test_a_missing_value_agrees_with_nothing(clinic: Any) -> None:
    await clinic.run("pull.practice")
    theirs = await as_theirs(clinic, "3")
    bare = Patient(first_name=theirs.first_name, last_name=theirs.last_name, date_of_birth=theirs.date_of_birth)
    nameless = Patient(last_name=theirs.last_name, phone_home=theirs.phone_home)
    ours = {await known_here(clinic, bare), await known_here(clinic, nameless)}
    await clinic.run("pull.patients")
    assert not ours & {one.id for one in (await clinic.patients()).values() if one.record.external_id}


async def test_a_full_duplicate_in_athenahealth_is_told_and_not_linked(pulled_platform: Any) -> None:
    clinic = pulled_platform
    made = await clinic.happens("duplicate", patientid=3, agree="full")
    await clinic.feed()
    parked = await clinic.only_error()
    assert "a duplicate there" in parked.error
    assert made["patientid"] not in await clinic.patients()


async def test_appointments_of_a_patient_in_question_wait_and_follow_the_answer(pulled_platform: Any) -> None:
    clinic = pulled_platform
    made = await clinic.happens("duplicate", patientid=3, agree="partial")
    booked = [await clinic.happens("book", patientid=int(made["patientid"])) for _ in range(2)]
    await clinic.feed()
    failed = await clinic.messages(kinds=["appointment"], states=["failed"])
    assert {one.error for one in failed} == {
        "The appointment's patient waits in the error queue. Decide about the patient first. It was tried 10 times; retry it from the error queue."
    }
    assert len(failed) == 2
    [review] = await clinic.reviews()
    assert len(await clinic.messages(states=["parked"])) == 1, "one question for one patient"
    await clinic.do(lambda transaction: decide_match(transaction, review.id, None, "ann"))
    await clinic.work()
    patient = (await clinic.patients())[made["patientid"]].id
    assert {(await clinic.appointment(one["appointmentid"])).patient_id for one in booked} == {patient}
    assert not await clinic.errors()


async def test_an_unknown_patient_of_an_appointment_is_fetched_once(platform: Any) -> None:
    await platform.run("pull.practice")
    booked = [await platform.happens("book", patientid=3) for _ in range(3)]
    today = platform.sandbox.clock.now().date()
    await platform.run("pull.appointments", start=str(today), end=str(today))
    before = platform.calls("get_patient")
    await platform.run("feed.appointments")
    for one in booked:
        await platform.happens("set", appointmentid=int(one["appointmentid"]), fields={"reason": "Cough"})
    await platform.run("feed.appointments")
    assert (await platform.appointment(booked[0]["appointmentid"])).patient_id == (await platform.patients())["3"].id
    assert platform.calls("get_patient") - before <= 1
