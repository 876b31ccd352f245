"""Where each value of a record comes from: its history, told by the audit trail."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.access.audit import Action
from practicestudio.merging import Record, RecordT, Step, Units, rebuild, units, units_from_json, values_before

Entry = Mapping[str, Any]
"""An entry as `read_trail` gives it."""

EXTERNAL_ID = "external_id"
NOT_UNITS = frozenset({EXTERNAL_ID, "merged_into"})
"""What the trail tells beside the units of a record."""

BEGINS = frozenset({Action.ATHENA_PATIENT_CREATE, Action.PERSON_PATIENT_CREATE, Action.ATHENA_APPOINTMENT_CREATE, Action.PERSON_APPOINTMENT_BOOK})
CHANGES = frozenset(
    {
        Action.ATHENA_PATIENT_CHANGE, Action.ATHENA_APPOINTMENT_CHANGE, Action.PERSON_PATIENT_CHANGE, Action.PERSON_APPOINTMENT_CHANGE,
        Action.PERSON_CONFLICT_DECIDE, Action.PERSON_REVIEW_UNDO, Action.PERSON_PATIENT_MERGE,
    }
)  # fmt: skip
"""The actions whose entries tell what changed in the record itself, rather than at athenahealth."""


@dataclass(frozen=True, slots=True)
class Event:
    """One value a unit has had: who set it, when, by which message, why; None where it had none."""

    at: datetime
    actor: str
    action: Action
    value: Any
    message_id: UUID | None = None
    purpose: str | None = None
    via: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """A unit and every value it has had, the present one first."""

    unit: str
    value: Any
    events: tuple[Event, ...]

    @property
    def origin(self) -> Event | None:
        """Whence the present value is; None where the trail does not tell."""
        return self.events[0] if self.events else None


def steps(trail: Iterable[Entry], foreign: Collection[UUID] = ()) -> Iterator[Step]:
    """The changes of units that the trail tells, as JSON values. foreign: messages that the record has nothing to do with."""
    for entry in trail:
        if entry["action"] in CHANGES:
            for unit, (old, new) in (entry["changes"] or {}).items():
                yield Step(unit, old, new, foreign=entry["message_id"] in foreign)


def histories(record: Record, trail: Sequence[Entry]) -> dict[str, History]:
    """The history of each unit that has, or once had, a value; in the record's order."""
    cls = type(record)
    present = units(record)
    made = next((entry for entry in trail if entry["action"] in BEGINS), None)
    events: dict[str, list[Event]] = {}
    first: Units = {}
    for entry in trail:
        for unit, (old, new) in (entry["changes"] or {}).items() if entry["action"] in CHANGES else ():
            first.setdefault(unit, _typed(cls, unit, old))
            events.setdefault(unit, []).append(_event(entry, _typed(cls, unit, new)))
    found = {}
    for unit in [*present, *(unit for unit in events if unit not in present and unit not in NOT_UNITS)]:
        begun = [_event(made, first.get(unit, present.get(unit)))] if made is not None else []
        found[unit] = History(unit, present.get(unit), tuple(reversed([*begun, *events.get(unit, [])])))
    return found


def _event(entry: Entry, value: Any) -> Event:
    return Event(entry["at"], entry["actor"], Action(entry["action"]), value, entry["message_id"], entry["purpose"], entry["via"])


def _typed(cls: type[Record], unit: str, value: Any) -> Any:
    return value if unit in NOT_UNITS else units_from_json(cls, {unit: value}).get(unit)


def as_of(record: RecordT, trail: Iterable[Entry], moment: datetime) -> RecordT:
    """The record as it was known at that moment."""
    cls = type(record)
    later = list(steps(entry for entry in trail if entry["at"] > moment))
    if not later:
        return record
    before = values_before(units(record), [replace(step, old=_typed(cls, step.unit, step.old)) for step in later])
    external_id = before.get(EXTERNAL_ID, record.external_id)
    kept = {unit: value for unit, value in before.items() if value is not None and unit not in NOT_UNITS}
    return rebuild(cls, kept, external_id=external_id)
