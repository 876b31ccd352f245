"""People of a test's own, rules under which a password is hashed in a millisecond; and hands that should not be there, of the tables' owner."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from psycopg.sql import SQL, Identifier

from practicestudio.access.caller import Caller
from practicestudio.access.manage_people import add_person
from practicestudio.access.people import Particulars
from practicestudio.access.rights import Role
from practicestudio.access.roles import caller_of
from practicestudio.access.rules import Hashing, Rules
from practicestudio.app import open_access
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.store.prepare import Access

OPERATOR = Caller.operator("test")
_numbers = itertools.count(1)

Someone = Callable[..., Awaitable[Caller]]
Tamper = Callable[..., Awaitable[int]]


@pytest.fixture(scope="session")
def rules() -> Rules:
    return Rules(hashing=Hashing(time_cost=1, memory_kib=8, parallelism=1))


@pytest.fixture
def someone(database: Database) -> Someone:
    """Makes a person nobody else knows, with a role at a practice (or everywhere), as a caller."""

    async def make(practice_id: UUID | None = None, *roles: Role, name: str = "Ann Lee") -> Caller:
        given = Particulars(name=name, sign_in_name=f"somebody{next(_numbers)}")
        person_id = await add_person(database, OPERATOR, given, {practice_id: frozenset(roles)} if practice_id is not None else {})
        async with database.shared() as transaction:
            return await caller_of(transaction, person_id)

    return make


@pytest.fixture(scope="session")
async def owner_access(database: Database, settings: Settings) -> AsyncIterator[Access]:
    async with open_access(settings) as (found, _):
        yield found


@pytest.fixture
async def tamper(owner_access: Access) -> AsyncIterator[Tamper]:
    """Carry out a statement as the owner, past row-level security; returns how many rows it touched."""
    async with await AsyncConnection.connect(owner_access.owner) as connection:

        async def act(table: str, statement: str, **given: object) -> int:
            async with connection.transaction():
                await connection.execute("set local lock_timeout = '5s'")
                await connection.execute(SQL("alter table {} disable row level security").format(Identifier(table)))
                touched = await connection.execute(statement.encode(), given)
                await connection.execute(SQL("alter table {} enable row level security").format(Identifier(table)))
            assert touched.rowcount > 0
            return touched.rowcount

        yield act
