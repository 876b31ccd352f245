"""What is entered becomes a checked value, or every fault at once, each by its field and without a word of what was entered."""

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from practicestudio.errors import InvalidFields
from practicestudio.practices import fields, lane_policy, scheduling, sync_rules
from practicestudio.practices.connection import Connection, Limits, to_value
from practicestudio.practices.credentials import Credentials
from practicestudio.practices.entries import Entries
from practicestudio.practices.forms import conflict_rules, connection, credentials, practice, schedules
from practicestudio.practices.forms import lane_policy as lane_policy_form
from practicestudio.practices.forms import scheduling as scheduling_form
from practicestudio.practices.forms import sync_rules as sync_rules_form
from practicestudio.practices.schedule import DEFAULTS, NIGHT
from practicestudio.sync.handlers import handlers

NEW_YORK = ZoneInfo("America/New_York")


def faults(read: Callable[[Entries], Any], given: dict[str, Any]) -> dict[str, str]:
    entries = Entries(given)
    read(entries)
    return {fault.field: fault.sentence for fault in entries.faults}


def read_limits(entries: Entries) -> Limits:
    return connection.read_limits(entries)


def as_entered(known: Connection) -> dict[str, str]:
    return fields.entered((*connection.FIELDS, *connection.LIMITS), to_value(known))


def test_a_connection_comes_back_as_it_was_shown() -> None:
    known = Connection(base_url="https://api.example.org", auth="body", scopes=("one", "two"), limits=Limits(per_second=None, per_day=10_000))
    entries = Entries(as_entered(known))
    assert connection.read_connection(entries, Connection(limits=known.limits)) == known
    assert connection.read_limits(entries) == known.limits
    entries.close()


def test_every_fault_of_a_connection_is_told_at_once() -> None:
    given = {
        "base_url": "http://api.example.org",
        "dialect": "latin",
        "api_version": "standard_v1",
        "auth": "",
        "scopes": " ",
        "refresh_early": "soon",
    }
    entries = Entries(given)
    connection.read_connection(entries, Connection())
    with pytest.raises(InvalidFields) as raised:
        entries.close()
    assert {fault.field for fault in raised.value.faults} == {"base_url", "dialect", "auth", "scopes", "refresh_early"}
    assert "unencrypted" in raised.value.sentence
    assert "latin" not in raised.value.sentence


def test_a_limit_that_is_left_empty_is_none() -> None:
    entries = Entries({"limits.per_second": "", "limits.per_day": "50,000", "limits.tokens_per_minute": "5", "limits.backfill_leaves": "10 %"})
    limits = connection.read_limits(entries)
    assert (limits.per_second, limits.per_day, limits.backfill_leaves) == (None, 50_000, 0.1)
    assert entries.faults == []


@pytest.mark.parametrize("bad", ["0", "-1", "abc", "1e400", "nan", "9" * 400, "½"])
def test_a_limit_that_is_no_number_above_zero_is_a_fault(bad: str) -> None:
    assert set(faults(read_limits, {"limits.per_second": bad, "limits.per_day": bad})) == {"limits.per_second", "limits.per_day"}


@pytest.mark.parametrize("bad", ["100", "-1", "many"])
def test_a_reserve_is_a_part_of_the_day(bad: str) -> None:
    assert set(faults(read_limits, {"limits.backfill_leaves": bad})) == {"limits.backfill_leaves"}


def test_credentials_that_are_left_empty_stay_but_not_for_another_client() -> None:
    known = Credentials(client_id="ada", client_secret="s1")
    assert credentials.read(Entries({}), "basic", known) == known
    assert credentials.is_empty(Entries({"client_id": " "}))
    entries = Entries({"client_id": "bob"})
    credentials.read(entries, "basic", known)
    assert [fault.field for fault in entries.faults] == ["client_secret"]
    assert credentials.read(Entries({"client_secret": "s2"}), "basic", known) == Credentials(client_id="ada", client_secret="s2")


def test_a_private_key_needs_its_key_id() -> None:
    entries = Entries({"client_id": "ada", "private_key": "-----BEGIN"})
    credentials.read(entries, "private_key_jwt", None)
    assert [fault.field for fault in entries.faults] == ["key_id"]
    assert "BEGIN" not in str(entries.faults)


def test_a_practice_needs_digits_a_name_and_a_zone() -> None:
    given = {"athena_id": "19a", "name": " ", "time_zone": "America/Atlantis"}
    assert set(faults(practice.read, given)) == {"athena_id", "name", "time_zone"}
    assert faults(practice.read, {"athena_id": "195900", "name": "Harborview", "time_zone": "America/New_York"}) == {}


