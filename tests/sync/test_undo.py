"""Decisions that turn out to be wrong are taken back: both sides are as before, and the question is open again."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.audit import Action
from practicestudio.clock import new_id, now
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.records import Address, Patient
from practicestudio.store import records as store
from practicestudio.store.records import Stored
from practicestudio.sync import reviews
from practicestudio.sync.change_appointment import book
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.decide_review import decide_conflict, decide_match
from practicestudio.sync.find_slots import Wish, find_slots
from practicestudio.sync.setup import setup_of
from practicestudio.sync.undo_review import undo_review, why_not_undone
from practicestudio.sync.unlink_patient import unlink_patient

OURS, THEIRS = "+16175550111", "+16175550122"


async def phones(clinic: Any, patient: str = "3") -> tuple[str | None, str]:
    return (await clinic.patient(patient)).phone_mobile, "+1" + (await clinic.truth(patient))["mobilephone"]


async def in_conflict(clinic: Any) -> Any:
    """Both sides give patient 3 another phone; the question."""
    await clinic.happens("phone", patientid=3, mobilephone=THEIRS[2:])
    await change(clinic, (await clinic.patients())["3"].id, phone_mobile=OURS)
    await clinic.work()
    await clinic.feed()
    [review] = await clinic.reviews()
    return review


async def change(clinic: Any, patient_id: UUID, **changes: Any) -> None:
    await clinic.do(lambda transaction: change_patient(transaction, patient_id, changes, "ann"))


async def undo(clinic: Any, review_id: UUID, because: str = "the wrong one") -> None:
    await clinic.do(lambda transaction: undo_review(transaction, review_id, because, "bob"))


async def why_not(clinic: Any, review_id: UUID) -> str | None:
    async def ask(transaction: Any) -> str | None:
        return await why_not_undone(transaction, await reviews.read_review(transaction, review_id))

    found: str | None = await clinic.do(ask)
    return found


async def same_person_as(clinic: Any, external_id: str) -> UUID:
    """A patient of ours who may be athenahealth's, as from another system: name and date of birth agree, no contact does."""
    mapped = (await clinic.do(setup_of)).mapping.patient_in(await clinic.truth(external_id))
    bare = replace(mapped.record, external_id=None, insurances=(), custom_fields={}, ssn_last4=None, phone_work=None, phone_mobile=None, email=None)
    ours = replace(bare, address=Address(line1="9 New Rd", postal_code="01970"), phone_home="+19785550101", notes="Ours alone.")
    stored: Stored[Patient] = Stored(new_id(), ours)
    await clinic.do(lambda transaction: store.add_patients(transaction, [stored]))
    return stored.id


async def question_about(clinic: Any, patient_id: UUID) -> Any:
    [review] = [one for one in await clinic.reviews() if one.kind == "match" and str(patient_id) in str(one.content)]
    return review


@pytest.mark.parametrize("side", ["ours", "theirs"])
async def test_a_conflict_that_was_decided_wrongly_is_open_again_with_both_values(pulled: Any, side: Any) -> None:
    review = await in_conflict(pulled)
    await pulled.do(lambda transaction: decide_conflict(transaction, review.id, side, "ann", why="the patient said so"))
    await pulled.work()
    await pulled.feed()
    winner = OURS if side == "ours" else THEIRS
    assert await phones(pulled) == (winner, winner)
    assert await why_not(pulled, review.id) is None
    await undo(pulled, review.id)
    await pulled.work()
    await pulled.feed()
    assert await phones(pulled) == (OURS, THEIRS)
    [again] = await pulled.reviews()
    assert again.content == review.content
    assert (await pulled.only_error()).id == again.message_id
    other = "theirs" if side == "ours" else "ours"
    await pulled.do(lambda transaction: decide_conflict(transaction, again.id, other, "ann"))
    await pulled.work()
    await pulled.feed()
    winner = THEIRS if side == "ours" else OURS
    assert await phones(pulled) == (winner, winner)
    assert not await pulled.errors()


