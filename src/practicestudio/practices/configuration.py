"""A practice's configuration: small JSON values by section and name, each change kept with who, when, before and after.

Sections are `connection`, `schedule`, `merge_rule`, `scheduling_rule`, `mapping`, `lane_policy`, `matching`. What a section's values mean is
told by the module that reads it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from practicestudio.clock import new_id
from practicestudio.errors import Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """One change. before or after is None where the value was made or dropped."""

    id: UUID
    section: str
    name: str
    before: Any
    after: Any
    changed_at: datetime
    changed_by: str


Configuration = dict[str, dict[str, Any]]


async def read(transaction: Transaction) -> Configuration:
    """All values: section to name to value."""
    found: Configuration = {}
    for section, name, value, *_ in await rows(sql.practices.configuration(transaction.connection, practice_id=transaction.practice_id)):
        found.setdefault(section, {})[name] = value
    return found


async def put(transaction: Transaction, section: str, name: str, value: Any, by: str) -> None:
    """Set a value, or with None drop it; nothing is written when nothing changes."""
    connection, practice_id = transaction.connection, transaction.practice_id
    row = await sql.practices.lock_configuration_row(connection, practice_id=practice_id, section=section, name=name)
    before = row[0] if row else None
    if before == value:
        return
    if value is None:
        await sql.practices.drop_configuration(connection, practice_id=practice_id, section=section, name=name)
    else:
        await sql.practices.put_configuration(connection, practice_id=practice_id, section=section, name=name, value=Jsonb(value), changed_by=by)
    await sql.practices.insert_configuration_change(
        connection,
        practice_id=practice_id,
        id=new_id(),
        section=section,
        name=name,
        before=None if before is None else Jsonb(before),
        after=None if value is None else Jsonb(value),
        changed_by=by,
    )
    await sql.practices.bump_setup(connection, practice_id=practice_id)


async def changes(transaction: Transaction) -> list[ConfigurationChange]:
    """Every change, the newest first."""
    found = await rows(sql.practices.configuration_changes(transaction.connection, practice_id=transaction.practice_id))
    return [ConfigurationChange(*row) for row in found]


async def take_back(transaction: Transaction, change_id: UUID, by: str) -> None:
    """Set the value back to what it was before that change; this is a change too."""
    for change in await changes(transaction):
        if change.id == change_id:
            await put(transaction, change.section, change.name, change.before, by)
            return
    raise Misconfigured("There is no such change of this practice's configuration.", advice="Choose one from the list of changes.")
