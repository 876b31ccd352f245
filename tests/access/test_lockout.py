"""How long a try must wait, from the failures before it."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from practicestudio.access.lockout import Failures, wait_until
from practicestudio.access.rules import Patience
from practicestudio.clock import now

RULE = Patience(free=3, first=timedelta(seconds=30), most=timedelta(minutes=15), forgotten=timedelta(days=1))
LAST = now()


def wait(count: int, after: timedelta = timedelta()) -> timedelta | None:
    until = wait_until(Failures(count, LAST), LAST + after, RULE)
    return until - LAST if until else None


def test_the_first_failures_cost_no_wait() -> None:
    assert wait_until(Failures(), LAST, RULE) is None
    assert [wait(count) for count in range(3)] == [None] * 3


def test_then_each_doubles_the_wait_up_to_the_longest() -> None:
    seconds = [found.total_seconds() for count in range(3, 11) if (found := wait(count))]
    assert seconds == [30, 60, 120, 240, 480, 900, 900, 900]


def test_a_wait_ends_by_itself() -> None:
    assert wait(3, timedelta(seconds=29.9))
    assert wait(3, timedelta(seconds=30)) is None


def test_old_failures_are_forgotten() -> None:
    slow = Patience(free=0, first=timedelta(days=9), most=timedelta(days=9), forgotten=timedelta(days=1))
    assert wait_until(Failures(9, LAST), LAST + timedelta(hours=23), slow)
    assert wait_until(Failures(9, LAST), LAST + timedelta(hours=24), slow) is None


@given(st.integers(0, 10**9))
def test_no_number_of_failures_makes_anybody_wait_longer_than_the_longest(count: int) -> None:
    assert (wait(count) or timedelta()) <= RULE.most
