"""Questions for a person: who somebody is, and whose value stands; list, read, decide, take back."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.kept_answers import Answer
from practicestudio.access.rights import Right
from practicestudio.errors import Misconfigured
from practicestudio.sync.conflict_question import ConflictQuestion
from practicestudio.sync.decide_review import decide_conflict, decide_match
from practicestudio.sync.match_question import CandidateShown, MatchQuestion
from practicestudio.sync.read_question import read_question
from practicestudio.sync.reviews import NEW, Review, Wanted, count_reviews, list_reviews, read_review
from practicestudio.sync.undo_review import undo_review
from practicestudio.web.api.answers import answer, once, reply
from practicestudio.web.api.described import tells
from practicestudio.web.api.faults import InTheWay, Invalid, NotThere, Wrong
from practicestudio.web.api.guard import ApiRoute, PracticeCall, allowed_by_key
from practicestudio.web.api.paging import cursor_at, id_at, next_link
from practicestudio.web.api.shapes.review import DECIDED, REVIEW, WHOLE, Decision, ReviewShown, ReviewsPage, ReviewsWanted, ReviewWhole, Undoing

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

router = APIRouter(prefix="/api/v1/practices/{practice}/reviews", tags=["Reviews"], route_class=ApiRoute)

Decider = Annotated[PracticeCall, allowed_by_key(Right.REVIEWS_DECIDE)]
_FIELDS = tuple(REVIEW)


@router.get("", **tells(ReviewsPage, {"items": [REVIEW], "total": 1, "next_cursor": None}, "The questions that fit."))
async def list_them(call: Decider, wish: Annotated[ReviewsWanted, Query()]) -> Response:
    """List questions."""
    wanted = Wanted(states=(wish.state,), kind=wish.kind)
    async with call.transaction() as transaction:
        found = await list_reviews(transaction, wanted, after=id_at(transaction, wish, wish.cursor), limit=wish.limit + 1)
        items = found[: wish.limit]
        total = sum(one.count for one in await count_reviews(transaction, wanted) if one.state == wish.state and wish.kind in (None, one.kind))
        cursor = cursor_at(transaction, wish, items[-1].id.bytes) if len(found) > wish.limit else None
        seen = {"shown": (None, [str(one.id) for one in items])}
        await write(transaction, [AuditEntry(Action.PERSON_REVIEW_SEARCH, call.by, "review", changes=seen)])
    link = next_link(f"{call.root}/reviews", wish.model_dump(mode="json", exclude_unset=True, exclude={"cursor"}), cursor)
    return reply(answer({"items": [_shown(one) for one in items], "total": total, "next_cursor": cursor}, also=link))


@router.get("/{review_id}", **tells(ReviewWhole, WHOLE, "The question."))
async def read(call: Decider, review_id: UUID) -> Response:
    """Read a question with both sides: patient data."""
    async with call.transaction() as transaction:
        await _find(transaction, review_id)
        found = await read_question(transaction, review_id, call.by)
    return reply(answer({**_shown(found.review), **_sides(found.question), "cannot_be_undone": found.why_not}))


@router.post("/{review_id}/decide", **tells(ReviewShown, DECIDED, "Decided.", changes=True))
async def decide(call: Decider, review_id: UUID, wish: Decision) -> Response:
    """Decide a question.

    The message that asks is worked with the answer; values of ours that stand are sent to athenahealth. A question that is no longer open is
    refused.
    """

    async def act(transaction: "Transaction") -> Answer:
        review = await _find(transaction, review_id)
        if review.state != "open":
            raise InTheWay("The question is no longer open.")
        await _decide(transaction, call, review, wish)
        return answer(_shown(await _find(transaction, review_id)))

    return await once(call, act)


@router.post("/{review_id}/undo", **tells(ReviewShown, {**DECIDED, "state": "undone"}, "Taken back.", changes=True))
async def undo(call: Decider, review_id: UUID, wish: Undoing) -> Response:
    """Take a decision back.

    What it did is undone, and the question is asked again as another one. `cannot_be_undone` of the question tells where that is not possible.
    """

    async def act(transaction: "Transaction") -> Answer:
        if (await _find(transaction, review_id)).state != "decided":
            raise InTheWay("The question is not decided, so there is nothing to take back.")
        await undo_review(transaction, review_id, wish.why, call.by)
        return answer(_shown(await _find(transaction, review_id)))

    return await once(call, act)


async def _decide(transaction: "Transaction", call: PracticeCall, review: Review, wish: Decision) -> None:
    if (review.kind == "conflict") != (wish.decision in ("ours", "theirs")):
        raise Invalid("This is no answer to the question.", wrong=[Wrong("/decision", "Of a match a candidate or `new`, of a conflict a side.")])
    if review.kind == "conflict":
        side: Any = wish.decision
        await decide_conflict(transaction, review.id, side, call.by, by_unit=dict(wish.by_unit or {}), why=wish.why)
    else:
        chosen = None if wish.decision == NEW else UUID(wish.decision)
        await decide_match(transaction, review.id, chosen, call.by, why=wish.why)


async def _find(transaction: "Transaction", review_id: UUID) -> Review:
    try:
        return await read_review(transaction, review_id)
    except Misconfigured:
        raise NotThere("There is no such question in this practice.") from None


def _shown(review: Review) -> dict[str, Any]:
    return {name: getattr(review, name) for name in _FIELDS}


def _sides(question: MatchQuestion | ConflictQuestion) -> dict[str, Any]:
    if isinstance(question, MatchQuestion):
        return {"candidates": [_candidate(one) for one in question.candidates], "units": []}
    units = [{name: getattr(one, name) for name in ("unit", "base", "ours", "theirs")} for one in question.units]
    return {"candidates": [], "units": units}


def _candidate(one: CandidateShown) -> dict[str, Any]:
    fields = [
        {
            "field": beside.field,
            "arriving": beside.arriving,
            "candidate": beside.candidate,
            "weight": beside.evidence.weight,
            "note": beside.evidence.note,
        }
        for beside in one.fields
    ]
    return {"patient_id": one.id, "verdict": one.verdict, "because": one.because, "weight": one.weight, "linked": one.linked, "fields": fields}
