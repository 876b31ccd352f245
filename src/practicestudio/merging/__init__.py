"""Whose value wins? Three-way merge of a record's units, by a practice's rules."""

from practicestudio.merging.choices import Choice, Instead, Resolution, decide
from practicestudio.merging.codec import decode, decode_units, encode, encode_units, units_from_json
from practicestudio.merging.history import Step, holds, same, values_before, with_values, without_foreign
from practicestudio.merging.record_units import Record, RecordT, Units, is_missing, names_of_units, rebuild, units
from practicestudio.merging.rules import MergeRules, Rule
from practicestudio.merging.threeway import Change, Merge, Side, UnitConflict, merge, pushed

__all__ = [
    "Change",
    "Choice",
    "Instead",
    "Merge",
    "MergeRules",
    "Record",
    "RecordT",
    "Resolution",
    "Rule",
    "Side",
    "Step",
    "UnitConflict",
    "Units",
    "decide",
    "decode",
    "decode_units",
    "encode",
    "encode_units",
    "holds",
    "is_missing",
    "merge",
    "names_of_units",
    "pushed",
    "rebuild",
    "same",
    "units",
    "units_from_json",
    "values_before",
    "with_values",
    "without_foreign",
]
