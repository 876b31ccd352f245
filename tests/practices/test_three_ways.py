"""Two people at the same setting: what differs in part is put together, and only the same part clashes."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.practices.three_ways import merge_values

SEEN = {"base_url": "https://a", "limits": {"per_second": 15, "per_day": 50_000}, "scopes": ["one"]}

values = st.recursive(
    st.none() | st.integers(0, 3) | st.lists(st.integers(0, 2), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner.filter(lambda value: value is not None), max_size=3),
    max_leaves=8,
)


def test_changes_of_different_parts_stand_together() -> None:
    wanted = {**SEEN, "base_url": "https://b"}
    current = {**SEEN, "limits": {"per_second": 7, "per_day": 50_000}}
    merged = merge_values(SEEN, wanted, current)
    assert merged.clashes == ()
    assert merged.value == {"base_url": "https://b", "limits": {"per_second": 7, "per_day": 50_000}, "scopes": ["one"]}


def test_the_same_part_clashes_and_is_named() -> None:
    wanted = {**SEEN, "limits": {"per_second": 3, "per_day": 50_000}, "scopes": ["two"]}
    current = {**SEEN, "limits": {"per_second": 7, "per_day": 50_000}, "scopes": ["three"]}
    assert merge_values(SEEN, wanted, current).clashes == ("limits.per_second", "scopes")


def test_the_same_change_made_twice_is_one() -> None:
    wanted = {**SEEN, "base_url": "https://b"}
    assert merge_values(SEEN, wanted, wanted) == merge_values(SEEN, wanted, SEEN)
    assert merge_values(SEEN, wanted, wanted).clashes == ()


def test_a_change_is_taken_back_out_of_what_came_after_it() -> None:
    after = {**SEEN, "limits": {"per_second": 7, "per_day": 50_000}}
    now = {**after, "base_url": "https://later"}
    assert merge_values(after, SEEN, now).value == {**SEEN, "base_url": "https://later"}


def test_a_value_that_was_made_is_dropped_unless_it_was_changed_since() -> None:
    assert merge_values(SEEN, None, SEEN).value is None
    assert merge_values(SEEN, None, {**SEEN, "base_url": "https://later"}).clashes == ("base_url",)


def test_two_who_set_it_first_may_say_the_same() -> None:
    assert merge_values(None, {"a": 1, "b": 2}, {"a": 1}).value == {"a": 1, "b": 2}
    assert merge_values(None, {"a": 1}, {"a": 2}).clashes == ("a",)


A, B, C, D = ({"code": one} for one in "ABCD")


@pytest.mark.parametrize(
    ("seen", "wanted", "current", "merged"),
    [
        ([A, B], [A, B, C], [A, B, D], [A, B, C, D]),
        ([A, B], [A], [A, B, D], [A, D]),
        ([A, B], [A, B, C], [B], [B, C]),
        ([A], None, [A, B], [B]),
        (None, [A], [B], [A, B]),
    ],
)
def test_rows_are_added_and_taken_out_one_by_one(seen: Any, wanted: Any, current: Any, merged: Any) -> None:
    assert merge_values(seen, wanted, current).value == merged
    assert merge_values(seen, wanted, current).clashes == ()


def test_a_row_that_both_replaced_is_a_clash() -> None:
    assert merge_values([A], [B], [C]).clashes == ("",)


@given(values, values)
def test_with_nobody_else_what_is_wanted_stands(seen: Any, wanted: Any) -> None:
    assert merge_values(seen, wanted, seen).value == wanted
    assert merge_values(seen, wanted, seen).clashes == ()


@given(values, values)
def test_who_changes_nothing_takes_nothing_back(seen: Any, current: Any) -> None:
    assert merge_values(seen, seen, current).value == current


@given(values, values, values)
def test_without_a_clash_the_order_of_two_changes_does_not_matter(seen: Any, one: Any, other: Any) -> None:
    first, second = merge_values(seen, one, other), merge_values(seen, other, one)
    if not first.clashes and not second.clashes:
        assert stated(first.value) == stated(second.value)


def stated(value: Any) -> Any:
    """Without objects that hold nothing, which are as good as none."""
    if not isinstance(value, dict):
        return value
    return {name: one for name, inner in value.items() if (one := stated(inner)) is not None} or None