async def test_who_undid_what_and_why_is_kept(pulled_platform: Any) -> None:
    clinic = pulled_platform
    review = await in_conflict(clinic)
    await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "theirs", "ann", why="read the card"))
    await undo(clinic, review.id, "the card was old")
    undone = await clinic.do(lambda transaction: reviews.read_review(transaction, review.id))
    assert (undone.state, undone.decision, undone.undone_by) == ("undone", "theirs", "bob")
    assert (undone.answer.by_unit, undone.answer.why, undone.answer.undone_because) == (
        {"phone_mobile": "theirs"},
        "read the card",
        "the card was old",
    )
    [entry] = [one for one in await clinic.trail(review.record_id) if one["action"] == Action.PERSON_REVIEW_UNDO]
    assert (entry["actor"], entry["purpose"], entry["changes"]) == ("bob", "the card was old", {"phone_mobile": [THEIRS, OURS]})
    with pytest.raises(Misconfigured, match="not decided"):
        await undo(clinic, review.id)


async def test_a_reason_is_wanted(pulled_platform: Any) -> None:
    with pytest.raises(InvalidValue, match="needs a reason"):
        await undo(pulled_platform, new_id(), "  ")


async def test_a_decision_before_it_was_sent_is_taken_back_without_a_write(pulled_platform: Any) -> None:
    clinic = pulled_platform
    review = await in_conflict(clinic)
    await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "ours", "ann"))
    await undo(clinic, review.id)
    before = len(await clinic.writes())
    await clinic.work()
    assert len(await clinic.writes()) == before
    assert await phones(clinic) == (OURS, THEIRS)
    [again] = await clinic.reviews()
    assert again.content == review.content


async def test_what_athenahealth_added_to_our_value_does_not_stand_in_the_way(pulled_platform: Any) -> None:
    clinic = pulled_platform
    moved = await clinic.happens("move", patientid=3)
    record_id = (await clinic.patients())["3"].id
    await change(clinic, record_id, address=Address(line1="12 Harbor St", city="Salem", state="MA", postal_code="01970"))
    await clinic.work()
    await clinic.feed()
    [review] = await clinic.reviews()
    await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "ours", "ann"))
    await clinic.work()
    await clinic.feed()
    assert (await clinic.patient("3")).address.country == "US", "athenahealth added the country"
    await undo(clinic, review.id)
    await clinic.work()
    assert (await clinic.truth("3"))["address1"] == moved["fields"]["address1"]
    [again] = await clinic.reviews()
    assert again.content[0]["unit"] == "address"


async def test_what_changed_since_is_not_overwritten_by_an_undo(pulled_platform: Any) -> None:
    clinic = pulled_platform
    review = await in_conflict(clinic)
    await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "theirs", "ann"))
    await change(clinic, review.record_id, phone_mobile="+16175550144")
    with pytest.raises(InvalidValue, match="The phone mobile changed again after this was decided"):
        await undo(clinic, review.id)
    assert "Change the value itself." in (await why_not(clinic, review.id) or "")


async def test_what_athenahealth_changed_since_it_was_told_is_left_there_and_asked_about(pulled_platform: Any) -> None:
    clinic = pulled_platform
    review = await in_conflict(clinic)
    await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "ours", "ann"))
    await clinic.work()
    await clinic.happens("phone", patientid=3, mobilephone="6175550133")
    await undo(clinic, review.id)
    await clinic.work()
    await clinic.feed()
    assert await phones(clinic) == (OURS, "+16175550133")
    [again] = await clinic.reviews()
    assert [(one["ours"], one["theirs"]) for one in again.content] == [(OURS, "+16175550133")]


