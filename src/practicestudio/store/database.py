"""The door to PostgreSQL: two pools, one for each practice's own data and one for the work that goes across practices.

Every transaction on a practice's data names its practice to row-level security and carries the practice's sealer. A transaction for dispatch
names none, and its role may not read what is about patients.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Literal, Self
from uuid import UUID

from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg_pool import AsyncConnectionPool

from practicestudio.errors import Misconfigured
from practicestudio.store import binary, sql
from practicestudio.store.keyring import KeyService
from practicestudio.store.sealing import DataKeys, Sealer, WrappedKey, new_practice_keys

# Whoever works says itself that the database is away; the pool would say it again for each connection.
logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)

SHARED = UUID(int=0)  # the nil practice: keys of what practices share (access tokens)


Via = Literal["system", "worker", "scheduler", "sealer", "monitor", "web", "api", "cli", "demo"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where work comes from, for the audit trail.

    address: the caller's IP address, where there is one. session_id: of the sign-in it was done under. emergency: whether it was done by
    emergency access. purpose: why, in the person's words; sealed when stored.
    """

    via: Via = "system"
    address: str | None = None
    session_id: UUID | None = None
    emergency: bool = False
    purpose: str | None = None


UNTOLD = Origin()
"""Of work of which nobody has said where it comes from: the system's own."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction on one practice's data. began: by the database's clock, its `now()`. origin: where the work in it comes from."""

    practice_id: UUID
    connection: AsyncConnection[Any]
    sealer: Sealer
    began: datetime
    origin: Origin = UNTOLD


@dataclass(frozen=True, slots=True)
class HandedOver:
    """The way into the database and a practice's keys, in the clear."""

    conninfo: str = field(repr=False)
    keys: DataKeys = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Known:
    """A sealer, and which keys there were when it was made: the newest and the one that seals."""

    newest: int
    active: int | None
    sealer: Sealer


async def rows(found: AsyncIterator[Any]) -> list[Any]:
    """All rows of a named query."""
    return [row async for row in found]


def _planned(conninfo: str) -> str:
    """A query planned while a table was empty, and kept, would read it whole for ever."""
    return make_conninfo(conninfo, options="-c enable_seqscan=off")


def _pool(conninfo: str, name: str, connections: int) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """A pool that survives a restart of the server."""
    return AsyncConnectionPool(
        _planned(conninfo),
        min_size=1,
        max_size=connections,
        open=False,
        name=name,
        configure=binary.configure,
        check=AsyncConnectionPool.check_connection,
        kwargs={"autocommit": True, "cursor_factory": binary.BinaryCursor},
    )


class Database:
    """Pools, transactions and keys. Open it with `async with`.

    keys: the key service that wraps the data keys. origin: where the work of transactions comes from that name no origin of their own.
    """

    def __init__(self, app: str, dispatch: str, keys: KeyService, *, connections: int = 10, origin: Origin = UNTOLD) -> None:
        self._conninfo = app
        self._app = _pool(app, "app", connections)
        self._dispatch = _pool(dispatch, "dispatch", 3)
        self.keys = keys
        self.origin = origin
        self._sealers: dict[UUID, _Known] = {}

    async def __aenter__(self) -> Self:
        await self._app.open(wait=True, timeout=30)
        await self._dispatch.open(wait=True, timeout=30)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._app.close()
        await self._dispatch.close()

    @asynccontextmanager
    async def practice(self, practice_id: UUID, origin: Origin | None = None) -> AsyncIterator[Transaction]:
        """A transaction that sees this practice and no other. origin: where its work comes from, if not from where this process's work does."""
        async with self._app.connection() as connection, connection.transaction():
            newest, active, began = await sql.keys.enter_practice(connection, practice=practice_id)
            sealer = await self._sealer(connection, practice_id, newest, active)
            yield Transaction(practice_id, connection, sealer, began, origin or self.origin)

    @asynccontextmanager
    async def shared(self, origin: Origin | None = None) -> AsyncIterator[Transaction]:
        """A transaction on what practices share: people and their access, tokens and limits. It sees no practice's data."""
        async with self.practice(SHARED, origin) as transaction:
            yield transaction

    @asynccontextmanager
    async def beside(self, transaction: Transaction, practice_id: UUID) -> AsyncIterator[Transaction]:
        """Another practice in the same transaction of the database, for what has to be noted in that practice too: all of it is kept, or nothing."""
        connection = transaction.connection
        newest, active, began = await sql.keys.enter_practice(connection, practice=practice_id)
        yield Transaction(practice_id, connection, await self._sealer(connection, practice_id, newest, active), began, transaction.origin)
        await sql.keys.enter_practice(connection, practice=transaction.practice_id)

    @asynccontextmanager
    async def dispatch(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A transaction across practices, by the role that sees no patient data."""
        async with self._dispatch.connection() as connection, connection.transaction():
            yield connection

    async def make_days(self, today: date, ahead: int = 2) -> None:
        """Make the message log's partitions for today and the days ahead."""
        async with self.dispatch() as connection:
            await sql.messages.make_days(connection, first=today - timedelta(days=1), last=today + timedelta(days=ahead))

    async def add_keys(self, practice_id: UUID) -> None:
        """Give a practice (or SHARED) its data key and index key, where it has none."""
        async with self.dispatch() as connection:
            # The look comes before the wrapping, for a rotation waits for whoever has looked: so no key is left under a key that is dropped.
            if await rows(sql.keys.data_keys(connection, practice_id=practice_id)):
                return
            for row in new_practice_keys(practice_id).wrap(self.keys):
                await insert_key(connection, row)

    async def hand_over(self, practice_id: UUID) -> HandedOver:
        """What another process of ours needs to read this practice's data. It goes to it through a pipe, and nowhere else."""
        async with self.practice(practice_id) as transaction:
            return HandedOver(_planned(self._conninfo), DataKeys.unwrap(practice_id, await read_keys(transaction.connection, practice_id), self.keys))

    async def _sealer(self, connection: AsyncConnection[Any], practice_id: UUID, newest: int | None, active: int | None) -> Sealer:
        """The practice's sealer, made anew when its keys have changed since: every transaction looks, so all processes follow a rotation."""
        if newest is None:
            raise Misconfigured("There is no such practice.", advice="`practicestudio practice list` shows them.")
        known = self._sealers.get(practice_id)
        if known is None or (known.newest, known.active) != (newest, active):
            keys = DataKeys.unwrap(practice_id, await read_keys(connection, practice_id), self.keys)
            known = self._sealers[practice_id] = _Known(newest, active, Sealer(keys))
        return known.sealer


async def read_keys(connection: AsyncConnection[Any], practice_id: UUID) -> list[WrappedKey]:
    """The wrapped keys of a practice."""
    found = await rows(sql.keys.data_keys(connection, practice_id=practice_id))
    return [WrappedKey(practice_id, purpose, key_id, kek_id, bytes(wrapped), retired=retired) for purpose, key_id, kek_id, wrapped, retired in found]


async def insert_key(connection: AsyncConnection[Any], row: WrappedKey) -> None:
    """Store a wrapped key, unless one of its number is there."""
    await sql.keys.insert_data_key(
        connection,
        practice_id=row.practice_id,
        purpose=row.purpose,
        key_id=row.key_id,
        kek_id=row.kek_id,
        wrapped=row.wrapped,
        retired=row.retired,
    )
