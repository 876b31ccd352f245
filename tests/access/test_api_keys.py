"""Keys of programs."""

from datetime import timedelta

import pytest

from practicestudio.access.api_keys import MARK, find_key, list_keys, make_key, revoke_key
from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Right, Role
from practicestudio.clock import now
from practicestudio.errors import InvalidValue, Misconfigured, NotAllowed
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database
from tests.access.conftest import OPERATOR, Someone

SCOPES = frozenset({Right.PATIENTS_VIEW, Right.APPOINTMENTS_VIEW})
MONTH = timedelta(days=30)


async def test_a_key_opens_its_practice_for_its_scopes(database: Database, practice: Practice) -> None:
    other = await add_practice(database, f"{practice.athena_id}6", "Other", "America/New_York")
    made, token = await make_key(database, OPERATOR, practice.id, "  Front   desk ", SCOPES, now() + MONTH, now())
    async with database.shared() as transaction:
        key = await find_key(transaction, token, now())
    assert key
    assert (key.id, key.name, token.startswith(MARK), token.startswith(key.prefix)) == (made.id, "Front desk", True, True)
    assert key.open(now())
    assert key.caller.actor == f"key:{key.id}"
    assert key.caller.rights(practice.id) == SCOPES
    assert not key.caller.rights(other.id)


async def test_what_is_kept_does_not_hold_the_key(database: Database, practice: Practice) -> None:
    _, token = await make_key(database, OPERATOR, practice.id, "Front desk", SCOPES, now() + MONTH, now())
    async with database.shared() as transaction:
        cursor = await transaction.connection.execute("select api_keys::text from api_keys")
        rows = str(await cursor.fetchall())
        assert await find_key(transaction, token[:-1], now()) is None
    assert token not in rows
    assert "Front" not in rows


async def test_a_key_ends_by_time_or_by_hand(database: Database, practice: Practice) -> None:
    made, token = await make_key(database, OPERATOR, practice.id, "Front desk", SCOPES, now() + MONTH, now())
    assert not made.open(now() + MONTH)
    await revoke_key(database, OPERATOR, practice.id, made.id, now())
    async with database.shared() as transaction:
        key = await find_key(transaction, token, now())
        assert [one.id for one in await list_keys(transaction, practice.id)] == [made.id]
    assert key
    assert not key.open(now())
    with pytest.raises(Misconfigured):
        await revoke_key(database, OPERATOR, practice.id, made.id, now())


async def test_who_may_not_manage_keys_makes_none(database: Database, practice: Practice, someone: Someone) -> None:
    desk = await someone(practice.id, Role.FRONT_DESK)
    with pytest.raises(NotAllowed):
        await make_key(database, desk, practice.id, "Mine", SCOPES, now() + MONTH, now())
    with pytest.raises(NotAllowed):
        await make_key(database, await someone(practice.id, Role.ADMINISTRATOR), EVERYWHERE, "Mine", SCOPES, now() + MONTH, now())


@pytest.mark.parametrize(
    ("name", "scopes", "life"),
    [("", SCOPES, MONTH), ("a\nb\0", SCOPES, MONTH), ("a", (), MONTH), ("a", SCOPES, timedelta()), ("a", SCOPES, 13 * MONTH)],
)
async def test_what_cannot_be_a_key_is_refused(database: Database, practice: Practice, name: str, scopes: frozenset[Right], life: timedelta) -> None:
    with pytest.raises(InvalidValue):
        await make_key(database, OPERATOR, practice.id, name, scopes, now() + life, now())
