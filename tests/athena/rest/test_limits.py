"""The shared budget: never over the limit, little under it, and the most urgent first."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.athena.rest.limits import (
    LATE,
    Budget,
    Grant,
    Limits,
    Observed,
    Refuse,
    Urgency,
    Wait,
    decide_call,
    decide_late,
    decide_token_request,
    hold_off,
    make_good,
    remaining_today,
)

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Asking:
    urgency: Urgency


@dataclass(frozen=True)
class Waking:
    urgency: Urgency
    grant: Grant


@dataclass(frozen=True)
class Answered:
    """The answer came, and with it the time the call had really gone out is told."""

    grant: Grant
    sent: datetime


@dataclass
class Simulation:
    """Callers of several processes on one budget, without a clock.

    sleep_lag: how long after its slot a caller wakes. send_lag: how long after waking its call goes out. again: who has sent one call wants to
    send the next.
    """

    limits: Limits
    sleep_lag: Callable[[], timedelta] = lambda: timedelta()
    send_lag: Callable[[], timedelta] = lambda: timedelta()
    again: bool = False
    budget: Budget = field(default_factory=Budget)
    sent: list[tuple[datetime, Urgency]] = field(default_factory=list)
    _events: list[tuple[datetime, int, Asking | Waking | Answered]] = field(default_factory=list)
    _count: int = 0

    def at(self, moment: datetime, event: Asking | Waking | Answered) -> None:
        self._count += 1
        heapq.heappush(self._events, (moment, self._count, event))

    def run(self, until: datetime | None = None) -> None:
        while self._events and (until is None or self._events[0][0] <= until):
            now, _, event = heapq.heappop(self._events)
            if isinstance(event, Asking):
                self._ask(now, event.urgency)
            elif isinstance(event, Waking):
                self._wake(now, event)
            elif event.sent - event.grant.at > LATE:
                self.budget = make_good(self.budget, self.limits, event.grant, event.sent)

    def _ask(self, now: datetime, urgency: Urgency) -> None:
        self.budget, decision = decide_call(self.budget, now, self.limits, urgency)
        if isinstance(decision, Grant):
            self.at(decision.at + self.sleep_lag(), Waking(urgency, decision))
        elif isinstance(decision, Wait):
            self.at(decision.until, Asking(urgency))

    def _wake(self, now: datetime, event: Waking) -> None:
        grant: Grant | None = event.grant
        if now - event.grant.at > LATE:
            self.budget, grant = decide_late(self.budget, now, self.limits, event.grant)
        if grant:
            sent = now + self.send_lag()
            self.sent.append((sent, event.urgency))
            self.at(sent + timedelta(milliseconds=50), Answered(grant, sent))
        if self.again or not grant:
            self._ask(now, event.urgency)


URGENCIES: list[Urgency] = ["person", "feed", "backfill"]
lags = st.sampled_from([0, 0, 0, 1_000, 7_900, 9_000, 12_000, 30_000, 70_000, 150_000])
arrivals = st.lists(st.tuples(st.integers(0, 3_000_000), st.sampled_from(URGENCIES), lags, lags), min_size=1, max_size=120)


@given(arrivals, st.sampled_from([1, 5, 15, 40]))
def test_no_second_ever_holds_more_calls_than_allowed_however_late_they_wake_and_go(callers: list[tuple[int, Urgency, int, int]], rate: int) -> None:
    sleeps, sends = iter([sleep for _, _, sleep, _ in callers] * 4), iter([send for _, _, _, send in callers] * 4)
    simulation = Simulation(
        Limits(per_second=rate, per_day=None), lambda: timedelta(microseconds=next(sleeps, 0)), lambda: timedelta(microseconds=next(sends, 0))
    )
    for micros, urgency, _, _ in callers:
        simulation.at(NOON + timedelta(microseconds=micros), Asking(urgency))
    simulation.run()
    times = sorted(moment for moment, _ in simulation.sent)
    assert len(times) == len(callers)
    assert all(later - earlier >= SECOND for earlier, later in zip(times, times[rate:], strict=False))


@pytest.mark.parametrize("urgency", URGENCIES)
def test_at_least_97_percent_of_what_is_allowed_is_used_though_some_wake_late(urgency: Urgency) -> None:
    chance = Random(1)

    def lateness() -> timedelta:
        return timedelta(milliseconds=chance.uniform(9, 60) if chance.random() < 0.02 else chance.uniform(0, 4))

    simulation = Simulation(Limits(per_second=15, per_day=None), lateness, again=True)
    for _ in range(20):
        simulation.at(NOON, Asking(urgency))
    simulation.run(until=NOON + timedelta(seconds=120))
    assert 0.97 * 15 * 120 <= len(simulation.sent) <= 15 * 120


def test_a_person_goes_before_feeds_and_a_feed_before_backfills() -> None:
    simulation = Simulation(Limits(per_second=10, per_day=None))
    for urgency in ("backfill", "feed", "person"):
        for _ in range(30):
            simulation.at(NOON + timedelta(milliseconds=500), Asking(urgency))
    simulation.run()
    places = {urgency: [place for place, (_, kind) in enumerate(simulation.sent) if kind == urgency] for urgency in URGENCIES}
    assert max(places["person"]) < 45
    assert sum(places["person"]) < sum(places["feed"]) < sum(places["backfill"])
    assert places["backfill"][3] > max(places["feed"])


def test_a_person_waits_half_a_second_at_most_for_what_is_less_urgent() -> None:
    limits = Limits(per_second=15, per_day=None)
    budget = Budget()
    for urgency in ("feed", "backfill"):
        decision = None
        while not isinstance(decision, Wait):
            budget, decision = decide_call(budget, NOON, limits, urgency)
    _, decision = decide_call(budget, NOON, limits, "person")
    assert isinstance(decision, Grant)
    assert decision.at - NOON <= SECOND / 2 + limits.spacing


def test_a_backfill_leaves_the_reserve_of_the_day_and_a_person_may_use_it() -> None:
    limits = Limits(per_second=None, per_day=100, backfill_leaves=0.10, feed_leaves=0.02)
    budget, granted = Budget(), {}
    for urgency in ("backfill", "feed", "person"):
        count = 0
        while True:
            budget, decision = decide_call(budget, NOON, limits, urgency)
            if isinstance(decision, Refuse):
                break
            count += 1
        granted[urgency] = count
        assert decision.until == datetime(2026, 3, 3, tzinfo=UTC)
    assert granted == {"backfill": 90, "feed": 8, "person": 2}


def test_the_day_starts_anew_at_midnight_gmt() -> None:
    limits = Limits(per_second=None, per_day=1)
    budget, first = decide_call(Budget(), datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), limits, "person")
    budget, second = decide_call(budget, datetime(2026, 3, 2, 23, 59, 59, tzinfo=UTC), limits, "person")
    budget, third = decide_call(budget, datetime(2026, 3, 3, tzinfo=UTC), limits, "person")
    assert [type(one) for one in (first, second, third)] == [Grant, Refuse, Grant]
    assert budget.day == date(2026, 3, 3)


def test_the_midnight_is_athenahealths_not_that_of_a_clock_an_hour_ahead() -> None:
    limits = Limits(per_second=None, per_day=1)
    ours = datetime(2026, 3, 3, 0, 30, tzinfo=UTC)
    budget, _ = decide_call(Budget(), ours, limits, "person", server_now=ours - timedelta(hours=1))
    budget, decision = decide_call(budget, ours, limits, "person", server_now=ours - timedelta(hours=1))
    assert budget.day == date(2026, 3, 2)
    assert isinstance(decision, Refuse)
    assert decision.until == ours + timedelta(minutes=30)


def test_a_process_whose_clock_is_behind_does_not_bring_yesterday_back() -> None:
    limits = Limits(per_second=None, per_day=10)
    budget = Budget(day=date(2026, 3, 3), day_used=4)
    budget, _ = decide_call(budget, datetime(2026, 3, 2, 23, 59, tzinfo=UTC), limits, "person")
    assert (budget.day, budget.day_used) == (date(2026, 3, 3), 5)


def test_what_athenahealth_says_is_left_is_believed_over_our_count() -> None:
    limits = Limits(per_second=None, per_day=50_000)
    budget = Budget(day=NOON.date(), day_used=20)
    told = Observed(NOON.date(), number=18, remaining=1_000, limit=50_000)
    budget, _ = decide_call(budget, NOON, limits, "person", observed=told)
    assert remaining_today(budget, limits) == 1_000 - 2 - 1  # two were granted after the call that told it, and this one


def test_a_limit_of_ours_below_athenahealths_holds() -> None:
    limits = Limits(per_second=None, per_day=50_000)
    told = Observed(NOON.date(), number=1, remaining=499_999, limit=500_000)
    budget, _ = decide_call(Budget(day=NOON.date(), day_used=1), NOON, limits, "person", observed=told)
    assert remaining_today(budget, limits) == 49_998


@pytest.mark.parametrize("told_on", [date(2026, 3, 1), date(2026, 3, 2)])
def test_an_answer_of_yesterday_does_not_empty_today(told_on: date) -> None:
    just_after = datetime(2026, 3, 2, 0, 0, 3, tzinfo=UTC)
    limits = Limits(per_second=None, per_day=100)
    _, decision = decide_call(Budget(), just_after, limits, "person", observed=Observed(told_on, 1, 0, 100))
    assert isinstance(decision, Grant)


def test_nothing_is_limited_where_there_are_no_limits() -> None:
    limits = Limits(per_second=None, per_day=None, tokens_per_minute=None)
    budget = Budget()
    for _ in range(1_000):
        budget, decision = decide_call(budget, NOON, limits, "backfill")
        assert isinstance(decision, Grant)
        assert decision.at == NOON
        budget, decision = decide_token_request(budget, NOON, limits)
        assert isinstance(decision, Grant)


def test_tokens_are_counted_by_the_minute_of_the_clock() -> None:
    limits = Limits(tokens_per_minute=5)
    budget, at = Budget(), datetime(2026, 3, 2, 12, 0, 50, tzinfo=UTC)
    decisions = []
    for _ in range(6):
        budget, decision = decide_token_request(budget, at, limits)
        decisions.append(decision)
    assert [type(one) for one in decisions] == [Grant] * 5 + [Refuse]
    assert decisions[-1] == Refuse(datetime(2026, 3, 2, 12, 1, tzinfo=UTC), "The token requests of this minute are used up.")
    _, decision = decide_token_request(budget, datetime(2026, 3, 2, 12, 1, tzinfo=UTC), limits)
    assert isinstance(decision, Grant)


def test_after_a_429_nobody_calls_for_a_while() -> None:
    limits = Limits(per_second=15)
    budget = hold_off(Budget(next_at=NOON), NOON + timedelta(seconds=5))
    _, decision = decide_call(budget, NOON, limits, "backfill")
    assert isinstance(decision, Wait)
    _, decision = decide_call(budget, NOON + timedelta(seconds=4.5), limits, "person")
    assert decision == Grant(NOON + timedelta(seconds=5), NOON.date(), 1)


def test_a_slot_used_late_moves_what_follows() -> None:
    limits = Limits(per_second=10)
    budget, grant = decide_call(Budget(), NOON, limits, "feed")
    assert isinstance(grant, Grant)
    after, moved = decide_late(budget, NOON + timedelta(milliseconds=40), limits, grant)
    assert moved == replace(grant, at=NOON + timedelta(milliseconds=40) - LATE)
    assert after.next_at == NOON + limits.spacing + timedelta(milliseconds=40) - LATE


def test_a_slot_that_is_long_over_is_used_at_the_price_of_one() -> None:
    limits = Limits(per_second=10)
    budget, grant = decide_call(Budget(), NOON, limits, "feed")
    assert isinstance(grant, Grant)
    budget, _ = decide_call(budget, NOON, limits, "feed")
    after, moved = decide_late(budget, NOON + timedelta(milliseconds=150), limits, grant)
    assert moved is not None
    assert after.next_at == NOON + 3 * limits.spacing - LATE


def test_a_slot_is_lost_where_those_a_second_behind_it_are_given_out() -> None:
    limits = Limits(per_second=10)
    budget, grant = decide_call(Budget(), NOON, limits, "person")
    assert isinstance(grant, Grant)
    for step in range(11):
        budget, _ = decide_call(budget, NOON + step * limits.spacing, limits, "person")
    assert decide_late(budget, NOON + timedelta(milliseconds=40), limits, grant) == (budget, None)
    assert make_good(budget, limits, grant, NOON + timedelta(milliseconds=40)) == budget
