"""Everything about one patient, for a person who looks at it: each value with its origin, ids, appointments, questions, messages."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import now
from practicestudio.delivery.log import Filter, LogEntry, list_messages
from practicestudio.errors import InvalidValue
from practicestudio.merging import is_missing, same, units
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link, Stored
from practicestudio.sync import reviews
from practicestudio.sync.histories import EXTERNAL_ID, Entry, History, histories
from practicestudio.sync.reviews import Review

Step = Literal["in step", "to be sent", "asked", "ours alone"]
"""How a value stands with athenahealth: the same there; changed here and on its way; in question; athenahealth does not know the patient."""

MESSAGES = 20


@dataclass(frozen=True, slots=True)
class Value:
    """A unit with its history, and how it stands with athenahealth."""

    history: History
    step: Step


@dataclass(frozen=True, slots=True)
class LinkShown:
    """An id at athenahealth. external_id: None where it is no longer known in the clear. current: the one that the patient goes by."""

    external_id: str | None
    agreed_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class PatientPage:
    """All of it. values: by unit, those that are or were stated; to_come, past: appointments, the next one first, the last one first."""

    stored: Stored[Patient]
    values: Mapping[str, Value]
    links: tuple[LinkShown, ...]
    to_come: tuple[Stored[Appointment], ...]
    past: tuple[Stored[Appointment], ...]
    questions: tuple[Review, ...]
    messages: tuple[LogEntry, ...]
    made: Entry | None


async def patient_page(transaction: Transaction, patient_id: UUID, by: str) -> PatientPage:
    """The patient. Raises InvalidValue where there is none; the trail notes who looked."""
    stored = (await store.read_patients(transaction, [patient_id])).get(patient_id)
    if stored is None:
        raise InvalidValue("There is no such patient.", advice="Search for the patient.")
    trail = await audit.read_trail(transaction, patient_id)
    links = await store.links_of_record(transaction, "patient", patient_id)
    questions = await reviews.reviews_of_record(transaction, patient_id)
    shown = _links(transaction, stored, links, trail)
    base = next((link.base for link, one in zip(links, shown, strict=True) if one.current), None)
    appointments = await store.list_appointments_of(transaction, patient_id)
    moment = now()
    to_come = [one for one in appointments if one.record.start_time and one.record.start_time >= moment and one.record.status != "cancelled"]
    past = [one for one in reversed(appointments) if one not in to_come]
    messages = await list_messages(transaction, Filter(patient_id=patient_id), MESSAGES)
    await audit.write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, by, "patient", patient_id)])
    values = _values(stored.record, histories(stored.record, trail), base, _asked(questions))
    made = next((entry for entry in trail if entry["action"] in (Action.ATHENA_PATIENT_CREATE, Action.PERSON_PATIENT_CREATE)), None)
    return PatientPage(stored, values, shown, tuple(to_come), tuple(past), tuple(questions), tuple(messages), made)


def _values(record: Patient, known: Mapping[str, History], base: Mapping[str, object] | None, asked: Iterable[str]) -> dict[str, Value]:
    present = units(record)
    shown = {}
    for unit, history in known.items():
        if is_missing(unit, history.value) and len(history.events) < 2:
            continue
        step: Step = "ours alone" if base is None else "in step"
        if unit in asked:
            step = "asked"
        elif base is not None and not same(unit, base.get(unit), present.get(unit)):
            step = "to be sent"
        shown[unit] = Value(history, step)
    return shown


def _asked(questions: Sequence[Review]) -> set[str]:
    return {one["unit"] for review in questions if review.kind == "conflict" and review.state == "open" for one in review.content}


def _links(transaction: Transaction, stored: Stored[Patient], links: Sequence[Link], trail: Iterable[Entry]) -> tuple[LinkShown, ...]:
    """The ids in the clear are those that the record or its trail names: a link itself holds a blind identity only."""
    named = {stored.record.external_id, *stored.record.previous_external_ids}
    for entry in trail:
        named.update((entry["changes"] or {}).get(EXTERNAL_ID, ()))
    clear = {store.identity_of(transaction, "patient", one): one for one in named if one}
    return tuple(LinkShown(clear.get(one.identity), one.agreed_at, clear.get(one.identity) == stored.record.external_id) for one in links)
