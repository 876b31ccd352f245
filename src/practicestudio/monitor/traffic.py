"""What comes and goes: when each door last received and sent, how much now, how long it takes, and the trend by hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from practicestudio.clock import first_id_at
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

HOUR = timedelta(hours=1)
LOOK_BACK = timedelta(days=30)
"""How far back it is looked for when a door last received and sent."""

MOST_RECENT = 20_000
"""So many of the last hour's messages are looked at, at most: enough for a rate, few enough for a page."""

NOW = timedelta(minutes=5)
"""What "now" is in a rate: shorter would jump with every look."""


@dataclass(frozen=True, slots=True)
class DoorTraffic:
    """When a door last received a message, and last sent one that was taken; None where it did not in 30 days."""

    door: str
    last_received: datetime | None = None
    last_sent: datetime | None = None


@dataclass(frozen=True, slots=True)
class Flow:
    """One direction in the last hour. messages: how many; whole: False where there were more. a_minute: the rate of the last five minutes.

    p50, p95: seconds within which half, and 95 %, of those finished were finished.
    """

    messages: int = 0
    whole: bool = True
    a_minute: float = 0.0
    p50: float | None = None
    p95: float | None = None


@dataclass(frozen=True, slots=True)
class HourCount:
    """An hour, by its start: received, sent, and apart from them what failed or waits for a person."""

    hour: datetime
    received: int = 0
    sent: int = 0
    failed: int = 0


async def read_doors(transaction: Transaction, now: datetime) -> tuple[DoorTraffic, ...]:
    """Every door that had traffic in the last 30 days."""
    connection, practice_id = transaction.connection, transaction.practice_id
    first_hour = hour_number(now - LOOK_BACK)
    doors: dict[str, DoorTraffic] = {}
    for door, direction, hour in await rows(sql.monitor.doors(connection, practice_id=practice_id, first_hour=first_hour)):
        start = hour_start(hour)
        look = sql.monitor.last_received if direction == "in" else sql.monitor.last_sent
        at = await look(connection, practice_id=practice_id, door=door, since=first_id_at(start), before=first_id_at(start + HOUR))
        known = doors.get(door, DoorTraffic(door))
        doors[door] = replace(known, last_received=at) if direction == "in" else replace(known, last_sent=at)
    return tuple(doors.values())


async def read_flows(transaction: Transaction, now: datetime) -> Mapping[str, Flow]:
    """What came (`in`) and went (`out`) in the last hour."""
    found = await rows(
        sql.monitor.recent(transaction.connection, practice_id=transaction.practice_id, since=first_id_at(now - HOUR), limit=MOST_RECENT)
    )
    whole = sum(row[1] for row in found) < MOST_RECENT
    flows = {row[0]: _flow(row, whole, now) for row in found}
    return {"in": flows.get("in", Flow()), "out": flows.get("out", Flow())}


def _flow(row: Sequence[Any], whole: bool, now: datetime) -> Flow:
    """A direction's flow. Where not the whole hour was looked at, the newest may lie within less than five minutes."""
    _, messages, latest, first, p50, p95 = row
    span = NOW if whole else min(NOW, max(timedelta(seconds=1), now - first))
    return Flow(messages, whole, latest / (span / timedelta(minutes=1)), p50, p95)


async def read_trend(transaction: Transaction, now: datetime, hours: int) -> list[HourCount]:
    """The last so many hours, this one included, each with what it brought; hours in which nothing happened too."""
    last = hour_number(now)
    found = await rows(sql.monitor.trend(transaction.connection, practice_id=transaction.practice_id, first_hour=last - hours + 1))
    known = {hour: (received or 0, sent or 0, failed or 0) for hour, received, sent, failed in found}
    return [HourCount(hour_start(hour), *known.get(hour, (0, 0, 0))) for hour in range(last - hours + 1, last + 1)]


def hour_number(moment: datetime) -> int:
    """The hour as the counts have it: hours since 1970-01-01 00:00 UTC."""
    return int(moment.timestamp()) // 3600


def hour_start(hour: int) -> datetime:
    """When such an hour begins."""
    return datetime.fromtimestamp(hour * 3600, UTC)
