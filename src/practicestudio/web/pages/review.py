"""Review: the questions that only a person can answer, as lists."""

from datetime import timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.sync import reviews
from practicestudio.sync.question_list import question_lines
from practicestudio.sync.reviews import ReviewKind, ReviewState, Total, Wanted
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import page

router = APIRouter(prefix="/practices/{practice}/review")

PAGE = 25
AGES = {"day": timedelta(days=1), "week": timedelta(days=7), "month": timedelta(days=30)}
"""How long a question has waited at the least, by what stands in the address."""


@router.get("")
async def list_(
    visit: Annotated[PracticeVisit, allowed(Right.REVIEWS_DECIDE)],
    state: ReviewState = "open",
    kind: ReviewKind | None = None,
    waiting: str = "",
    after: UUID | None = None,
) -> Response:
    """The questions of a state: open ones by age, closed ones by when they were closed."""
    asked_before = visit.services.clock() - AGES[waiting] if waiting in AGES else None
    wanted = Wanted(states=(state,), kind=kind, asked_before=asked_before)
    async with visit.transaction() as transaction:
        found = await reviews.list_reviews(transaction, wanted, after=after, limit=PAGE + 1)
        lines = await question_lines(transaction, found[:PAGE], visit.caller.actor)
        totals = await reviews.count_reviews(transaction)
        within = await reviews.count_reviews(transaction, wanted) if asked_before else totals
    return page(
        visit,
        "review.html",
        lines=lines,
        where=partial(_address, visit.root),
        state=state,
        kind=kind,
        waiting=waiting,
        after=after,
        following=found[PAGE - 1].id if len(found) > PAGE else None,
        counts={one: _count(totals, one) for one in ("open", *reviews.CLOSED)},
        total=_count(within, state, kind),
        oldest=min((one.oldest for one in totals if one.state == "open"), default=None),
        actors=await name_actors(visit.services.database, [actor for one in found for actor in (one.decided_by, one.undone_by)]),
    )


def _address(root: str, **chosen: Any) -> str:
    """The list with these filters."""
    return f"{root}/review?{urlencode({name: str(value) for name, value in chosen.items() if value})}"


def _count(totals: list[Total], state: str, kind: str | None = None) -> int:
    return sum(one.count for one in totals if one.state == state and kind in (None, one.kind))
