"""A person takes a decision back: what it did is undone, and the question is open again."""

from uuid import UUID

from practicestudio.delivery import error_queue
from practicestudio.errors import IntegrationError, InvalidValue
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.sync import reviews
from practicestudio.sync.reviews import Review
from practicestudio.sync.undo_conflict import plan_conflict_undo, undo_conflict
from practicestudio.sync.undo_match import WrongPatient, plan_match_undo, undo_match


async def undo_review(transaction: Transaction, review_id: UUID, because: str, by: str) -> None:
    """Take a decision back. because: why, in the person's words, for the trail.

    Raises InvalidValue, which says in one sentence why it is not possible, and NotYet while a worker is busy with the record.
    """
    if not because.strip():
        raise InvalidValue("Taking a decision back needs a reason.", advice="Say what was wrong with it.")
    review = await reviews.lock_review(transaction, review_id, "decided")
    undo = _undo_conflict if review.kind == "conflict" else _undo_match
    await undo(transaction, review, because.strip(), by)


async def _undo_conflict(transaction: Transaction, review: Review, because: str, by: str) -> None:
    ids = [review.record_id] if review.record_id else []
    await (store.read_patients if review.record_kind == "patient" else store.read_appointments)(transaction, ids, lock=True)
    await undo_conflict(transaction, review, await plan_conflict_undo(transaction, review), because, by)


async def _undo_match(transaction: Transaction, review: Review, because: str, by: str) -> None:
    """Planned once to know the lane and the patient, and once more when nobody else works on them."""
    plan = await plan_match_undo(transaction, review)
    await error_queue.hold_still(transaction, plan.lane)
    if isinstance(plan.what, WrongPatient):
        await store.read_patients(transaction, [plan.what.stored.id], lock=True)
        await store.appointments_of_patient(transaction, plan.what.stored.id)
    await undo_match(transaction, review, await plan_match_undo(transaction, review), because, by)


async def why_not_undone(transaction: Transaction, review: Review) -> str | None:
    """Why a decision cannot be taken back (any more), in one sentence; None where it can."""
    if review.state != "decided":
        return "Only a decision can be taken back."
    plan = plan_conflict_undo if review.kind == "conflict" else plan_match_undo
    try:
        await plan(transaction, review)
    except IntegrationError as error:
        return error.sentence
    return None
