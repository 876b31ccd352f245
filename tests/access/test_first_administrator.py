"""The first administrator is made where nobody is, and only there."""

import pytest
from psycopg import AsyncConnection

from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.change_password import change_password
from practicestudio.access.first_administrator import anybody_there, ensure_first_administrator
from practicestudio.access.manage_people import add_person
from practicestudio.access.people import Particulars
from practicestudio.access.rights import Role
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Browser, Due, use_session
from practicestudio.access.sign_in import Presented, SignInRefused, sign_in
from practicestudio.app import open_access
from practicestudio.clock import now
from practicestudio.settings import Settings
from practicestudio.store.database import Database

from .conftest import OPERATOR

HERE = Browser("192.0.2.99")


@pytest.fixture
async def empty(database: Database, settings: Settings) -> Database:
    """A database in which nobody is."""
    async with open_access(settings) as (access, _), await AsyncConnection.connect(access.owner, autocommit=True) as owner:
        await owner.execute("truncate people, person_roles, passwords")
    return database


async def test_the_first_administrator_signs_in_once_and_chooses_a_password(empty: Database, rules: Rules) -> None:
    first = await ensure_first_administrator(empty, rules)
    assert first
    assert first.password not in repr(first)
    arrived = await sign_in(empty, rules, Presented(first.sign_in_name, first.password), HERE, now())
    async with empty.shared() as transaction:
        found = await use_session(transaction, arrived.token, now(), rules)
    assert found
    assert (found.due, found.caller.roles) == (Due.PASSWORD, {EVERYWHERE: {Role.ADMINISTRATOR}})
    await change_password(empty, rules, found, None, "copper wagon tulip", now())
    assert await ensure_first_administrator(empty, rules) is None


async def test_a_first_password_that_was_lost_is_replaced_at_the_next_start(empty: Database, rules: Rules) -> None:
    lost, found = await ensure_first_administrator(empty, rules), await ensure_first_administrator(empty, rules, [Role.ADMINISTRATOR, Role.ANALYST])
    assert lost
    assert found
    with pytest.raises(SignInRefused):
        await sign_in(empty, rules, Presented(lost.sign_in_name, lost.password), HERE, now())
    await sign_in(empty, rules, Presented(found.sign_in_name, found.password), HERE, now())


async def test_where_somebody_is_nobody_is_made(empty: Database, rules: Rules) -> None:
    assert not await anybody_there(empty)
    await add_person(empty, OPERATOR, Particulars(name="Ann", sign_in_name="ann.first"), {})
    assert await anybody_there(empty)
    assert await ensure_first_administrator(empty, rules) is None
