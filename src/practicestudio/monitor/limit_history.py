"""The use of limits over time: the day so far with its forecast, and the busiest second of each minute of the last hour."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID

from practicestudio.monitor.limit_use import HOUR, MINUTE, LimitUse, Sample, day_end, read_samples, read_stand, use_of
from practicestudio.monitor.reading import read_set_up
from practicestudio.practices.shared_credential import blind
from practicestudio.store.database import Database

STEP = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class DayPoint:
    """A moment of athenahealth's day. used: calls by then, None where it was not kept, or is yet to come. forecast: what they will be so."""

    at: datetime
    used: int | None = None
    forecast: int | None = None


@dataclass(frozen=True, slots=True)
class LimitHistory:
    """The use now, and over time. day: by quarters of an hour to the day's end. seconds: each minute of the last hour with its busiest second, None
    where it was not kept."""

    use: LimitUse
    day: tuple[DayPoint, ...]
    seconds: tuple[tuple[datetime, int | None], ...]


def points_of_day(use: LimitUse, samples: Sequence[Sample], now: datetime) -> tuple[DayPoint, ...]:
    """The day in quarters of an hour. samples: by time. Pure."""
    start = datetime.combine(use.day, time(), UTC)
    own = [sample for sample in samples if sample.stand.day == use.day]
    points = []
    for step in range(int((day_end(start) - start) / STEP) + 1):
        at = start + STEP * step
        if at <= now:
            before = [sample for sample in own if at - STEP < sample.minute <= at]
            points.append(DayPoint(at, used_of(use, before[-1]) if before else None))
        else:
            if not points or points[-1].at <= now:
                points.append(DayPoint(now, _used_now(use), _used_now(use) if use.an_hour is not None else None))
            points.append(DayPoint(at, forecast=_forecast(use, at - now)))
    return tuple(points)


def used_of(use: LimitUse, sample: Sample) -> int:
    """Calls of the day by a sample, as athenahealth told where it did. Pure."""
    left = sample.stand.left(use.limits)
    return sample.stand.used if left is None or use.limits.per_day is None else use.limits.per_day - left


def _used_now(use: LimitUse) -> int:
    return use.used if use.left is None or use.limits.per_day is None else use.limits.per_day - use.left


def _forecast(use: LimitUse, later: timedelta) -> int | None:
    """Calls by then; not more than the limit lets through."""
    if use.an_hour is None:
        return None
    calls = _used_now(use) + round(use.an_hour * (later / HOUR))
    return calls if use.limits.per_day is None else min(calls, use.limits.per_day)


def minutes_of_hour(samples: Sequence[Sample], now: datetime) -> tuple[tuple[datetime, int | None], ...]:
    """The last hour by minutes. Pure."""
    busiest = {sample.minute: sample.busiest_second for sample in samples}
    last = now.replace(second=0, microsecond=0)
    return tuple((last - MINUTE * ago, busiest.get(last - MINUTE * ago)) for ago in range(59, -1, -1))


async def read_limit_history(database: Database, practice_id: UUID, now: datetime) -> LimitHistory | None:
    """The use of the practice's credential over time; None where it has none."""
    async with database.practice(practice_id) as transaction:
        _, connection, names = await read_set_up(transaction)
    if connection is None or names is None:
        return None
    async with database.shared() as shared:
        credential = blind(shared, names.limits)
        stand = await read_stand(shared, credential, now)
        samples = await read_samples(shared, credential, now - timedelta(days=1))
    use = use_of(connection.limits, stand, samples, now)
    return LimitHistory(use, points_of_day(use, samples, now), minutes_of_hour(samples, now))
