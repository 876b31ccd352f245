"""People of a test's own, and rules under which a password is hashed in a millisecond."""

import itertools
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from practicestudio.access.caller import Caller
from practicestudio.access.manage_people import add_person
from practicestudio.access.people import Particulars
from practicestudio.access.rights import Role
from practicestudio.access.roles import caller_of
from practicestudio.access.rules import Hashing, Rules
from practicestudio.store.database import Database

OPERATOR = Caller.operator("test")
_numbers = itertools.count(1)

Someone = Callable[..., Awaitable[Caller]]


@pytest.fixture(scope="session")
def rules() -> Rules:
    return Rules(hashing=Hashing(time_cost=1, memory_kib=8, parallelism=1))


@pytest.fixture
def someone(database: Database) -> Someone:
    """Makes a person nobody else knows, with a role at a practice (or everywhere), as a caller."""

    async def make(practice_id: UUID | None = None, *roles: Role, name: str = "Ann Lee") -> Caller:
        given = Particulars(name=name, sign_in_name=f"person{next(_numbers)}")
        person_id = await add_person(database, OPERATOR, given, {practice_id: frozenset(roles)} if practice_id is not None else {})
        async with database.shared() as transaction:
            return await caller_of(transaction, person_id)

    return make
