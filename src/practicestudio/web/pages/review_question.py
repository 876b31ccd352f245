"""One question of Review, side by side with what speaks for each answer: decide it, or take the decision back."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import IntegrationError
from practicestudio.merging import Side
from practicestudio.sync import reviews
from practicestudio.sync.conflict_question import ConflictQuestion
from practicestudio.sync.decide_review import decide_conflict, decide_match
from practicestudio.sync.look_up import names_of_items
from practicestudio.sync.read_question import QuestionRead, asked_again, read_question
from practicestudio.sync.reviews import Wanted
from practicestudio.sync.undo_review import undo_review
from practicestudio.web.faults import status_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

router = APIRouter(prefix="/practices/{practice}/review/{review}")
Decider = Annotated[PracticeVisit, allowed(Right.REVIEWS_DECIDE)]
Why = Annotated[str, Form()]

UNIT = "unit."
"""What the name of a form's field begins with that says whose value of a unit stands."""


@router.get("")
async def show(visit: Decider, review: UUID) -> Response:
    """The question, and what may be done about it."""
    return await _shown(visit, review)


@router.get("/again")
async def again(visit: Decider, review: UUID) -> Response:
    """The part of a closed question's page that tells where it is asked again."""
    async with visit.transaction() as transaction:
        found = await asked_again(transaction, await reviews.read_review(transaction, review))
    return page(visit, "review_again.html", block="again", again=found, review_id=review)


@router.post("/match")
async def match(visit: Decider, review: UUID, answer: Annotated[UUID | Literal["new"] | None, Form()] = None, why: Why = "") -> Response:
    """It is this patient, or somebody new."""
    if answer is None:
        return await _shown(visit, review, "Choose who it is.", 422)
    chosen = None if answer == "new" else answer
    return await _decided(visit, review, lambda transaction: decide_match(transaction, review, chosen, visit.caller.actor, why=_stated(why)))


@router.post("/conflict")
async def conflict(visit: Decider, review: UUID, why: Why = "") -> Response:
    """Whose value of each field stands."""
    form = await visit.request.form()
    chosen: dict[str, Side] = {
        name.removeprefix(UNIT): "ours" if value == "ours" else "theirs" for name, value in form.items() if name.startswith(UNIT)
    }
    async with visit.transaction() as transaction:
        asked = {one["unit"] for one in (await reviews.read_review(transaction, review)).content}
    if asked - chosen.keys():
        return await _shown(visit, review, "Choose a value for every field.", 422)
    decide = partial(decide_conflict, review_id=review, side="theirs", by=visit.caller.actor, by_unit=chosen, why=_stated(why))
    return await _decided(visit, review, decide)


@router.post("/undo")
async def undo(visit: Decider, review: UUID, why: Why = "") -> Response:
    """Take the decision back; on to the question as it is asked again."""
    try:
        async with visit.transaction() as transaction:
            await undo_review(transaction, review, why, visit.caller.actor)
            asked = await asked_again(transaction, await reviews.read_review(transaction, review))
    except IntegrationError as error:
        return await _shown(visit, review, error.sentence, status_of(error))
    if asked is None:
        return go(visit, f"{visit.root}/review/{review}", "The decision is taken back; athenahealth is given its own value back now.")
    return go(visit, f"{visit.root}/review/{asked}", "The decision is taken back, and the question is open again.")


async def _decided(visit: PracticeVisit, review_id: UUID, decide: "Callable[[Transaction], Awaitable[None]]") -> Response:
    """Decide, and on to the next question; or the same page with what is in the way."""
    try:
        async with visit.transaction() as transaction:
            await decide(transaction)
            following = await reviews.list_reviews(transaction, Wanted(), after=review_id, limit=1)
    except IntegrationError as error:
        return await _shown(visit, review_id, error.sentence, status_of(error))
    if following:
        return go(visit, f"{visit.root}/review/{following[0].id}", "Decided. This is the next question.")
    return go(visit, f"{visit.root}/review", "Decided.")


async def _shown(visit: PracticeVisit, review_id: UUID, fault: str = "", status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        read = await read_question(transaction, review_id, visit.caller.actor)
        names = await names_of_items(transaction)
    template = "review_match.html" if read.review.kind == "match" else "review_conflict.html"
    actors = await name_actors(visit.services.database, _actors(read))
    return page(visit, template, status=status, read=read, review=read.review, question=read.question, fault=fault, names=names, actors=actors)


def _actors(read: QuestionRead) -> list[str | None]:
    changed = [one.changed.actor for one in read.question.units if one.changed] if isinstance(read.question, ConflictQuestion) else []
    return [read.review.decided_by, read.review.undone_by, *changed]


def _stated(text: str) -> str | None:
    return text.strip() or None
