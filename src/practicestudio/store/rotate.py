"""Changing keys while everybody works: data keys wrapped anew, values sealed anew, old keys dropped. Each step may be broken off and done again."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from practicestudio.errors import Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import SHARED, Database, Transaction, insert_key, read_keys, rows
from practicestudio.store.sealed_tables import COUNT, LOCK, PAGE, PUT, SEALED_TABLES, Key, SealedTable, key_bytes
from practicestudio.store.sealing import BrokenSeal, DataKeys

_PAGE = 500
_BATCH_BYTES = 8 * 1024 * 1024
_PAUSE = 0.05
_APPEND_ONLY = frozenset(table.name for table in SEALED_TABLES if table.append_only)

Report = Callable[[int, int], None]
"""Told again and again how many values are done, and of how many."""


@dataclass(frozen=True, slots=True)
class PracticeKeys:
    """The data keys of a practice, or of what practices share. count: how many there are.

    newest: above `active` only while a new key is being made known to everybody. resealed: whether the last change of keys went to its end.
    """

    practice_id: UUID
    count: int
    newest: int
    active: int
    resealed: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """How many values are under each data key of a practice, by table and key."""

    active: int
    values: Counter[tuple[str, int]]

    @property
    def old(self) -> int:
        """Values under another key than the active one, which can be sealed anew."""
        return sum(count for (table, key_id), count in self.values.items() if key_id != self.active and table not in _APPEND_ONLY)

    @property
    def kept(self) -> int:
        """Entries of the audit trail under another key than the active one: they stay as they were written."""
        return sum(count for (table, key_id), count in self.values.items() if key_id != self.active and table in _APPEND_ONLY)

    def uses(self, key_id: int) -> bool:
        """Whether anything is sealed under the key."""
        return any(used == key_id for _, used in self.values)


@dataclass(slots=True)
class _Work:
    """How far the sealing of one or several practices is."""

    total: int
    report: Report
    done: int = 0
    broken: set[str] = field(default_factory=set)

    def add(self, done: int) -> None:
        self.done += done
        self.report(min(self.done, self.total), self.total)


@dataclass(frozen=True, slots=True)
class Resealed:
    """What was sealed anew. broken: values that do not open and stay as they are, each as its table and row."""

    values: int
    broken: tuple[str, ...] = ()


@asynccontextmanager
async def only_rotation(database: Database) -> AsyncIterator[None]:
    """One change of keys at a time. Raises Misconfigured while another one runs."""
    async with database.dispatch() as connection:
        if not await sql.keys.begin_rotation(connection):
            raise Misconfigured("The keys are being changed by another process.", advice="Wait until it ends, then try again.")
        yield


async def rewrap(database: Database) -> int:
    """Wrap every data key under the key service's active key; returns how many were under another. The data itself is not touched."""
    await _others_have_ended(database)
    async with database.dispatch() as connection:
        outdated = [row[0] for row in await rows(sql.keys.practices_under_others(connection, kek_id=database.keys.active))]
        changed = 0
        for practice_id in outdated:
            keys = DataKeys.unwrap(practice_id, await read_keys(connection, practice_id), database.keys)
            for row in keys.wrap(database.keys):
                changed += await sql.keys.rewrap_key(
                    connection, practice_id=practice_id, purpose=row.purpose, key_id=row.key_id, kek_id=row.kek_id, wrapped=row.wrapped
                )
    await _others_have_ended(database)
    return changed


async def wrapping_keys(database: Database) -> dict[str, int]:
    """How many data keys are wrapped under each key of the key ring."""
    async with database.dispatch() as connection:
        return dict(await rows(sql.keys.count_wrapped(connection)))


async def read_practice_keys(database: Database) -> list[PracticeKeys]:
    """The data keys of all practices and of what they share."""
    async with database.dispatch() as connection:
        return [PracticeKeys(*row) for row in await rows(sql.keys.newest_keys(connection))]


async def read_usage(database: Database, practice_id: UUID) -> Usage:
    """What is sealed under which data key. It counts every value of the practice."""
    values: Counter[tuple[str, int]] = Counter()
    async with database.practice(practice_id) as transaction:
        for table in _tables(practice_id):
            cursor = await transaction.connection.execute(table.statement(COUNT), {"practice": practice_id})
            values.update({(name, int.from_bytes(key, "big")): count for name, key, count in await cursor.fetchall()})
    return Usage(transaction.sealer.active, values)


async def renew_data_keys(database: Database) -> list[UUID]:
    """Give practices a new data key that seals from now on; returns which. What the older keys sealed still opens.

    A practice whose last change of keys was broken off keeps the key it has, and that change goes on. The new key comes in two steps, with a
    wait for running transactions after each: first everybody learns it, then it seals. So nobody meets a value under a key that he does not
    know, and when this returns nothing more is sealed under an older key.
    """
    for state in await read_practice_keys(database):
        if state.newest == state.active and state.resealed:
            await _add_data_key(database, state.practice_id)
    await _others_have_ended(database)
    renewed = [state.practice_id for state in await read_practice_keys(database) if state.newest != state.active]
    async with database.dispatch() as connection:
        await sql.keys.activate_newest(connection, practice_ids=renewed)
    await _others_have_ended(database)
    return renewed


