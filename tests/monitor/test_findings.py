"""What the rules find in a reading, each with what to do; and what they leave alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.monitor.backlog import Backlog
from practicestudio.monitor.connection_tests import ConnectionTest, Step
from practicestudio.monitor.findings import LOOKS, Finding, find
from practicestudio.monitor.health import judge, worst
from practicestudio.monitor.limit_use import LimitUse
from practicestudio.monitor.reading import Calls
from practicestudio.monitor.token import TokenState
from practicestudio.monitor.traffic import DoorTraffic
from practicestudio.practices.alert_rules import RULES, rules_of
from practicestudio.practices.connection import Limits

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
REFUSED = Step("token", "failed", "The credentials were refused. Check them.")


def ago(**given: float) -> datetime:
    return NOON - timedelta(**given)


def checked(*steps: Step, at: datetime = NOON - timedelta(minutes=20), ends: datetime | None = None) -> ConnectionTest:
    state = "failed" if any(step.state == "failed" for step in steps) else "ok"
    return ConnectionTest(UUID(int=1), "rest", "schedule", state, steps, at, 2.0, ends)


def used(share: float, **given: Any) -> LimitUse:
    return LimitUse(limits=Limits(per_day=50_000), day=NOON.date(), used=int(50_000 * share), left=round(50_000 * (1 - share)), **given)


def found(reading: Any, **own: Any) -> dict[str, Finding]:
    return {one.rule: one for one in find(reading, rules_of(own))}


def test_every_rule_is_looked_at_and_every_look_has_a_rule() -> None:
    assert [rule.name for rule in RULES] == list(LOOKS)


def test_in_a_practice_that_is_well_nothing_is_found(reading: Any) -> None:
    assert found(reading()) == {}


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "connection_down": ({"test": checked(REFUSED)}, "failed at the step token: The credentials were refused."),
    "token_refused": ({"token": TokenState("refused", None, "The credentials were refused. Check them.")}, "were refused. Check them."),
    "api_failed": ({"test": checked(Step("patients", "failed", "No permission. Ask for it."))}, "patients of its test failed: No permission."),
    "day_forecast": ({"use": used(0.5, an_hour=9000.0, reached_at=NOON + timedelta(hours=3))}, "9,000 calls an hour"),
    "day_high": ({"use": used(0.8)}, "80% of the day's calls are used; 10,000 are left. It begins anew at 19:00 EST"),
    "day_spent": ({"use": used(0.96)}, "96%"),
    "errors": ({"failed_lately": 10}, "10 messages failed within 15 minutes."),
    "queue": ({"backlog": Backlog(due_since=ago(minutes=6))}, "since 11:54 EST. See that Practice Studio runs with the role worker."),
    "jobs_late": ({"backlog": Backlog(late_job="feed.patients", late_since=ago(minutes=16))}, "The job feed.patients is due since 11:44 EST"),
    "silence": ({"doors": (DoorTraffic("rest", ago(hours=4)),)}, "through rest since 08:00 EST"),
    "certificate": ({"test": checked(Step("ping", "ok", ""), ends=NOON + timedelta(days=12, hours=1))}, "ends in 12 days"),
    "reviews": ({"backlog": Backlog(reviews=2, oldest_review=ago(days=4))}, "2 questions wait for a decision, the oldest for 4 days."),
    "audit_unsealed": ({"unsealed_since": ago(seconds=61)}, "role sealer"),
    "emergency": ({"emergencies": ((UUID(int=9), ago(minutes=5)),)}, "taken at 11:55 EST"),
    "disk": ({"disk_free": 0.09}, "Only 9% of the disk is free."),
}


@pytest.mark.parametrize("rule", WRONG)
def test_each_rule_finds_what_it_is_for_and_says_what_to_do(reading: Any, rule: str) -> None:
    given, said = WRONG[rule]
    assert said in found(reading(**given))[rule].sentence
    assert rule not in found(reading(**given), **{rule: {"enabled": False}})


JUST_BELOW: dict[str, dict[str, Any]] = {
    "day_high": {"use": used(0.79)},
    "day_spent": {"use": used(0.94)},
    "errors": {"failed_lately": 9},
    "queue": {"backlog": Backlog(due_since=ago(minutes=4))},
    "jobs_late": {"backlog": Backlog(late_job="feed.patients", late_since=ago(minutes=14))},
    "silence": {"doors": (DoorTraffic("rest", ago(hours=3, minutes=50)),)},
    "certificate": {"test": checked(Step("ping", "ok", ""), ends=NOON + timedelta(days=31))},
    "reviews": {"backlog": Backlog(reviews=1, oldest_review=ago(days=2))},
    "audit_unsealed": {"unsealed_since": ago(seconds=59)},
    "disk": {"disk_free": 0.11},
}


@pytest.mark.parametrize("rule", JUST_BELOW)
def test_just_below_its_threshold_a_rule_is_quiet(reading: Any, rule: str) -> None:
    assert rule not in found(reading(**JUST_BELOW[rule]))


def test_a_failed_test_is_over_when_a_call_went_well_since(reading: Any) -> None:
    given = {"test": checked(REFUSED, at=ago(minutes=20))}
    assert "connection_down" in found(reading(**given, calls=Calls(3, 3, ago(minutes=21))))
    assert "connection_down" not in found(reading(**given, calls=Calls(3, 1, ago(minutes=2))))


def test_a_name_that_does_not_resolve_is_no_fault_where_a_proxy_lets_calls_through(reading: Any) -> None:
    assert found(reading(test=checked(Step("name", "failed", "no such name"), Step("ping", "ok", "")))) == {}


def test_a_connection_is_down_when_every_call_of_the_last_minutes_failed(reading: Any) -> None:
    assert "connection_down" in found(reading(calls=Calls(5, 0, None)))
    assert "connection_down" not in found(reading(calls=Calls(5, 1, ago(minutes=1))))
    assert "connection_down" not in found(reading(calls=Calls(4, 0, None)))


def test_a_forecast_is_not_told_while_little_of_the_day_is_used(reading: Any) -> None:
    early = used(0.1, an_hour=9000.0, reached_at=NOON + timedelta(hours=5))
    assert "day_forecast" not in found(reading(use=early))
    assert "day_forecast" in found(reading(use=early), day_forecast={"used": 5})


def test_silence_counts_business_hours_only(reading: Any) -> None:
    friday_evening, monday = datetime(2026, 2, 27, 22, 55, tzinfo=UTC), datetime(2026, 3, 2, 16, 0, tzinfo=UTC)  # 17:55 and 11:00 in New York
    doors = (DoorTraffic("rest", friday_evening),)
    assert "silence" not in found(reading(at=monday, doors=doors))
    assert "silence" in found(reading(at=monday + timedelta(hours=1), doors=doors))


def test_at_night_silence_is_no_fault(reading: Any) -> None:
    night = datetime(2026, 3, 3, 3, tzinfo=UTC)
    assert "silence" not in found(reading(at=night, doors=(DoorTraffic("rest", night - timedelta(hours=20)),)))


def test_a_door_that_never_received_is_not_silent(reading: Any) -> None:
    assert "silence" not in found(reading(doors=(DoorTraffic("rest", None, ago(hours=9)),)))


def test_what_cuts_off_comes_first_then_the_worst(reading: Any) -> None:
    given = reading(disk_free=0.01, failed_lately=50, token=TokenState("refused", None, "no"), emergencies=((UUID(int=9), NOON),))
    assert [one.rule for one in find(given, rules_of({}))] == ["token_refused", "disk", "errors", "emergency"]


def test_a_practices_own_severity_and_threshold_hold(reading: Any) -> None:
    own = found(reading(failed_lately=3), errors={"count": 3, "severity": "critical"})
    assert own["errors"].severity == "critical"


def test_health_follows_the_worst_that_was_found(reading: Any, rules: Any) -> None:
    assert judge(reading(), rules).state == "well"
    assert judge(reading(connection=None), rules).state == "not set up"
    assert judge(reading(token=TokenState("refused", None, "no")), rules).state == "down"
    assert judge(reading(failed_lately=50), rules).state == "attention"


def test_an_emergency_access_alone_does_not_make_a_connection_unwell(reading: Any, rules: Any) -> None:
    assert judge(reading(emergencies=((UUID(int=9), NOON),)), rules).state == "well"


@pytest.mark.parametrize(
    ("backlog", "said"),
    [
        (Backlog(failed=1), "1 message failed."),
        (Backlog(parked=2), "2 messages wait for a decision."),
        (Backlog(held_lanes=1), "1 lane waits until"),
    ],
)
def test_what_waits_for_people_needs_attention(reading: Any, rules: Any, backlog: Backlog, said: str) -> None:
    judged = judge(reading(backlog=backlog), rules)
    assert judged.state == "attention"
    assert judged.because.startswith(said)


def test_of_several_the_worst_is_told(reading: Any, rules: Any) -> None:
    well, attention = judge(reading(), rules), judge(reading(failed_lately=50), rules)
    assert worst([well, attention, judge(reading(connection=None), rules)]) == "attention"
    assert worst([]) == "not set up"


def test_times_are_told_in_the_practices_zone_with_the_day_where_it_is_another(reading: Any) -> None:
    assert reading().clock(NOON) == "12:00 EST"
    assert reading().clock(datetime(2026, 7, 1, 3, tzinfo=UTC)) == "Jun 30, 23:00 EDT"
    assert replace(reading(), at=NOON).clock(ago(hours=20)) == "Mar 1, 16:00 EST"
