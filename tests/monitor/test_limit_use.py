"""The use of limits: what is left of the day as athenahealth tells, the rate of the last hour, and when the limit is reached at this rate."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.monitor.limit_use import Sample, Stand, day_end, drop_samples, put_sample, read_samples, stand_at, use_of
from practicestudio.practices.connection import Limits

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LIMITS = Limits(per_second=15, per_day=50_000)


def stand(used: int, left: int | None = None, day: datetime = NOON) -> Stand:
    return Stand(day=day.date(), used=used, told_left=left)


def sample(minutes_ago: int, used: int, busiest: int = 0) -> Sample:
    at = NOON - timedelta(minutes=minutes_ago)
    return Sample(minute=at, stand=stand(used, day=at), calls=10, busiest_second=busiest)


def test_what_athenahealth_tells_is_believed_over_our_own_count() -> None:
    use = use_of(LIMITS, stand(10_000, left=20_000), [], NOON)
    assert (use.left, use.day_share) == (20_000, 0.6)
    assert use_of(LIMITS, stand(10_000), [], NOON).left == 40_000


def test_without_a_limit_nothing_is_left_to_tell_and_nothing_is_forecast() -> None:
    use = use_of(Limits(per_second=None, per_day=None), stand(10_000), [sample(60, 0), sample(0, 10_000)], NOON)
    assert (use.left, use.day_share, use.second_share, use.reached_at) == (None, None, None, None)


def test_a_stand_of_yesterday_is_over() -> None:
    assert stand_at(NOON, NOON.date() - timedelta(days=1), 49_000, 3) == Stand(day=NOON.date())
    assert stand_at(NOON, NOON.date(), 49_000, 3) == stand(49_000, 3)


def test_the_limit_is_forecast_at_the_rate_of_the_last_hour() -> None:
    use = use_of(LIMITS, stand(20_000), [sample(90, 0), sample(60, 10_000), sample(30, 15_000)], NOON)
    assert use.an_hour == 10_000
    assert use.reached_at == NOON + timedelta(hours=3)


def test_a_limit_that_the_end_of_the_day_comes_before_is_not_forecast() -> None:
    use = use_of(LIMITS, stand(20_000), [sample(60, 19_000)], NOON)
    assert use.an_hour == 1000
    assert use.reached_at is None
    assert day_end(NOON) == datetime(2026, 3, 3, tzinfo=UTC)


def test_a_few_minutes_are_too_little_for_a_forecast() -> None:
    use = use_of(LIMITS, stand(20_000), [sample(3, 10_000)], NOON)
    assert (use.an_hour, use.reached_at) == (None, None)


def test_samples_of_the_day_before_do_not_count_into_the_rate() -> None:
    after_midnight = datetime(2026, 3, 3, 0, 20, tzinfo=UTC)
    before = Sample(minute=datetime(2026, 3, 2, 23, 50, tzinfo=UTC), stand=stand(49_000), calls=1, busiest_second=1)
    start = Sample(minute=datetime(2026, 3, 3, tzinfo=UTC), stand=stand(0, day=after_midnight), calls=1, busiest_second=1)
    assert use_of(LIMITS, stand(200, day=after_midnight), [before, start], after_midnight).an_hour == 600


def test_the_second_is_told_by_its_busiest_of_the_last_minute() -> None:
    use = use_of(LIMITS, stand(20_000), [sample(1, 1, busiest=12)], NOON)
    assert (use.busiest_second, use.second_share) == (12, 0.8)
    assert use_of(LIMITS, stand(20_000), [sample(30, 1, busiest=12)], NOON).busiest_second == 0


def test_a_limit_that_is_spent_is_reached_now() -> None:
    use = use_of(LIMITS, stand(50_000), [], NOON)
    assert (use.left, use.day_share, use.reached_at) == (0, 1.0, NOON)


async def test_samples_are_kept_by_minute_and_dropped_when_old(database: Any) -> None:
    credential, moment = UUID(int=7), NOON.replace(second=30)
    async with database.shared() as shared:
        await put_sample(shared, credential, moment - timedelta(days=9), Counter())
        await put_sample(shared, credential, moment, Counter({NOON: 3, NOON + timedelta(seconds=1): 5}))
        await put_sample(shared, credential, moment, Counter({NOON: 4}))
        await drop_samples(shared, moment)
        [kept] = await read_samples(shared, credential, moment - timedelta(days=30))
    assert (kept.minute, kept.calls, kept.busiest_second) == (NOON, 4, 4)


@pytest.mark.parametrize("seconds", [0.4, 0.0])
def test_a_share_never_leaves_its_bounds(seconds: float) -> None:
    use = use_of(Limits(per_second=seconds or None, per_day=10), stand(5, left=200), [sample(0, 1, busiest=3)], NOON)
    assert use.day_share == 0
    assert use.second_share in (1.0, None)
