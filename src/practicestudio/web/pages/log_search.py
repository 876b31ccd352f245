"""Settings > Integrations > Logs > athenahealth > Content search: what messages say, hits as they are found; noted in the trail."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated

import orjson
from fastapi import APIRouter, Form
from markupsafe import Markup
from starlette.responses import Response, StreamingResponse

from practicestudio.access.rights import Right
from practicestudio.clock import moment_of
from practicestudio.delivery.counts import read_choices
from practicestudio.delivery.log import Filter
from practicestudio.delivery.needle import Needle
from practicestudio.delivery.search import Hit, Progress
from practicestudio.sync.search_messages import search_messages
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.pages.logs import PATH, shown
from practicestudio.web.pages.narrowing import DEFAULT, RANGES, Narrowing, read_narrowing
from practicestudio.web.rendering import page
from practicestudio.web.shown import moment_words

MOST = 500
"""Hits after which a search ends: whoever has more narrows it."""

router = APIRouter(prefix=f"/practices/{{practice}}{PATH}/search")

Reader = Annotated[PracticeVisit, allowed(Right.BODIES_VIEW)]

_HIT = Markup(
    '<li class="list-group-item"><div><a href="{}">{}</a> <span class="badge bg-secondary-lt">{}</span></div>'
    '<code class="text-body bg-transparent p-0 text-break">…{}<mark>{}</mark>{}…</code></li>'
)


@router.get("")
async def ask(visit: Reader) -> Response:
    """The form."""
    narrowing = read_narrowing(visit.request.query_params, visit.practice.zone)
    moment = visit.services.clock()
    async with visit.transaction() as transaction:
        choices = await read_choices(transaction, narrowing.messages(moment).since)
    return page(visit, "log/search.html", choices=choices, most=MOST, **shown(visit, narrowing, moment))


@router.post("")
async def find(
    visit: Reader,
    text: Annotated[str, Form()] = "",
    state: Annotated[str, Form()] = "",
    kind: Annotated[str, Form()] = "",
    range: Annotated[str, Form()] = "24h",
) -> Response:
    """Search, and tell hits and progress as they come. Leaving ends it."""
    Needle(text)
    narrowing = Narrowing(range=range if range in RANGES else DEFAULT, states=(state,) if state else (), kind=kind)
    return StreamingResponse(_told(visit, text, narrowing.messages(visit.services.clock())), media_type="application/x-ndjson")


async def _told(visit: PracticeVisit, text: str, chosen: Filter) -> AsyncIterator[bytes]:
    hits, words = 0, "No message is in this range."
    searching = search_messages(visit.services.database, visit.practice.id, text, chosen, visit.caller.actor, visit.origin)
    async with aclosing(searching) as told:
        async for one in told:
            if isinstance(one, Progress):
                words = _words(hits, one)
                yield _line({"done": one.searched, "total": one.total, "words": words})
                if hits >= MOST:
                    break
            else:
                hits += 1
                yield _line({"html": _hit(visit, one)})
    ending = f"It ends here, with {MOST} hits or more: narrow it to see the rest." if hits >= MOST else "That is all."
    yield _line({"words": f"{words} {ending}", "end": True})


def _words(hits: int, progress: Progress) -> str:
    closed = f" {progress.unreadable:,} bodies could not be opened." if progress.unreadable else ""
    return f"{progress.searched:,} of {progress.total:,} messages are searched, {hits:,} say it.{closed}"


def _hit(visit: PracticeVisit, hit: Hit) -> str:
    address = f"{visit.root}{PATH}/messages/{hit.message_id}"
    excerpt = (hit.excerpt.before, hit.excerpt.found, hit.excerpt.after)
    return _HIT.format(address, moment_words(moment_of(hit.message_id), visit.practice.zone), hit.part, *excerpt)


def _line(told: dict[str, object]) -> bytes:
    return orjson.dumps(told, option=orjson.OPT_APPEND_NEWLINE)
