"""`practicestudio health`: is everything well? A line for each practice, with what to do."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from practicestudio.cli.options import AsJson
from practicestudio.cli.output import Row, show_list
from practicestudio.cli.session import session_of

if TYPE_CHECKING:
    from practicestudio.monitor.connection_tests import ConnectionTest
    from practicestudio.monitor.health import Health
    from practicestudio.monitor.limit_use import LimitUse
    from practicestudio.monitor.reading import Watched
    from practicestudio.monitor.traffic import Flow
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

COLUMNS = {
    "practice": "Practice",
    "state": "",
    "because": "Why, and what to do",
    "last_received": "Last received (UTC)",
    "last_sent": "Last sent (UTC)",
    "unfinished": "To do",
    "failed": "Failed",
    "parked": "Parked",
}


def health(
    context: typer.Context,
    practice: Annotated[str | None, typer.Option("--practice", metavar="ID", help="One practice: its id at athenahealth, or ours.")] = None,
    as_json: AsJson = False,
) -> None:
    """Tell whether everything is well: each practice's connection, what came and went, what waits, the token, the limits, the last test.

    The exit status is 1 when a connection is down or something needs attention, so that a program may ask.

    \b
    Examples:
      practicestudio health
      practicestudio health --practice 195900 --json
    """
    from practicestudio.clock import now

    async def work(database: "Database") -> "list[tuple[Watched, Health]]":
        from practicestudio.monitor.health import health_of
        from practicestudio.monitor.reading import read_practice_now

        found = [await read_practice_now(database, one.id, now()) for one in await _practices(database, practice)]
        return [(watched, health_of(watched)) for watched in found]

    found = session_of(context).on_database(work)
    documents = [_document(watched, health) for watched, health in found]
    show_list(documents, COLUMNS, as_json=as_json, empty="There is no practice yet; add one with: practicestudio practice add")
    if any(health.state in ("down", "attention") for _, health in found):
        raise typer.Exit(1)


async def _practices(database: "Database", wanted: str | None) -> "list[Practice]":
    from practicestudio.practices.practice import find_practice, list_practices

    return await list_practices(database) if wanted is None else [await find_practice(database, wanted)]


def _document(watched: "Watched", health: "Health") -> Row:
    """Everything that is known, without a value of a patient's."""
    from practicestudio.monitor.overview import glance_of

    reading = watched.reading
    glance, backlog = glance_of(reading, health), reading.backlog
    return {
        "practice": reading.practice.athena_id,
        "state": health.state,
        "because": health.because,
        "findings": [{"rule": one.rule, "severity": one.severity, "sentence": one.sentence} for one in health.findings],
        "last_received": glance.last_received,
        "last_sent": glance.last_sent,
        "doors": [{"door": one.door, "last_received": one.last_received, "last_sent": one.last_sent} for one in reading.doors],
        "flows": {direction: _flow(flow) for direction, flow in reading.flows.items()},
        "unfinished": glance.unfinished,
        "waiting": backlog.waiting,
        "failed": backlog.failed,
        "parked": backlog.parked,
        "held_lanes": backlog.held_lanes,
        "reviews": backlog.reviews,
        "due_since": backlog.due_since,
        "token": {"standing": reading.token.standing, "good_until": reading.token.good_until, "why": reading.token.why},
        "limits": _limits(reading.use),
        "last_test": _test(reading.test, reading.at),
    }


def _flow(flow: "Flow") -> Row:
    return {"last_hour": flow.messages, "a_minute": round(flow.a_minute, 2), "p50_seconds": flow.p50, "p95_seconds": flow.p95}


def _limits(use: "LimitUse | None") -> Row | None:
    if use is None:
        return None
    return {
        "calls_today": use.used,
        "left_today": use.left,
        "a_day": use.limits.per_day,
        "a_second": use.limits.per_second,
        "busiest_second": use.busiest_second,
        "an_hour": use.an_hour,
        "reached_at": use.reached_at,
    }


def _test(test: "ConnectionTest | None", now: datetime) -> Row | None:
    if test is None:
        return None
    return {
        "at": test.started_at,
        "state": test.state,
        "failed_step": test.failed_step and test.failed_step.name,
        "certificate_days": test.certificate_days(now),
    }