async def reseal(database: Database, report: Report = lambda done, total: None) -> Resealed:
    """Seal anew every value that is under an older data key, but for the audit trail, which is never written again.

    In small batches, while others work: rows that somebody has locked are left for later, rows that somebody changed meanwhile are under the
    active key already. Broken off, it goes on where it was.
    """
    states = [state for state in await read_practice_keys(database) if not state.resealed]
    work = _Work(sum([(await read_usage(database, state.practice_id)).old for state in states]), report)
    work.add(0)
    for state in states:
        await _reseal_practice(database, state.practice_id, work)
        async with database.dispatch() as connection:
            await sql.keys.mark_resealed(connection, practice_id=state.practice_id, key_id=state.active)
    return Resealed(work.done, tuple(sorted(work.broken)))


async def drop_data_keys(database: Database) -> int:
    """Drop every older data key under which nothing is sealed; returns how many."""
    await _others_have_ended(database)
    dropped = 0
    for state in await read_practice_keys(database):
        usage = await read_usage(database, state.practice_id)
        async with database.dispatch() as connection:
            for row in await read_keys(connection, state.practice_id):
                if row.purpose == "data" and row.key_id < state.active and not usage.uses(row.key_id):
                    dropped += await sql.keys.drop_data_key(connection, practice_id=state.practice_id, key_id=row.key_id)
    return dropped


async def _others_have_ended(database: Database) -> None:
    """Wait for the transactions that may have looked at the keys before now; those that begin later see the present ones."""
    waiting = None
    while waiting is None or waiting:
        async with database.dispatch() as connection:
            readers = {row[0] for row in await rows(sql.keys.key_readers(connection))}
        waiting = readers if waiting is None else waiting & readers
        if waiting:
            await asyncio.sleep(_PAUSE)


async def _add_data_key(database: Database, practice_id: UUID) -> None:
    async with database.dispatch() as connection:
        keys = DataKeys.unwrap(practice_id, await read_keys(connection, practice_id), database.keys).add_key()
        for row in keys.wrap(database.keys):
            if row.purpose == "data" and row.key_id == keys.active:
                await insert_key(connection, replace(row, retired=True))


def _tables(practice_id: UUID) -> Iterator[SealedTable]:
    return (table for table in SEALED_TABLES if table.holds(shared=practice_id == SHARED))


async def _reseal_practice(database: Database, practice_id: UUID, work: _Work) -> None:
    """Go through every table, then again through those where rows were in somebody's hands."""
    left = [table for table in _tables(practice_id) if not table.append_only]
    while left:
        left = [table for table in left if await _reseal_table(database, practice_id, table, work)]
        if left:
            await asyncio.sleep(_PAUSE)


async def _reseal_table(database: Database, practice_id: UUID, table: SealedTable, work: _Work) -> bool:
    """Go through the table once, by its key. Returns whether rows were in somebody's hands."""
    left, after = False, table.before_all
    while page := await _page(database, practice_id, table, after):
        for keys in _batches(page):
            left = await _reseal_batch(database, practice_id, table, keys, work) or left
        after = page[-1][0]
    return left


async def _page(database: Database, practice_id: UUID, table: SealedTable, after: Key) -> list[tuple[Key, int]]:
    """The next rows, each with the size of its value."""
    async with database.practice(practice_id) as transaction:
        cursor = await transaction.connection.execute(
            table.statement(PAGE),
            {"practice": practice_id, "active": key_bytes(transaction.sealer.active), "limit": _PAGE, **table.after(after)},
        )
        return [(row[:-1], row[-1]) for row in await cursor.fetchall()]


def _batches(page: Sequence[tuple[Key, int]]) -> Iterator[list[Key]]:
    """Rows in order, as many at a time as fit into a few megabytes, but at least one."""
    batch: list[Key] = []
    size = 0
    for key, octets in page:
        if batch and size + octets > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(key)
        size += octets
    if batch:
        yield batch


async def _reseal_batch(database: Database, practice_id: UUID, table: SealedTable, keys: Sequence[Key], work: _Work) -> bool:
    """Seal these rows anew. Returns whether some were in somebody's hands, or changed or gone, which the next look tells."""
    async with database.practice(practice_id) as transaction:
        scope: dict[str, Any] = {"practice": practice_id, "active": key_bytes(transaction.sealer.active)}
        cursor = await transaction.connection.execute(table.statement(LOCK), {**scope, **table.keys(keys)})
        locked = [(row[:-1], row[-1]) for row in await cursor.fetchall()]
        renewed = {key: value for key, sealed in locked if (value := _sealed_anew(transaction, table, key, sealed, work)) is not None}
        if renewed:
            await transaction.connection.execute(table.statement(PUT), {**scope, **table.keys(list(renewed)), "values": list(renewed.values())})
    work.add(len(renewed))
    return len(locked) < len(keys)


def _sealed_anew(transaction: Transaction, table: SealedTable, key: Key, sealed: bytes, work: _Work) -> bytes | None:
    name, row = table.place(transaction.practice_id, key)
    try:
        return transaction.sealer.seal(name, row, transaction.sealer.open(name, row, sealed))
    except BrokenSeal:
        work.broken.add(f"{name} {row}")
        return None
