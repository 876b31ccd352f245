"""Rules are data: a practice's own thresholds are checked, and only what differs is kept."""

from datetime import time
from typing import Any

import pytest

from practicestudio.errors import InvalidValue
from practicestudio.monitor.rules import BY_NAME, read_rules, rule_of, rules_of, set_rule
from practicestudio.practices import configuration


def test_what_a_practice_does_not_set_has_its_default() -> None:
    rules = rules_of({"errors": {"count": 3}})
    assert rules["errors"].values == {"count": 3, "minutes": 15}
    assert rules["silence"].values["start"] == time(8)
    assert all(rule.enabled for rule in rules.values())


@pytest.mark.parametrize(
    ("rule", "value", "advice"),
    [
        ("errors", {"count": 0}, "from 1 to"),
        ("errors", {"count": "many"}, "whole number"),
        ("errors", {"count": 2.5}, "whole number"),
        ("day_high", {"used": 101}, "percent"),
        ("silence", {"start": "late"}, "time of the day"),
        ("silence", {"days": []}, "weekday"),
        ("silence", {"days": [7]}, "weekday"),
        ("errors", {"severity": "bad"}, "notice, warning, critical"),
    ],
)
def test_a_value_that_is_not_right_is_told_with_what_would_be(rule: str, value: dict[str, Any], advice: str) -> None:
    with pytest.raises(InvalidValue) as told:
        rule_of(BY_NAME[rule], value)
    assert advice in told.value.advice


async def test_only_what_differs_from_the_defaults_is_kept_with_who_changed_it(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        await set_rule(transaction, "silence", {"enabled": True, "minutes": 60, "start": "08:00", "days": [0, 1, 2, 3, 4]}, "ann")
        assert (await configuration.read(transaction))["alert"] == {"silence": {"minutes": 60}}
        assert (await read_rules(transaction))["silence"].values["minutes"] == 60
        await set_rule(transaction, "silence", {"minutes": 240}, "ann")
        assert "alert" not in await configuration.read(transaction)
        assert {change.changed_by for change in await configuration.changes(transaction)} == {"ann"}


async def test_an_unknown_rule_is_refused_with_those_that_there_are(database: Any, practice: Any) -> None:
    with pytest.raises(InvalidValue, match="no such rule"):
        async with database.practice(practice.id) as transaction:
            await set_rule(transaction, "coffee", {}, "ann")
