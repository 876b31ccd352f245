"""Questions for a person: may this be that patient, and whose value stands; kept sealed until somebody answers, and with the answer."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

import msgspec

from practicestudio.clock import first_id_at, new_id
from practicestudio.delivery import error_queue
from practicestudio.delivery.message import Message
from practicestudio.errors import Misconfigured
from practicestudio.matching import Weighed
from practicestudio.merging import Side, UnitConflict
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

ReviewKind = Literal["match", "conflict"]
ReviewState = Literal["open", "decided", "outdated", "undone"]
CLOSED: tuple[ReviewState, ...] = ("decided", "outdated", "undone")
NEW = "new"
SHOWS_THE_OPEN = "`practicestudio review list` shows the open ones."

_to_json = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered beside the decision itself. by_unit: whose value stands. why, undone_because: in the person's words."""

    by_unit: dict[str, Side] = field(default_factory=dict)
    why: str | None = None
    undone_because: str | None = None


@dataclass(frozen=True, slots=True)
class Review:
    """A question and, once given, its answer.

    content: for a match the candidates with their evidence, for a conflict the units with base, ours and theirs, as JSON values.
    decision: for a match the patient chosen, or `new`; for a conflict `ours`, `theirs` or `both`.
    """

    id: UUID
    kind: ReviewKind
    message_id: UUID
    record_kind: str
    record_id: UUID | None
    content: Any
    state: ReviewState
    decision: str | None
    created_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    undone_at: datetime | None = None
    undone_by: str | None = None
    answer: Answer = Answer()

    @property
    def because(self) -> str:
        """What is asked, without a value."""
        if self.kind == "match":
            return str(self.content["because"])
        return f"Both sides changed {', '.join(one['unit'] for one in self.content)}: whose value stands?"

    @property
    def taken_for_new(self) -> UUID | None:
        """The patient that a decision, taken back since, had made of whoever came: the question is whether it is one of the candidates."""
        known = self.content.get("patient") if self.kind == "match" else None
        return UUID(known) if known else None


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is sealed."""

    content: Any
    answer: Answer = Answer()


_decode = msgspec.json.Decoder(_Kept).decode
_COLUMNS = tuple(name for name in Review.__dataclass_fields__ if name != "answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which questions to list; what is None does not narrow. asked_since, asked_before: when they were asked."""

    states: Sequence[ReviewState] = ("open",)
    kind: ReviewKind | None = None
    asked_since: datetime | None = None
    asked_before: datetime | None = None

    def bounds(self) -> dict[str, UUID | None]:
        """The times as ids."""
        return {
            "since": first_id_at(self.asked_since) if self.asked_since else None,
            "before": first_id_at(self.asked_before) if self.asked_before else None,
        }


@dataclass(frozen=True, slots=True)
class Total:
    """How many questions of a state and a kind there are, and when the first of them was asked."""

    state: ReviewState
    kind: ReviewKind
    count: int
    oldest: datetime


async def ask_match(transaction: Transaction, message: Message, because: str, candidates: Sequence[Weighed]) -> None:
    """Ask which of these patients, if any, the message is about; the same question of an older message about the same gives way."""
    await drop_matches(transaction, message)
    await put_question(transaction, "match", message.id, "patient", None, {"because": because, "candidates": candidates})


async def drop_matches(transaction: Transaction, message: Message) -> None:
    """Who this is about need not be asked for an older message: this newer one settles it, or asks anew."""
    older = sql.reviews.outdate_matches(transaction.connection, practice_id=transaction.practice_id, lane=message.lane)
    await _give_way(transaction, message.id, [row[0] for row in await rows(older)])


async def lanes_of_matches(transaction: Transaction, lanes: Sequence[int]) -> dict[int, set[str]]:
    """Of these lanes, those about which a person is asked who it is (`open`), or whose answer was taken back (`undone`)."""
    found: dict[int, set[str]] = {}
    for lane, state in await rows(sql.reviews.lanes_of_matches(transaction.connection, practice_id=transaction.practice_id, lanes=list(lanes))):
        found.setdefault(lane, set()).add(state)
    return found


async def ask_conflict(transaction: Transaction, message_id: UUID, record_kind: str, record_id: UUID, conflicts: Sequence[UnitConflict]) -> bool:
    """Ask whose values stand; an older question about the same record gives way. False where the very same is being asked already."""
    found = await open_conflicts(transaction, record_id)
    wanted = msgspec.json.decode(_to_json(conflicts))
    if any(one.content == wanted and one.message_id != message_id for one in found):
        return False
    await drop_conflict(transaction, message_id, record_id)
    await put_question(transaction, "conflict", message_id, record_kind, record_id, conflicts)
    return True


async def open_conflicts(transaction: Transaction, record_id: UUID) -> list[Review]:
    """The open questions whose values of this record stand, locked."""
    found = await rows(sql.reviews.open_conflicts(transaction.connection, practice_id=transaction.practice_id, record_id=record_id))
    return [_review(transaction, row) for row in found]


async def drop_conflict(transaction: Transaction, message_id: UUID, record_id: UUID) -> None:
    """The question about this record is no longer one, by this newer message; the messages that asked it are done with."""
    older = sql.reviews.outdate_conflicts(transaction.connection, practice_id=transaction.practice_id, record_id=record_id)
    await _give_way(transaction, message_id, [row[0] for row in await rows(older)])


