"""The door to PostgreSQL: two pools, one for each practice's own data and one for the work that goes across practices.

Every transaction on a practice's data names its practice to row-level security and carries the practice's sealer. A transaction for dispatch
names none, and its role may not read what is about patients.
"""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from practicestudio.errors import Misconfigured
from practicestudio.store import sql
from practicestudio.store.keyring import KeyService
from practicestudio.store.sealing import DataKeys, Sealer, WrappedKey, new_practice_keys

SHARED = UUID(int=0)  # the nil practice: keys of what practices share (access tokens)


@dataclass(frozen=True, slots=True)
class Transaction:
    """A transaction on one practice's data."""

    practice_id: UUID
    connection: AsyncConnection[Any]
    sealer: Sealer


async def rows(found: AsyncIterator[Any]) -> list[Any]:
    """All rows of a named query."""
    return [row async for row in found]


class Database:
    """Pools, transactions and keys. Open it with `async with`."""

    def __init__(self, app: str, dispatch: str, keys: KeyService, *, connections: int = 10) -> None:
        self._app = AsyncConnectionPool(app, min_size=1, max_size=connections, open=False, name="app", kwargs={"autocommit": True})
        self._dispatch = AsyncConnectionPool(dispatch, min_size=1, max_size=3, open=False, name="dispatch", kwargs={"autocommit": True})
        self._keys = keys
        self._sealers: dict[UUID, Sealer] = {}

    async def __aenter__(self) -> Self:
        await self._app.open(wait=True, timeout=30)
        await self._dispatch.open(wait=True, timeout=30)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._app.close()
        await self._dispatch.close()

    @asynccontextmanager
    async def practice(self, practice_id: UUID) -> AsyncIterator[Transaction]:
        """A transaction that sees this practice and no other."""
        async with self._app.connection() as connection, connection.transaction():
            await sql.practices.name_practice(connection, practice=str(practice_id))
            yield Transaction(practice_id, connection, await self._sealer(connection, practice_id))

    @asynccontextmanager
    async def shared(self) -> AsyncIterator[Transaction]:
        """A transaction on what practices share: tokens and limits. It sees no practice's data."""
        async with self.practice(SHARED) as transaction:
            yield transaction

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
        keys = new_practice_keys(practice_id)
        async with self.dispatch() as connection:
            for wrapped in keys.wrap(self._keys):
                await sql.practices.insert_data_key(
                    connection,
                    practice_id=practice_id,
                    purpose=wrapped.purpose,
                    key_id=wrapped.key_id,
                    kek_id=wrapped.kek_id,
                    wrapped=wrapped.wrapped,
                )

    def forget_keys(self, practice_ids: Iterable[UUID] | None = None) -> None:
        """Read the keys anew at the next use, after a rotation."""
        for practice_id in list(self._sealers) if practice_ids is None else practice_ids:
            self._sealers.pop(practice_id, None)

    async def _sealer(self, connection: AsyncConnection[Any], practice_id: UUID) -> Sealer:
        if sealer := self._sealers.get(practice_id):
            return sealer
        found = await rows(sql.practices.data_keys(connection, practice_id=practice_id))
        if not found:
            raise Misconfigured("There is no such practice.", advice="`practicestudio practice list` shows them.")
        wrapped = [WrappedKey(practice_id=practice_id, purpose=p, key_id=k, kek_id=e, wrapped=bytes(w), retired=r) for p, k, e, w, r in found]
        sealer = self._sealers[practice_id] = Sealer(DataKeys.unwrap(practice_id, wrapped, self._keys))
        return sealer
