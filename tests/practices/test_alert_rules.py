"""Rules are data: a practice's own thresholds are checked, and only what differs is kept."""

from datetime import time
from typing import Any

import pytest

from practicestudio.errors import InvalidFields
from practicestudio.practices.alert_rules import BY_NAME, SECTION, faults_of, own_value, read_rules, rules_of
from practicestudio.sync.change_settings import Wanted, change_settings
from practicestudio.sync.setting_history import read_history, take_back


def test_what_a_practice_does_not_set_has_its_default() -> None:
    rules = rules_of({"errors": {"count": 3}})
    assert rules["errors"].values == {"count": 3, "minutes": 15}
    assert rules["silence"].values["start"] == time(8)
    assert all(rule.enabled for rule in rules.values())


@pytest.mark.parametrize(
    ("rule", "value", "field", "advice"),
    [
        ("errors", {"count": 0}, "errors.count", "from 1 to"),
        ("errors", {"count": "many"}, "errors.count", "whole number"),
        ("errors", {"count": 2.5}, "errors.count", "whole number"),
        ("day_high", {"used": 101}, "day_high.used", "percent"),
        ("silence", {"start": "late"}, "silence.start", "time of the day"),
        ("silence", {"days": []}, "silence.days", "weekday"),
        ("silence", {"days": [7]}, "silence.days", "weekday"),
        ("errors", {"severity": "bad"}, "errors.severity", "notice, warning, critical"),
        ("coffee", {}, "coffee", "no such rule"),
    ],
)
def test_a_value_that_is_not_right_is_told_with_what_would_be(rule: str, value: dict[str, Any], field: str, advice: str) -> None:
    [fault] = faults_of(rule, value)
    assert fault.field == field
    assert advice in fault.sentence


def test_rules_that_cannot_be_read_are_an_error_with_every_fault() -> None:
    with pytest.raises(InvalidFields) as told:
        rules_of({"errors": {"count": 0, "minutes": "x"}})
    assert [fault.field for fault in told.value.faults] == ["errors.count", "errors.minutes"]


def test_only_what_differs_from_the_defaults_is_kept() -> None:
    silence = BY_NAME["silence"]
    given = {"enabled": True, "severity": "warning", "minutes": 60, "start": "08:00", "until": "18:00", "days": [0, 1, 2, 3, 4]}
    assert own_value(silence, given) == {"minutes": 60}
    assert own_value(silence, {**given, "minutes": 240}) is None


async def test_a_change_is_checked_kept_told_in_words_and_taken_back(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        await change_settings(transaction, [Wanted(SECTION, "silence", {"minutes": 60, "days": [0, 5], "enabled": False})], "ann")
        assert (await read_rules(transaction))["silence"].values["minutes"] == 60
        [entry] = await read_history(transaction)
        assert [(one.field, one.after) for one in entry.differences] == [
            ("Nothing comes in: watched", "no"),
            ("Nothing comes in: Nothing received for", "60 minutes"),
            ("Nothing comes in: On", "Monday, Saturday"),
        ]
        await take_back(transaction, entry.change.id, "ann")
        assert (await read_rules(transaction))["silence"].values["minutes"] == 240
        with pytest.raises(InvalidFields, match="whole number"):
            await change_settings(transaction, [Wanted(SECTION, "silence", {"minutes": 1})], "ann")
