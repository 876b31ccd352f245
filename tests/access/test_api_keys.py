"""Keys of programs: what they may, until when, and that nobody gives one more than they may themselves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.api_keys import MARK, NEVER, ApiKey, find_key, list_keys, make_key, revoke_key, scopes_for
from practicestudio.access.audit import read_trail
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.rights import PATIENT_DATA, Right, Role
from practicestudio.clock import new_id, now
from practicestudio.errors import InvalidValue, Misconfigured, NotAllowed
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database, Transaction

from .conftest import OPERATOR, Someone

START = now()
SCOPES = frozenset({Right.APPOINTMENTS_VIEW, Right.APPOINTMENTS_CHANGE})
END = START + timedelta(days=90)


async def made_by(database: Database, by: Caller, practice: UUID, *scopes: Right, **given: Any) -> tuple[ApiKey, str]:
    """A key of the front desk's program, but for what is given."""
    wanted = {"name": "  Front desk   program", "scopes": scopes or SCOPES, "ends_at": END, "now": START, **given}
    return await make_key(database, by, practice, **wanted)


async def accepted(database: Database, token: str, at: timedelta = timedelta()) -> ApiKey | None:
    async with database.shared() as transaction:
        key = await find_key(transaction, token, START + at)
    return key if key and key.open(START + at) else None


async def test_a_key_may_what_it_was_given_in_its_practice(database: Database, practice: Practice) -> None:
    made, token = await made_by(database, OPERATOR, practice.id)
    key = await accepted(database, token)
    assert key
    assert (key.caller.actor, key.caller.name, key.caller.person_id) == (f"key:{made.id}", "Front desk program", None)
    assert key.caller.rights(practice.id) == SCOPES
    assert key.caller.rights(new_id()) == key.caller.rights(EVERYWHERE) == frozenset()
    assert token.startswith(MARK)
    assert token.startswith(key.prefix)


async def test_what_is_not_quite_the_key_is_not_accepted(database: Database, practice: Practice) -> None:
    _, token = await made_by(database, OPERATOR, practice.id)
    for wrong in ("", token[:-1], token + "x", token.upper(), token.rpartition("_")[2]):
        assert await accepted(database, wrong) is None


async def test_neither_key_nor_name_can_be_read_at_rest(database: Database, practice: Practice) -> None:
    made, token = await made_by(database, OPERATOR, practice.id)
    async with database.shared() as transaction:
        stored = str(await (await transaction.connection.execute("select api_keys::text from api_keys")).fetchall())
    assert token not in stored
    assert token[-32:] not in stored
    assert "Front desk" not in stored
    assert token not in repr(made)


async def test_a_key_ends(database: Database, practice: Practice) -> None:
    _, token = await made_by(database, OPERATOR, practice.id)
    assert await accepted(database, token, timedelta(days=90) - timedelta(seconds=1))
    assert await accepted(database, token, timedelta(days=90)) is None


async def test_a_revoked_key_is_not_accepted_and_stays_on_the_list(database: Database, practice: Practice) -> None:
    made, token = await made_by(database, OPERATOR, practice.id)
    other, others = await made_by(database, OPERATOR, practice.id)
    await revoke_key(database, OPERATOR, practice.id, made.id, START)
    assert await accepted(database, token) is None
    assert await accepted(database, others)
    async with database.shared() as transaction:
        assert [(key.id, key.open(START)) for key in await list_keys(transaction, practice.id)] == [(other.id, True), (made.id, False)]
    with pytest.raises(Misconfigured, match="no such key"):
        await revoke_key(database, OPERATOR, practice.id, made.id, START)


