"""The monitor's round, once a minute over all practices: read, judge, open and close alerts, keep the use of limits, tell people.

Several machines may run it: one of them looks, the others find that it was looked.
"""

import asyncio
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
import structlog

from practicestudio.access.audit_sealer import unsealed_since
from practicestudio.errors import IntegrationError
from practicestudio.monitor import alerts, health
from practicestudio.monitor.findings import find
from practicestudio.monitor.limit_use import MINUTE, calls_by_second, drop_samples, put_sample
from practicestudio.monitor.overview import keep_health
from practicestudio.monitor.reading import Reading, read_practice_now, read_set_up
from practicestudio.monitor.tell import Send, send_by_apprise, tell
from practicestudio.practices.alert_rules import Rules, read_rules
from practicestudio.practices.practice import Practice, list_practices
from practicestudio.practices.shared_credential import blind
from practicestudio.redact import place_of
from practicestudio.store import sql
from practicestudio.store.database import SHARED, Database, Transaction

log = structlog.get_logger()

EVERY = timedelta(seconds=50)
"""Rounds are at least so far apart, whoever makes them."""

AT_ONCE = 4
INSTALLATION = Practice(SHARED, "This installation", "UTC", "", datetime.min.replace(tzinfo=UTC))
"""What all practices share, as a practice: its alerts, rules and channels are those of the nil practice."""


@dataclass(slots=True)
class _Round:
    """A round in hand. calls: of the last minute, by credential and second. faults: practices that could not be looked at."""

    database: Database
    now: datetime
    unsealed: Mapping[UUID, datetime]
    calls: dict[str, Counter[datetime]] = field(default_factory=dict)
    faults: int = 0


async def make_round(
    database: Database,
    now: datetime,
    *,
    home: Path | None = None,
    send: Send = send_by_apprise,
    pages: str = "",
) -> bool:
    """Look at everything, and tell people. False where somebody else looks, or looked just now.

    home: the folder whose disk is looked at. pages: where people reach the pages, to be named in what they are told.
    """
    practices = await list_practices(database)
    if not await _look(database, practices, now, home):
        return False
    gate = asyncio.Semaphore(AT_ONCE)

    async def tell_people(practice: Practice) -> None:
        async with gate:
            await tell(database, practice, now, send, pages)

    await asyncio.gather(*(tell_people(practice) for practice in [*practices, INSTALLATION]))
    return True


async def _look(database: Database, practices: Sequence[Practice], now: datetime, home: Path | None) -> bool:
    """The round itself, while nobody else makes one."""
    async with database.shared() as lock:
        if not await _may_begin(lock, now):
            return False
        this = _Round(database, now, await unsealed_since(database))
        gate = asyncio.Semaphore(AT_ONCE)

        async def look(practice: Practice) -> None:
            async with gate:
                await _look_safely(this, practice)

        await asyncio.gather(*(look(practice) for practice in practices))
        await _look_at_installation(this, home)
        await _keep_use(this)
        await sql.monitor.end_round(lock.connection, practice_id=SHARED, now=now, faults=this.faults)
    return True


async def _may_begin(lock: Transaction, now: datetime) -> bool:
    if not await sql.monitor.lock_round(lock.connection):
        return False
    return bool(await sql.monitor.begin_round(lock.connection, practice_id=SHARED, now=now, every=f"{EVERY.total_seconds()} seconds"))


async def _look_safely(this: _Round, practice: Practice) -> None:
    """Look at one practice; one that cannot be read, because of how it is set up, does not keep the others from being looked at."""
    try:
        await _look_at(this, practice)
    except psycopg.OperationalError:
        raise
    except Exception as error:
        this.faults += 1
        code = error.code if isinstance(error, IntegrationError) else "internal"
        log.error("practice_not_looked_at", practice_id=str(practice.id), error_code=code, error_type=type(error).__name__, place=place_of(error))


async def _look_at(this: _Round, practice: Practice) -> None:
    watched = await read_practice_now(this.database, practice.id, this.now)
    reading = replace(watched.reading, unsealed_since=this.unsealed.get(practice.id))
    judged = health.judge(reading, watched.rules)
    async with this.database.practice(practice.id) as transaction:
        await alerts.note_findings(transaction, find(reading, _of_practice(watched.rules)), this.now)
        await alerts.drop_old(transaction, this.now)
        _, _, names = await read_set_up(transaction)
        seconds = await calls_by_second(transaction, this.now - MINUTE, this.now)
    if names is not None:
        this.calls.setdefault(names.limits, Counter()).update(seconds)
    async with this.database.shared() as shared:
        await keep_health(shared, reading, judged)


def _of_practice(rules: Rules) -> Rules:
    """The rules without those that look at what all practices share."""
    return {name: replace(rule, enabled=rule.enabled and not rule.kind.installation) for name, rule in rules.items()}


async def _look_at_installation(this: _Round, home: Path | None) -> None:
    """What all practices share: the disk, and the trail of what is of no practice."""
    reading = Reading(
        at=this.now, practice=INSTALLATION, disk_free=_disk_free(home) if home is not None else None, unsealed_since=this.unsealed.get(SHARED)
    )
    async with this.database.shared() as shared:
        await alerts.note_findings(shared, find(reading, await read_rules(shared)), this.now)
        await alerts.drop_old(shared, this.now)


def _disk_free(home: Path) -> float:
    usage = shutil.disk_usage(home)
    return usage.free / usage.total


async def _keep_use(this: _Round) -> None:
    """How much of each credential's limits is used now."""
    async with this.database.shared() as shared:
        for name, seconds in this.calls.items():
            await put_sample(shared, blind(shared, name), this.now, seconds)
        await drop_samples(shared, this.now)


@dataclass(frozen=True, slots=True)
class LastRound:
    """When the monitor last looked. faults: practices that it could not look at."""

    begun_at: datetime
    ended_at: datetime | None
    faults: int


async def last_round(database: Database) -> LastRound | None:
    """The last round; None where there was none yet."""
    async with database.shared() as shared:
        row = await sql.monitor.last_round(shared.connection, practice_id=SHARED)
    return LastRound(*row) if row else None
