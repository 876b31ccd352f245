"""A person answers a question: which patient it is, or whose value stands."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import now
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.story import read_story
from practicestudio.errors import InvalidValue, Misconfigured, NotYet
from practicestudio.merging import Side, Units, rebuild, units, units_from_json, with_values
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.records import RecordKind, Stored
from practicestudio.sync import reviews
from practicestudio.sync.intents import to_fetch, to_update
from practicestudio.sync.join_patients import join_patients
from practicestudio.sync.reviews import Answer, Review
from practicestudio.sync.setup import setup_of


async def decide_match(transaction: Transaction, review_id: UUID, patient_id: UUID | None, by: str, *, why: str | None = None) -> None:
    """The message is about this patient, or with None about nobody known; it is worked again with that answer, and so are the appointments
    that gave up waiting for a patient."""
    review = await reviews.lock_review(transaction, review_id)
    if review.kind != "match":
        raise Misconfigured("This question is not about which patient it is.", advice="Decide it by `ours` or `theirs`.")
    candidates = {UUID(str(one["id"])) for one in review.content["candidates"]}
    if patient_id is not None and patient_id not in candidates:
        raise InvalidValue("This patient is not one of those in question.", advice="Choose one of the candidates, or `new`.")
    decision = reviews.NEW if patient_id is None else str(patient_id)
    await reviews.close_review(transaction, review, decision, by, Answer(why=why), record_id=patient_id)
    await audit.write(transaction, [AuditEntry(Action.PERSON_MATCH_DECIDE, by, "patient", patient_id, review.message_id, purpose=why)])
    if review.taken_for_new is not None:
        if patient_id is not None:
            await join_patients(transaction, patient_id, review.taken_for_new, by, why=why)
        return
    if await _was_undone(transaction, review):
        await accept(transaction, [await _read_anew(transaction, review)])
    waiting = sql.messages.failed_of_kind(transaction.connection, practice_id=transaction.practice_id, kind="appointment", error_code=NotYet.code)
    await error_queue.retry(transaction, [review.message_id, *(row[0] for row in await rows(waiting))], by)


async def _was_undone(transaction: Transaction, review: Review) -> bool:
    return any(one.state == "undone" for one in await reviews.reviews_of_message(transaction, review.message_id))


async def _read_anew(transaction: Transaction, review: Review) -> NewMessage:
    """What came for this id while it was another patient's was taken back with the link, so the patient is read once more."""
    story = await read_story(transaction, review.message_id)
    external_id = (await setup_of(transaction)).mapping.patient_external_id(orjson.loads(story.bodies["received"]))
    return to_fetch("patient", external_id or "", review.message_id)


async def decide_conflict(
    transaction: Transaction, review_id: UUID, side: Side, by: str, *, by_unit: dict[str, Side] | None = None, why: str | None = None
) -> None:
    """These values stand: all of one side, but for the units named in by_unit. Ours are sent to athenahealth."""
    review = await reviews.lock_review(transaction, review_id)
    if review.kind != "conflict" or review.record_id is None:
        raise Misconfigured("This question is not about whose value stands.", advice="Decide it by a candidate or `new`.")
    kind: RecordKind = "appointment" if review.record_kind == "appointment" else "patient"
    chosen: dict[str, Side] = {one["unit"]: (by_unit or {}).get(one["unit"], side) for one in review.content}
    theirs = units_from_json(Patient if kind == "patient" else Appointment, {one["unit"]: one["theirs"] for one in review.content})
    decide = _decide_patient if kind == "patient" else _decide_appointment
    external_id = await decide(transaction, _Decision(review.record_id, review.message_id, chosen, theirs, by, why))
    await _agree(transaction, kind, external_id, theirs, chosen)
    sides = set(chosen.values())
    await reviews.close_review(transaction, review, sides.pop() if len(sides) == 1 else "both", by, Answer(chosen, why))
    await error_queue.settle(transaction, review.message_id, by)


@dataclass(frozen=True, slots=True)
class _Decision:
    """Whose values of a record stand. chosen: by unit; theirs: the units that athenahealth has a value for."""

    record_id: UUID
    message_id: UUID
    chosen: dict[str, Side]
    theirs: Units
    by: str
    why: str | None

    def after(self, before: Units) -> Units:
        """The record's units as they are to be."""
        return with_values(before, [unit for unit, side in self.chosen.items() if side == "theirs"], self.theirs)

    def entry(self, kind: RecordKind, changes: dict[str, tuple[Any, Any]], patient_id: UUID | None = None) -> AuditEntry:
        return AuditEntry(Action.PERSON_CONFLICT_DECIDE, self.by, kind, self.record_id, self.message_id, changes, patient_id, self.why)


async def _decide_patient(transaction: Transaction, decision: _Decision) -> str | None:
    stored: Stored[Patient] = (await store.read_patients(transaction, [decision.record_id], lock=True))[decision.record_id]
    if stored.merged_into is not None:
        raise InvalidValue("The patient was merged into another.", advice="Discard the message; what athenahealth says of the other one stands.")
    before = units(stored.record)
    after = decision.after(before)
    record = rebuild(Patient, after, external_id=stored.record.external_id)
    changes = _changes(before, after, decision.chosen)
    if changes:
        await store.change_patients(transaction, [stored.having(record, changes, now(), decision.by)])
    await audit.write(transaction, [decision.entry("patient", changes)])
    if "ours" in decision.chosen.values() and record.external_id:
        await accept(transaction, [to_update(record.external_id, stored.id, decision.message_id)])
    return record.external_id


async def _decide_appointment(transaction: Transaction, decision: _Decision) -> str | None:
    if "ours" in decision.chosen.values():
        raise InvalidValue(
            "athenahealth does not let an appointment's values be set from here.",
            advice="Choose theirs, or cancel or reschedule the appointment, which athenahealth is told of.",
        )
    stored: Stored[Appointment] = (await store.read_appointments(transaction, [decision.record_id], lock=True))[decision.record_id]
    before = units(stored.record)
    after = decision.after(before)
    changes = _changes(before, after, decision.chosen)
    if changes:
        record = rebuild(Appointment, after, external_id=stored.record.external_id)
        await store.change_appointments(transaction, [stored.having(record, changes, now(), decision.by)])
    await audit.write(transaction, [decision.entry("appointment", changes, stored.record.patient_id)])
    return stored.record.external_id


def _changes(before: Units, after: Units, chosen: Collection[str]) -> dict[str, tuple[Any, Any]]:
    return {unit: (before.get(unit), after.get(unit)) for unit in chosen if before.get(unit) != after.get(unit)}


async def _agree(transaction: Transaction, kind: RecordKind, external_id: str | None, theirs: Units, decided: Collection[str]) -> None:
    """The base holds theirs as the person saw it, so that only a later change there is one."""
    identity = store.identity_of(transaction, kind, external_id or "")
    for link in (await store.find_links(transaction, kind, [identity])).values():
        base = {unit: value for unit, value in (link.base or {}).items() if unit not in decided} | theirs
        await store.put_links(transaction, kind, [replace(link, base=base)])
