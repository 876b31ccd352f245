"""Whose value stands when both sides changed the same."""

from typing import Any

from practicestudio.merging import MergeRules, names_of_units
from practicestudio.practices.conflict_rules import NOT_A_RULE
from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import as_words

RULES = (
    ("ask", "Ask a person"),
    ("athenahealth", "athenahealth's value stands"),
    ("practice_studio", "Practice Studio's value stands"),
    ("newest", "The newest value stands"),
)
AS_DEFAULT = ""
_NAMED = {
    "ssn_last4": "Social security number, last four digits",
    "insurances.*": "Each insurance",
    "custom_fields.*": "Each custom field",
    "external_id": "athenahealth id",
    "previous_external_ids": "Earlier athenahealth ids",
    "declined": "What the patient declined to say",
}


def words_of_unit(unit: str) -> str:
    """A merge unit as people call it."""
    return _NAMED.get(unit, as_words(unit))


def read(entries: Entries, kind: str) -> MergeRules:
    """The rules for a kind of record that were entered; a field's own is left out where it is as the default. Notes every fault."""
    rules, by_unit = [value for value, _ in RULES], {}
    for unit in names_of_units(kind):
        if entries.text(f"{kind}.by_unit.{unit}") != AS_DEFAULT:
            by_unit[unit] = entries.choice(f"{kind}.by_unit.{unit}", rules, NOT_A_RULE)
    return MergeRules(entries.choice(f"{kind}.default", rules, NOT_A_RULE), by_unit)


def lines(kind: str, value: Any) -> dict[str, str]:
    """Stored rules in words."""
    if value is None:
        return {}
    words, of = dict(RULES), "Patients" if kind == "patient" else "Appointments"
    found = {f"{of}: without a rule of their own": words.get(value.get("default"), str(value.get("default")))}
    return found | {f"{of}: {words_of_unit(unit).lower()}": words.get(rule, str(rule)) for unit, rule in value.get("by_unit", {}).items()}
