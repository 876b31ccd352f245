"""The sealer: takes entries that are pending, holds them to the chain in a batch, and notes now and then how far every chain goes."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg
import structlog

from practicestudio.access.audit_chain import MISSING, digest_of_entry, make_batch
from practicestudio.access.audit_checkpoint import note_heads, read_head
from practicestudio.access.audit_counts import count_stored
from practicestudio.clock import moment_of, now
from practicestudio.errors import IntegrationError
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction, rows

log = structlog.get_logger()

PAUSE = 1.0
"""Seconds between two looks at what is pending."""

_WRITINGS = 500
_ENTRIES = 1000
_ORIGIN = Origin("sealer")


async def run_sealer(database: Database, stop: asyncio.Event) -> None:
    """Seal what is pending, again and again, until told to stop."""
    while not stop.is_set():
        sealed = 0
        try:
            sealed = await seal_round(database)
            await note_heads(database, now())
        except psycopg.OperationalError as error:
            log.warning("database_unreachable", role="sealer", error_type=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0 if sealed >= _ENTRIES else PAUSE)


async def seal_pending(database: Database) -> int:
    """Seal until nothing is pending; returns how many entries."""
    done = 0
    while sealed := await seal_round(database):
        done += sealed
    return done


async def seal_round(database: Database) -> int:
    """A batch of each practice that has pending entries; returns how many entries. A practice that cannot be sealed does not hold up others."""
    done = 0
    for practice_id in await unsealed_since(database):
        try:
            done += await seal_batch(database, practice_id)
        except IntegrationError as error:
            log.error("audit_not_sealed", practice_id=str(practice_id), error_code=error.code, error_type=type(error).__name__)
    return done


async def unsealed_since(database: Database) -> Mapping[UUID, datetime]:
    """Of each practice with entries in no batch, when the oldest of them was written. What is older than a minute means that no sealer works."""
    async with database.dispatch() as connection:
        return {practice_id: moment_of(oldest) for practice_id, oldest in await rows(sql.audit.practices_pending(connection))}


async def seal_batch(database: Database, practice_id: UUID) -> int:
    """Put the oldest pending entries of a practice into its next batch, in one transaction; returns how many.

    One sealer at a time works on a practice, others wait: the lock lasts as long as the transaction, so a sealer that is killed leaves nothing
    behind, neither half a batch nor a lock.
    """
    async with database.practice(practice_id, _ORIGIN) as transaction:
        connection = transaction.connection
        await sql.audit.only_sealer(connection, practice_id=practice_id)
        pending = _first_of(await rows(sql.audit.pending(connection, practice_id=practice_id, limit=_WRITINGS)))
        entry_ids = [entry_id for _, ids in pending for entry_id in ids]
        if not entry_ids:
            return 0
        stored = await _stored(transaction, entry_ids)
        digests = [digest_of_entry(stored[entry_id]) if entry_id in stored else MISSING for entry_id in entry_ids]
        await _add_batch(transaction, entry_ids, digests)
        if stored:
            await _count(transaction, stored.values())
        await sql.audit.drop_pending(connection, practice_id=practice_id, ids=[pending_id for pending_id, _ in pending])
    return len(entry_ids)


def _first_of(pending: Sequence[tuple[UUID, Sequence[UUID]]]) -> list[tuple[UUID, Sequence[UUID]]]:
    """The first writings whose entries fit into a batch; at least one."""
    chosen: list[tuple[UUID, Sequence[UUID]]] = []
    count = 0
    for one in pending:
        count += len(one[1])
        if chosen and count > _ENTRIES:
            break
        chosen.append(one)
    return chosen


async def _stored(transaction: Transaction, entry_ids: Sequence[UUID]) -> dict[UUID, Sequence[Any]]:
    found = await rows(sql.audit.stored_entries(transaction.connection, practice_id=transaction.practice_id, ids=list(entry_ids)))
    return {UUID(bytes=row[1]): row for row in found}


async def _add_batch(transaction: Transaction, entry_ids: Sequence[UUID], digests: Sequence[bytes]) -> None:
    practice_id, connection = transaction.practice_id, transaction.connection
    batch = make_batch(transaction.sealer, practice_id, await read_head(transaction), now(), entry_ids, digests)
    await sql.audit.insert_batch(
        connection,
        practice_id=practice_id,
        number=batch.number,
        sealed_at=batch.sealed_at,
        entry_ids=list(entry_ids),
        links=batch.links,
        previous=batch.previous,
        root=batch.root,
        mark=batch.mark,
    )
    log.info("audit_sealed", practice_id=str(practice_id), batch=batch.number, root=batch.root.hex())


async def _count(transaction: Transaction, stored: Iterable[Sequence[Any]]) -> None:
    counts = count_stored(stored)
    await sql.audit.add_counts(
        transaction.connection,
        practice_id=transaction.practice_id,
        spans=[span for span, _, _ in counts],
        starts=[starts for _, starts, _ in counts],
        actors=[group.actor for _, _, group in counts],
        actions=[group.action for _, _, group in counts],
        record_kinds=[group.record_kind for _, _, group in counts],
        via=[group.via for _, _, group in counts],
        emergencies=[group.emergency for _, _, group in counts],
        entries=list(counts.values()),
    )
