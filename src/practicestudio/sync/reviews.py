"""Questions for a person: may this be that patient, and whose value stands; kept sealed until somebody answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from practicestudio.clock import new_id
from practicestudio.delivery import error_queue
from practicestudio.delivery.message import Message
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


async def ask_match(transaction: Transaction, message: Message, because: str, candidates: Sequence[Weighed]) -> None:
    """Ask which of these patients, if any, the message is about; the same question of an older message about the same gives way."""
    older = sql.records.outdate_matches(transaction.connection, practice_id=transaction.practice_id, lane=message.lane)
    await _give_way(transaction, message.id, [row[0] for row in await rows(older)])
    await _insert(transaction, "match", message.id, "patient", None, {"because": because, "candidates": candidates})


async def ask_conflict(transaction: Transaction, message_id: UUID, record_kind: str, record_id: UUID, conflicts: Sequence[UnitConflict]) -> bool:
    """Ask whose values stand; an older question about the same record gives way. False where the very same is being asked already."""
    found = await rows(sql.records.open_conflicts(transaction.connection, practice_id=transaction.practice_id, record_id=record_id))
    wanted = msgspec.json.decode(_to_json(conflicts))
    if any(_review(transaction, row).content == wanted and row[2] != message_id for row in found):
        return False
    await drop_conflict(transaction, message_id, record_id)
    await _insert(transaction, "conflict", message_id, record_kind, record_id, conflicts)
    return True


async def drop_conflict(transaction: Transaction, message_id: UUID, record_id: UUID) -> None:
    """The question about this record is no longer one, by this newer message; the messages that asked it are done with."""
    older = sql.records.outdate_conflicts(transaction.connection, practice_id=transaction.practice_id, record_id=record_id)
    await _give_way(transaction, message_id, [row[0] for row in await rows(older)])


async def in_question(transaction: Transaction, record_kind: str) -> set[UUID]:
    """The records about which a person is being asked whose values stand."""
    found = sql.records.records_in_question(transaction.connection, practice_id=transaction.practice_id, record_kind=record_kind)
    return {row[0] for row in await rows(found)}


async def _give_way(transaction: Transaction, message_id: UUID, older: Sequence[UUID]) -> None:
    if others := [one for one in older if one != message_id]:
        await error_queue.discard(transaction, others, "a newer message of athenahealth took its place", "system")


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
