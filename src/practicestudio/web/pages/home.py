"""Where a person arrives: all practices in one look, and a practice's first page, which tells whether everything is well."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.actors import name_actors
from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Right
from practicestudio.monitor.alerts import acknowledge, open_alerts
from practicestudio.monitor.health import health_of
from practicestudio.monitor.notices import Notice, notices
from practicestudio.monitor.overview import glances
from practicestudio.monitor.reading import read_practice_now
from practicestudio.monitor.rounds import last_round
from practicestudio.monitor.tell import channel_faults
from practicestudio.monitor.traffic import HourCount, read_trend
from practicestudio.web.acts import BY_RULE, act_of
from practicestudio.web.cookies import THEMES, set_theme
from practicestudio.web.faults import NotFound
from practicestudio.web.guard import PracticeVisit, Visit, allowed, allowed_everywhere, signed_in
from practicestudio.web.rendering import go, page, wants_part

router = APIRouter()

DAY, WEEK = 24, 168


@router.get("/")
async def arrive(visit: Annotated[Visit, signed_in()]) -> Response:
    """All practices in one look; straight on where there is only one."""
    if len(visit.practices) == 1 and not wants_part(visit.request):
        return go(visit, f"/practices/{visit.practices[0].athena_id}/")
    visible = [one for one in visit.practices if visit.caller.may(one.id, Right.OVERVIEW_VIEW)]
    found = await glances(visit.services.database, visible, visit.services.clock())
    return page(
        visit,
        "practices.html",
        block="overview" if wants_part(visit.request) else None,
        glances=found,
        installation=await _of_installation(visit),
        everywhere=visit.caller.may(EVERYWHERE, Right.SETTINGS_CHANGE),
    )


async def _of_installation(visit: Visit) -> list[Notice]:
    """What is wrong with what all practices share, for whoever sees to all of them."""
    if not visit.caller.may(EVERYWHERE, Right.OVERVIEW_VIEW):
        return []
    async with visit.shared() as shared:
        return notices([], await open_alerts(shared))


@router.get("/practices/{practice}/")
async def home(visit: Annotated[PracticeVisit, allowed(Right.OVERVIEW_VIEW)], part: str = "") -> Response:
    """Is everything well? What is so now asks for itself again, and the trend now and then."""
    if not wants_part(visit.request):
        return page(visit, "home.html", **await _now(visit), **await _trend(visit))
    if part == "trend":
        return page(visit, "home.html", block="trend", **await _trend(visit))
    return page(visit, "home.html", block="now", **await _now(visit))


async def _trend(visit: PracticeVisit) -> dict[str, Any]:
    async with visit.transaction() as transaction:
        trend = await read_trend(transaction, visit.services.clock(), WEEK)
    return {"day": _chart(visit, trend[-DAY:], 1), "week": _chart(visit, _by_six_hours(trend), 6)}


async def _now(visit: PracticeVisit) -> dict[str, Any]:
    now = visit.services.clock()
    watched = await read_practice_now(visit.services.database, visit.practice.id, now)
    health = health_of(watched)
    async with visit.transaction() as transaction:
        wrong = notices(health.findings, await open_alerts(transaction))
        faults = await channel_faults(transaction, now)
    return {
        "reading": watched.reading,
        "health": health,
        "act": act_of(health, watched.reading),
        "acts": BY_RULE,
        "wrong": wrong,
        "names": await name_actors(visit.services.database, [one.acknowledged_by for one in wrong]),
        "channel_faults": faults,
        "last_round": await last_round(visit.services.database),
    }


@router.post("/practices/{practice}/alerts/{alert}/acknowledge")
async def acknowledge_alert(visit: Annotated[PracticeVisit, allowed(Right.ERRORS_HANDLE)], alert: UUID) -> Response:
    """Somebody sees to it."""
    async with visit.transaction() as transaction:
        await acknowledge(transaction, alert, visit.services.clock(), visit.caller.actor)
    return go(visit, f"{visit.root}/", "You have taken this on. It stays open until it is well again.")


@router.post("/alerts/{alert}/acknowledge")
async def acknowledge_of_installation(visit: Annotated[Visit, allowed_everywhere(Right.ERRORS_HANDLE)], alert: UUID) -> Response:
    """Somebody sees to what concerns all practices."""
    async with visit.shared() as shared:
        await acknowledge(shared, alert, visit.services.clock(), visit.caller.actor)
    return go(visit, "/", "You have taken this on. It stays open until it is well again.")


@router.post("/theme")
async def choose_theme(visit: Annotated[Visit, signed_in()], theme: Annotated[str, Form()]) -> Response:
    """Light, dark, or as the machine has it."""
    if theme not in THEMES:
        raise NotFound("There are no such colours.")
    response = Response(status_code=204)
    set_theme(response, theme, visit.services.settings)
    return response


def _chart(visit: PracticeVisit, bars: Sequence[HourCount], hours: int) -> dict[str, Any]:
    """A trend as a chart, each bar so many hours, in the practice's zone; its key is that range of the log."""
    zone = visit.practice.zone
    return {
        "x": [_hour_words(one.hour.astimezone(zone)) for one in bars],
        "keys": [f"{one.hour.isoformat()}/{(one.hour + timedelta(hours=hours)).isoformat()}" for one in bars],
        "series": [
            {"name": "Received", "values": [one.received for one in bars], "colour": "blue"},
            {"name": "Sent", "values": [one.sent for one in bars], "colour": "teal"},
            {"name": "Failed or parked", "values": [one.failed for one in bars], "colour": "red"},
        ],
        "unit": "messages",
    }


def _hour_words(local: datetime) -> str:
    return f"{local:%b} {local.day}, {local:%H:%M}"


def _by_six_hours(hours: Sequence[HourCount]) -> list[HourCount]:
    """Four bars a day."""
    return [
        HourCount(some[0].hour, sum(one.received for one in some), sum(one.sent for one in some), sum(one.failed for one in some))
        for some in (hours[at : at + 6] for at in range(0, len(hours), 6))
    ]
