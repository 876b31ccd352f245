"""Synchronisation: what ran, and asking for it now."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from practicestudio.access.kept_answers import Answer
from practicestudio.access.rights import Right
from practicestudio.sync.runs import RunState, list_runs, read_run
from practicestudio.sync.setup import setup_of
from practicestudio.sync.steer_jobs import run_now, stop
from practicestudio.web.api.answers import answer, once, reply
from practicestudio.web.api.described import tells
from practicestudio.web.api.faults import InTheWay, NotThere
from practicestudio.web.api.guard import ApiRoute, PracticeCall, allowed_by_key
from practicestudio.web.api.paging import cursor_at, id_at, next_link
from practicestudio.web.api.shapes.message import MESSAGE_ID, RUN, RunAsked, RunShown, RunsPage, RunStopped, RunWanted
from practicestudio.web.api.shapes.scalars import Cursor, Given

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

router = APIRouter(prefix="/api/v1/practices/{practice}/runs", tags=["Sync runs"], route_class=ApiRoute)

_FIELDS = tuple(RUN)


class RunsWanted(Given):
    """How many runs, and from where on."""

    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")


@router.get("", **tells(RunsPage, {"items": [RUN], "next_cursor": None}, "The runs."))
async def list_them(call: Annotated[PracticeCall, allowed_by_key(Right.OVERVIEW_VIEW)], wish: Annotated[RunsWanted, Query()]) -> Response:
    """List sync runs, the newest first."""
    async with call.transaction() as transaction:
        found = await list_runs(transaction, wish.limit + 1, id_at(transaction, wish, wish.cursor))
        cursor = cursor_at(transaction, wish, found[wish.limit - 1].id.bytes) if len(found) > wish.limit else None
    link = next_link(f"{call.root}/runs", {"limit": wish.limit}, cursor)
    return reply(answer({"items": [_shown(one) for one in found[: wish.limit]], "next_cursor": cursor}, also=link))


@router.get("/{run_id}", **tells(RunShown, RUN, "The run."))
async def read(call: Annotated[PracticeCall, allowed_by_key(Right.OVERVIEW_VIEW)], run_id: UUID) -> Response:
    """Read a sync run."""
    async with call.transaction() as transaction:
        run = await read_run(transaction, run_id)
    if run is None:
        raise NotThere("There is no such run in this practice.")
    return reply(answer(_shown(run)))


@router.post("", **tells(RunAsked, {"message_id": MESSAGE_ID}, "It is asked for.", 202, changes=True))
async def start(call: Annotated[PracticeCall, allowed_by_key(Right.SYNC_RUN)], wish: RunWanted) -> Response:
    """Ask for a synchronisation now.

    What is under way already is not started twice: the answer names the message that is.
    """

    async def act(transaction: "Transaction") -> Answer:
        if not (await setup_of(transaction)).connected:
            raise InTheWay("The practice has no connection to athenahealth.", advice="Set it up in Settings > Integrations.")
        message_id = await run_now(transaction, wish.job, call.by)
        return answer({"message_id": message_id}, 202, location=f"{call.root}/messages/{message_id}")

    return await once(call, act)


@router.post("/stop", **tells(RunStopped, {"job": "pull.patients"}, "It stops.", changes=True))
async def stop_one(call: Annotated[PracticeCall, allowed_by_key(Right.SYNC_RUN)], wish: RunWanted) -> Response:
    """Stop a job.

    One that waits stops at once, a pull under way with its next page. It goes on where it stood when it is run again.
    """

    async def act(transaction: "Transaction") -> Answer:
        await stop(transaction, wish.job, call.by)
        return answer({"job": wish.job})

    return await once(call, act)


def _shown(run: RunState) -> dict[str, Any]:
    return {name: getattr(run, name) for name in _FIELDS}
