"""A person books, moves, cancels or checks in an appointment here: record, trail and the message to athenahealth in one transaction."""

from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import new_id, now
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.story import read_story
from practicestudio.errors import InvalidValue, SlotTaken
from practicestudio.records import Appointment
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.find_slots import Slot, objection
from practicestudio.sync.setup import setup_of

Step = Literal["check_in", "check_out"]


async def book(transaction: Transaction, patient_id: UUID, slot: Slot, by: str, *, reason: str | None = None, notes: str | None = None) -> UUID:
    """Book a slot for a patient. It is booked here at once, and at athenahealth when its message is done. Returns our id.

    Raises InvalidValue where the patient is unknown or the practice's rules do not allow it.
    """
    await _check_that_it_is_sent(transaction)
    patient = (await store.read_patients(transaction, [patient_id])).get(patient_id)
    if patient is None or patient.merged_into is not None:
        raise InvalidValue("There is no such patient.", advice="Search for the patient again; it may have been merged into another.")
    if why := objection(await setup_of(transaction), slot, now()):
        raise InvalidValue(why, advice="Choose another time, or change the practice's scheduling rules.")
    return await _book(transaction, patient_id, slot, by, reason, notes)


async def _book(transaction: Transaction, patient_id: UUID, slot: Slot, by: str, reason: str | None, notes: str | None) -> UUID:
    record = Appointment(
        patient_id=patient_id,
        status="booked",
        reason=reason,
        notes=notes,
        **_of_slot(slot),
    )
    stored = Stored(new_id(), record)
    await store.add_appointments(transaction, [stored])
    await audit.write(transaction, [AuditEntry(Action.PERSON_APPOINTMENT_BOOK, by, "appointment", stored.id, patient_id=patient_id)])
    await accept(transaction, [_message("appointment.book", f"appointment:{slot.external_id}", stored.id, {"slot": slot.external_id})])
    return stored.id


async def cancel(transaction: Transaction, appointment_id: UUID, by: str, *, reason: str | None = None) -> None:
    """Cancel an appointment that has not begun."""
    await _check_that_it_is_sent(transaction)
    stored = await _changeable(transaction, appointment_id, ("booked",))
    await _change(transaction, stored, replace(stored.record, status="cancelled", cancel_reason=reason), by)
    await accept(transaction, [_message("appointment.cancel", _about(stored), stored.id, {"reason": reason})])


async def reschedule(transaction: Transaction, appointment_id: UUID, slot: Slot, by: str, *, reason: str | None = None) -> UUID:
    """Move an appointment to another slot: the old one is cancelled, a new one is booked, in one call there. Returns the new one's id."""
    await _check_that_it_is_sent(transaction)
    stored = await _changeable(transaction, appointment_id, ("booked",))
    if why := objection(await setup_of(transaction), slot, now()):
        raise InvalidValue(why, advice="Choose another time, or change the practice's scheduling rules.")
    moved = replace(stored.record, external_id=None, **_of_slot(slot))
    new = Stored(new_id(), moved)
    await store.add_appointments(transaction, [new])
    await audit.write(transaction, [AuditEntry(Action.PERSON_APPOINTMENT_BOOK, by, "appointment", new.id, patient_id=moved.patient_id)])
    await _change(transaction, stored, replace(stored.record, status="cancelled", cancel_reason=reason, rescheduled_to=slot.external_id), by)
    body = {"slot": slot.external_id, "new": str(new.id), "reason": reason}
    await accept(transaction, [_message("appointment.reschedule", _about(stored), stored.id, body)])
    return new.id


