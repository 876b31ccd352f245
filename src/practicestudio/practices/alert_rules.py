"""What is watched, as rows: each rule with its thresholds and their defaults; a practice's own stand in its configuration."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time
from typing import Any, Literal

from practicestudio.errors import FieldFault, InvalidFields
from practicestudio.practices import configuration
from practicestudio.store.database import Transaction

SECTION = "alert"

Severity = Literal["notice", "warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("notice", "warning", "critical")
"""From the least to the worst."""

Kind = Literal["number", "percent", "time", "days"]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, slots=True)
class Threshold:
    """A number that a practice may set. kind: a whole number in `unit`, percent, a time of the day (`08:00`), or weekdays (0 Monday, …)."""

    name: str
    title: str
    default: Any
    unit: str = ""
    kind: Kind = "number"
    least: int = 1
    most: int = 100_000


@dataclass(frozen=True, slots=True)
class RuleKind:
    """A rule. title: what it is called; help: when it opens, and what it is good for. down: while it is open nothing gets through.

    installation: it looks at what all practices share.
    """

    name: str
    title: str
    help: str
    severity: Severity
    thresholds: tuple[Threshold, ...] = ()
    down: bool = False
    installation: bool = False


RULES: tuple[RuleKind, ...] = (
    RuleKind(
        "connection_down",
        "Connection down",
        "The last connection test failed and no call went well since, or every call of the last minutes failed.",
        "critical",
        (Threshold("minutes", "All calls failed for", 10, "minutes", most=1440), Threshold("calls", "With at least", 5, "calls")),
        down=True,
    ),
    RuleKind(
        "token_refused", "Credentials refused", "athenahealth refuses a token, so nothing can be asked until this is mended.", "critical", down=True
    ),
    RuleKind("api_failed", "An API does not answer", "The connection works, but one of the APIs in use failed the last connection test.", "warning"),
    RuleKind(
        "day_forecast",
        "Day's limit will be reached",
        "At the rate of the last hour the day's limit is reached before athenahealth's day ends at midnight GMT.",
        "warning",
        (Threshold("used", "Told only once this much of the day is used", 25, kind="percent", least=0, most=100),),
    ),
    RuleKind(
        "day_high",
        "Day's limit mostly used",
        "So much of the day's calls is used.",
        "warning",
        (Threshold("used", "Used part of the day", 80, kind="percent", most=100),),
    ),
    RuleKind(
        "day_spent",
        "Day's limit nearly spent",
        "So much of the day's calls is used that only what is urgent goes through.",
        "critical",
        (Threshold("used", "Used part of the day", 95, kind="percent", most=100),),
    ),
    RuleKind(
        "errors",
        "Many messages fail",
        "Messages went to the error queue within a short time.",
        "warning",
        (Threshold("count", "At least", 10, "messages"), Threshold("minutes", "Failed within", 15, "minutes", most=1440)),
    ),
    RuleKind(
        "queue",
        "Messages wait for a worker",
        "Something is due and no worker takes it.",
        "critical",
        (Threshold("minutes", "Due since", 5, "minutes", most=1440),),
    ),
    RuleKind(
        "jobs_late",
        "Jobs are not started",
        "A job of the schedule is due and nobody starts it.",
        "critical",
        (Threshold("minutes", "Due since", 15, "minutes", most=1440),),
    ),
    RuleKind(
        "silence",
        "Nothing comes in",
        "No message was received for a time, within business hours, although the practice has received before.",
        "warning",
        (
            Threshold("minutes", "Nothing received for", 240, "minutes", least=30, most=4320),
            Threshold("start", "Business hours from", "08:00", kind="time"),
            Threshold("until", "Until", "18:00", kind="time"),
            Threshold("days", "On", (0, 1, 2, 3, 4), kind="days"),
        ),
    ),
    RuleKind(
        "certificate",
        "Certificate ends",
        "The certificate that athenahealth's host showed in the last connection test ends soon.",
        "warning",
        (Threshold("days", "Ends within", 30, "days", most=365),),
    ),
    RuleKind(
        "reviews",
        "Questions wait too long",
        "An unsure match or a conflict waits for a person's decision.",
        "warning",
        (Threshold("days", "Waiting for more than", 3, "days", most=365),),
    ),
    RuleKind(
        "audit_unsealed",
        "Audit entries are not sealed",
        "Entries of the audit trail are not chained and sealed in time, so that a change of them might not be seen.",
        "critical",
        (Threshold("seconds", "Not sealed for", 60, "seconds", most=86_400),),
    ),
    RuleKind(
        "emergency",
        "Emergency access taken",
        "Somebody took emergency access, which is for life and limb, and whose reason should be looked at.",
        "notice",
    ),
    RuleKind(
        "disk",
        "Disk nearly full",
        "The disk of the home folder has little space left; where the database is there too, it stops when nothing is left.",
        "critical",
        (Threshold("free", "Free part below", 10, kind="percent", most=90),),
        installation=True,
    ),
)
BY_NAME: Mapping[str, RuleKind] = {rule.name: rule for rule in RULES}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is in force. values: thresholds by name; times as `time`, weekdays as a tuple."""

    kind: RuleKind
    enabled: bool = True
    severity: Severity = "warning"
    values: Mapping[str, Any] = field(default_factory=dict)


