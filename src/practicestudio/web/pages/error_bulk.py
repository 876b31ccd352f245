"""Handling a whole group of the error queue: first what would be done, then doing it, told as it goes on."""

from collections.abc import AsyncIterator, Mapping
from typing import Annotated, Literal

import orjson
from fastapi import APIRouter, Form
from starlette.responses import Response, StreamingResponse

from practicestudio.access.rights import Right
from practicestudio.delivery.error_queue import ErrorGroup
from practicestudio.sync import handle_errors
from practicestudio.sync.handle_errors import Plan
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.pages.errors import PATH, filter_of, find_group
from practicestudio.web.rendering import page

router = APIRouter(prefix=f"/practices/{{practice}}{PATH}/groups/{{key}}")

Handler = Annotated[PracticeVisit, allowed(Right.ERRORS_HANDLE)]
Act = Literal["retry", "discard"]


@router.get("/{act}")
async def plan(visit: Handler, key: str, act: Act) -> Response:
    """A dry run: how many, and of which kind."""
    return _page(visit, key, act, *await _planned(visit, key))


@router.post("/{act}")
async def handle(visit: Handler, key: str, act: Act, reason: Annotated[str, Form()] = "") -> Response:
    """Do it, some hundred at a time; a line for each step, which a script of the page shows."""
    group, planned = await _planned(visit, key)
    if act == "discard" and not reason.strip():
        return _page(visit, key, act, group, planned, {"reason": "Say why they are not needed; it stays in the log."})
    by, chosen = visit.caller.actor, filter_of(group)
    if act == "discard":
        doing = handle_errors.discard_fitting(visit.transaction, chosen, reason, by)
    else:
        doing = handle_errors.retry_fitting(visit.transaction, chosen, by)
    return StreamingResponse(_told(doing, planned.count, act), media_type="application/x-ndjson")


async def _planned(visit: PracticeVisit, key: str) -> tuple[ErrorGroup, Plan]:
    async with visit.transaction() as transaction:
        group = await find_group(visit, transaction, key)
        return group, await handle_errors.plan(transaction, filter_of(group))


def _page(visit: PracticeVisit, key: str, act: Act, group: ErrorGroup, planned: Plan, faults: Mapping[str, str] | None = None) -> Response:
    status, errors = 422 if faults else 200, visit.root + PATH
    return page(visit, "errors/bulk.html", status=status, group=group, planned=planned, key=key, act=act, faults=faults or {}, errors=errors)


async def _told(doing: AsyncIterator[int], total: int, act: Act) -> AsyncIterator[bytes]:
    done = 0
    async for done in doing:
        yield _line({"done": done, "total": max(total, done), "words": f"{done:,} of {total:,}"})
    yield _line({"done": done, "total": done, "words": f"{done:,} messages are {'discarded' if act == 'discard' else 'worked again'}.", "end": True})


def _line(told: dict[str, object]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
