"""Settings > Integrations > Error Management: what failed or waits for a person, by what went wrong, with its course over time."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.delivery import error_queue
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.error_queue import Cause, ErrorGroup
from practicestudio.delivery.log import Filter, read_page
from practicestudio.errors import InvalidValue
from practicestudio.sync import handle_errors
from practicestudio.web.faults import NotFound
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.menu import INTEGRATIONS
from practicestudio.web.pages.logs import PAGE, Watcher, cursor
from practicestudio.web.pages.logs import PATH as LOG
from practicestudio.web.pages.narrowing import bars, buckets
from practicestudio.web.rendering import go, page, wants_part

PATH = f"{INTEGRATIONS}/errors"
SPANS = {"24h": ("24 hours", timedelta(hours=24)), "7d": ("7 days", timedelta(days=7)), "30d": ("30 days", timedelta(days=30))}
MOST_DRAWN = 7
"""Error codes of the chart; the rest is drawn as one."""

router = APIRouter(prefix=f"/practices/{{practice}}{PATH}")

Handler = Annotated[PracticeVisit, allowed(Right.ERRORS_HANDLE)]


@dataclass(frozen=True, slots=True)
class Shown:
    """A group as the page lists it. key: its name in an address; trend: how many came in each bucket."""

    group: ErrorGroup
    key: str
    trend: list[int]


@router.get("")
async def queue(visit: Watcher, span: str = "7d") -> Response:
    """The error queue by cause, and how often what went wrong."""
    span = span if span in SPANS else "7d"
    starts = _starts(visit, span)
    async with visit.transaction() as transaction:
        groups = await error_queue.groups(transaction)
        trends = await error_queue.trends(transaction, starts)
        failures = await error_queue.failures(transaction, starts)
        states = await count_states(transaction, Filter(states=("failed", "parked", "waiting")))
    return page(
        visit,
        "errors/queue.html",
        block="queue" if wants_part(visit.request) else None,
        groups=[Shown(group, key_of(group.cause), trends.get(group.cause, [0] * len(starts))) for group in groups],
        states=states,
        span=span,
        spans=SPANS,
        x=bars(starts, visit.practice.zone)[0],
        chart_data=_chart(starts, failures, visit),
        errors=visit.root + PATH,
        log=visit.root + LOG,
    )


@router.get("/groups/{key}")
async def group(visit: Watcher, key: str, before: UUID | None = None, after: UUID | None = None) -> Response:
    """One cause: its course, and its messages."""
    starts = _starts(visit, "30d")
    async with visit.transaction() as transaction:
        found = await find_group(visit, transaction, key)
        entries = await read_page(transaction, filter_of(found), PAGE, before=before, after=after)
        trends = await error_queue.trends(transaction, starts)
    x, _ = bars(starts, visit.practice.zone)
    series = [{"name": "messages", "values": trends.get(found.cause, [0] * len(starts)), "colour": "red" if found.state == "failed" else "orange"}]
    return page(
        visit,
        "errors/group.html",
        group=found,
        key=key,
        found=entries,
        chart_data={"x": x, "series": series, "unit": "messages"},
        page_address=lambda **given: f"?{cursor(entries.entries, **given)}",
        errors=visit.root + PATH,
        log=visit.root + LOG,
    )


@router.post("/chosen")
async def handle_chosen(
    visit: Handler,
    ids: Annotated[list[UUID] | None, Form()] = None,
    act: Annotated[str, Form()] = "retry",
    reason: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
) -> Response:
    """Retry or discard the messages that were ticked."""
    if not ids:
        raise InvalidValue("No message is ticked.", advice="Go back and tick those that you mean.")
    async with visit.transaction() as transaction:
        if act == "discard":
            handled = await handle_errors.discard(transaction, ids, reason, visit.caller.actor)
        else:
            handled = await handle_errors.retry(transaction, ids, visit.caller.actor)
    told = f"{len(handled.ids)} messages are {'discarded' if act == 'discard' else 'worked again'}."
    if handled.untouched:
        told += f" {len(handled.untouched)} were not in the error queue any more."
    async with visit.transaction() as transaction:
        left = any(key_of(one.cause) == key for one in await error_queue.groups(transaction))
    return go(visit, f"{visit.root}{PATH}/groups/{key}" if left else f"{visit.root}{PATH}", told)


def key_of(cause: Cause) -> str:
    """A group's name in an address: nothing of what it says."""
    return hashlib.sha256("\0".join((cause.kind, cause.state, cause.error_code, cause.error)).encode()).hexdigest()[:20]


async def find_group(visit: PracticeVisit, transaction: Any, key: str) -> ErrorGroup:
    """The group of this name. Raises NotFound where nothing of it is left."""
    for one in await error_queue.groups(transaction):
        if key_of(one.cause) == key:
            return one
    raise NotFound("Nothing of this is in the error queue any more.", advice=f"Look at the error queue: {visit.root}{PATH}")


def filter_of(group: ErrorGroup) -> Filter:
    """The messages of a group."""
    return Filter(states=(group.state,), kinds=(group.kind,), error_code=group.error_code, error=group.error)


def _starts(visit: PracticeVisit, span: str) -> list[datetime]:
    moment = visit.services.clock()
    return buckets(moment - SPANS[span][1], None, moment, visit.practice.zone, visit.services.settings.retention_days)


def _chart(starts: list[datetime], failures: dict[str, list[int]], visit: PracticeVisit) -> dict[str, Any]:
    x, _ = bars(starts, visit.practice.zone)
    ordered = sorted(failures.items(), key=lambda one: -sum(one[1]))
    series = [{"name": code.replace("_", " "), "values": values} for code, values in ordered[:MOST_DRAWN]]
    if rest := ordered[MOST_DRAWN:]:
        series.append({"name": "others", "values": [sum(numbers) for numbers in zip(*(values for _, values in rest), strict=True)]})
    return {"x": x, "series": series, "unit": "tries"}
