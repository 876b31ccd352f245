"""Settings > Audit: verifying the trail while one watches, and exporting it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

import orjson
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from practicestudio.access.audit_formats import ENDINGS, MEDIA_TYPES, TrailFormat
from practicestudio.access.audit_verify import Verification
from practicestudio.access.rights import Right
from practicestudio.errors import IntegrationError
from practicestudio.sync.export_trail import export_trail
from practicestudio.sync.verify_trail import verify_trail
from practicestudio.web.audit_query import TrailQuery
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.pages.audit import show_list, trail_id, trail_of
from practicestudio.web.rendering import page

router = APIRouter(prefix="/practices/{practice}/settings/audit")

LINES = "application/x-ndjson"
GLANCE = 0.2
"""Seconds between two words on how far it is."""


@router.post("/verify")
async def verify(visit: Annotated[PracticeVisit, allowed(Right.AUDIT_VIEW)]) -> Response:
    """Verify the trail. A script of the page gets a line again and again on how far it is, and at the end the result; others the page with it."""
    asked = TrailQuery.of(dict(await visit.request.form()))
    if LINES in visit.request.headers.get("accept", ""):
        trail_id(visit, asked)
        return StreamingResponse(_lines(visit, asked), media_type=LINES)
    return await show_list(visit, asked, verified=await _verified(visit, asked, {}))


async def _verified(visit: PracticeVisit, asked: TrailQuery, far: dict[str, int]) -> Verification:
    """far: told how many entries are `done`, and of how many in `total`."""
    return await verify_trail(
        visit.services.database,
        trail_id(visit, asked),
        visit.caller.actor,
        report=lambda done, total: far.update(done=done, total=total),
        origin=visit.origin,
    )


async def _lines(visit: PracticeVisit, asked: TrailQuery) -> AsyncIterator[bytes]:
    far = {"done": 0, "total": 0}
    running = asyncio.create_task(_verified(visit, asked, far))
    try:
        while not (await asyncio.wait({running}, timeout=GLANCE))[0]:
            yield orjson.dumps(far, option=orjson.OPT_APPEND_NEWLINE)
        yield orjson.dumps(_outcome(visit, running), option=orjson.OPT_APPEND_NEWLINE)
    finally:
        running.cancel()


def _outcome(visit: PracticeVisit, ended: "asyncio.Task[Verification]") -> dict[str, Any]:
    error = ended.exception()
    if isinstance(error, IntegrationError):
        return {"failed": error.sentence}
    if error is not None:
        return {"failed": "The trail could not be verified. See that the database runs, then try again."}
    return {"html": bytes(page(visit, "audit_verified.html", verified=ended.result()).body).decode()}


@router.post("/export")
async def export(visit: Annotated[PracticeVisit, allowed(Right.AUDIT_EXPORT)]) -> Response:
    """The entries that fit, as a file."""
    form = dict(await visit.request.form())
    asked, wanted = TrailQuery.of(form), next((one for one in TrailFormat if one.value == form.get("format")), TrailFormat.CSV)
    chosen, practice = asked.filter(visit.services.clock(), visit.practice.zone), visit.practice
    async with trail_of(visit, asked) as transaction:
        pieces = await export_trail(transaction, visit.services.database, chosen, wanted, visit.caller.actor, site=practice.athena_id)
    name = f"audit-{asked.where or practice.athena_id}-{visit.services.clock():%Y%m%d-%H%M}.{ENDINGS[wanted]}"
    return StreamingResponse(pieces, media_type=MEDIA_TYPES[wanted], headers={"Content-Disposition": f'attachment; filename="{name}"'})
