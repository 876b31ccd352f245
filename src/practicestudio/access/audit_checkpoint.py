"""Checkpoints: how far every practice's chain goes, noted now and then in the shared chain, so that a tail that was cut off one shows."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from practicestudio.access.audit import SYSTEM, Action, AuditEntry, open_sealed, write
from practicestudio.access.audit_chain import Head, beginning
from practicestudio.clock import moment_of
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction, rows

OFTEN, DAILY = timedelta(hours=1), timedelta(days=1)
"""How long after the last checkpoint the next one comes, if a chain has grown since, and if none has."""

_ORIGIN = Origin("sealer")


async def read_head(transaction: Transaction) -> Head:
    """How far the practice's chain goes."""
    row = await sql.audit.head(transaction.connection, practice_id=transaction.practice_id)
    return beginning(transaction.practice_id) if row is None else Head(row[0], bytes(row[1]))


async def note_heads(database: Database, moment: datetime) -> bool:
    """Note how far every chain goes, where the last checkpoint is old enough. Returns whether it was."""
    async with database.dispatch() as connection:
        heads = {practice_id: Head(number, bytes(root)) for practice_id, number, root in await rows(sql.audit.heads(connection))}
    async with database.shared(_ORIGIN) as transaction:
        noted_at, noted = await _latest(transaction)
        if not _is_due(noted_at, moment, grown=heads != noted):
            return False
        await sql.audit.only_sealer(transaction.connection, practice_id=transaction.practice_id)
        if (await _latest(transaction))[0] != noted_at:
            return False
        changes = {str(practice_id): (None, str(head)) for practice_id, head in heads.items()}
        await write(transaction, [AuditEntry(Action.SYSTEM_AUDIT_CHECKPOINT, SYSTEM, changes=changes)])
    return True


async def noted_head(database: Database, practice_id: UUID) -> Head | None:
    """How far a practice's chain went at the last checkpoint; None where it was not there yet."""
    async with database.shared() as transaction:
        _, noted = await _latest(transaction)
    return noted.get(practice_id)


async def _latest(transaction: Transaction) -> tuple[datetime | None, Mapping[UUID, Head]]:
    row = await sql.audit.latest_checkpoint(transaction.connection, practice_id=transaction.practice_id)
    if row is None:
        return None, {}
    changes = open_sealed(transaction, row[0], row[1])["changes"] or {}
    return moment_of(row[0]), {UUID(practice_id): Head.of_words(head) for practice_id, (_, head) in changes.items()}


def _is_due(noted_at: datetime | None, moment: datetime, *, grown: bool) -> bool:
    if noted_at is None:
        return grown
    return moment - noted_at >= (OFTEN if grown else DAILY)
