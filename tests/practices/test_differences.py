"""A change as people read it: labels and words, and of a secret nothing."""

from typing import Any

from practicestudio.practices.connection import Connection, Limits, to_value
from practicestudio.practices.differences import Difference, differences


def told(section: str, name: str, before: Any, after: Any, **names: Any) -> list[tuple[str, str, str]]:
    return [(one.field, one.before, one.after) for one in differences(section, name, before, after, **names)]


def test_a_connection_is_told_field_by_field() -> None:
    before, after = to_value(Connection()), to_value(Connection(dialect="guide", limits=Limits(per_second=7.5, per_day=None, backfill_leaves=0.2)))
    assert told("connection", "rest", before, after) == [
        ("Dialect", "athenahealth as it is today", "The calls as the integration guide prints them"),
        ("Calls per second", "15", "7.5"),
        ("Calls per day", "50,000", "no limit"),
        ("Reserve for people and feeds", "10 %", "20 %"),
    ]


def test_what_was_made_or_dropped_has_one_side() -> None:
    assert told("lane_policy", "patient.update", None, "hold") == [
        ("After a failure: a patient's changes are sent", "—", "The next ones wait until it is retried or discarded")
    ]
    assert ("Patients: email", "The newest value stands", "—") in told(
        "merge_rule", "patient", {"default": "ask", "by_unit": {"email": "newest"}}, {"default": "ask"}
    )


def test_a_schedule_is_said_in_words_with_the_expression() -> None:
    assert told("schedule", "feed.patients", {"cron": "*/5 * * * *"}, {"cron": "* * * * *"}) == [
        ("Changed patients: when", "Every 5 minutes (*/5 * * * *)", "Every minute (* * * * *)")
    ]
    assert told("schedule", "off_peak", None, {"start": "20:00", "until": "06:00", "days": [5, 6]}) == [
        ("Off-peak window", "—", "20:00 to 06:00, Saturday, Sunday")
    ]


def test_ids_are_told_by_their_names() -> None:
    names = {"provider:71": "Ada Quimby, MD", "type:82": "Any 15", "custom field:22": "chart number"}
    before, after = {"provider_types": {"71": ["82"]}}, {"provider_types": {"71": ["82", "99"]}}
    assert told("scheduling_rule", "booking", before, after, names=names) == [("Sees only: Ada Quimby, MD", "Any 15", "Any 15, type 99")]
    row = {"override": "custom_field", "external_id": "22", "name": None}
    assert told("mapping", "overrides", None, [row], names=names) == [("Custom field 22, “chart number”", "—", "is left out")]


def test_overrides_are_told_one_by_one() -> None:
    code = {"override": "code", "table": "sex", "athena": "X", "ours": "other"}
    rule = {"override": "rule", "map": "patient", "ours": "email", "required": True, "severity": "warning"}
    assert told("mapping", "overrides", [code], [code, rule]) == [
        ("Patient: email, rule", "—", "must be there when received and when sent, else a warning")
    ]


def test_of_credentials_only_the_kind_is_told() -> None:
    assert differences("credentials", "rest", {"proof": "client secret"}, {"proof": "private key"}) == (
        Difference("Credentials", "a client secret", "a private key, set anew"),
    )


def test_what_cannot_be_read_is_told_by_its_parts() -> None:
    assert told("scheduling_rule", "booking", {"hours": "always"}, None) == [("booking.hours", "always", "—")]
    assert told("matching", "weights", None, {"name": 3}) == [("weights.name", "—", "3")]
