"""A person's answer to a conflict."""

from dataclasses import dataclass
from typing import Any, Literal

from practicestudio.merging.threeway import Change, UnitConflict


@dataclass(frozen=True, slots=True)
class Instead:
    """Neither side's value but this one."""

    value: Any


Choice = Literal["ours", "theirs"] | Instead


@dataclass(frozen=True, slots=True)
class Resolution:
    """What follows from the answer: take changes our record, send is told to athenahealth; None: nothing to do there.

    base: the unit's new base, theirs as the person saw it, so that a later change there is seen as one.
    """

    unit: str
    value: Any
    take: Change | None
    send: Change | None
    base: Any


def decide(conflict: UnitConflict, choice: Choice) -> Resolution:
    """Settles the conflict by a person's choice."""
    if isinstance(choice, Instead):
        value = choice.value
    else:
        value = conflict.ours if choice == "ours" else conflict.theirs
    return Resolution(
        unit=conflict.unit,
        value=value,
        take=None if value == conflict.ours else Change(conflict.unit, conflict.ours, value),
        send=None if value == conflict.theirs else Change(conflict.unit, conflict.theirs, value),
        base=conflict.theirs,
    )
