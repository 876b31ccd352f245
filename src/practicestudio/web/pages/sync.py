"""Sync: what ran, what runs now, what is next; run and stop; how much of athenahealth's limits is used."""

from datetime import datetime
from math import ceil
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.rights import Right
from practicestudio.errors import InvalidValue
from practicestudio.monitor.limit_history import LimitHistory, read_limit_history
from practicestudio.practices.forms.schedules import JOBS
from practicestudio.practices.schedule import DEFAULTS
from practicestudio.sync.jobs import list_jobs, list_ran
from practicestudio.sync.setup import setup_of
from practicestudio.sync.steer_jobs import run_now, stop
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.rendering import go, page, wants_part

router = APIRouter(prefix="/practices/{practice}/sync")

RAN = 20


@router.get("")
async def show_sync(visit: Annotated[PracticeVisit, allowed(Right.OVERVIEW_VIEW)], job: str = "", before: UUID | None = None) -> Response:
    """The whole page; a script asks for what runs now alone."""
    if wants_part(visit.request):
        return page(visit, "sync.html", block="jobs", **await _jobs(visit))
    if job and job not in DEFAULTS:
        raise InvalidValue("There is no such job.", advice="Choose one of the list.")
    async with visit.transaction() as transaction:
        ran = await list_ran(transaction, jobs=[job] if job else (), before=before, limit=RAN + 1)
    history = await read_limit_history(visit.services.database, visit.practice.id, visit.services.clock())
    return page(
        visit,
        "sync.html",
        **await _jobs(visit),
        ran=ran[:RAN],
        older=ran[RAN - 1].id if len(ran) > RAN else None,
        newer=before is not None,
        chosen=job,
        titles=JOBS,
        names=await name_actors(visit.services.database, [one.decided_by for one in ran]),
        use=history.use if history else None,
        day=_day_chart(visit, history) if history else None,
        seconds=_seconds_chart(visit, history) if history else None,
    )


@router.post("/{job}/run")
async def run(visit: Annotated[PracticeVisit, allowed(Right.SYNC_RUN)], job: str) -> Response:
    """Have a job done now."""
    async with visit.transaction() as transaction:
        await run_now(transaction, job, visit.caller.actor)
    return go(visit, f"{visit.root}/sync", f"{_title(job)}: it runs now.")


@router.post("/{job}/stop")
async def halt(visit: Annotated[PracticeVisit, allowed(Right.SYNC_RUN)], job: str) -> Response:
    """Stop a job."""
    async with visit.transaction() as transaction:
        await stop(transaction, job, visit.caller.actor)
    return go(visit, f"{visit.root}/sync", f"{_title(job)}: it stops with the page that it is reading, and goes on there when you run it again.")


async def _jobs(visit: PracticeVisit) -> dict[str, Any]:
    now = visit.services.clock()
    async with visit.transaction() as transaction:
        jobs = await list_jobs(transaction, now)
        connected = (await setup_of(transaction)).connected
    return {"jobs": jobs, "connected": connected, "at": now, "busy": any(one.runs for one in jobs)}


def _title(job: str) -> str:
    return JOBS[job][0]


def _day_chart(visit: PracticeVisit, history: LimitHistory) -> dict[str, Any]:
    """Calls of athenahealth's day, and what they will be, below the limit."""
    limit = history.use.limits.per_day
    highest = max((value or 0) for point in history.day for value in (point.used, point.forecast))
    series: list[dict[str, Any]] = [{"name": "Calls so far", "values": [point.used for point in history.day], "colour": "blue"}]
    if history.use.an_hour is not None:
        series.append({"name": "At this rate", "values": [point.forecast for point in history.day], "colour": "orange", "dashed": True})
    # The limit is shown once the calls come near it: before, everything below it would be a flat line.
    near = limit is not None and highest * 4 >= limit
    return {
        "x": [_moment(visit, point.at) for point in history.day],
        "series": series,
        "unit": "calls",
        "limit": limit if near else None,
        "max": round(limit * 1.08) if limit is not None and near else None,
    }


def _seconds_chart(visit: PracticeVisit, history: LimitHistory) -> dict[str, Any]:
    """The busiest second of each minute, below the limit."""
    limit = history.use.limits.per_second
    highest = max((busiest or 0 for _, busiest in history.seconds), default=0)
    return {
        "x": [f"{at.astimezone(visit.practice.zone):%H:%M}" for at, _ in history.seconds],
        "series": [{"name": "Busiest second", "values": [busiest for _, busiest in history.seconds], "colour": "blue"}],
        "unit": "calls a second",
        "limit": limit,
        "max": ceil(max(limit, highest) * 1.15) if limit else None,
    }


def _moment(visit: PracticeVisit, at: datetime) -> str:
    local = at.astimezone(visit.practice.zone)
    return f"{local:%b} {local.day}, {local:%H:%M}"