def entered_schedules(**changed: str) -> dict[str, str]:
    found = {f"{job}.{name}": "on" for job in DEFAULTS for name in ("enabled",)}
    for job, schedule in DEFAULTS.items():
        found[f"{job}.cron"] = schedule.cron
        found |= {f"{job}.off_peak": "on"} if schedule.off_peak else {}
    return found | changed


def test_schedules_come_back_as_they_were_shown() -> None:
    entries = Entries(entered_schedules())
    assert schedules.read_schedules(entries, NEW_YORK, NIGHT) == DEFAULTS
    assert entries.faults == []


@pytest.mark.parametrize(
    ("cron", "told"),
    [
        ("every day", "five fields"),
        ("99 * * * *", "is not one"),
        ("0 0 30 2 *", "is not one"),
        ("0 12 * * *", "off-peak window"),
        ("* * * * * *", "five fields"),
    ],
)
def test_a_time_that_never_comes_is_a_fault(cron: str, told: str) -> None:
    found = faults(lambda entries: schedules.read_schedules(entries, NEW_YORK, NIGHT), entered_schedules(**{"pull.patients.cron": cron}))
    assert list(found) == ["pull.patients.cron"]
    assert told in found["pull.patients.cron"]


def test_a_window_has_a_beginning_an_end_and_a_day() -> None:
    found = faults(schedules.read_window, {"off_peak.start": "25:00", "off_peak.until": "", "off_peak.days": []})
    assert set(found) == {"off_peak.start", "off_peak.until", "off_peak.days"}
    window = schedules.read_window(Entries({"off_peak.start": "19:30", "off_peak.until": "05:00", "off_peak.days": ["0", "6"]}))
    assert (window.start.hour, window.until.hour, window.days) == (19, 5, (0, 6))


def test_appointments_need_their_patients() -> None:
    given = {"patients": "none", "appointments": "in", "days_back": "30", "days_ahead": "0"}
    assert set(faults(sync_rules_form.read, given)) == {"appointments", "days_ahead"}
    assert sync_rules_form.read(Entries({**given, "appointments": "none", "days_ahead": "60"})) == sync_rules.SyncRules(
        patients="none", appointments="none", days_ahead=60
    )


def test_conflict_rules_name_only_what_differs_from_the_default() -> None:
    given = {"patient.default": "ask", "patient.by_unit.email": "newest", "patient.by_unit.insurances.*": "athenahealth"}
    rules = conflict_rules.read(Entries(given), "patient")
    assert (rules.default, rules.by_unit) == ("ask", {"email": "newest", "insurances.*": "athenahealth"})
    assert set(faults(lambda entries: conflict_rules.read(entries, "patient"), {"patient.default": "coin", "patient.by_unit.email": "dice"})) == {
        "patient.default",
        "patient.by_unit.email",
    }


def test_scheduling_rules_come_back_as_they_were_entered() -> None:
    given = {"lead_hours": "24", "ahead_days": "90", "restricted.71": "on", "provider_types.71": ["82", "83"], "opening": "hours"}
    given |= {"hours.0.open": "on", "hours.0.from": "08:00", "hours.0.until": "17:00"}
    entries = Entries(given)
    rules = scheduling_form.read(entries, ["71", "72"])
    assert entries.faults == []
    assert scheduling.from_value(scheduling.to_value(rules)) == rules
    assert scheduling.to_value(rules) == {
        "provider_types": {"71": ["82", "83"]},
        "lead_hours": 24,
        "ahead_days": 90,
        "hours": {"0": ["08:00", "17:00"]},
    }


def test_rules_by_which_nothing_could_be_booked_are_faults() -> None:
    given = {"lead_hours": "100", "ahead_days": "2", "restricted.71": "on", "opening": "hours", "hours.1.open": "on"}
    given |= {"hours.1.from": "18:00", "hours.1.until": "17:00"}
    assert set(faults(lambda entries: scheduling_form.read(entries, ["71"]), given)) == {"ahead_days", "provider_types.71", "hours.1.until"}
    assert "opening" in faults(lambda entries: scheduling_form.read(entries, []), {"ahead_days": "2", "opening": "hours"})


def test_every_kind_of_message_that_is_worked_has_a_lane_policy() -> None:
    worked = handlers(None)  # type: ignore[arg-type]
    assert set(lane_policy.KINDS) == {*worked.batch, *worked.call}
    assert faults(lane_policy_form.read, dict.fromkeys(lane_policy.KINDS, "hold")) == {}
    assert faults(lane_policy_form.read, {**dict.fromkeys(lane_policy.KINDS, "hold"), "patient": "stop"}) == {
        "patient": "This is not one of the choices. Choose one of them."
    }
