"""Review: questions are listed, shown side by side, decided and taken back; who may not is not told, and whoever looks stands in the trail."""

import re
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest

from practicestudio.access.rights import Role
from practicestudio.clock import new_id, now
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept, lane_of
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.errors import UnsureMatch
from practicestudio.merging import units
from practicestudio.practices.practice import Practice
from practicestudio.records import Address, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Database, Transaction
from practicestudio.store.records import Link, Stored
from practicestudio.sync.receive_patient import receive_patients
from practicestudio.sync.reviews import Review, open_reviews

KNOWN = Patient(
    first_name="Jean", last_name="Hillcanary", date_of_birth=date(1980, 5, 15), gender="female", phone_mobile="+16175550111",
    address=Address(line1="12 Harbor Street", city="Salem", state="MA", postal_code="01970"),
)  # fmt: skip


async def arrives(transaction: Transaction, external_id: str, **fields: str) -> UUID:
    """A patient comes from athenahealth and is worked."""
    about = f"patient:{external_id}"
    body = orjson.dumps({"patientid": external_id, "lastname": "Hillcanary", "firstname": "Jean", "dob": "05/15/1980", "status": "active", **fields})
    [message_id] = await accept(transaction, [NewMessage(direction="in", door="rest", kind="patient", about=about, body=body)])
    message = Message(
        practice_id=transaction.practice_id, id=message_id, lane=lane_of(transaction.sealer, about), direction="in", door="rest", kind="patient",
        urgency="feed", tries=0, received_at=now(), sent_at=None, record_id=None, run_id=new_id(), cause_id=None, retry_of=None, position=10**9,
        asked=None, body=body,
    )  # fmt: skip
    await receive_patients(transaction, [message])
    await error_queue.park_again(transaction, message_id, UnsureMatch("It waits."), "test")
    return message_id


async def is_known(transaction: Transaction, external_id: str | None = None) -> UUID:
    stored = Stored(new_id(), replace(KNOWN, external_id=external_id))
    await store.add_patients(transaction, [stored])
    if external_id:
        identity = store.identity_of(transaction, "patient", external_id)
        await store.put_links(transaction, "patient", [Link(identity, stored.id, units(KNOWN), now())])
    return stored.id


async def asked(transaction: Transaction) -> Review:
    [review] = await open_reviews(transaction)
    return review


@pytest.fixture
async def match(database: Database, practice: Practice) -> tuple[Review, UUID]:
    """Somebody came who may be a patient of ours; the question, and the patient."""
    async with database.practice(practice.id) as transaction:
        patient_id = await is_known(transaction)
        await arrives(transaction, "77", mobilephone="6175550122", zip="02101")
        return await asked(transaction), patient_id


@pytest.fixture
async def conflict(database: Database, practice: Practice) -> tuple[Review, UUID]:
    """Both sides gave a patient another phone."""
    async with database.practice(practice.id) as transaction:
        patient_id = await is_known(transaction, "78")
        stored = (await store.read_patients(transaction, [patient_id]))[patient_id]
        ours = replace(stored.record, phone_mobile="+16175550144")
        await store.change_patients(transaction, [stored.having(ours, ["phone_mobile"], now(), "ann")])
        where = {"address1": "12 Harbor Street", "city": "Salem", "state": "MA", "zip": "01970", "sex": "F"}
        await arrives(transaction, "78", mobilephone="6175550133", **where)
        return await asked(transaction), patient_id


async def patient(database: Database, practice: Practice, patient_id: UUID) -> Patient:
    async with database.practice(practice.id) as transaction:
        return (await store.read_patients(transaction, [patient_id]))[patient_id].record


