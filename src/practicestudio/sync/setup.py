"""All that is set for a practice, read once and kept until it changes: mapping, merge rules, scheduling rules, schedules, items."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from practicestudio.mapping import Dialect, PracticeMapping, References, override_from_row
from practicestudio.merging import MergeRules
from practicestudio.practices import configuration, connection, scheduling
from practicestudio.practices.items import Items, read_items
from practicestudio.practices.practice import Practice, read_practice
from practicestudio.practices.schedule import Schedule, Window, schedules_of, window_of
from practicestudio.practices.scheduling import SchedulingRules
from practicestudio.store import sql
from practicestudio.store.database import Transaction

MERGE_DEFAULTS = {"patient": MergeRules("ask"), "appointment": MergeRules("athenahealth")}
"""People are asked about patients; athenahealth owns its own schedule."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is set for a practice, ready to be used. connected: it has a connection to athenahealth."""

    practice: Practice
    connected: bool
    dialect: Dialect
    mapping: PracticeMapping
    merge_rules: dict[str, MergeRules]
    scheduling: SchedulingRules
    schedules: dict[str, Schedule]
    off_peak: Window
    items: Items


_kept: dict[UUID, tuple[int, Setup]] = {}


async def setup_of(transaction: Transaction) -> Setup:
    """The practice's set-up, as of its last change."""
    version = await sql.practices.setup_version(transaction.connection, practice_id=transaction.practice_id) or 0
    known = _kept.get(transaction.practice_id)
    if known is None or known[0] != version:
        known = _kept[transaction.practice_id] = (version, await _read(transaction))
    return known[1]


async def _read(transaction: Transaction) -> Setup:
    values = await configuration.read(transaction)
    items = await read_items(transaction)
    stored = values.get(connection.SECTION, {}).get(connection.NAME)
    dialect = connection.from_value(stored).dialect if stored else "platform"
    schedule = values.get("schedule", {})
    return Setup(
        practice=await read_practice(transaction),
        connected=stored is not None,
        dialect=dialect,
        mapping=PracticeMapping(
            dialect,
            overrides=[override_from_row(row) for row in values.get("mapping", {}).get("overrides", [])],
            custom_fields=list(items.custom_fields.values()),
            references=References(locations=items.locations, providers=items.providers, appointment_types=items.appointment_types),
        ),
        merge_rules={kind: _merge_rules(kind, values.get("merge_rule", {}).get(kind)) for kind in MERGE_DEFAULTS},
        scheduling=scheduling.from_value(values.get(scheduling.SECTION, {}).get(scheduling.NAME)),
        schedules=schedules_of(schedule),
        off_peak=window_of(schedule),
        items=items,
    )


def _merge_rules(kind: str, value: dict[str, Any] | None) -> MergeRules:
    default = MERGE_DEFAULTS[kind]
    return default if value is None else MergeRules(value.get("default", default.default), dict(value.get("by_unit", {})))
