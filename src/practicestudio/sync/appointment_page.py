"""Everything about one appointment, for a person who looks at it: its history, its messages, and what is offered where its time was taken."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import msgspec
import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.delivery.log import Filter, LogEntry, list_messages
from practicestudio.delivery.story import read_bodies
from practicestudio.errors import InvalidValue, SlotTaken
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.find_slots import Slot
from practicestudio.sync.histories import History, histories


@dataclass(frozen=True, slots=True)
class Taken:
    """A booking whose time was taken: the message that waits for another, and the nearest that were free then."""

    message: LogEntry
    nearest: tuple[Slot, ...]


@dataclass(frozen=True, slots=True)
class AppointmentPage:
    """All of it. messages: the newest first."""

    stored: Stored[Appointment]
    patient: Stored[Patient] | None
    histories: Mapping[str, History]
    messages: tuple[LogEntry, ...]
    taken: Taken | None


async def appointment_page(transaction: Transaction, appointment_id: UUID, by: str) -> AppointmentPage:
    """The appointment. Raises InvalidValue where there is none; the trail notes who looked."""
    stored = await read_appointment(transaction, appointment_id)
    patient_id = stored.record.patient_id
    patient = (await store.read_patients(transaction, [patient_id])).get(patient_id) if patient_id else None
    await audit.write(transaction, [AuditEntry(Action.PERSON_APPOINTMENT_VIEW, by, "appointment", appointment_id, patient_id=patient_id)])
    messages = await list_messages(transaction, Filter(record_id=appointment_id), 20)
    trail = await audit.read_trail(transaction, appointment_id)
    return AppointmentPage(stored, patient, histories(stored.record, trail), tuple(messages), await taken_of(transaction, messages))


async def read_appointment(transaction: Transaction, appointment_id: UUID) -> Stored[Appointment]:
    """The appointment. Raises InvalidValue where there is none."""
    stored = (await store.read_appointments(transaction, [appointment_id])).get(appointment_id)
    if stored is None:
        raise InvalidValue("There is no such appointment.", advice="Look it up in the calendar.")
    return stored


async def taken_of(transaction: Transaction, messages: list[LogEntry]) -> Taken | None:
    """The message among these that waits for another time."""
    waiting = next((one for one in messages if one.state == "parked" and one.error_code == SlotTaken.code), None)
    if waiting is None:
        return None
    report = orjson.loads((await read_bodies(transaction, waiting.id)).get("report", b"{}"))
    nearest = report.get("nearest", []) if isinstance(report, dict) else []
    return Taken(waiting, msgspec.convert(nearest, tuple[Slot, ...]))


async def taken_times(transaction: Transaction) -> list[LogEntry]:
    """The messages that wait for another time, the newest first, a hundred at most."""
    return await list_messages(transaction, Filter(states=("parked",), error_code=SlotTaken.code), 100)
