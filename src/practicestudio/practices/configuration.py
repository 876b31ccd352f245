"""A practice's configuration: small JSON values by section and name, each change kept with who, when, before and after.

Sections are `connection`, `schedule`, `sync_rule`, `merge_rule`, `scheduling_rule`, `mapping`, `lane_policy`, `matching`. What a section's
values mean is told by the module that reads it. The history also notes changes of what is kept elsewhere: `practice` and `credentials`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from practicestudio.clock import new_id
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


async def read_locked(transaction: Transaction, section: str, name: str) -> Any:
    """One value, locked until the transaction ends, so that nobody changes it meanwhile; None where there is none."""
    row = await sql.practices.lock_configuration_row(transaction.connection, practice_id=transaction.practice_id, section=section, name=name)
    return row[0] if row else None


async def put(transaction: Transaction, section: str, name: str, value: Any, by: str) -> UUID | None:
    """Set a value, or with None drop it. Returns the change's id, or None where nothing changes and nothing is written."""
    connection, practice_id = transaction.connection, transaction.practice_id
    before = await read_locked(transaction, section, name)
    if before == value:
        return None
    if value is None:
        await sql.practices.drop_configuration(connection, practice_id=practice_id, section=section, name=name)
    else:
        await sql.practices.put_configuration(connection, practice_id=practice_id, section=section, name=name, value=Jsonb(value), changed_by=by)
    return await note(transaction, section, name, before, value, by)


async def note(transaction: Transaction, section: str, name: str, before: Any, after: Any, by: str) -> UUID:
    """Keep a change in the history, and tell all processes that what they have read is old. Returns the change's id."""
    change_id = new_id()
    await sql.practices.insert_configuration_change(
        transaction.connection,
        practice_id=transaction.practice_id,
        id=change_id,
        section=section,
        name=name,
        before=None if before is None else Jsonb(before),
        after=None if after is None else Jsonb(after),
        changed_by=by,
    )
    await sql.practices.bump_setup(transaction.connection, practice_id=transaction.practice_id)
    return change_id


async def changes(
    transaction: Transaction, limit: int = 50, *, before: UUID | None = None, sections: Sequence[str] | None = None
) -> list[ConfigurationChange]:
    """The newest changes, at most `limit`; go on with `before` set to the last id."""
    found = sql.practices.configuration_changes(
        transaction.connection,
        practice_id=transaction.practice_id,
        sections=None if sections is None else list(sections),
        before=before,
        limit=limit,
    )
    return [ConfigurationChange(*row) for row in await rows(found)]


async def read_change(transaction: Transaction, change_id: UUID) -> ConfigurationChange | None:
    """One change, by its id."""
    row = await sql.practices.configuration_change(transaction.connection, practice_id=transaction.practice_id, id=change_id)
    return ConfigurationChange(*row) if row else None


async def last_change(transaction: Transaction, section: str, name: str) -> ConfigurationChange | None:
    """The newest change of one value."""
    row = await sql.practices.last_configuration_change(transaction.connection, practice_id=transaction.practice_id, section=section, name=name)
    return ConfigurationChange(*row) if row else None
