"""Whose value stands when both sides changed the same: a practice's rules, over defaults."""

from collections.abc import Mapping
from typing import Any, Literal, get_args

from practicestudio.errors import FieldFault
from practicestudio.merging import MergeRules, Rule, names_of_units

SECTION = "merge_rule"
RecordKind = Literal["patient", "appointment"]
DEFAULTS: Mapping[str, MergeRules] = {"patient": MergeRules("ask"), "appointment": MergeRules("athenahealth")}
"""People are asked about patients; athenahealth owns its own schedule."""

NOT_A_RULE = "This is not a conflict rule. Choose athenahealth, Practice Studio, the newest, or to ask a person."


def rules_of(kind: str, value: dict[str, Any] | None) -> MergeRules:
    """The rules for a kind of record from configuration. Raises Misconfigured for a rule or unit that does not exist."""
    default = DEFAULTS[kind]
    return default if value is None else MergeRules(value.get("default", default.default), dict(value.get("by_unit", {})))


def to_value(rules: MergeRules) -> dict[str, Any]:
    """The rules as configuration keeps them."""
    return {"default": rules.default, "by_unit": dict(rules.by_unit)}


def faults_of(kind: str, value: Any) -> list[FieldFault]:
    """Everything that is wrong with the stored rules for a kind of record, before they are made into rules."""
    if kind not in DEFAULTS or not isinstance(value, dict) or not isinstance(value.get("by_unit", {}), dict):
        return [FieldFault(kind, "These conflict rules cannot be read. Set them anew.")]
    known = {"default": value.get("default", DEFAULTS[kind].default)}
    known |= {f"by_unit.{unit}": rule for unit, rule in value.get("by_unit", {}).items()}
    found = [FieldFault(f"{kind}.{name}", NOT_A_RULE) for name, rule in known.items() if rule not in get_args(Rule)]
    units = names_of_units(kind)
    return found + [
        FieldFault(f"{kind}.by_unit.{unit}", f"There is no such field of {'a patient' if kind == 'patient' else 'an appointment'}.")
        for unit in value.get("by_unit", {})
        if unit not in units and not unit.startswith(tuple(one.removesuffix("*") for one in units if one.endswith("*")))
    ]
