"""Reading one question for a person, which the trail notes; with what may be done about it, and which question comes next."""

from dataclasses import dataclass
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.sync import reviews
from practicestudio.sync.conflict_question import ConflictQuestion, conflict_question
from practicestudio.sync.match_question import MatchQuestion, match_question
from practicestudio.sync.reviews import Review, Wanted
from practicestudio.sync.undo_review import why_not_undone


@dataclass(frozen=True, slots=True)
class QuestionRead:
    """why_not: why a decision cannot be taken back, in one sentence. again: the open question about the same, where this one is closed.
    following: the next open question."""

    review: Review
    question: MatchQuestion | ConflictQuestion
    why_not: str | None = None
    again: UUID | None = None
    following: UUID | None = None


async def read_question(transaction: Transaction, review_id: UUID, by: str) -> QuestionRead:
    """The question, whatever its state. Raises Misconfigured where there is none."""
    review = await reviews.read_review(transaction, review_id)
    question = await (match_question(transaction, review) if review.kind == "match" else conflict_question(transaction, review))
    await audit.write(transaction, [_viewed(review, question, by)])
    if review.state == "open":
        return QuestionRead(review, question, following=await _following(transaction, review))
    why_not = await why_not_undone(transaction, review) if review.state == "decided" else None
    return QuestionRead(review, question, why_not, await asked_again(transaction, review))


def _viewed(review: Review, question: MatchQuestion | ConflictQuestion, by: str) -> AuditEntry:
    whose = question.patient.id if isinstance(question, ConflictQuestion) and question.patient else None
    return AuditEntry(Action.PERSON_REVIEW_VIEW, by, review.record_kind, review.record_id, review.message_id, patient_id=whose)


async def asked_again(transaction: Transaction, review: Review) -> UUID | None:
    """The open question about the same as a closed one."""
    if review.kind == "conflict" and review.record_id is not None:
        return next((one.id for one in await reviews.reviews_of_record(transaction, review.record_id) if one.state == "open"), None)
    found = sql.reviews.open_about(transaction.connection, practice_id=transaction.practice_id, message_id=review.message_id)
    return next((row[0] for row in await rows(found)), None)


async def _following(transaction: Transaction, review: Review) -> UUID | None:
    """The next open question after this one, else the oldest other one."""
    after = await reviews.list_reviews(transaction, Wanted(), after=review.id, limit=1)
    others = after or [one for one in await reviews.list_reviews(transaction, Wanted(), limit=2) if one.id != review.id]
    return others[0].id if others else None
