"""Settings > Integrations > Logs > athenahealth > API calls: what was asked of athenahealth, what came, how long it took."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.delivery.calls import ANSWERS, Answer, count_calls, read_call_page, read_endpoints
from practicestudio.web.guard import PracticeVisit
from practicestudio.web.pages.logs import EPOCH, PAGE, PATH, Watcher, cursor, shown, starts_of, summed
from practicestudio.web.pages.narrowing import bars, read_narrowing
from practicestudio.web.rendering import page, wants_part

router = APIRouter(prefix=f"/practices/{{practice}}{PATH}/calls")

COLOURS: Mapping[Answer, str] = {"2xx": "green", "3xx": "azure", "4xx": "orange", "5xx": "red", "none": "secondary"}
WORDS: Mapping[Answer, str] = {"2xx": "2xx worked", "3xx": "3xx led elsewhere", "4xx": "4xx refused", "5xx": "5xx failed there", "none": "no answer"}


@router.get("")
async def calls(visit: Watcher, before: UUID | None = None, after: UUID | None = None) -> Response:
    """The newest calls that fit, or the page before or after one; and what was asked of each endpoint in the range."""
    narrowing = read_narrowing(visit.request.query_params, visit.practice.zone)
    moment = visit.services.clock()
    chosen, starts = narrowing.calls(moment), starts_of(visit, narrowing, moment)
    async with visit.transaction() as transaction:
        found = await read_call_page(transaction, chosen, PAGE, before=before, after=after)
        earlier, *volume = await count_calls(transaction, chosen, [EPOCH, *starts])
        endpoints = await read_endpoints(transaction, chosen.since)
    answers = summed([earlier, *volume])
    return page(
        visit,
        "log/calls.html",
        block="log" if wants_part(visit.request) else None,
        **shown(visit, narrowing, moment),
        found=found,
        answers=[(answer, answers[answer]) for answer in ANSWERS if answers.get(answer)],
        colours=COLOURS,
        answer_words=WORDS,
        total=sum(answers.values()),
        chart_data=_chart(starts, volume, visit),
        endpoints=endpoints,
        page_address=lambda **given: f"{narrowing.query()}&{cursor(found.entries, **given)}".replace("?&", "?"),
    )


def _chart(starts: list[datetime], volume: Sequence[Mapping[Answer, int]], visit: PracticeVisit) -> dict[str, Any]:
    x, keys = bars(starts, visit.practice.zone)
    series = [
        {"name": answer, "values": [one.get(answer, 0) for one in volume], "colour": COLOURS[answer]}
        for answer in ANSWERS
        if any(one.get(answer) for one in volume)
    ]
    return {"x": x, "keys": keys, "series": series, "unit": "calls"}
