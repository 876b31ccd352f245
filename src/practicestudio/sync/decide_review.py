"""A person answers a question: which patient it is, or whose value stands."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any, Literal
from uuid import UUID

import msgspec

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import now
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept
from practicestudio.errors import InvalidValue, Misconfigured, NotYet
from practicestudio.merging import decode_units, rebuild, units
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.records import RecordKind, Stored
from practicestudio.sync import reviews
from practicestudio.sync.intents import to_update

Side = Literal["ours", "theirs"]


async def decide_match(transaction: Transaction, review_id: UUID, patient_id: UUID | None, by: str) -> None:
    """The message is about this patient, or with None about nobody known; it is worked again with that answer, and so are the appointments
    that gave up waiting for a patient."""
    review = await reviews.lock_review(transaction, review_id)
    if review.kind != "match":
        raise Misconfigured("This question is not about which patient it is.", advice="Decide it by `ours` or `theirs`.")
    candidates = {UUID(str(one["id"])) for one in review.content["candidates"]}
    if patient_id is not None and patient_id not in candidates:
        raise InvalidValue("This patient is not one of those in question.", advice="Choose one of the candidates, or `new`.")
    await reviews.close_review(transaction, review_id, "new" if patient_id is None else str(patient_id), by)
    await audit.write(transaction, [AuditEntry(Action.PERSON_MATCH_DECIDE, by, "patient", patient_id, review.message_id)])
    waiting = sql.messages.failed_of_kind(transaction.connection, practice_id=transaction.practice_id, kind="appointment", error_code=NotYet.code)
    await error_queue.retry(transaction, [review.message_id, *(row[0] for row in await rows(waiting))], by)


async def decide_conflict(transaction: Transaction, review_id: UUID, side: Side, by: str, *, by_unit: dict[str, Side] | None = None) -> None:
    """These values stand: all of one side, but for the units named in by_unit. Ours are sent to athenahealth."""
    review = await reviews.lock_review(transaction, review_id)
    if review.kind != "conflict" or review.record_id is None:
        raise Misconfigured("This question is not about whose value stands.", advice="Decide it by a candidate or `new`.")
    kind: RecordKind = "appointment" if review.record_kind == "appointment" else "patient"
    chosen = {one["unit"]: (by_unit or {}).get(one["unit"], side) for one in review.content}
    theirs = _units(kind, {one["unit"]: one["theirs"] for one in review.content if one["theirs"] is not None})
    decide = _decide_patient if kind == "patient" else _decide_appointment
    external_id = await decide(transaction, review.record_id, chosen, theirs, by, review.message_id)
    await _agree(transaction, kind, external_id, theirs, chosen)
    await reviews.close_review(transaction, review_id, ", ".join(f"{unit}: {whose}" for unit, whose in chosen.items()), by)
    await error_queue.settle(transaction, review.message_id, by)


def _units(kind: RecordKind, values: dict[str, Any]) -> dict[str, Any]:
    return decode_units(Patient if kind == "patient" else Appointment, msgspec.json.encode(values))


async def _decide_patient(
    transaction: Transaction, record_id: UUID, chosen: dict[str, Side], theirs: dict[str, Any], by: str, message_id: UUID
) -> str | None:
    stored: Stored[Patient] = (await store.read_patients(transaction, [record_id], lock=True))[record_id]
    if stored.merged_into is not None:
        raise InvalidValue("The patient was merged into another.", advice="Discard the message; what athenahealth says of the other one stands.")
    before = units(stored.record)
    after = _chosen(before, chosen, theirs)
    record = rebuild(Patient, after, external_id=stored.record.external_id)
    changes = {unit: (before.get(unit), after.get(unit)) for unit in chosen if before.get(unit) != after.get(unit)}
    if changes:
        await store.change_patients(transaction, [stored.having(record, changes, now(), by)])
    await audit.write(transaction, [AuditEntry(Action.PERSON_CONFLICT_DECIDE, by, "patient", record_id, message_id, changes)])
    if "ours" in chosen.values() and record.external_id:
        await accept(transaction, [to_update(record.external_id, record_id, message_id)])
    return record.external_id


async def _decide_appointment(
    transaction: Transaction, record_id: UUID, chosen: dict[str, Side], theirs: dict[str, Any], by: str, message_id: UUID
) -> str | None:
    if "ours" in chosen.values():
        raise InvalidValue(
            "athenahealth does not let an appointment's values be set from here.",
            advice="Choose theirs, or cancel or reschedule the appointment, which athenahealth is told of.",
        )
    stored: Stored[Appointment] = (await store.read_appointments(transaction, [record_id], lock=True))[record_id]
    before = units(stored.record)
    after = _chosen(before, chosen, theirs)
    changes = {unit: (before.get(unit), after.get(unit)) for unit in chosen if before.get(unit) != after.get(unit)}
    if changes:
        record = rebuild(Appointment, after, external_id=stored.record.external_id)
        await store.change_appointments(transaction, [stored.having(record, changes, now(), by)])
    await audit.write(transaction, [AuditEntry(Action.PERSON_CONFLICT_DECIDE, by, "appointment", record_id, message_id, changes)])
    return stored.record.external_id


def _chosen(before: dict[str, Any], chosen: dict[str, Side], theirs: dict[str, Any]) -> dict[str, Any]:
    after = dict(before)
    for unit, side in chosen.items():
        if side == "theirs":
            after[unit] = theirs.get(unit)
    return {unit: value for unit, value in after.items() if value is not None or unit in before}


async def _agree(transaction: Transaction, kind: RecordKind, external_id: str | None, theirs: dict[str, Any], decided: Collection[str]) -> None:
    """The base holds theirs as the person saw it, so that only a later change there is one."""
    identity = store.identity_of(transaction, kind, external_id or "")
    for link in (await store.find_links(transaction, kind, [identity])).values():
        base = {unit: value for unit, value in (link.base or {}).items() if unit not in decided} | theirs
        await store.put_links(transaction, kind, [replace(link, base=base)])
