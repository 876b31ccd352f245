"""What values were, and what they would be without what came from elsewhere."""

from hypothesis import given
from hypothesis import strategies as st

from practicestudio.merging import Step, same, values_before, with_values, without_foreign
from practicestudio.records import Address

NAMES = st.sampled_from(["email", "notes", "suffix"])
VALUES = st.sampled_from([None, "a", "b", "c"])


def history(start: dict[str, str | None], changes: list[tuple[str, str | None, bool]]) -> tuple[list[Step], dict[str, str | None]]:
    """The steps that these changes are, and how things are after them."""
    now = dict(start)
    steps = []
    for unit, value, foreign in changes:
        steps.append(Step(unit, now.get(unit), value, foreign))
        now[unit] = value
    return steps, now


def test_a_foreign_value_gives_way_to_what_was_before() -> None:
    assert without_foreign([Step("email", "ours", "theirs", foreign=True)]) == {"email": "ours"}


def test_the_records_own_changes_stay_whatever_came_between() -> None:
    steps = [
        Step("email", "a", "b", foreign=True),
        Step("email", "b", "own"),
        Step("email", "own", "c", foreign=True),
        Step("notes", None, "own"),
    ]
    assert without_foreign(steps) == {"email": "own"}


@given(st.lists(st.tuples(NAMES, VALUES, st.booleans())))
def test_without_foreign_steps_is_as_if_they_had_never_been(changes: list[tuple[str, str | None, bool]]) -> None:
    steps, now = history({}, changes)
    _, wanted = history({}, [change for change in changes if not change[2]])
    found = {**now, **without_foreign(steps)}
    assert {unit: value for unit, value in found.items() if value is not None} == {unit: value for unit, value in wanted.items() if value is not None}


@given(st.lists(st.tuples(NAMES, VALUES, st.just(False))))
def test_going_back_over_all_steps_gives_the_beginning(changes: list[tuple[str, str | None, bool]]) -> None:
    start = {"email": "first", "notes": None}
    steps, now = history(start, changes)
    found = values_before(now, steps)
    assert {unit: value for unit, value in found.items() if value is not None} == {"email": "first"}


def test_nothing_is_the_same_in_whatever_form() -> None:
    assert same("address", None, Address())
    assert same("gender", "unknown", None)
    assert not same("email", None, "a@example.org")


def test_a_unit_without_a_value_is_not_there() -> None:
    assert with_values({"email": "a", "insurances.1": "x"}, ["insurances.1", "notes"], {"notes": "n"}) == {"email": "a", "notes": "n"}
