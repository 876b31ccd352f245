import asyncio
from datetime import UTC, datetime
from typing import Any

from practicestudio.sandbox.config import Limits
from practicestudio.sandbox.limits import Meter

NOON = datetime(2026, 11, 20, 12, 0, 30, tzinfo=UTC)


class Watch:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = 100.0

    def __call__(self) -> float:
        return self.time


def test_the_second_slides() -> None:
    watch = Watch()
    meter = Meter(Limits(calls_per_second=2), watch)
    said = []
    for moment in (100.0, 100.6, 100.9, 101.0, 101.5, 101.6):
        watch.time = moment
        said.append(meter.call("a", NOON).allowed)
    assert said == [True, True, False, True, False, True]
    assert meter.over_limit == 2


def test_clients_do_not_share_a_limit() -> None:
    meter = Meter(Limits(calls_per_second=1, calls_per_day=1, tokens_per_minute=1), Watch())
    assert meter.call("a", NOON).allowed
    assert meter.call("b", NOON).allowed
    assert meter.token("a", NOON).allowed
    assert meter.token("b", NOON).allowed


def test_the_day_ends_at_midnight_gmt() -> None:
    meter = Meter(Limits(calls_per_day=2))
    late = NOON.replace(hour=23, minute=59, second=50)
    answers = [meter.call("a", late) for _ in range(3)]
    assert [(one.allowed, one.remaining) for one in answers] == [(True, 1), (True, 0), (False, 0)]
    assert answers[-1].wait == 10
    assert meter.call("a", datetime(2026, 11, 21, tzinfo=UTC)).allowed


def test_a_refused_call_uses_nothing_up() -> None:
    watch = Watch()
    meter = Meter(Limits(calls_per_second=1, calls_per_day=10), watch)
    assert [meter.call("a", NOON).remaining for _ in range(4)] == [9, 9, 9, 9]


def test_tokens_are_counted_by_the_minute_of_the_clock() -> None:
    meter = Meter(Limits(tokens_per_minute=1))
    assert meter.token("a", NOON).allowed
    refused = meter.token("a", NOON)
    assert (refused.allowed, refused.wait) == (False, 30)
    assert meter.token("a", NOON.replace(minute=1, second=0)).allowed


async def test_the_headers_tell_what_is_left_of_the_day(open_sandbox: Any) -> None:
    caller = await open_sandbox(calls_per_day=3)
    answers = [await caller.get("ping") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["2", "1", "0", "0"]
    assert answers[-1].content == b""
    assert "retry-after" not in answers[-1].headers


async def test_without_a_limit_there_are_no_limit_headers(caller: Any) -> None:
    assert "x-ratelimit-limit" not in (await caller.get("ping")).headers


async def test_a_burst_is_held_to_the_limit_of_the_second(open_sandbox: Any) -> None:
    caller = await open_sandbox(calls_per_second=5)
    answers = await asyncio.gather(*(caller.get("ping") for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [429] * 3
    assert (await caller.control("GET", "state"))["calls"]["over_limit"] == 3


async def test_the_429_can_be_made_to_say_more(open_sandbox: Any) -> None:
    caller = await open_sandbox(calls_per_day=0)
    for body, kind in (("json", "application/json"), ("html", "text/html")):
        await caller.control("POST", "limits", {"retry_after": True, "body": body})
        answer = await caller.get("ping")
        assert (answer.status_code, answer.headers["content-type"]) == (429, kind)
        assert int(answer.headers["retry-after"]) >= 1
    await caller.control("POST", "limits", {"calls_per_day": None})
    assert (await caller.get("ping")).status_code == 200