async def test_when_it_was_last_used_is_noted_once_a_minute(database: Database, practice: Practice) -> None:
    _, token = await made_by(database, OPERATOR, practice.id)
    for seconds in (0, 59, 61):
        await accepted(database, token, timedelta(seconds=seconds))
    async with database.shared() as transaction:
        [key] = await list_keys(transaction, practice.id)
    assert key.used_at == START + timedelta(seconds=61)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "  "},
        {"name": "x" * 101},
        {"name": "a\0"},
        {"scopes": ()},
        {"ends_at": START},
        {"ends_at": START + timedelta(days=367)},
    ],
)
async def test_a_key_without_name_right_or_end_is_not_made(database: Database, practice: Practice, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        await made_by(database, OPERATOR, practice.id, **wrong)


async def test_a_key_is_for_one_practice(database: Database) -> None:
    with pytest.raises(InvalidValue, match="one practice"):
        await made_by(database, OPERATOR, EVERYWHERE)


@pytest.mark.parametrize("right", sorted(NEVER))
async def test_no_key_gives_access_or_changes_the_set_up(database: Database, practice: Practice, right: Right) -> None:
    with pytest.raises(NotAllowed, match=right.value):
        await made_by(database, OPERATOR, practice.id, right, Right.OVERVIEW_VIEW)


async def test_nobody_gives_a_key_more_than_they_may(database: Database, practice: Practice, someone: Someone) -> None:
    boss = await someone(practice.id, Role.ADMINISTRATOR)
    assert not scopes_for(boss, practice.id) & PATIENT_DATA
    with pytest.raises(NotAllowed, match="appointments:change"):
        await made_by(database, boss, practice.id)
    await made_by(database, boss, practice.id, Right.MESSAGES_VIEW)


async def test_what_is_taken_in_an_emergency_does_not_live_on_in_a_key(database: Database, practice: Practice, someone: Someone) -> None:
    boss = replace(await someone(practice.id, Role.ADMINISTRATOR), emergency={practice.id: START + timedelta(hours=1)})
    assert boss.may(practice.id, Right.PATIENTS_VIEW)
    with pytest.raises(NotAllowed, match="patients:view"):
        await made_by(database, boss, practice.id, Right.PATIENTS_VIEW)


async def test_keys_of_another_practice_are_out_of_reach(database: Database, practice: Practice, someone: Someone) -> None:
    other = await add_practice(database, str(new_id().int % 10**9), "Other", "UTC")
    boss = await someone(practice.id, Role.ADMINISTRATOR)
    theirs, token = await made_by(database, OPERATOR, other.id)
    with pytest.raises(NotAllowed):
        await made_by(database, boss, other.id, Right.MESSAGES_VIEW)
    with pytest.raises(NotAllowed):
        await revoke_key(database, boss, other.id, theirs.id, START)
    with pytest.raises(Misconfigured, match="no such key"):
        await revoke_key(database, boss, practice.id, theirs.id, START)
    assert await accepted(database, token)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.ADMINISTRATOR])
async def test_who_does_not_manage_keys_makes_none(database: Database, practice: Practice, someone: Someone, role: Role) -> None:
    with pytest.raises(NotAllowed, match="keys:manage"):
        await made_by(database, await someone(practice.id, role), practice.id)


async def test_a_key_cannot_make_keys_even_if_its_row_says_so(database: Database, practice: Practice) -> None:
    made, token = await made_by(database, OPERATOR, practice.id)
    async with database.shared() as transaction:
        await transaction.connection.execute("update api_keys set scopes = '{keys:manage,messages:view,no:such}' where id = %s", [made.id])
    key = await accepted(database, token)
    assert key
    assert key.caller.rights(practice.id) == {Right.MESSAGES_VIEW}


async def test_the_practices_trail_tells_who_made_and_revoked_a_key(database: Database, practice: Practice, someone: Someone) -> None:
    boss = await someone(practice.id, Role.ADMINISTRATOR, Role.FRONT_DESK)
    made, token = await made_by(database, boss, practice.id)
    await revoke_key(database, boss, practice.id, made.id, START)

    async def trail(transaction: Transaction) -> list[tuple[str, str]]:
        return [(one["actor"], one["action"]) for one in await read_trail(transaction, made.id)]

    async with database.practice(practice.id) as transaction:
        assert await trail(transaction) == [(boss.actor, "person:key:create"), (boss.actor, "person:key:revoke")]
        [created, _] = await read_trail(transaction, made.id)
    assert created["changes"]["scopes"] == [None, ["appointments:change", "appointments:view"]]
    assert token not in str(created)
