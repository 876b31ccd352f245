"""athenahealth found two of its patients to be one person, and so are they here: one record goes on, the other points to it."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import now
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link


async def follow(transaction: Transaction, survivor: UUID, previous: Sequence[str], message_id: UUID) -> None:
    """The identity `survivor` has taken in athenahealth's ids `previous`: move their links, appointments and records to it.

    Nothing is deleted: the record that was taken in keeps its content and its trail, and says which one goes on. A previous id that is not
    known yet is linked too, so that what still comes for it finds the person.
    """
    identities = [store.identity_of(transaction, "patient", one) for one in previous]
    links = await store.find_links(transaction, "patient", [survivor, *identities])
    target = links[survivor].record_id
    fresh = [Link(identity, target, None, now(), message_id) for identity in identities if identity not in links]
    await store.put_links(transaction, "patient", fresh)
    taken_in = sorted({link.record_id for link in links.values()} - {target})
    patients = await store.read_patients(transaction, taken_in, lock=True)
    for patient_id in taken_in:
        if patients[patient_id].merged_into is None:
            await _take_in(transaction, patient_id, target, message_id)
    await store.change_patients(transaction, [replace(patient, merged_into=target) for patient in patients.values() if patient.merged_into is None])


async def _take_in(transaction: Transaction, patient_id: UUID, target: UUID, message_id: UUID) -> None:
    await store.move_links(transaction, "patient", patient_id, target)
    appointments = await store.appointments_of_patient(transaction, patient_id)
    moved = [stored.having(replace(stored.record, patient_id=target), ["patient_id"], now(), audit.ATHENAHEALTH) for stored in appointments]
    await store.change_appointments(transaction, moved)
    trail = [AuditEntry(Action.ATHENA_PATIENT_MERGE, audit.ATHENAHEALTH, "patient", one, message_id) for one in (patient_id, target)]
    for stored in appointments:
        changes = {"patient_id": (str(patient_id), str(target))}
        trail.append(AuditEntry(Action.ATHENA_APPOINTMENT_CHANGE, audit.ATHENAHEALTH, "appointment", stored.id, message_id, changes, target))
    await audit.write(transaction, trail)
