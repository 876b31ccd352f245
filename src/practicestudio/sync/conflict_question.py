"""A question about whose value stands, as a person sees it: what both sides agreed on, what each has now, and who changed it when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.delivery.story import read_story
from practicestudio.errors import Misconfigured
from practicestudio.merging import Side, units_from_json
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.histories import Event, histories
from practicestudio.sync.reviews import Review
from practicestudio.sync.setup import setup_of


@dataclass(frozen=True, slots=True)
class UnitAsked:
    """One unit that both sides changed. changed: who set our value, when and why; chosen: whose value stands, once it is decided."""

    unit: str
    base: Any
    ours: Any
    theirs: Any
    changed: Event | None
    chosen: Side | None


@dataclass(frozen=True, slots=True)
class ConflictQuestion:
    """patient: whose record it is, or whose appointment. theirs_at: when athenahealth changed the record, where it says so, else when that came.

    only_theirs: athenahealth does not take our value, so only theirs can be chosen. elsewhere: the patient was merged into this one.
    """

    review: Review
    patient: Stored[Patient] | None
    appointment: Appointment | None
    units: tuple[UnitAsked, ...]
    theirs_at: datetime | None
    only_theirs: bool
    elsewhere: UUID | None = None


async def conflict_question(transaction: Transaction, review: Review) -> ConflictQuestion:
    """The question, unit by unit."""
    appointment, patient = await _whose(transaction, review)
    trail = await audit.read_trail(transaction, review.record_id) if review.record_id else []
    record: Any = appointment or (patient.record if patient else None)
    known = histories(record, [entry for entry in trail if entry["at"] <= review.created_at]) if record else {}
    by_unit = review.answer.by_unit
    cls = Appointment if review.record_kind == "appointment" else Patient
    base, ours, theirs = (units_from_json(cls, {one["unit"]: one[side] for one in review.content}) for side in ("base", "ours", "theirs"))
    asked = tuple(
        UnitAsked(unit, base.get(unit), ours.get(unit), theirs.get(unit), known[unit].origin if unit in known else None, by_unit.get(unit))
        for unit in (one["unit"] for one in review.content)
    )
    only_theirs = review.record_kind == "appointment"
    elsewhere = patient.merged_into if patient and not appointment else None
    return ConflictQuestion(review, patient, appointment, asked, await _changed_at(transaction, review), only_theirs, elsewhere)


async def _whose(transaction: Transaction, review: Review) -> tuple[Appointment | None, Stored[Patient] | None]:
    ids = [review.record_id] if review.record_id else []
    if review.record_kind == "patient":
        return None, next(iter((await store.read_patients(transaction, ids)).values()), None)
    found = next(iter((await store.read_appointments(transaction, ids)).values()), None)
    of_patient = [found.record.patient_id] if found and found.record.patient_id else []
    return found.record if found else None, next(iter((await store.read_patients(transaction, of_patient)).values()), None)


async def _changed_at(transaction: Transaction, review: Review) -> datetime | None:
    try:
        story = await read_story(transaction, review.message_id)
    except Misconfigured:  # no longer kept
        return None
    body = orjson.loads(story.bodies.get("received", b"{}"))
    return (await setup_of(transaction)).mapping.modified_at(body) or story.entry.received_at