async def linked_wrongly(clinic: Any) -> tuple[UUID, Any]:
    """Our patient, whom a person took for athenahealth's patient 3; and the question that was answered so."""
    await clinic.run("pull.practice")
    ours = await same_person_as(clinic, "3")
    await clinic.run("pull.patients")
    review = await question_about(clinic, ours)
    await clinic.do(lambda transaction: decide_match(transaction, review.id, ours, "ann"))
    await clinic.work()
    return ours, review


async def test_a_wrong_link_is_taken_apart_and_both_sides_are_as_before(clinic: Any) -> None:
    truth = await clinic.truth("3")
    ours, review = await linked_wrongly(clinic)
    await clinic.happens("set", patientid=3, fields={"middlename": "Quincy"})
    await clinic.feed()
    mixed = (await clinic.patients())["3"]
    assert (mixed.id, mixed.record.middle_name) == (ours, "Quincy")
    assert (await clinic.truth("3")).get("notes") == "Ours alone.", "what only we knew was told to athenahealth"
    assert await why_not(clinic, review.id) is None
    await undo(clinic, review.id)
    await clinic.work()
    alone = (await clinic.patients())[str(ours)].record
    assert (alone.external_id, alone.middle_name, alone.phone_home) == (None, None, "+19785550101")
    assert (await clinic.truth("3")).get("notes", "") == truth.get("notes", "")
    assert not [one for one in await clinic.reviews() if one.record_id == ours]
    again = await question_about(clinic, ours)
    await clinic.do(lambda transaction: decide_match(transaction, again.id, None, "ann"))
    await clinic.work()
    other = (await clinic.patients())["3"]
    assert other.id != ours
    assert other.record.middle_name == "Quincy", "what came meanwhile is not lost"
    assert (await clinic.patients())[str(ours)].record == alone


async def test_what_people_changed_since_stays_with_the_patient(platform: Any) -> None:
    ours, review = await linked_wrongly(platform)
    await change(platform, ours, email="ours@example.org")
    await platform.work()
    assert (await platform.truth("3"))["email"] == "ours@example.org"
    await undo(platform, review.id)
    await platform.work()
    assert (await platform.patients())[str(ours)].record.email == "ours@example.org"
    assert (await platform.truth("3")).get("email") != "ours@example.org"


async def test_a_link_that_was_taken_apart_is_not_made_again_by_itself(platform: Any) -> None:
    ours, review = await linked_wrongly(platform)
    await undo(platform, review.id)
    theirs = await platform.truth("3")
    await change(platform, ours, phone_home="+1" + theirs["homephone"])  # now everything agrees
    await platform.happens("move", patientid=3)
    await platform.run("pull.patients")
    assert (await platform.patients())[str(ours)].record.external_id is None
    again = await question_about(platform, ours)
    assert again.because == "A person took this link apart, so a person decides anew."


async def test_appointments_follow_the_athenahealth_patient(platform: Any) -> None:
    ours, review = await linked_wrongly(platform)
    await platform.run("feed.appointments")
    booked = await platform.happens("book", patientid=3)
    await platform.run("feed.appointments")
    assert (await platform.appointment(booked["appointmentid"])).patient_id == ours
    await undo(platform, review.id)
    again = await question_about(platform, ours)
    await platform.do(lambda transaction: decide_match(transaction, again.id, None, "ann"))
    await platform.work()
    theirs = (await platform.patients())["3"].id
    assert theirs != ours
    assert (await platform.appointment(booked["appointmentid"])).patient_id == theirs
    assert not await platform.errors()


async def test_an_appointment_booked_here_since_has_to_be_cancelled_first(platform: Any) -> None:
    ours, review = await linked_wrongly(platform)
    items = (await platform.do(setup_of)).items
    start = now() + timedelta(days=2)
    wish = Wish(location_id=items.locations["1"].id, start=start, end=start + timedelta(days=9))
    [slot, *_] = await find_slots(platform.doors, platform.database, platform.practice.id, wish)
    await platform.do(lambda transaction: book(transaction, ours, slot, "ann"))
    with pytest.raises(InvalidValue, match="booked here for this patient since"):
        await undo(platform, review.id)


