"""All practices in one look: how each was when the monitor last looked, read anew where that is too long ago."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from practicestudio.monitor.health import Health, State, judge
from practicestudio.monitor.reading import Reading, read_practice_now
from practicestudio.practices.practice import Practice
from practicestudio.store import sql
from practicestudio.store.database import SHARED, Database, Transaction, rows

FRESH = timedelta(seconds=90)
"""A look that is older is not shown as the present."""

MOST_ANEW = 12
"""So many practices are read anew for one look, where the monitor does not run; of others the older look is shown."""

AT_ONCE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """A practice at a glance. at: when it was looked at, None where it never was. a_minute: messages a minute, both directions."""

    practice: Practice
    at: datetime | None = None
    state: State | None = None
    because: str = ""
    last_received: datetime | None = None
    last_sent: datetime | None = None
    a_minute: float = 0.0
    unfinished: int = 0
    failed: int = 0
    parked: int = 0


def glance_of(reading: Reading, judged: Health) -> Glance:
    """What of a reading is seen at a glance. Pure."""
    backlog = reading.backlog
    return Glance(
        practice=reading.practice,
        at=reading.at,
        state=judged.state,
        because=judged.because,
        last_received=max((one.last_received for one in reading.doors if one.last_received), default=None),
        last_sent=max((one.last_sent for one in reading.doors if one.last_sent), default=None),
        a_minute=sum(flow.a_minute for flow in reading.flows.values()),
        unfinished=backlog.received + backlog.working + backlog.waiting,
        failed=backlog.failed,
        parked=backlog.parked,
    )


async def keep_health(shared: Transaction, reading: Reading, judged: Health) -> None:
    """Keep how a practice is, for whoever looks at many. shared: a transaction on what practices share."""
    glance = glance_of(reading, judged)
    figures: dict[str, Any] = {name: getattr(glance, name) for name in ("a_minute", "unfinished", "failed", "parked")}
    figures |= {name: at and at.isoformat() for name in ("last_received", "last_sent") for at in (getattr(glance, name),)}
    await sql.alerts.put_health(
        shared.connection,
        practice_id=SHARED,
        of_practice=reading.practice.id,
        at=reading.at,
        state=judged.state,
        because=judged.because,
        figures=Jsonb(figures),
    )


async def glances(database: Database, practices: Sequence[Practice], now: datetime) -> list[Glance]:
    """These practices at a glance, in their order."""
    async with database.shared() as shared:
        kept = {row[0]: row[1:] for row in await rows(sql.alerts.healths(shared.connection, practice_id=SHARED))}
    stale = [practice.id for practice in practices if practice.id not in kept or now - kept[practice.id][0] > FRESH]
    anew = await _read_anew(database, stale[:MOST_ANEW], now)
    return [anew.get(practice.id) or _kept(practice, kept.get(practice.id)) for practice in practices]


async def _read_anew(database: Database, practices: Sequence[UUID], now: datetime) -> Mapping[UUID, Glance]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def read(practice_id: UUID) -> tuple[UUID, Glance]:
        async with gate:
            watched = await read_practice_now(database, practice_id, now)
        return practice_id, glance_of(watched.reading, judge(watched.reading, watched.rules))

    return dict(await asyncio.gather(*(read(one) for one in practices)))


def _kept(practice: Practice, row: Sequence[Any] | None) -> Glance:
    if row is None:
        return Glance(practice=practice)
    at, state, because, figures = row
    last_received, last_sent = (figures.pop(name) for name in ("last_received", "last_sent"))
    return Glance(practice=practice, at=at, state=state, because=because, last_received=_time(last_received), last_sent=_time(last_sent), **figures)


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
