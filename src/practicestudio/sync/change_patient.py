"""A person makes or changes a patient here: record, trail and the message to athenahealth in one transaction."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import new_id, now
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.errors import ChangedSince, InvalidValue
from practicestudio.merging import units
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored

_NOT_FOR_PEOPLE = {"external_id"}


async def create_patient(transaction: Transaction, patient: Patient, by: str) -> UUID:
    """Make a patient and register it at athenahealth. Returns our id. Raises InvalidValue where the least is missing."""
    for name in ("first_name", "last_name", "date_of_birth"):
        if getattr(patient, name) is None:
            raise InvalidValue(f"A new patient needs a {name.replace('_', ' ')}.", advice="Fill it in.")
    stored = Stored(new_id(), replace(patient, external_id=None))
    await store.add_patients(transaction, [stored])
    await audit.write(transaction, [AuditEntry(Action.PERSON_PATIENT_CREATE, by, "patient", stored.id)])
    await accept(
        transaction,
        [
            NewMessage(
                direction="out",
                door="rest",
                kind="patient.create",
                about=f"patient:ours:{stored.id}",
                body=b"{}",
                urgency="person",
                record_id=stored.id,
            )
        ],
    )
    return stored.id


async def change_patient(
    transaction: Transaction, patient_id: UUID, changes: Mapping[str, Any], by: str, *, seen: int | None = None, why: str | None = None
) -> Patient:
    """Set fields of a patient and send what changed. seen: the version that the change is meant for.

    Raises InvalidValue for an unknown patient or field, and ChangedSince where the patient has another version by now.
    """
    known = {one.name for one in fields(Patient)} - _NOT_FOR_PEOPLE
    if unknown := sorted(set(changes) - known):
        raise InvalidValue(f"A patient has no field {unknown[0]} that can be changed.", advice=f"There are: {', '.join(sorted(known))}.")
    stored = (await store.read_patients(transaction, [patient_id], lock=True)).get(patient_id)
    if stored is None or stored.merged_into is not None:
        raise InvalidValue("There is no such patient.", advice="Search for the patient again; it may have been merged into another.")
    if seen is not None and stored.version != seen:
        raise ChangedSince("This patient was changed by somebody else meanwhile.")
    record = replace(stored.record, **changes)
    before, after = units(stored.record), units(record)
    changed = {unit: (before.get(unit), after.get(unit)) for unit in {**before, **after} if before.get(unit) != after.get(unit)}
    if not changed:
        return stored.record
    await store.change_patients(transaction, [stored.having(record, changed, now(), by)])
    await audit.write(transaction, [AuditEntry(Action.PERSON_PATIENT_CHANGE, by, "patient", patient_id, None, changed, purpose=why)])
    await accept(transaction, [_update(record, patient_id)])
    return record


def _update(record: Patient, patient_id: UUID) -> NewMessage:
    about = f"patient:{record.external_id}" if record.external_id else f"patient:ours:{patient_id}"
    return NewMessage(direction="out", door="rest", kind="patient.update", about=about, body=b"{}", urgency="person", record_id=patient_id)
