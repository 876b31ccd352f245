"""A record as merge units: the pieces that each side may change without touching the others."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from operator import attrgetter
from typing import Any, TypeVar

from practicestudio.records import Address, Appointment, Guarantor, Insurance, Patient

Units = dict[str, Any]
Record = Patient | Appointment
RecordT = TypeVar("RecordT", Patient, Appointment)

INSURANCE = "insurances."
CUSTOM_FIELD = "custom_fields."
GROUPS = (INSURANCE, CUSTOM_FIELD)

_NOT_UNITS = {"external_id", "insurances", "custom_fields"}
_NAMES = {cls: tuple(f.name for f in fields(cls) if f.name not in _NOT_UNITS) for cls in (Patient, Appointment)}
_READ = {cls: attrgetter(*names) for cls, names in _NAMES.items()}

FIXED_UNITS = frozenset(name for names in _NAMES.values() for name in names)
"""The units that every record of its kind has; those of a group come and go with what is in it."""

_KINDS: Mapping[str, type[Patient] | type[Appointment]] = {"patient": Patient, "appointment": Appointment}


def names_of_units(kind: str) -> tuple[str, ...]:
    """The units of a kind of record (`patient`, `appointment`); those that come and go with what is in a group as `insurances.*`."""
    groups = tuple(f"{group}*" for group in GROUPS) if kind == "patient" else ()
    return (*_NAMES[_KINDS[kind]], *groups)


_EMPTY: Mapping[str, Any] = {
    **{f.name: f.default for f in fields(Patient) if f.default in ((), Address())},
    "gender": "unknown",
    "guarantor": Guarantor(),
}


def units(record: Record) -> Units:
    """The record's units: every top-level field, each insurance and each custom field by itself.

    An insurance is `insurances.<external_id>`, or `insurances.sequence-<n>` while athenahealth has not numbered it. The record's own
    external_id says which record it is and is not merged.
    """
    cls = type(record)
    found: Units = dict(zip(_NAMES[cls], _READ[cls](record), strict=True))
    if isinstance(record, Patient):
        if record.insurances:
            found.update(_insurance_units(record.insurances))
        for name, value in record.custom_fields.items():
            found[CUSTOM_FIELD + name] = value
    return found


def rebuild(cls: type[RecordT], of_units: Mapping[str, Any], external_id: str | None = None) -> RecordT:
    """The record whose units these are; the inverse of `units`. A unit that is absent leaves the record's default."""
    values = {name: value for name, value in of_units.items() if not name.startswith(GROUPS)}
    if cls is Patient:
        values["insurances"] = tuple(_members(of_units, INSURANCE).values())
        values["custom_fields"] = _members(of_units, CUSTOM_FIELD)
    return cls(external_id=external_id, **values)


def is_missing(unit: str, value: Any) -> bool:
    """Whether the value says nothing: None, empty, an address without a line, gender unknown."""
    return value is None or bool(value == _EMPTY.get(unit, ""))


def stated(of_units: Mapping[str, Any]) -> Units:
    """The units that are not missing."""
    empty = _EMPTY.get
    return {unit: value for unit, value in of_units.items() if value is not None and value != empty(unit, "")}


def _members(of_units: Mapping[str, Any], group: str) -> dict[str, Any]:
    return {name[len(group) :]: value for name, value in of_units.items() if name.startswith(group)}


def _insurance_units(insurances: tuple[Insurance, ...]) -> Iterator[tuple[str, Insurance]]:
    taken: set[str] = set()
    for insurance in insurances:
        name = INSURANCE + (insurance.external_id or f"sequence-{insurance.sequence}")
        while name in taken:
            name += "+"
        taken.add(name)
        yield name, insurance
