"""What a unit's value was, or would be, told by the changes it went through."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

from practicestudio.merging.record_units import Units, is_missing


@dataclass(frozen=True, slots=True)
class Step:
    """One change of one unit. foreign: it came from a source that the record turned out to have nothing to do with."""

    unit: str
    old: Any
    new: Any
    foreign: bool = False


def same(unit: str, one: Any, other: Any) -> bool:
    """Whether two values of a unit say the same; to say nothing is the same in whatever form."""
    return bool(one == other) or (is_missing(unit, one) and is_missing(unit, other))


def holds(value: Any, wanted: Any) -> bool:
    """Whether a value says everything that is wanted; it may say more, as athenahealth adds a country to an address."""
    if is_dataclass(wanted) and type(wanted) is type(value):
        return all(holds(getattr(value, one.name), getattr(wanted, one.name)) for one in fields(wanted) if getattr(wanted, one.name) is not None)
    return bool(value == wanted)


def without_foreign(steps: Iterable[Step]) -> Units:
    """The values that the units touched by a foreign step would have without it: where they began, and then what the record's own changes made.

    steps: in the order in which they were made.
    """
    values: Units = {}
    touched: set[str] = set()
    for step in steps:
        values.setdefault(step.unit, step.old)
        if step.foreign:
            touched.add(step.unit)
        else:
            values[step.unit] = step.new
    return {unit: value for unit, value in values.items() if unit in touched}


def values_before(now: Mapping[str, Any], later: Iterable[Step]) -> Units:
    """The units as they were before these steps, which lead in their order to how they are now."""
    first: Units = {}
    for step in later:
        first.setdefault(step.unit, step.old)
    return {**now, **first}


def with_values(of_units: Mapping[str, Any], names: Iterable[str], values: Mapping[str, Any]) -> Units:
    """The units with these set to their values; without the ones that have none."""
    changed = dict(of_units)
    for name in names:
        if values.get(name) is None:
            changed.pop(name, None)
        else:
            changed[name] = values[name]
    return changed
