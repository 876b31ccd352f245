"""Changing a practice's settings: checked, stored with their history and trail in one transaction, and never over somebody else's change unseen."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.errors import InvalidValue
from practicestudio.practices import configuration, practice, schedule, sync_rules
from practicestudio.practices.configuration import Configuration
from practicestudio.practices.differences import Difference, differences
from practicestudio.practices.items import names, read_items
from practicestudio.practices.practice import read_practice
from practicestudio.practices.schedule import DEFAULTS
from practicestudio.practices.three_ways import merge_values
from practicestudio.store import sql
from practicestudio.store.database import Transaction
from practicestudio.sync.check_settings import Named, check_settings
from practicestudio.sync.setup import MAPPING

RECORD = "setting"
"""What the trail calls a setting; its id is that of the change in the history."""

WHATEVER: Any = object()
"""Seen by who does not care what is there now: it is overwritten."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A value that somebody wants in force, None for none; and the one that they saw, so that what is wanted is told from what was there."""

    section: str
    name: str
    value: Any
    seen: Any = WHATEVER


@dataclass(frozen=True, slots=True)
class Clash:
    """A setting that somebody else changed meanwhile, in the same part. theirs: what is in force now; differences: from theirs to what was wanted."""

    section: str
    name: str
    theirs: Any
    changed_by: str
    changed_at: datetime
    differences: tuple[Difference, ...]


class ChangedMeanwhile(InvalidValue):
    """Somebody else changed the same settings since they were shown. Nothing was stored; clashes tell both sides."""

    def __init__(self, clashes: Sequence[Clash]) -> None:
        super().__init__("Somebody else changed this meanwhile, so nothing was saved.", advice="Look at both, and save what shall stand.")
        self.clashes = tuple(clashes)


@dataclass(frozen=True, slots=True)
class Changed:
    """What was changed. id: of the change in the history."""

    id: UUID
    section: str
    name: str
    differences: tuple[Difference, ...]


async def change_settings(
    transaction: Transaction, wanted: Sequence[Wanted], by: str, *, action: Action = Action.PERSON_SETTINGS_CHANGE
) -> tuple[Changed, ...]:
    """Put what is wanted in force, part by part. Returns what changed; nothing is written where nothing does.

    Raises InvalidFields with everything that is wrong with the values as they would be, ChangedMeanwhile where somebody else changed the
    same part since it was seen. What others changed in other parts stays.
    """
    values = await read_settings(transaction)
    merged = {(one.section, one.name): await _merged(transaction, one, values) for one in sorted(wanted, key=lambda one: (one.section, one.name))}
    if clashes := [clash for _, clash in merged.values() if clash is not None]:
        raise ChangedMeanwhile(clashes)
    new = {named: value for named, (value, _) in merged.items() if value != _value(values, named)}
    items = await read_items(transaction)
    check_settings(list(new), _with(values, new), await read_practice(transaction), items)
    found = []
    for named, value in new.items():
        before = _value(values, named)
        change_id = await _store(transaction, named, value, before, by)
        found.append(Changed(change_id, *named, differences(*named, before, value, names(items))))
    await plan_anew(transaction, new)
    await audit.write(transaction, [_entry(one, by, action) for one in found])
    return tuple(found)


async def read_settings(transaction: Transaction) -> Configuration:
    """All settings of the practice: its configuration, and under `practice` what it is called."""
    values = await configuration.read(transaction)
    known = await read_practice(transaction)
    return {**values, practice.SECTION: {practice.NAME: practice.to_value(known)}}


async def _merged(transaction: Transaction, one: Wanted, values: Configuration) -> tuple[Any, Clash | None]:
    """The value that is to be in force, and why it cannot be. Locks it."""
    if one.section == practice.SECTION:
        current = practice.to_value(await practice.read_practice_locked(transaction))
    else:
        current = await configuration.read_locked(transaction, one.section, one.name)
    values.setdefault(one.section, {})[one.name] = current
    merged = merge_values(current if one.seen is WHATEVER else one.seen, one.value, current)
    if not merged.clashes:
        return merged.value, None
    last = await configuration.last_change(transaction, one.section, one.name)
    told = names(await read_items(transaction))
    by, at = (last.changed_by, last.changed_at) if last else ("", (await read_practice(transaction)).created_at)
    return current, Clash(one.section, one.name, current, by, at, differences(one.section, one.name, current, merged.value, told))


async def _store(transaction: Transaction, named: Named, value: Any, before: Any, by: str) -> UUID:
    section, name = named
    if section == practice.SECTION:
        await practice.change_practice(transaction, value["name"], value["time_zone"])
        return await configuration.note(transaction, section, name, before, value, by)
    change_id = await configuration.put(transaction, section, name, value, by)
    if change_id is None:
        raise RuntimeError("a setting that was locked is not as it was read")
    return change_id


async def plan_anew(transaction: Transaction, changed: Iterable[Named]) -> None:
    """Forget when jobs are due whose schedule, window or zone changed: the scheduler plans them by what is in force now."""
    jobs: set[str] = set()
    for section, name in changed:
        if section == schedule.SECTION and name != schedule.OFF_PEAK:
            jobs.add(name)
        elif section in (schedule.SECTION, practice.SECTION, sync_rules.SECTION):
            jobs |= DEFAULTS.keys()
    for job in sorted(jobs):
        await sql.practices.drop_schedule(transaction.connection, practice_id=transaction.practice_id, job=job)


def _entry(change: Changed, by: str, action: Action) -> AuditEntry:
    if action == Action.PERSON_SETTINGS_CHANGE:
        action = _ACTIONS.get(change.section, action)
    told = {one.field: (one.before, one.after) for one in change.differences}
    return AuditEntry(action, by, RECORD, change.id, changes=told)


_ACTIONS: Mapping[str, Action] = {practice.SECTION: Action.PERSON_PRACTICE_CHANGE, MAPPING: Action.PERSON_MAPPING_CHANGE}


def _value(values: Configuration, named: Named) -> Any:
    return values.get(named[0], {}).get(named[1])


def _with(values: Configuration, new: Mapping[Named, Any]) -> Configuration:
    """The values as they would be."""
    found = {section: dict(inner) for section, inner in values.items()}
    for (section, name), value in new.items():
        found.setdefault(section, {})[name] = value
    return found