async def test_a_match_that_nobody_has_worked_yet_is_simply_open_again(platform: Any) -> None:
    await platform.run("pull.practice")
    ours = await same_person_as(platform, "3")
    await platform.run("pull.patients")
    review = await question_about(platform, ours)
    await platform.do(lambda transaction: decide_match(transaction, review.id, ours, "ann"))
    await undo(platform, review.id)
    await platform.work()
    assert "3" not in await platform.patients()
    assert (await question_about(platform, ours)).state == "open"


async def test_who_was_taken_for_new_is_joined_with_the_candidate_after_all(platform: Any) -> None:
    await platform.run("pull.practice")
    ours = await same_person_as(platform, "3")
    await platform.run("pull.patients")
    review = await question_about(platform, ours)
    await platform.do(lambda transaction: decide_match(transaction, review.id, None, "ann"))
    await platform.work()
    made = (await platform.patients())["3"].id
    await undo(platform, review.id)
    assert (await platform.patients())["3"].id == made, "meanwhile everything goes on"
    again = await question_about(platform, ours)
    assert again.taken_for_new == made
    await platform.do(lambda transaction: decide_match(transaction, again.id, ours, "ann"))
    await platform.work()
    found = await platform.do(lambda transaction: store.read_patients(transaction, [ours, made]))
    assert (found[ours].record.external_id, found[ours].record.notes, found[made].merged_into) == ("3", "Ours alone.", ours)
    [conflict] = [one for one in await platform.reviews() if one.record_id == ours]
    assert "address" in {one["unit"] for one in conflict.content}, "what never was agreed on is asked, not overwritten"
    assert "cannot be taken apart" in (await why_not(platform, again.id) or "")


async def test_a_link_that_was_made_by_itself_is_taken_apart_too(platform: Any) -> None:
    await platform.run("pull.practice")
    mapped = (await platform.do(setup_of)).mapping.patient_in(await platform.truth("3"))
    before = replace(mapped.record, external_id=None, insurances=(), custom_fields={}, notes="Ours alone.", middle_name=None)
    stored: Stored[Patient] = Stored(new_id(), before)
    await platform.do(lambda transaction: store.add_patients(transaction, [stored]))
    await platform.run("pull.patients")
    assert (await platform.patients())["3"].id == stored.id
    await platform.do(lambda transaction: unlink_patient(transaction, stored.id, "3", "the daughter", "bob"))
    await platform.work()
    assert (await platform.patients())[str(stored.id)].record == before
    assert (await platform.truth("3")).get("notes") != "Ours alone."
    again = await question_about(platform, stored.id)
    await platform.do(lambda transaction: decide_match(transaction, again.id, None, "ann"))
    await platform.work()
    assert (await platform.patients())["3"].id != stored.id
    other = (await platform.patients())["4"].id
    with pytest.raises(InvalidValue, match="nobody to take apart"):
        await platform.do(lambda transaction: unlink_patient(transaction, other, "4", "no", "bob"))


async def test_an_id_whose_new_person_was_not_believed_is_itself_again(pulled_platform: Any) -> None:
    clinic = pulled_platform
    before = (await clinic.patients())["3"]
    await clinic.happens("set", patientid=3, fields={"firstname": "Somebody", "lastname": "Else", "dob": "01/02/1960"})
    await clinic.feed()
    [review] = await clinic.reviews()
    await clinic.do(lambda transaction: decide_match(transaction, review.id, before.id, "ann"))
    await clinic.work()
    assert (await clinic.patient("3")).first_name == "Somebody"
    await undo(clinic, review.id)
    await clinic.work()
    assert (await clinic.patients())["3"].record == before.record
    await clinic.feed()
    assert len(await clinic.reviews()) == 1