def home(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/review"


async def test_questions_are_listed_by_state_and_kind_with_whom_they_are_about(sign_in: Any, practice: Practice, match: Any) -> None:
    person = await sign_in(Role.FRONT_DESK)
    listed = (await person.get(home(practice))).text
    assert "Hillcanary, Jean" in listed
    assert "1 candidate" in listed
    assert "Hillcanary" not in (await person.get(home(practice) + "?kind=conflict")).text
    assert "No such questions" in (await person.get(home(practice) + "?state=decided")).text
    assert (await person.get(home(practice) + "?state=nonsense")).status_code == 422


async def test_a_match_shows_both_sides_with_the_evidence_and_is_decided(sign_in: Any, database: Database, practice: Practice, match: Any) -> None:
    review, patient_id = match
    person = await sign_in(Role.FRONT_DESK)
    shown = (await person.get(f"{home(practice)}/{review.id}")).text
    assert "Who is Jean Hillcanary?" in shown
    assert "(617) 555-0122" in shown
    assert "(617) 555-0111" in shown
    assert "Name and date of birth agree, but no contact confirms it." in shown
    nothing = await person.post(f"{home(practice)}/{review.id}/match")
    assert (nothing.status_code, "Choose who it is." in nothing.text) == (422, True)
    stranger = await person.post(f"{home(practice)}/{review.id}/match", {"answer": str(new_id())})
    assert (stranger.status_code, "not one of those in question" in stranger.text) == (422, True)
    done = await person.post(f"{home(practice)}/{review.id}/match", {"answer": str(patient_id), "why": "same voice"})
    assert (done.status_code, done.headers["location"]) == (303, home(practice))
    closed = (await person.get(f"{home(practice)}/{review.id}")).text
    assert "Linked to Jean Hillcanary" in closed
    assert "same voice" in closed
    undone = await person.post(f"{home(practice)}/{review.id}/undo", {"why": "another voice"})
    assert undone.status_code == 303
    again = (await person.get(undone.headers["location"])).text
    assert "Who is Jean Hillcanary?" in again
    assert "another voice" in (await person.get(f"{home(practice)}/{review.id}")).text


async def test_a_conflict_is_decided_field_by_field_and_taken_back(sign_in: Any, database: Database, practice: Practice, conflict: Any) -> None:
    review, patient_id = conflict
    person = await sign_in(Role.ANALYST)
    shown = (await person.get(f"{home(practice)}/{review.id}")).text
    assert re.search(r"\(617\) 555-0111.*\(617\) 555-0144.*\(617\) 555-0133", shown, re.DOTALL), "agreed on, ours, theirs"
    half = await person.post(f"{home(practice)}/{review.id}/conflict", {})
    assert (half.status_code, "Choose a value for every field." in half.text) == (422, True)
    await person.post(f"{home(practice)}/{review.id}/conflict", {"unit.phone_mobile": "theirs"})
    assert (await patient(database, practice, patient_id)).phone_mobile == "+16175550133"
    refused = await person.post(f"{home(practice)}/{review.id}/undo", {"why": " "})
    assert (refused.status_code, "needs a reason" in refused.text) == (422, True)
    undone = await person.post(f"{home(practice)}/{review.id}/undo", {"why": "the old card"})
    assert (await patient(database, practice, patient_id)).phone_mobile == "+16175550144"
    assert str(review.id) not in undone.headers["location"], "on to the question as it is open again"


async def test_a_question_that_somebody_decided_meanwhile_says_so(sign_in: Any, practice: Practice, conflict: Any) -> None:
    review, _ = conflict
    ann, bob = await sign_in(Role.FRONT_DESK), await sign_in(Role.FRONT_DESK)
    await ann.post(f"{home(practice)}/{review.id}/conflict", {"unit.phone_mobile": "theirs"})
    late = await bob.post(f"{home(practice)}/{review.id}/conflict", {"unit.phone_mobile": "ours"})
    assert (late.status_code, "no longer open" in late.text) == (409, True)


async def test_whoever_may_not_decide_sees_no_question(sign_in: Any, practice: Practice, match: Any) -> None:
    review, _ = match
    for role in (Role.AUDITOR, Role.BILLER):
        person = await sign_in(role)
        for path in (home(practice), f"{home(practice)}/{review.id}"):
            answer = await person.get(path)
            assert (answer.status_code, "Hillcanary" in answer.text) == (403, False)


async def test_an_unknown_question_is_a_sentence(sign_in: Any, practice: Practice) -> None:
    person = await sign_in(Role.FRONT_DESK)
    answer = await person.get(f"{home(practice)}/{new_id()}")
    assert "no such question" in answer.text
