"""When may the next call go? A pure decision over one budget that all processes share: calls a second, calls a day, tokens a minute.

The rate is a generic cell rate algorithm (ATM Forum TM 4.1, "virtual scheduling") without bursts: calls get evenly spaced slots. athenahealth
counts in a sliding second at its own door, so slots stand a little further apart than the limit says (`Limits.margin`); what a process loses
by waking late and the network by jitter must fit into that margin.

Urgency is how far ahead a slot may be reserved: a person furthest, a feed less, a backfill only the next few slots. So a person never
stands behind more than half a second of feeds and backfills. All stay within a second, so that a slot that was missed can still be made
good (`make_good`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from practicestudio.delivery.message import Urgency
from practicestudio.practices.connection import Limits

RESERVE_AHEAD: Mapping[Urgency, timedelta] = MappingProxyType(
    {"person": timedelta(seconds=0.8), "feed": timedelta(seconds=0.5), "backfill": timedelta(seconds=0.25)}
)
LATE = timedelta(milliseconds=8)
"""What of the margin is for calls that go out late; the rest of it is for the network. Later than this, the schedule has to move."""

UNSURE_OF_THE_DAY = timedelta(seconds=10)
"""So long after midnight an answer may still speak of yesterday."""

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What is used of a credential's limits; one row, shared by all processes.

    next_at: the next free slot. day: athenahealth's day (GMT) that day_used counts. day_remaining: calls left of it as athenahealth last
    told, less those granted since; None until it told. minute: the minute that minute_used counts token requests of.
    """

    next_at: datetime | None = None
    day: date | None = None
    day_used: int = 0
    day_remaining: int | None = None
    minute: datetime | None = None
    minute_used: int = 0


@dataclass(frozen=True, slots=True)
class Observed:
    """What an answer told of the day: its limit and what is left, after the call that was number `number` of `day`."""

    day: date
    number: int
    remaining: int
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """Go at this moment. day, number: which call of the day it is."""

    at: datetime
    day: date
    number: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing yet; ask again then."""

    until: datetime
    because: str


@dataclass(frozen=True, slots=True)
class Refuse:
    """Nothing until then, and it is too long to wait for."""

    until: datetime
    because: str


Decision = Grant | Wait | Refuse


def decide_call(
    budget: Budget, now: datetime, limits: Limits, urgency: Urgency, *, server_now: datetime | None = None, observed: Observed | None = None
) -> tuple[Budget, Decision]:
    """Whether and when the next call may go.

    now: the clock that all processes share (the database's). server_now: what time it is at athenahealth, whose midnight ends the day; `now`
    where it is not known. observed: what the latest answer told, if it was not told before.
    """
    there = (server_now or now).astimezone(UTC)
    budget = _believe(_roll_day(budget, there.date()), limits, there, observed)
    left = remaining_today(budget, limits)
    kept = _kept_back(limits, urgency)
    if left is not None and left <= kept:
        return budget, Refuse(now + (_midnight_after(there) - there), _spent(left, urgency))
    at = now if limits.per_second is None else max(now, budget.next_at or now)
    if at - now > RESERVE_AHEAD[urgency]:
        return budget, Wait(at - RESERVE_AHEAD[urgency], "The calls of this second are taken by others.")
    budget = replace(
        budget,
        next_at=at + limits.spacing,
        day_used=budget.day_used + 1,
        day_remaining=None if budget.day_remaining is None else budget.day_remaining - 1,
    )
    return budget, Grant(at, budget.day or there.date(), budget.day_used)


def decide_late(budget: Budget, now: datetime, limits: Limits, grant: Grant) -> tuple[Budget, Grant | None]:
    """What to do when a process woke `now`, after its slot: go at once, or (None) ask for another slot, because too much is given out already.

    The grant comes back with its slot where the schedule has moved it to, a little before now.
    """
    if _is_closed(budget, limits, grant):
        return budget, None
    return make_good(budget, limits, grant, now), replace(grant, at=now - LATE)


def make_good(budget: Budget, limits: Limits, grant: Grant, sent: datetime) -> Budget:
    """The budget after a call went out only at `sent`: what is not given out yet moves by the delay, or by one slot if the delay is longer.

    Let n calls be allowed a second. A late call is one more in the seconds that begin with the calls that overtook it, so the n-th slot behind
    its own has to move; that one is not given out yet, unless athenahealth took long to answer. LATE of the delay is in the margin already.
    """
    if _is_closed(budget, limits, grant) or limits.per_second is None:
        return budget
    moved = (budget.next_at or sent) + min(sent - grant.at, limits.spacing) - LATE
    return replace(budget, next_at=max(moved, sent + limits.spacing - LATE))


def decide_token_request(budget: Budget, now: datetime, limits: Limits, *, server_now: datetime | None = None) -> tuple[Budget, Decision]:
    """Whether a token may be asked for. athenahealth counts by the clock's minute and blocks for the rest of it."""
    there = (server_now or now).astimezone(UTC)
    minute = there.replace(second=0, microsecond=0)
    used = budget.minute_used if budget.minute is not None and budget.minute >= minute else 0
    if limits.tokens_per_minute is not None and used >= limits.tokens_per_minute:
        return budget, Refuse(now + (minute + MINUTE - there), "The token requests of this minute are used up.")
    return replace(budget, minute=minute, minute_used=used + 1), Grant(now, there.date(), used + 1)


def hold_off(budget: Budget, until: datetime) -> Budget:
    """The budget after athenahealth answered 429: nobody calls before `until`."""
    return replace(budget, next_at=max(until, budget.next_at or until))


def remaining_today(budget: Budget, limits: Limits) -> int | None:
    """Calls left of the day, as athenahealth told, else by our own count; None without a limit. Never more than our own limit allows."""
    if budget.day_remaining is not None:
        return budget.day_remaining
    return None if limits.per_day is None else limits.per_day - budget.day_used


def _is_closed(budget: Budget, limits: Limits, grant: Grant) -> bool:
    """Whether the slot that stands a second's worth of calls behind the grant's is given out."""
    given_since = budget.day_used - grant.number if budget.day == grant.day else budget.day_used
    return limits.per_second is not None and given_since >= max(1, int(limits.per_second))


def _roll_day(budget: Budget, today: date) -> Budget:
    """Days only go forward, so that processes whose clocks differ do not set it back and forth."""
    if budget.day is None or today > budget.day:
        return replace(budget, day=today, day_used=0, day_remaining=None)
    return budget


def _believe(budget: Budget, limits: Limits, there: datetime, observed: Observed | None) -> Budget:
    """Take over what an answer told, less the calls granted after the one it answers."""
    if observed is None or observed.day != budget.day or there - _midnight_before(there) < UNSURE_OF_THE_DAY:
        return budget
    above_ours = max(0, observed.limit - limits.per_day) if observed.limit is not None and limits.per_day is not None else 0
    since = budget.day_used - observed.number
    return replace(budget, day_remaining=observed.remaining - above_ours - since)


def _kept_back(limits: Limits, urgency: Urgency) -> int:
    share = {"person": 0.0, "feed": limits.feed_leaves, "backfill": limits.backfill_leaves}[urgency]
    return int((limits.per_day or 0) * share)


def _spent(left: int, urgency: Urgency) -> str:
    if left <= 0:
        return "The calls of this day are used up."
    return f"The {left} calls that are left of this day are kept for what is more urgent than a {urgency}."


def _midnight_before(there: datetime) -> datetime:
    return datetime.combine(there.date(), time(), UTC)


def _midnight_after(there: datetime) -> datetime:
    return _midnight_before(there) + timedelta(days=1)