async def in_question(transaction: Transaction, record_kind: str) -> set[UUID]:
    """The records about which a person is being asked whose values stand."""
    found = sql.reviews.records_in_question(transaction.connection, practice_id=transaction.practice_id, record_kind=record_kind)
    return {row[0] for row in await rows(found)}


async def _give_way(transaction: Transaction, message_id: UUID, older: Sequence[UUID]) -> None:
    if others := [one for one in older if one != message_id]:
        await error_queue.discard(transaction, others, "a newer message of athenahealth took its place", "system")


async def put_question(transaction: Transaction, kind: ReviewKind, message_id: UUID, record_kind: str, record_id: UUID | None, content: Any) -> UUID:
    """Store a question. Returns its id."""
    review_id = new_id()
    await sql.reviews.insert_review(
        transaction.connection,
        practice_id=transaction.practice_id,
        id=review_id,
        kind=kind,
        message_id=message_id,
        record_kind=record_kind,
        record_id=record_id,
        sealed=_sealed(transaction, review_id, content, Answer()),
    )
    return review_id


async def open_reviews(transaction: Transaction) -> list[Review]:
    """All open questions, the oldest first."""
    return await list_reviews(transaction, Wanted(), limit=None)


async def list_reviews(transaction: Transaction, wanted: Wanted, *, after: UUID | None = None, limit: int | None = 25) -> list[Review]:
    """Questions that fit: open ones by age, the oldest first; others by when they were closed, the last first.

    after: the last id of the page before. Open and closed questions are not listed together.
    """
    given = {"practice_id": transaction.practice_id, "kind": wanted.kind, **wanted.bounds(), "after": after, "limit": limit}
    if "open" in wanted.states:
        found = sql.reviews.list_open(transaction.connection, **given)
    else:
        found = sql.reviews.list_closed(transaction.connection, states=list(wanted.states), **given)
    return [_review(transaction, row) for row in await rows(found)]


async def count_reviews(transaction: Transaction, wanted: Wanted = Wanted()) -> list[Total]:
    """How many there are by state and kind, of those asked in the time wanted."""
    found = sql.reviews.count_reviews(transaction.connection, practice_id=transaction.practice_id, **wanted.bounds())
    return [Total(*row) for row in await rows(found)]


async def reviews_of_record(transaction: Transaction, record_id: UUID) -> list[Review]:
    """The questions about a record, the newest first, a hundred at most."""
    found = sql.reviews.reviews_of_record(transaction.connection, practice_id=transaction.practice_id, record_id=record_id)
    return [_review(transaction, row) for row in await rows(found)]


async def reviews_of_message(transaction: Transaction, message_id: UUID) -> list[Review]:
    """The questions that a message asked, the newest first."""
    found = sql.reviews.reviews_of_message(transaction.connection, practice_id=transaction.practice_id, message_id=message_id)
    return [_review(transaction, row) for row in await rows(found)]


async def read_review(transaction: Transaction, review_id: UUID) -> Review:
    """A question, in whatever state. Raises Misconfigured where there is none."""
    return _found(transaction, await sql.reviews.review(transaction.connection, practice_id=transaction.practice_id, id=review_id))


async def lock_review(transaction: Transaction, review_id: UUID, state: ReviewState = "open") -> Review:
    """A question, locked for its answer or for taking the answer back. Raises Misconfigured where there is none in this state."""
    review = _found(transaction, await sql.reviews.lock_review(transaction.connection, practice_id=transaction.practice_id, id=review_id))
    if review.state != state:
        said = "no longer open" if state == "open" else "not decided, so there is nothing to undo"
        raise Misconfigured(f"This question is {said}.", advice=SHOWS_THE_OPEN)
    return review


async def close_review(
    transaction: Transaction, review: Review, decision: str, by: str, answer: Answer | None = None, *, record_id: UUID | None = None
) -> None:
    """Note the answer. record_id: the record that the question turned out to be about."""
    await sql.reviews.decide_review(
        transaction.connection,
        practice_id=transaction.practice_id,
        id=review.id,
        decision=decision,
        record_id=record_id,
        decided_by=by,
        sealed=_sealed(transaction, review.id, review.content, answer or Answer()),
    )


async def mark_undone(transaction: Transaction, review: Review, because: str, by: str) -> None:
    """Note that the answer was taken back, and why."""
    answer = replace(review.answer, undone_because=because)
    await sql.reviews.undo_review(
        transaction.connection,
        practice_id=transaction.practice_id,
        id=review.id,
        undone_by=by,
        sealed=_sealed(transaction, review.id, review.content, answer),
    )


async def match_decisions(transaction: Transaction, message_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """For messages whose match a person decided: the patient it is, or None for a new one."""
    found = sql.reviews.decisions_of_messages(transaction.connection, practice_id=transaction.practice_id, message_ids=list(message_ids))
    return {message_id: None if decision == NEW else UUID(decision) for message_id, decision in await rows(found)}


def _sealed(transaction: Transaction, review_id: UUID, content: Any, answer: Answer) -> bytes:
    return transaction.sealer.seal("reviews", review_id, _to_json(_Kept(content, answer)))


def _found(transaction: Transaction, row: Sequence[Any] | None) -> Review:
    if row is None:
        raise Misconfigured("This practice has no such question.", advice=SHOWS_THE_OPEN)
    return _review(transaction, row)


def _review(transaction: Transaction, row: Sequence[Any]) -> Review:
    kept = _decode(transaction.sealer.open("reviews", row[0], row[5]))
    values = dict(zip(_COLUMNS, row, strict=True))
    return Review(**{**values, "content": kept.content, "answer": kept.answer})
