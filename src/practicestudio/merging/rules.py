"""Whose value wins when both sides changed the same unit: a practice's rules."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from practicestudio.errors import Misconfigured
from practicestudio.merging.record_units import FIXED_UNITS, GROUPS

Rule = Literal["athenahealth", "practice_studio", "newest", "ask"]


@dataclass(frozen=True, slots=True)
class MergeRules:
    """default: for every unit that by_unit does not name. by_unit: a unit's name, `insurances.*` or `custom_fields.*` to its rule.

    Raises Misconfigured for a rule or a unit that does not exist, since such a row would never act.
    """

    default: Rule = "athenahealth"
    by_unit: Mapping[str, Rule] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rule in (self.default, *self.by_unit.values()):
            if rule not in get_args(Rule):
                raise Misconfigured(f"There is no merge rule “{rule}”.", advice=f"Use one of: {', '.join(get_args(Rule))}.")
        for unit in self.by_unit:
            if unit not in FIXED_UNITS and not unit.startswith(GROUPS):
                raise Misconfigured(f"A merge rule names “{unit}”, which is no field of a patient or an appointment.")

    def rule_for(self, unit: str) -> Rule:
        """The unit's own rule, else its group's, else the default."""
        if (rule := self.by_unit.get(unit)) is not None:
            return rule
        group, dot, _ = unit.partition(".")
        return self.by_unit.get(f"{group}.*", self.default) if dot else self.default
