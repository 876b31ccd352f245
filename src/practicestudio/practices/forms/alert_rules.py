"""The rules of alerts as a form: what was entered of each, and what stands in it."""

from collections.abc import Iterable, Mapping
from typing import Any

from practicestudio.practices.alert_rules import SEVERITIES, RuleKind, Threshold, faults_of, own_value
from practicestudio.practices.entries import Entries


def read_rules(entries: Entries, kinds: Iterable[RuleKind]) -> dict[str, dict[str, Any] | None]:
    """Each rule's own value as it was entered, None where it is as by default. Notes every fault."""
    found: dict[str, dict[str, Any] | None] = {}
    for kind in kinds:
        value = {
            "enabled": entries.ticked(f"{kind.name}.enabled"),
            "severity": entries.choice(f"{kind.name}.severity", SEVERITIES),
            **{one.name: _read(entries, f"{kind.name}.{one.name}", one) for one in kind.thresholds},
        }
        for fault in faults_of(kind.name, value):
            entries.fault(fault.field, fault.sentence)
        found[kind.name] = own_value(kind, value)
    return found


def _read(entries: Entries, field: str, one: Threshold) -> Any:
    if one.kind == "days":
        return [int(day) for day in entries.several(field) if day in set("0123456")]
    if one.kind == "time":
        return entries.text(field)
    return entries.whole(field)


def entered(kinds: Iterable[RuleKind], section: Mapping[str, Any]) -> dict[str, str | list[str]]:
    """The rules as they stand in the form, by the names of its fields. section: what is stored."""
    found: dict[str, str | list[str]] = {}
    for kind in kinds:
        value = section.get(kind.name) or {}
        found[f"{kind.name}.enabled"] = "on" if value.get("enabled", True) else ""
        found[f"{kind.name}.severity"] = str(value.get("severity", kind.severity))
        for one in kind.thresholds:
            known = value.get(one.name, one.default)
            found[f"{kind.name}.{one.name}"] = [str(day) for day in known] if one.kind == "days" else str(known)
    return found
