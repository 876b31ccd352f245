"""All that is set for a practice, read once and kept until it changes: mapping, merge rules, scheduling rules, schedules, items."""

from dataclasses import dataclass
from uuid import UUID

from practicestudio.mapping import Dialect, PracticeMapping, References, override_from_row
from practicestudio.merging import MergeRules
from practicestudio.practices import configuration, conflict_rules, connection, scheduling, sync_rules
from practicestudio.practices.configuration import Configuration
from practicestudio.practices.items import Items, read_items
from practicestudio.practices.practice import Practice, read_practice
from practicestudio.practices.schedule import Schedule, Window, schedules_of, window_of
from practicestudio.practices.scheduling import SchedulingRules
from practicestudio.practices.sync_rules import SyncRules
from practicestudio.store import sql
from practicestudio.store.database import Transaction

MAPPING, OVERRIDES = "mapping", "overrides"
"""Where the practice's changes of the mapping are kept."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What is set for a practice, ready to be used. connected: it has a connection to athenahealth. schedules: of jobs that its sync rules allow."""

    practice: Practice
    connected: bool
    dialect: Dialect
    mapping: PracticeMapping
    merge_rules: dict[str, MergeRules]
    sync_rules: SyncRules
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
    schedule = values.get("schedule", {})
    mapping, rules = mapping_of(values, items), sync_rules.from_value(values.get(sync_rules.SECTION, {}).get(sync_rules.NAME))
    conflicts = values.get(conflict_rules.SECTION, {})
    return Setup(
        practice=await read_practice(transaction),
        connected=values.get(connection.SECTION, {}).get(connection.NAME) is not None,
        dialect=mapping.dialect,
        mapping=mapping,
        merge_rules={kind: conflict_rules.rules_of(kind, conflicts.get(kind)) for kind in conflict_rules.DEFAULTS},
        sync_rules=rules,
        scheduling=scheduling.from_value(values.get(scheduling.SECTION, {}).get(scheduling.NAME)),
        schedules={job: one for job, one in schedules_of(schedule).items() if rules.objection(job) is None},
        off_peak=window_of(schedule),
        items=items,
    )


def mapping_of(values: Configuration, items: Items) -> PracticeMapping:
    """The mapping that a practice's values and items make. Raises Misconfigured where an override names what does not exist."""
    stored = values.get(connection.SECTION, {}).get(connection.NAME)
    return PracticeMapping(
        connection.from_value(stored).dialect if stored else "platform",
        overrides=[override_from_row(row) for row in values.get(MAPPING, {}).get(OVERRIDES) or ()],
        custom_fields=list(items.custom_fields.values()),
        references=References(locations=items.locations, providers=items.providers, appointment_types=items.appointment_types),
    )
