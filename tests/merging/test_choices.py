"""A person settles what the rules leave open."""

import pytest

from practicestudio.merging import Change, Instead, MergeRules, UnitConflict, decide, merge

CONFLICT = UnitConflict("email", "old", "mine", "yours", "ask", None)


@pytest.mark.parametrize(
    ("choice", "value", "take", "send"),
    [
        ("ours", "mine", None, Change("email", "yours", "mine")),
        ("theirs", "yours", Change("email", "mine", "yours"), None),
        (Instead("other"), "other", Change("email", "mine", "other"), Change("email", "yours", "other")),
        (Instead("ours"), "ours", Change("email", "mine", "ours"), Change("email", "yours", "ours")),
        (Instead(None), None, Change("email", "mine", None), Change("email", "yours", None)),
    ],
)
def test_the_choice_says_what_changes_where(choice, value, take, send):
    found = decide(CONFLICT, choice)
    assert (found.value, found.take, found.send, found.base) == (value, take, send, "yours")


def test_a_decided_conflict_does_not_come_back():
    found = decide(CONFLICT, "ours")
    outcome = merge({"email": found.base}, {"email": found.value}, {"email": "yours"}, MergeRules("ask"))
    assert outcome.conflicts == ()
    assert outcome.send == (Change("email", "yours", "mine"),)


def test_a_change_there_after_the_decision_is_a_new_conflict():
    found = decide(CONFLICT, "ours")
    outcome = merge({"email": found.base}, {"email": found.value}, {"email": "newer"}, MergeRules("ask"))
    assert outcome.asked == ("email",)
