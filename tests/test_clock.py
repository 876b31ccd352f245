"""Ids carry their time and sort by it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from practicestudio.clock import first_id_at, new_id, now


def test_an_id_is_a_uuid_of_version_7_made_now() -> None:
    before, made, after = first_id_at(now()), new_id(), first_id_at(now() + timedelta(milliseconds=2))
    assert (made.version, made.variant) == (7, "specified in RFC 4122")
    assert before <= made < after


def test_ids_do_not_repeat() -> None:
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_ids_of_one_process_sort_in_the_order_in_which_they_were_made() -> None:
    made = [new_id() for _ in range(10_000)]
    assert made == sorted(made)
    assert {(one.version, one.variant) for one in made} == {(7, "specified in RFC 4122")}


@given(st.integers(0, 200 * 365 * 24 * 3600), st.integers(1, 10**9))
def test_later_moments_have_later_bounds(seconds: int, milliseconds: int) -> None:
    moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert first_id_at(moment) < first_id_at(moment + timedelta(milliseconds=milliseconds + 1))
