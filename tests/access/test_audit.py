"""An entry says who did what to whose data, and where it came from."""

from uuid import UUID

import pytest

from practicestudio.access.audit import Action, AuditEntry, read_trail, write
from practicestudio.access.audit_actions import WORDS
from practicestudio.clock import new_id
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Origin

ANN = f"person:{UUID(int=7)}"


async def test_an_entry_tells_where_it_came_from_and_why(database: Database, practice: Practice) -> None:
    patient, session = new_id(), new_id()
    origin = Origin("web", "192.0.2.7", session, emergency=True, purpose="unconscious in the waiting room")
    async with database.practice(practice.id, origin) as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, ANN, "patient", patient)])
        [entry] = await read_trail(transaction, patient)
    assert (entry["via"], entry["address"], entry["session_id"], entry["emergency"]) == ("web", "192.0.2.7", session, True)
    assert (entry["purpose"], entry["changes"], entry["patient_id"]) == ("unconscious in the waiting room", None, patient)


async def test_an_entry_has_a_purpose_of_its_own_beside_what_changed(database: Database, practice: Practice) -> None:
    appointment, patient = new_id(), new_id()
    changes = {"status": ("booked", "cancelled")}
    entry = AuditEntry(Action.PERSON_APPOINTMENT_CHANGE, ANN, "appointment", appointment, None, changes, patient, "the patient is ill")
    async with database.practice(practice.id) as transaction:
        await write(transaction, [entry])
        [found] = await read_trail(transaction, appointment)
    assert (found["changes"], found["purpose"], found["patient_id"]) == ({"status": ["booked", "cancelled"]}, "the patient is ill", patient)
    assert (found["via"], found["address"], found["emergency"]) == ("system", None, False)


async def test_the_purpose_is_sealed(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id, Origin("web", purpose="Quimby")) as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, ANN, "patient", new_id())])
        row = await (await transaction.connection.execute("select audit_entries::text from audit_entries")).fetchone()
    assert row
    assert "Quimby" not in row[0]
    assert b"Quimby".hex() not in row[0]


@pytest.mark.parametrize("action", list(Action))
def test_every_action_has_words_and_three_parts(action: Action) -> None:
    assert WORDS[action]
    assert action.value == f"{action.source}:{action.subject}:{action.verb}"