Rules = Mapping[str, Rule]


async def read_rules(transaction: Transaction) -> Rules:
    """The rules in force in the transaction's practice; in the nil practice, for what all share."""
    return rules_of((await configuration.read(transaction)).get(SECTION, {}))


def rules_of(section: Mapping[str, Any]) -> dict[str, Rule]:
    """The rules from a practice's configuration: what it does not set has its default. Raises InvalidFields."""
    return {kind.name: rule_of(kind, section.get(kind.name) or {}) for kind in RULES}


def rule_of(kind: RuleKind, value: Mapping[str, Any]) -> Rule:
    """One rule from its value: {"enabled", "severity", thresholds by name}. Raises InvalidFields with everything that is wrong."""
    if faults := faults_of(kind.name, value):
        raise InvalidFields(faults)
    values = {one.name: _read(one, value.get(one.name, one.default)) for one in kind.thresholds}
    return Rule(kind, bool(value.get("enabled", True)), value.get("severity", kind.severity), values)


def faults_of(name: str, value: Mapping[str, Any]) -> list[FieldFault]:
    """Everything that is wrong with a rule's value, told by `<rule>.<threshold>`."""
    kind = BY_NAME.get(name)
    if kind is None:
        return [FieldFault(name, f"There is no such rule. The rules are {', '.join(BY_NAME)}.")]
    found = []
    if value.get("severity", kind.severity) not in SEVERITIES:
        found.append(FieldFault(f"{name}.severity", f"This is no severity. Choose one of {', '.join(SEVERITIES)}."))
    for one in kind.thresholds:
        try:
            _read(one, value.get(one.name, one.default))
        except (TypeError, ValueError):
            found.append(FieldFault(f"{name}.{one.name}", f"{kind.title}, {one.title[:1].lower()}{one.title[1:]}: {_wanted(one)}"))
    return found


def own_value(kind: RuleKind, value: Mapping[str, Any]) -> dict[str, Any] | None:
    """What of a rule's value differs from its defaults, which is all that is stored; None where nothing does."""
    defaults = {"enabled": True, "severity": kind.severity, **{one.name: _plain(one.default) for one in kind.thresholds}}
    return {name: value[name] for name in defaults if name in value and _plain(value[name]) != defaults[name]} or None


def words_of(name: str, value: Mapping[str, Any] | None) -> dict[str, str]:
    """A stored value in words, by label."""
    kind, stored = BY_NAME[name], value or {}
    found = {label: _said(None, stored[key]) for key, label in (("enabled", "watched"), ("severity", "severity")) if key in stored}
    found |= {one.title: _said(one, stored[one.name]) for one in kind.thresholds if one.name in stored}
    return {f"{kind.title}: {label}": said for label, said in found.items()}


def _said(threshold: Threshold | None, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if threshold is None or threshold.kind == "time":
        return str(value)
    if threshold.kind == "days":
        return ", ".join(WEEKDAYS[day] for day in value)
    return f"{value} %" if threshold.kind == "percent" else f"{value:,} {threshold.unit}"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _read(one: Threshold, value: Any) -> Any:
    """A threshold's value as it is used. Raises ValueError or TypeError."""
    if one.kind == "time":
        return time.fromisoformat(str(value))
    if one.kind == "days":
        days = tuple(sorted({int(day) for day in value}))
        if not days or not set(days) <= set(range(7)):
            raise ValueError
        return days
    number = int(value)
    if number != float(value) or not one.least <= number <= one.most:
        raise ValueError
    return number


def _wanted(one: Threshold) -> str:
    if one.kind == "time":
        return "give a time of the day, such as 08:00."
    if one.kind == "days":
        return "choose one weekday or more."
    return f"give a whole number from {one.least} to {one.most:,}{' percent' if one.kind == 'percent' else ''}."
