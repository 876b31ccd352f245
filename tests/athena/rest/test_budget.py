"""Waiting for one's turn, with real time and several processes on one budget."""

import asyncio
import time
from datetime import timedelta

import pytest

from practicestudio.athena.rest.budget import MemoryBudgets, Turnstile
from practicestudio.clock import now
from practicestudio.delivery.message import Urgency
from practicestudio.errors import RateLimited
from practicestudio.practices.connection import Limits


def doors(limits: Limits, count: int, patience: float = 10) -> list[Turnstile]:
    budgets = MemoryBudgets(now)
    return [Turnstile(budgets, "client@host", limits, patience) for _ in range(count)]


async def test_callers_of_four_processes_never_pass_more_than_the_limit_in_a_second() -> None:
    limits = Limits(per_second=60, per_day=None)
    passed: list[float] = []

    async def caller(door: Turnstile, urgency: Urgency) -> None:
        await door.turn(urgency)
        passed.append(time.monotonic())

    gates = doors(limits, 4)
    await asyncio.gather(*(caller(door, urgency) for door in gates for urgency in ("person", "feed", "backfill") for _ in range(9)))
    passed.sort()
    assert len(passed) == 108
    assert all(later - earlier >= 0.98 for earlier, later in zip(passed, passed[60:], strict=False))
    assert passed[-1] - passed[0] < 108 / 60 * 1.15


async def test_a_person_who_comes_last_goes_before_the_backfill_that_waits() -> None:
    (door,) = doors(Limits(per_second=20, per_day=None), 1)
    order: list[str] = []

    async def caller(urgency: Urgency) -> None:
        await door.turn(urgency)
        order.append(urgency)

    backfill = [asyncio.create_task(caller("backfill")) for _ in range(20)]
    await asyncio.sleep(0.1)
    await caller("person")
    assert order.index("person") < 10
    await asyncio.gather(*backfill)


async def test_who_would_wait_too_long_is_told_when_to_come_back() -> None:
    (door,) = doors(Limits(), 1, patience=0.2)
    await door.pause(30)
    with pytest.raises(RateLimited) as caught:
        await door.turn("person")
    assert 25 < (caught.value.retry_after or 0) <= 30


async def test_nobody_waits_where_there_is_no_limit() -> None:
    (door,) = doors(Limits(per_second=None, per_day=None, tokens_per_minute=None), 1)
    started = time.monotonic()
    for _ in range(200):
        await door.turn("backfill")
    assert time.monotonic() - started < 1


async def test_a_slot_that_a_busy_process_missed_is_made_good() -> None:
    (door,) = doors(Limits(per_second=20, per_day=None), 1)
    await door.turn("feed")
    waiting = asyncio.create_task(door.turn("feed"))
    await asyncio.sleep(0)
    time.sleep(0.08)  # noqa: ASYNC251 (a process that is busy)
    turn = await waiting
    assert now() - turn.grant.at < timedelta(milliseconds=50)


async def test_a_call_that_went_out_late_moves_those_behind_it() -> None:
    (door,) = doors(Limits(per_second=20, per_day=None), 1)
    turn = await door.turn("feed")
    await door.went(turn, turn.due + 0.04)
    following = await door.turn("feed")
    assert following.due - turn.due >= 0.05 + 0.03
