"""How much of athenahealth's limits is used: of the second, of the day, and when the day's limit is reached if it goes on like this.

A limit belongs to a credential and host, which several practices may share. athenahealth's day ends at midnight GMT.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from practicestudio.clock import first_id_at
from practicestudio.practices.connection import Limits
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
KEEP = timedelta(days=8)
"""How long the use of each minute is kept."""

SHORTEST = timedelta(minutes=5)
"""A forecast from less than this would be a guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stand:
    """What is used of a day (GMT): calls by our own count, and what is left of our limit as athenahealth told, where it did."""

    day: date
    used: int = 0
    told_left: int | None = None

    def left(self, limits: Limits) -> int | None:
        """Calls that are left of the day, as athenahealth told, else by our own count; None where nothing limits them."""
        if self.told_left is not None:
            return max(0, self.told_left)
        return None if limits.per_day is None else max(0, limits.per_day - self.used)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """What was used at the end of a minute. busiest_second: most calls of one second in it."""

    minute: datetime
    stand: Stand
    calls: int
    busiest_second: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUse:
    """The use of a credential's limits now.

    used, left: calls of the day; left is None without a limit. last_minute, busiest_second: of the last minute, all practices that share it.
    an_hour: calls an hour at the present rate, None where too little is known. reached_at: when the day's limit is reached at this rate; None
    where the day ends first.
    """

    limits: Limits
    day: date
    used: int
    left: int | None
    last_minute: int = 0
    busiest_second: int = 0
    an_hour: float | None = None
    reached_at: datetime | None = None

    @property
    def day_share(self) -> float | None:
        """The used part of the day's limit, from 0 to 1; None without a limit."""
        if self.left is None:
            return None
        whole = self.limits.per_day or (self.used + self.left)
        return min(1.0, max(0.0, 1 - self.left / whole)) if whole else 1.0

    @property
    def second_share(self) -> float | None:
        """The used part of the second's limit in the busiest second of the last minute."""
        return None if not self.limits.per_second else min(1.0, self.busiest_second / self.limits.per_second)


def day_of(now: datetime) -> date:
    """athenahealth's day."""
    return now.astimezone(UTC).date()


def day_end(now: datetime) -> datetime:
    """When athenahealth's day ends, and its limit begins anew."""
    return datetime.combine(day_of(now) + timedelta(days=1), time(), UTC)


def stand_at(now: datetime, day: date | None, used: int, told_left: int | None) -> Stand:
    """The stand from what is stored, which may be of a day that has ended. Pure."""
    today = day_of(now)
    return Stand(day=today, used=used, told_left=told_left) if day is not None and day >= today else Stand(day=today)


def rate_of(samples: Sequence[Sample], stand: Stand, now: datetime) -> float | None:
    """Calls an hour over the last hour of this day, by our own count; None where too little is known. samples: by time. Pure."""
    recent = [sample for sample in samples if sample.stand.day == stand.day and sample.minute >= now - HOUR]
    if not recent or now - recent[0].minute < SHORTEST:
        return None
    return max(0, stand.used - recent[0].stand.used) / ((now - recent[0].minute) / HOUR)


def use_of(limits: Limits, stand: Stand, samples: Sequence[Sample], now: datetime) -> LimitUse:
    """The use of the limits, with its forecast. samples: of this credential, by time. Pure."""
    left, an_hour = stand.left(limits), rate_of(samples, stand, now)
    latest = samples[-1] if samples and now - samples[-1].minute <= 3 * MINUTE else None
    return LimitUse(
        limits=limits,
        day=stand.day,
        used=stand.used,
        left=left,
        last_minute=latest.calls if latest else 0,
        busiest_second=latest.busiest_second if latest else 0,
        an_hour=an_hour,
        reached_at=_reached_at(left, an_hour, now),
    )


def _reached_at(left: int | None, an_hour: float | None, now: datetime) -> datetime | None:
    if left is None or (left > 0 and not an_hour):
        return None
    at = now + HOUR * (left / an_hour) if left > 0 and an_hour else now
    return at if at < day_end(now) else None


async def calls_by_second(transaction: Transaction, since: datetime, before: datetime) -> Mapping[datetime, int]:
    """Calls of the practice that counted against the second's limit, by the second in which they ended."""
    found = sql.limit_use.calls_by_second(
        transaction.connection, practice_id=transaction.practice_id, since=first_id_at(since), before=first_id_at(before)
    )
    return dict(await rows(found))


async def read_stand(shared: Transaction, credential: UUID, now: datetime) -> Stand:
    """What is used of the credential's day. shared: a transaction on what practices share."""
    row = await sql.limit_use.stand(shared.connection, credential=str(credential))
    return stand_at(now, *row) if row else Stand(day=day_of(now))


async def read_samples(shared: Transaction, credential: UUID, since: datetime) -> list[Sample]:
    """The credential's samples since then, by time."""
    found = sql.limit_use.samples(shared.connection, practice_id=shared.practice_id, credential=str(credential), since=since)
    return [
        Sample(minute=minute, stand=Stand(day=day, used=used, told_left=left), calls=calls, busiest_second=busiest)
        for minute, day, used, left, calls, busiest in await rows(found)
    ]


async def put_sample(shared: Transaction, credential: UUID, now: datetime, by_second: Counter[datetime]) -> None:
    """Keep how much is used now. by_second: the calls of the last minute of all practices that share the credential."""
    stand = await read_stand(shared, credential, now)
    await sql.limit_use.put_sample(
        shared.connection,
        practice_id=shared.practice_id,
        credential=str(credential),
        minute=now.replace(second=0, microsecond=0),
        day=stand.day,
        day_used=stand.used,
        day_left=stand.told_left,
        calls=by_second.total(),
        busiest_second=max(by_second.values(), default=0),
    )


async def drop_samples(shared: Transaction, now: datetime) -> None:
    """Drop samples that are older than they are kept."""
    await sql.limit_use.drop_samples(shared.connection, practice_id=shared.practice_id, before=now - KEEP)
