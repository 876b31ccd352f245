"""A practice's merge rules are looked up by unit, then by group, then by default."""

import pytest

from practicestudio.errors import Misconfigured
from practicestudio.merging import MergeRules


def test_the_units_own_rule_comes_before_its_groups_and_the_default():
    rules = MergeRules("athenahealth", {"insurances.*": "ask", "insurances.7": "newest", "email": "practice_studio"})
    assert rules.rule_for("insurances.7") == "newest"
    assert rules.rule_for("insurances.8") == "ask"
    assert rules.rule_for("email") == "practice_studio"
    assert rules.rule_for("last_name") == "athenahealth"
    assert rules.rule_for("custom_fields.Mood") == "athenahealth"


def test_a_rule_for_a_unit_that_does_not_exist_is_refused():
    with pytest.raises(Misconfigured, match="lastname"):
        MergeRules(by_unit={"lastname": "ask"})


def test_a_rule_that_does_not_exist_is_refused():
    with pytest.raises(Misconfigured, match="ours"):
        MergeRules(default="ours")