async def choose_slot(transaction: Transaction, message_id: UUID, slot: Slot, by: str) -> UUID:
    """Another time for a booking or a reschedule whose time was taken: the message is done with, and a new one goes out. Returns its id.

    Raises InvalidValue where the message does not wait for a time, or the practice's rules do not allow the slot.
    """
    await _check_that_it_is_sent(transaction)
    story = await read_story(transaction, message_id)
    if story.entry.error_code != SlotTaken.code or story.entry.state != "parked" or story.entry.record_id is None:
        raise InvalidValue("This message does not wait for another time.", advice="Only a booking whose time was taken does.")
    if why := objection(await setup_of(transaction), slot, now()):
        raise InvalidValue(why, advice="Choose another time, or change the practice's scheduling rules.")
    asked = orjson.loads(story.bodies["sent"])
    wanted = UUID(asked["new"]) if "new" in asked else story.entry.record_id
    stored = await _changeable(transaction, wanted, ("booked",))
    await _change(transaction, stored, replace(stored.record, **_of_slot(slot)), by)
    moved = await _changeable(transaction, story.entry.record_id, ("booked", "cancelled"))
    if moved.id != wanted:
        await _change(transaction, moved, replace(moved.record, rescheduled_to=slot.external_id), by)
    about = _about(moved) if moved.id != wanted else f"appointment:{slot.external_id}"
    await error_queue.discard(transaction, [message_id], "another time was chosen", by)
    [sent] = await accept(transaction, [_message(story.entry.kind, about, story.entry.record_id, {**asked, "slot": slot.external_id})])
    return sent


async def take_step(transaction: Transaction, appointment_id: UUID, step: Step, by: str) -> None:
    """Check a patient in or out."""
    await _check_that_it_is_sent(transaction)
    stored = await _changeable(transaction, appointment_id, ("booked",) if step == "check_in" else ("checked_in",))
    if step == "check_in":
        record = replace(stored.record, status="checked_in", checked_in_at=now())
    else:
        record = replace(stored.record, status="checked_out", checked_out_at=now())
    await _change(transaction, stored, record, by)
    await accept(transaction, [_message(f"appointment.{step}", _about(stored), stored.id, {})])


async def _check_that_it_is_sent(transaction: Transaction) -> None:
    """Raise InvalidValue where the practice's rules keep changes of appointments here, for a time is only booked if it is booked there."""
    if (why := (await setup_of(transaction)).sync_rules.objection("appointment.book")) is not None:
        raise InvalidValue(why, advice="Do it in athenahealth, or change the practice's sync rules.")


async def _changeable(transaction: Transaction, appointment_id: UUID, states: tuple[str, ...]) -> Stored[Appointment]:
    stored = (await store.read_appointments(transaction, [appointment_id], lock=True)).get(appointment_id)
    if stored is None:
        raise InvalidValue("There is no such appointment.", advice="Look it up again.")
    if stored.record.status not in states:
        raise InvalidValue(f"The appointment is {stored.record.status.replace('_', ' ')}, so this cannot be done.", advice="Look it up again.")
    return stored


async def _change(transaction: Transaction, stored: Stored[Appointment], record: Appointment, by: str) -> None:
    names = [name for name in Appointment.__dataclass_fields__ if getattr(record, name) != getattr(stored.record, name)]
    changes: dict[str, tuple[Any, Any]] = {name: (getattr(stored.record, name), getattr(record, name)) for name in names}
    await store.change_appointments(transaction, [stored.having(record, names, now(), by)])
    whose = stored.record.patient_id
    await audit.write(transaction, [AuditEntry(Action.PERSON_APPOINTMENT_CHANGE, by, "appointment", stored.id, None, changes, whose)])


def _of_slot(slot: Slot) -> dict[str, Any]:
    return {name: getattr(slot, name) for name in ("provider_id", "location_id", "appointment_type", "start_time", "end_time")}


def _about(stored: Stored[Appointment]) -> str:
    return f"appointment:{stored.record.external_id or f'ours:{stored.id}'}"


def _message(kind: str, about: str, record_id: UUID, body: dict[str, Any]) -> NewMessage:
    return NewMessage(direction="out", door="rest", kind=kind, about=about, body=orjson.dumps(body), urgency="person", record_id=record_id)
