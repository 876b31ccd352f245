"""Taking back a decision about whose value stands: both sides' values of before, and the question open again."""

from dataclasses import dataclass, replace
from typing import Any

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import now
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept
from practicestudio.errors import InvalidValue
from practicestudio.merging import Units, holds, rebuild, same, units, units_from_json, with_values
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link, RecordKind, Stored
from practicestudio.sync import reviews
from practicestudio.sync.put_back import PutBack, to_put_back
from practicestudio.sync.receive_patient import both_changed
from practicestudio.sync.reviews import Review


@dataclass(frozen=True, slots=True)
class ConflictUndo:
    """What is set back. base: of the units in question, what both sides had agreed on before; ours: of those where theirs was taken, our value
    of before. told, theirs: of those where ours stood, what athenahealth was told, and what it had."""

    kind: RecordKind
    stored: Stored[Any]
    link: Link
    asked: tuple[str, ...]
    base: Units
    ours: Units
    told: Units
    theirs: Units


async def plan_conflict_undo(transaction: Transaction, review: Review) -> ConflictUndo:
    """What undoing takes. Raises InvalidValue, which says why it is not possible (any more)."""
    kind: RecordKind = "appointment" if review.record_kind == "appointment" else "patient"
    stored = await _record(transaction, kind, review)
    link = await _link(transaction, kind, stored)
    if await reviews.open_conflicts(transaction, stored.id):
        raise InvalidValue("A newer question about the same record is open.", advice="Decide that one; it has the newest values.")
    decided = review.answer.by_unit
    base, ours, theirs = (_side(kind, review, side) for side in ("base", "ours", "theirs"))
    present = units(stored.record)
    stood = {unit: (theirs if side == "theirs" else ours).get(unit) for unit, side in decided.items()}
    if moved := sorted(unit for unit, value in stood.items() if not (holds(present.get(unit), value) or same(unit, present.get(unit), value))):
        what = ", ".join(dict.fromkeys(unit.partition(".")[0].replace("_", " ") for unit in moved))
        raise InvalidValue(f"The {what} changed again after this was decided, and undoing would lose that.", advice="Change the value itself.")
    told = {unit: ours.get(unit) for unit, side in decided.items() if side == "ours"}
    taken = {unit: ours.get(unit) for unit, side in decided.items() if side == "theirs"}
    return ConflictUndo(kind, stored, link, tuple(decided), base, taken, told, {unit: theirs.get(unit) for unit in told})


async def _record(transaction: Transaction, kind: RecordKind, review: Review) -> Stored[Any]:
    ids = [review.record_id] if review.record_id else []
    read: Any = store.read_patients if kind == "patient" else store.read_appointments
    found: list[Stored[Any]] = list((await read(transaction, ids)).values())
    if not found or found[0].merged_into is not None:
        raise InvalidValue("The patient was merged into another since, who has values of their own.", advice="Change the patient who goes on.")
    return found[0]


async def _link(transaction: Transaction, kind: RecordKind, stored: Stored[Any]) -> Link:
    identity = store.identity_of(transaction, kind, stored.record.external_id or "")
    link = (await store.find_links(transaction, kind, [identity])).get(identity)
    if link is None or link.record_id != stored.id:
        raise InvalidValue("The record is not linked to athenahealth any more, so there is no other side.", advice="Change the value itself.")
    return link


def _side(kind: RecordKind, review: Review, side: str) -> Units:
    return units_from_json(Patient if kind == "patient" else Appointment, {one["unit"]: one[side] for one in review.content})


async def undo_conflict(transaction: Transaction, review: Review, plan: ConflictUndo, because: str, by: str) -> None:
    """Set both sides back. Where athenahealth was told our value it gets its own back first, and then the question opens again."""
    before = units(plan.stored.record)
    after = with_values(before, plan.ours, plan.ours)
    changes = {unit: (before.get(unit), after.get(unit)) for unit in plan.ours}
    await _change(transaction, plan, after, list(changes), by)
    base = with_values(plan.link.base or {}, plan.asked, plan.base)
    await store.put_links(transaction, plan.kind, [replace(plan.link, base=base)])
    whose = getattr(plan.stored.record, "patient_id", None)  # of an appointment
    entry = AuditEntry(Action.PERSON_REVIEW_UNDO, by, plan.kind, plan.stored.id, review.message_id, changes, whose, because)
    await audit.write(transaction, [entry])
    await reviews.mark_undone(transaction, review, because, by)
    if plan.told:
        asked = PutBack(plan.stored.record.external_id or "", plan.told, plan.theirs, dict.fromkeys(plan.asked) | plan.base)
        await accept(transaction, [to_put_back(asked, plan.stored.id, review.message_id)])
        return
    await error_queue.park_again(transaction, review.message_id, both_changed(plan.asked), by)
    await reviews.put_question(transaction, "conflict", review.message_id, review.record_kind, plan.stored.id, review.content)


async def _change(transaction: Transaction, plan: ConflictUndo, after: Units, changed: list[str], by: str) -> None:
    if not changed:
        return
    cls: Any = Patient if plan.kind == "patient" else Appointment
    having = plan.stored.having(rebuild(cls, after, external_id=plan.stored.record.external_id), changed, now(), by)
    if plan.kind == "patient":
        await store.change_patients(transaction, [having])
    else:
        await store.change_appointments(transaction, [having])
