"""Finding appointments a page at a time, by time, provider and patient; what was looked for and whose were seen stand in the audit trail."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.records import Appointment
from practicestudio.records.appointment import AppointmentStatus
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.records import Stored

EVER, NEVER = datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list stands: behind the appointment of this start and id."""

    start: datetime
    id: UUID


FROM_THE_FIRST = Place(EVER, UUID(int=0))


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentsSought:
    """Which appointments: those that start in [start, end); what is None does not narrow."""

    start: datetime | None = None
    end: datetime | None = None
    provider_id: UUID | None = None
    patient_id: UUID | None = None
    statuses: Sequence[AppointmentStatus] | None = None


@dataclass(frozen=True, slots=True)
class AppointmentsFound:
    """A page, by start. after: the place from which the next page goes on; None behind the last."""

    appointments: tuple[Stored[Appointment], ...]
    after: Place | None


async def find_appointments(
    transaction: Transaction, sought: AppointmentsSought, by: str, limit: int, after: Place = FROM_THE_FIRST
) -> AppointmentsFound:
    """The page behind `after`."""
    found = await _places(transaction, sought, limit + 1, after)
    records = await store.read_appointments(transaction, [one.id for one in found[:limit]])
    appointments = tuple(records[one.id] for one in found[:limit])
    await _note(transaction, sought, appointments, by)
    return AppointmentsFound(appointments, found[limit - 1] if len(found) > limit else None)


async def _places(transaction: Transaction, sought: AppointmentsSought, limit: int, after: Place) -> list[Place]:
    given = {
        "practice_id": transaction.practice_id,
        "start_time": sought.start or EVER,
        "end_time": sought.end or NEVER,
        "statuses": None if sought.statuses is None else list(sought.statuses),
        "after_time": after.start,
        "after_id": after.id,
        "limit": limit,
    }
    if sought.patient_id is not None:
        query = sql.records.appointments_found_of_patient(
            transaction.connection, patient_id=sought.patient_id, provider_id=sought.provider_id, **given
        )
    elif sought.provider_id is not None:
        query = sql.records.appointments_found_of_provider(transaction.connection, provider_id=sought.provider_id, **given)
    else:
        query = sql.records.appointments_found(transaction.connection, **given)
    return [Place(start, appointment_id) for appointment_id, start in await rows(query)]


async def _note(transaction: Transaction, sought: AppointmentsSought, seen: Sequence[Stored[Appointment]], by: str) -> None:
    wanted = {name: (None, value) for name, value in asdict(sought).items() if value is not None}
    search = AuditEntry(Action.PERSON_APPOINTMENT_SEARCH, by, patient_id=sought.patient_id, changes=wanted)
    views = (AuditEntry(Action.PERSON_APPOINTMENT_VIEW, by, "appointment", one.id, patient_id=one.record.patient_id) for one in seen)
    await audit.write(transaction, [search, *views])
