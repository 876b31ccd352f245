"""The history of a practice's settings: every change with who, when and what, field by field; and taking one back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from practicestudio.access.audit import Action
from practicestudio.errors import FieldFault, InvalidFields, InvalidValue
from practicestudio.practices import (
    configuration,
    conflict_rules,
    connection,
    credentials,
    lane_policy,
    practice,
    schedule,
    scheduling,
    sync_rules,
)
from practicestudio.practices.configuration import ConfigurationChange
from practicestudio.practices.differences import Difference, differences
from practicestudio.practices.items import names, read_items
from practicestudio.practices.three_ways import merge_values
from practicestudio.store.database import Transaction
from practicestudio.sync.change_settings import Changed, Wanted, change_settings, read_settings
from practicestudio.sync.setup import MAPPING

SECTIONS: Mapping[str, str] = {
    practice.SECTION: "Practice",
    connection.SECTION: "Connection and limits",
    credentials.SECTION: "Credentials",
    schedule.SECTION: "Schedules",
    sync_rules.SECTION: "Sync rules",
    conflict_rules.SECTION: "Conflict rules",
    lane_policy.SECTION: "Lane policy",
    scheduling.SECTION: "Booking rules",
    MAPPING: "Field mappings",
    "matching": "Matching",
}
"""Sections of the settings, in words."""

NO_SUCH_CHANGE = "There is no such change of this practice's settings."


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change as it is shown. kept: why it cannot be taken back, in one sentence; None where it can."""

    change: ConfigurationChange
    differences: tuple[Difference, ...]
    kept: str | None


async def read_history(
    transaction: Transaction, limit: int = 50, *, before: UUID | None = None, sections: Sequence[str] | None = None
) -> list[HistoryEntry]:
    """The newest changes, at most `limit`; go on with `before` set to the last one's id."""
    values = await read_settings(transaction)
    told = names(await read_items(transaction))
    return [
        HistoryEntry(
            change,
            differences(change.section, change.name, change.before, change.after, told),
            why_kept(change, values.get(change.section, {}).get(change.name)),
        )
        for change in await configuration.changes(transaction, limit, before=before, sections=sections)
    ]


def why_kept(change: ConfigurationChange, current: object) -> str | None:
    """Why a change cannot be taken back as things stand, in one sentence, or None where it can."""
    if change.section == credentials.SECTION:
        return "Credentials cannot be taken back, for nobody can read the ones before. Set them anew."
    if change.section == practice.SECTION and change.before is None:
        return "A practice that was added stays, with its messages and its trail."
    back = merge_values(change.after, change.before, current)
    if back.clashes:
        return "The same was changed again since. Take the later change back first, or set it anew."
    if back.value == current:
        return "It was taken back already, or set back since."
    return None


async def take_back(transaction: Transaction, change_id: UUID, by: str) -> tuple[Changed, ...]:
    """Set back what this change changed, and nothing else; that is a change too. Raises InvalidValue where there is no such change, InvalidFields
    where it cannot be taken back or the values of before are not right any more."""
    change = await configuration.read_change(transaction, change_id)
    if change is None:
        raise InvalidValue(NO_SUCH_CHANGE, advice="Choose one from the list of changes.")
    current = (await read_settings(transaction)).get(change.section, {}).get(change.name)
    if (why := why_kept(change, current)) is not None:
        raise InvalidFields([FieldFault("change", why)])
    wanted = Wanted(change.section, change.name, change.before, change.after)
    return await change_settings(transaction, [wanted], by, action=Action.PERSON_SETTINGS_ROLLBACK)
