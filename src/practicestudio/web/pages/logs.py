"""Settings > Integrations > Logs > athenahealth: the messages, by any filter, with true totals, a chart, and an export."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response, StreamingResponse

from practicestudio.access.rights import Right
from practicestudio.delivery.counts import Counts, count_by_time, count_states, read_choices
from practicestudio.delivery.formats import MEDIA_TYPES, Format
from practicestudio.delivery.log import read_page
from practicestudio.delivery.message import STATES
from practicestudio.delivery.stretches import FIRST
from practicestudio.sync.export_log import export_calls, export_messages
from practicestudio.sync.look_up import search_patients
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.menu import INTEGRATIONS
from practicestudio.web.pages.narrowing import RANGES, Narrowing, bars, buckets, local_field, read_narrowing
from practicestudio.web.rendering import go, page, wants_part
from practicestudio.web.shown import STATE_COLOURS

PATH = f"{INTEGRATIONS}/logs/athenahealth"
PAGE = 50
MOST_PATIENTS = 8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

router = APIRouter(prefix=f"/practices/{{practice}}{PATH}")

Watcher = Annotated[PracticeVisit, allowed(Right.MESSAGES_VIEW)]
Seeker = Annotated[PracticeVisit, allowed(Right.PATIENTS_VIEW)]
Exporter = Annotated[PracticeVisit, allowed(Right.MESSAGES_EXPORT)]


@router.get("")
async def messages(visit: Watcher, before: UUID | None = None, after: UUID | None = None, live: bool = False) -> Response:
    """The newest messages that fit, or the page before or after one."""
    narrowing = read_narrowing(visit.request.query_params, visit.practice.zone)
    moment = visit.services.clock()
    chosen = narrowing.messages(moment)
    starts = starts_of(visit, narrowing, moment)
    async with visit.transaction() as transaction:
        found = await read_page(transaction, chosen, PAGE, before=before, after=after)
        earlier, *volume = await count_by_time(transaction, chosen, [EPOCH, *starts])
        choices = await read_choices(transaction, chosen.since)
    states = summed([earlier, *volume])
    return page(
        visit,
        "log/messages.html",
        block="log" if wants_part(visit.request) else None,
        **shown(visit, narrowing, moment),
        found=found,
        states=[(state, states.get(state, 0)) for state in STATES if states.get(state)],
        total=sum(states.values()),
        chart_data=_chart(starts, volume, visit),
        choices=choices,
        page_address=lambda **given: f"{narrowing.query()}&{cursor(found.entries, **given)}".replace("?&", "?"),
        tailed=False,
        live=live and before is None and after is None,
        first=before is None and (after is None or not found.newer),
    )


@router.get("/tail")
async def tail(visit: Watcher) -> Response:
    """The newest messages, for a list that is watched."""
    narrowing = read_narrowing(visit.request.query_params, visit.practice.zone)
    chosen = narrowing.messages(visit.services.clock())
    async with visit.transaction() as transaction:
        found = await read_page(transaction, chosen, PAGE)
        states = await count_states(transaction, chosen)
    return page(
        visit,
        "log/messages.html",
        block="rows",
        found=found,
        narrowing=narrowing,
        live=True,
        tailed=True,
        total=sum(states.values()),
        log=visit.root + PATH,
    )


@router.get("/message")
async def find_message(visit: Watcher, id: str = "") -> Response:
    """Straight to a message whose id somebody has."""
    return go(visit, f"{visit.root}{PATH}/messages/{UUID(id.strip())}" if _is_id(id) else f"{visit.root}{PATH}?fault=id")


@router.post("/patients")
async def find_patients(visit: Seeker, patient_name: Annotated[str, Form()] = "") -> Response:
    """Patients whose messages may be wanted, as somebody types."""
    found = []
    if len(patient_name.strip()) >= 2:
        async with visit.transaction() as transaction:
            found = await search_patients(transaction, patient_name.strip(), visit.caller.actor, MOST_PATIENTS)
    return page(visit, "log/patients.html", found=found, typed=patient_name.strip(), log=visit.root + PATH)


@router.post("/export")
async def export(visit: Exporter, what: Annotated[str, Form()] = "messages", format: Annotated[Format, Form()] = Format.CSV) -> Response:
    """All that fits, as a file."""
    narrowing = read_narrowing(visit.request.query_params, visit.practice.zone)
    moment = visit.services.clock()
    database, by = visit.services.database, visit.caller.actor
    async with visit.transaction() as transaction:
        if what == "calls":
            pieces = await export_calls(transaction, database, narrowing.calls(moment), format, by)
        else:
            pieces = await export_messages(transaction, database, narrowing.messages(moment), format, by)
    name = f"athenahealth-{'calls' if what == 'calls' else 'messages'}-{visit.practice.athena_id}-{moment:%Y%m%d-%H%M%S}.{format.value}"
    return StreamingResponse(pieces, media_type=MEDIA_TYPES[format], headers={"Content-Disposition": f'attachment; filename="{name}"'})


def summed(buckets: Sequence[Mapping[Any, int]]) -> dict[str, int]:
    """All buckets together."""
    total: Counter[str] = Counter()
    for counts in buckets:
        total.update(counts)
    return dict(total)


def _is_id(text: str) -> bool:
    try:
        UUID(text.strip())
    except ValueError:
        return False
    return True


def starts_of(visit: PracticeVisit, narrowing: Narrowing, moment: datetime) -> list[datetime]:
    """The starts of the chart's bars."""
    since, before = narrowing.at(moment)
    return buckets(since, before, moment, visit.practice.zone, visit.services.settings.retention_days)


def shown(visit: PracticeVisit, narrowing: Narrowing, moment: datetime) -> dict[str, Any]:
    """What every page of the log shows of its filter."""
    since, before = narrowing.at(moment)
    return {
        "narrowing": narrowing,
        "ranges": RANGES,
        "since": since,
        "before": before,
        "from_field": local_field(narrowing.since, visit.practice.zone),
        "to_field": local_field(narrowing.before, visit.practice.zone),
        "log": visit.root + PATH,
        "fault": visit.request.query_params.get("fault", ""),
    }


def cursor(entries: Sequence[Any], *, older: bool) -> str:
    """The page behind the last of these, or ahead of the first, as an address has it."""
    if older:
        return f"before={entries[-1].id if entries else FIRST}"
    return f"after={entries[0].id if entries else FIRST}"


def _chart(starts: list[datetime], volume: list[Counts], visit: PracticeVisit) -> dict[str, Any]:
    x, keys = bars(starts, visit.practice.zone)
    series = [
        {"name": state, "values": [one.get(state, 0) for one in volume], "colour": STATE_COLOURS[state]}
        for state in STATES
        if any(one.get(state) for one in volume)
    ]
    return {"x": x, "keys": keys, "series": series, "unit": "messages"}
