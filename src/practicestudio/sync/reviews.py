"""Questions for a person: may this be that patient, and whose value stands; kept sealed until somebody answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from practicestudio.clock import new_id
from practicestudio.delivery import error_queue
from practicestudio.errors import Misconfigured
from practicestudio.matching import Weighed
from practicestudio.merging import UnitConflict
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

ReviewKind = Literal["match", "conflict"]
_to_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Review:
    """A question and, once given, its answer. content: for a match the candidates with their evidence, for a conflict the units with base,
    ours and theirs, as JSON values."""

    id: UUID
    kind: ReviewKind
    message_id: UUID
    record_kind: str
    record_id: UUID | None
    content: Any
    state: str
    decision: str | None
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None


async def ask_match(transaction: Transaction, message_id: UUID, because: str, candidates: Sequence[Weighed]) -> None:
    """Ask which of these patients, if any, the message is about."""
    content = {"because": because, "candidates": candidates}
    await sql.records.outdate_reviews_of_messages(transaction.connection, practice_id=transaction.practice_id, message_ids=[message_id])
    await _insert(transaction, "match", message_id, "patient", None, content)


async def ask_conflict(transaction: Transaction, message_id: UUID, record_kind: str, record_id: UUID, conflicts: Sequence[UnitConflict]) -> None:
    """Ask whose values stand; an older open question about the same record gives way, and its message with it."""
    older = sql.records.outdate_reviews(transaction.connection, practice_id=transaction.practice_id, kind="conflict", record_id=record_id)
    for (older_message,) in await rows(older):
        if older_message != message_id:
            await error_queue.discard(transaction, [older_message], "a newer message asks the same", "system")
    await _insert(transaction, "conflict", message_id, record_kind, record_id, conflicts)


async def _insert(transaction: Transaction, kind: ReviewKind, message_id: UUID, record_kind: str, record_id: UUID | None, content: Any) -> None:
    review_id = new_id()
    await sql.records.insert_review(
        transaction.connection,
        practice_id=transaction.practice_id,
        id=review_id,
        kind=kind,
        message_id=message_id,
        record_kind=record_kind,
        record_id=record_id,
        sealed=transaction.sealer.seal("reviews", review_id, _to_json(content)),
    )


async def open_reviews(transaction: Transaction) -> list[Review]:
    """All open questions, the oldest first."""
    return [_review(transaction, row) for row in await rows(sql.records.open_reviews(transaction.connection, practice_id=transaction.practice_id))]


async def lock_review(transaction: Transaction, review_id: UUID) -> Review:
    """An open question, locked for its answer. Raises Misconfigured where there is none."""
    row = await sql.records.lock_review(transaction.connection, practice_id=transaction.practice_id, id=review_id)
    if row is None:
        raise Misconfigured("This practice has no such question.", advice="`practicestudio review list` shows the open ones.")
    review = _review(transaction, row)
    if review.state != "open":
        raise Misconfigured("This question is no longer open.", advice="`practicestudio review list` shows the open ones.")
    return review


async def close_review(transaction: Transaction, review_id: UUID, decision: str, by: str) -> None:
    """Note the answer."""
    await sql.records.decide_review(transaction.connection, practice_id=transaction.practice_id, id=review_id, decision=decision, decided_by=by)


async def match_decisions(transaction: Transaction, message_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """For messages whose match a person decided: the patient it is, or None for a new one."""
    found = sql.records.decisions_of_messages(transaction.connection, practice_id=transaction.practice_id, message_ids=list(message_ids))
    return {message_id: None if decision == "new" else UUID(decision) for message_id, decision in await rows(found)}


def _review(transaction: Transaction, row: Sequence[Any]) -> Review:
    values = list(row)
    values[5] = msgspec.json.decode(transaction.sealer.open("reviews", row[0], row[5]))
    return Review(*values)
