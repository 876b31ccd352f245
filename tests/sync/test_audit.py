"""Every change of a record leaves an entry in the trail, in the very transaction of the change; and nobody can alter the trail."""

from typing import Any

import psycopg
import pytest

from practicestudio.access.audit import Action
from practicestudio.sync.change_appointment import cancel
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.decide_review import decide_conflict, decide_match

UNRECORDED = """
select r.kind, r.id, r.changed_at from (
    select 'patient' as kind, id, changed_at from patients union all select 'appointment', id, changed_at from appointments
) as r
where not exists (select from audit_entries e where e.record_id = r.id and e.record_kind = r.kind and e.at = r.changed_at)
"""


async def unrecorded(clinic: Any) -> list[Any]:
    """Records whose last change has no entry of the same transaction: both carry the time at which it began."""

    async def read(transaction: Any) -> list[Any]:
        found: list[Any] = await (await transaction.connection.execute(UNRECORDED)).fetchall()
        return found

    found: list[Any] = await clinic.do(read)
    return found


async def test_every_change_has_an_entry_in_its_transaction(pulled_platform: Any) -> None:
    clinic = pulled_platform
    assert await unrecorded(clinic) == []
    for action in ("move", "marry", "phone", "birth", "book", "delete"):
        await clinic.happens(action, patientid=3 if action != "delete" else 6)
    made = await clinic.happens("duplicate", patientid=4, agree="partial")
    await clinic.happens("merge", patientid=7, gone=8)
    await clinic.feed()
    assert await unrecorded(clinic) == []
    [review] = await clinic.reviews()
    await clinic.do(lambda transaction: decide_match(transaction, review.id, None, "ann"))
    booked = await clinic.happens("book", patientid=int(made["patientid"]))
    record_id = (await clinic.patients())["3"].id
    await clinic.happens("phone", patientid=3, mobilephone="6175550122")
    await clinic.do(lambda transaction: change_patient(transaction, record_id, {"phone_mobile": "+16175550111"}, "ann"))
    await clinic.work()
    await clinic.feed()
    [question] = await clinic.reviews()
    await clinic.do(lambda transaction: decide_conflict(transaction, question.id, "theirs", "ann"))
    appointment = (await clinic.appointments())[booked["appointmentid"]].id
    await clinic.do(lambda transaction: cancel(transaction, appointment, "ann"))
    await clinic.work()
    await clinic.feed()
    assert await unrecorded(clinic) == []


async def test_an_entry_says_what_changed_by_which_message(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.happens("phone", patientid=3, mobilephone="6175550122")
    await clinic.feed()
    record = (await clinic.patients())["3"]
    created, changed = await clinic.trail(record.id)
    assert (created["action"], changed["action"]) == (Action.ATHENA_PATIENT_CREATE, Action.ATHENA_PATIENT_CHANGE)
    assert changed["actor"] == "athenahealth"
    assert changed["changes"]["phone_mobile"][1] == "+16175550122"
    assert changed["message_id"] in {one.id for one in await clinic.messages(kinds=["patient"])}


@pytest.mark.parametrize("statement", ["update audit_entries set actor = 'nobody'", "delete from audit_entries", "truncate audit_entries"])
async def test_the_program_can_neither_change_nor_delete_an_entry(shared_platform: Any, statement: str) -> None:
    async def try_it(transaction: Any) -> None:
        await transaction.connection.execute(statement)

    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await shared_platform.do(try_it)
