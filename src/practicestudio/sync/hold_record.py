"""A record at hand for somebody who looks at it or is about to change it, with its version."""

from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.mapping import Finding
from practicestudio.merging import units
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.setup import setup_of


async def see_patient(transaction: Transaction, patient_id: UUID, by: str) -> Stored[Patient] | None:
    """A patient, or None where there is none; the look is noted."""
    stored = (await store.read_patients(transaction, [patient_id])).get(patient_id)
    if stored is not None:
        await audit.write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, by, "patient", patient_id)])
    return stored


async def see_appointment(transaction: Transaction, appointment_id: UUID, by: str) -> Stored[Appointment] | None:
    """An appointment, or None where there is none; the look is noted."""
    stored = (await store.read_appointments(transaction, [appointment_id])).get(appointment_id)
    if stored is not None:
        entry = AuditEntry(Action.PERSON_APPOINTMENT_VIEW, by, "appointment", appointment_id, patient_id=stored.record.patient_id)
        await audit.write(transaction, [entry])
    return stored


async def hold_patient(transaction: Transaction, patient_id: UUID) -> Stored[Patient] | None:
    """A patient whom nobody else changes until the transaction ends."""
    return (await store.read_patients(transaction, [patient_id], lock=True)).get(patient_id)


async def hold_appointment(transaction: Transaction, appointment_id: UUID) -> Stored[Appointment] | None:
    """An appointment that nobody else changes until the transaction ends."""
    return (await store.read_appointments(transaction, [appointment_id], lock=True)).get(appointment_id)


async def before_sending(transaction: Transaction, patient: Patient, before: Patient | None = None) -> tuple[Finding, ...]:
    """What is to be said of a patient as somebody wants them, before it is sent. before: as they are, None for a new one.

    An error among it would keep athenahealth from taking it. Nothing is said where the practice has no connection.
    """
    setup = await setup_of(transaction)
    if not setup.connected:
        return ()
    if before is None or before.external_id is None:
        return setup.mapping.patient_out(patient).report
    old, new = units(before), units(patient)
    changed = [unit for unit in {**old, **new} if old.get(unit) != new.get(unit)]
    return setup.mapping.patient_out(patient, changed, before).report if changed else ()
