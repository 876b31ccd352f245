"""Where a list looks: where the counts say that there is enough, and nowhere else."""

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from practicestudio.delivery.stretches import FIRST, LAST, Found, Stretch, first_id_of_hour, stretches


def hours(first: int, last: int) -> tuple[UUID, UUID]:
    return first_id_of_hour(first), first_id_of_hour(last + 1)


def test_it_stops_where_there_is_enough_and_joins_what_is_side_by_side() -> None:
    found = [Found(9, "a", "done", 3), Found(9, "b", "done", 1), Found(8, "a", "done", 5), Found(7, "a", "done", 90)]
    assert stretches(found, FIRST, LAST, 9) == [Stretch("a", "done", *hours(8, 9)), Stretch("b", "done", *hours(9, 9))]


def test_hours_without_any_are_passed_over() -> None:
    found = [Found(900, "a", "failed", 1), Found(5, "a", "failed", 1)]
    assert stretches(found, FIRST, LAST, 50) == [Stretch("a", "failed", *hours(900, 900)), Stretch("a", "failed", *hours(5, 5))]


def test_an_hour_that_a_bound_cuts_is_looked_through_but_not_relied_on() -> None:
    before = UUID(int=first_id_of_hour(9).int + 1)
    found = [Found(9, "a", "done", 1000), Found(8, "a", "done", 10)]
    assert stretches(found, FIRST, before, 10) == [Stretch("a", "done", first_id_of_hour(8), before)]


@given(
    st.lists(st.tuples(st.integers(1, 30), st.sampled_from("ab"), st.integers(1, 5)), unique_by=lambda one: one[:2]),
    st.integers(1, 20),
    st.booleans(),
)
def test_whatever_the_counts_it_finds_enough_or_all(given: list[tuple[int, str, int]], wanted: int, newest: bool) -> None:
    ordered = [Found(hour, kind, "done", count) for hour, kind, count in sorted(given, reverse=newest)]
    places = stretches(ordered, FIRST, LAST, wanted)
    covered = [one for one in ordered if any(p.kind == one.kind and p.since <= first_id_of_hour(one.hour) < p.before for p in places)]
    total = sum(one.count for one in covered)
    assert total >= min(wanted, sum(one.count for one in ordered))
    assert covered == ordered[: len(covered)], "from where the list begins, without a gap"
