"""Looking up patients and appointments for a person; whose data was seen stands in the audit trail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.errors import InvalidValue
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.setup import setup_of


@dataclass(frozen=True, slots=True)
class Found:
    """A patient under our id. merged_into: the patient that goes on in its place."""

    id: UUID
    patient: Patient
    merged_into: UUID | None


async def search_patients(transaction: Transaction, query: str, by: str, limit: int = 20) -> list[Found]:
    """Patients that fit every word: beginnings of names, a date of birth, the end of a phone. The trail notes who looked for what, sealed."""
    found = await store.search_patients(transaction, query, limit)
    searched = AuditEntry(Action.PERSON_PATIENT_SEARCH, by, changes={"query": (None, query)})
    await audit.write(transaction, [searched])
    await _seen(transaction, [one.id for one in found], by)
    return [Found(one.id, one.record, one.merged_into) for one in found]


async def look_up_patient(transaction: Transaction, patient_id: UUID, by: str) -> Found:
    """One patient. Raises InvalidValue where there is none."""
    stored = (await store.read_patients(transaction, [patient_id])).get(patient_id)
    if stored is None:
        raise InvalidValue("There is no such patient.", advice="`practicestudio patient search` finds patients.")
    await _seen(transaction, [stored.id], by)
    return Found(stored.id, stored.record, stored.merged_into)


async def read_patient_to_change(transaction: Transaction, patient_id: UUID, by: str) -> Stored[Patient]:
    """One patient who may be changed, locked. Raises InvalidValue where there is none, or another goes on in their place."""
    stored = (await store.read_patients(transaction, [patient_id], lock=True)).get(patient_id)
    if stored is None or stored.merged_into is not None:
        raise InvalidValue("There is no such patient.", advice="Search for the patient again; it may have been merged into another.")
    await _seen(transaction, [stored.id], by)
    return stored


async def look_up_appointments(transaction: Transaction, start: datetime, end: datetime) -> Sequence[tuple[UUID, Appointment]]:
    """Appointments that start in [start, end), by start, with our ids."""
    return [(one.id, one.record) for one in await store.appointments_between(transaction, start, end)]


async def names_of_items(transaction: Transaction) -> Mapping[UUID, str]:
    """What people call the practice's locations, providers and appointment types, by our ids."""
    items = (await setup_of(transaction)).items
    named: list[Any] = [*items.locations.values(), *items.providers.values(), *items.appointment_types.values()]
    return {item.id: item.name for item in named}


async def _seen(transaction: Transaction, patient_ids: Sequence[UUID], by: str) -> None:
    await audit.write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, by, "patient", one) for one in patient_ids])
