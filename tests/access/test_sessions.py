"""Sessions begin, last, and end when they should; what is kept of them gives nobody a way in."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest

from practicestudio.access.audit import read_trail
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.manage_people import deactivate_person
from practicestudio.access.rights import Right, Role
from practicestudio.access.roles import grant_role
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import (
    Browser,
    Due,
    confirm_session,
    end_old_sessions,
    end_session,
    end_sessions_of,
    list_sessions,
    look_at_session,
    start_session,
    use_session,
)
from practicestudio.clock import now
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Transaction

from .conftest import OPERATOR, Someone

DESK = Browser("192.0.2.7", "Firefox at the front desk")
START = now()


@pytest.fixture
async def ann(someone: Someone, practice: Practice) -> Caller:
    return await someone(practice.id, Role.FRONT_DESK)


@pytest.fixture
async def shared(database: Database) -> AsyncIterator[Transaction]:
    async with database.shared() as transaction:
        yield transaction


async def test_the_token_shows_who_is_signed_in_and_what_they_may(shared: Transaction, ann: Caller, practice: Practice, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START)
    found = await use_session(shared, token, START, rules)
    assert found
    assert (found.caller, found.session.browser, found.session.method, found.due) == (ann, DESK, "password", None)
    assert found.caller.may(practice.id, Right.APPOINTMENTS_CHANGE)
    assert await use_session(shared, token[:-1], START, rules) is None


async def test_neither_the_token_nor_the_browser_can_be_read_at_rest(shared: Transaction, ann: Caller, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START)
    found = await use_session(shared, token, START, rules)
    cursor = await shared.connection.execute("select sessions::text from sessions")
    stored = str(await cursor.fetchall())
    assert found
    assert not [secret for secret in (token, found.csrf, "Firefox", "192.0.2.7") if secret in stored]


async def test_a_session_ends_after_a_time_of_rest(shared: Transaction, ann: Caller, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START)
    assert await use_session(shared, token, START + timedelta(minutes=29), rules)
    assert await use_session(shared, token, START + timedelta(minutes=58), rules)
    assert await use_session(shared, token, START + timedelta(minutes=88), rules) is None
    assert await use_session(shared, token, START + timedelta(minutes=59), rules) is None  # what is over stays over


async def test_what_the_browser_asks_by_itself_is_no_sign_of_life(shared: Transaction, ann: Caller, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START)
    for minutes in range(1, 30):
        assert await look_at_session(shared, token, START + timedelta(minutes=minutes), rules)
    assert await look_at_session(shared, token, START + timedelta(minutes=30), rules) is None


async def test_a_session_ends_in_any_case(shared: Transaction, ann: Caller, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START)
    for minutes in range(0, 12 * 60, 20):
        assert await use_session(shared, token, START + timedelta(minutes=minutes), rules)
    assert await use_session(shared, token, START + timedelta(hours=12), rules) is None
    trail = await read_trail(shared, await only_session(shared, ann))
    assert [entry["action"] for entry in trail] == ["person:session:begin", "system:session:expire"]


async def only_session(shared: Transaction, ann: Caller) -> object:
    cursor = await shared.connection.execute("select record_id from audit_entries where actor = %s and action = 'person:session:begin'", [ann.actor])
    ((session_id,),) = await cursor.fetchall()
    return session_id


async def test_sessions_that_nobody_comes_back_to_end_too(shared: Transaction, ann: Caller, rules: Rules) -> None:
    await start_session(shared, ann.person_id, "password", DESK, START - timedelta(minutes=31))
    kept = await start_session(shared, ann.person_id, "password", DESK, START)
    await end_old_sessions(shared, START, rules)
    assert len(await list_sessions(shared, ann.person_id, START, rules)) == 1
    assert await use_session(shared, kept, START, rules)


async def test_until_the_second_factor_a_session_is_short_and_good_for_nothing_else(shared: Transaction, ann: Caller, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START, second_factor_due=True)
    found = await use_session(shared, token, START + timedelta(minutes=9), rules)
    assert found
    assert found.due == Due.SECOND_FACTOR
    cursor = await shared.connection.execute("select count(*) from audit_entries where actor = %s", [ann.actor])
    assert await cursor.fetchone() == (0,)  # nobody is signed in yet
    assert await use_session(shared, token, START + timedelta(minutes=10), rules) is None


async def test_with_the_second_factor_the_token_changes(shared: Transaction, ann: Caller, rules: Rules) -> None:
    first = await start_session(shared, ann.person_id, "password", DESK, START, second_factor_due=True)
    half = await use_session(shared, first, START, rules)
    assert half
    second = await confirm_session(shared, half.session, START, "totp")
    assert await use_session(shared, first, START, rules) is None
    whole = await use_session(shared, second, START + timedelta(hours=0.4), rules)
    assert whole
    assert (whole.due, whole.session.second_factor, whole.session.id) == (None, "totp", half.session.id)
    assert whole.csrf != half.csrf


async def test_how_lately_somebody_proved_who_they_are_is_known(shared: Transaction, ann: Caller, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START)
    later = START + timedelta(minutes=16)
    found = await use_session(shared, token, later, rules)
    assert found
    assert (found.session.fresh(START, rules), found.session.fresh(later, rules)) == (True, False)
    again = await use_session(shared, await confirm_session(shared, found.session, later), later, rules)
    assert again
    assert again.session.fresh(later, rules)
    assert again.session.second_factor is None


async def test_signing_out_ends_this_session_and_signing_out_everywhere_all_others(shared: Transaction, ann: Caller, rules: Rules) -> None:
    tokens = [await start_session(shared, ann.person_id, "password", DESK, START) for _ in range(4)]
    here, *others = [await use_session(shared, token, START, rules) for token in tokens]
    assert here
    assert others[0]
    await end_session(shared, others[0].session)
    assert await end_sessions_of(shared, ann, ann.person_id, but=here.session.id) == 2
    assert [bool(await use_session(shared, token, START, rules)) for token in tokens] == [True, False, False, False]
    assert [one.id for one in await list_sessions(shared, ann.person_id, START, rules)] == [here.session.id]


async def test_a_role_counts_from_the_next_page_on(database: Database, ann: Caller, practice: Practice, rules: Rules) -> None:
    async with database.shared() as transaction:
        token = await start_session(transaction, ann.person_id, "password", DESK, START)
    await grant_role(database, OPERATOR, ann.person_id, practice.id, Role.AUDITOR)
    async with database.shared() as transaction:
        found = await use_session(transaction, token, START, rules)
        assert found
        assert found.caller.roles == {practice.id: {Role.FRONT_DESK, Role.AUDITOR}}


async def test_whoever_is_deactivated_is_signed_out_at_once(database: Database, ann: Caller, rules: Rules) -> None:
    async with database.shared() as transaction:
        token = await start_session(transaction, ann.person_id, "password", DESK, START)
    await deactivate_person(database, OPERATOR, ann.person_id)
    async with database.shared() as transaction:
        assert await use_session(transaction, token, START, rules) is None


async def test_where_a_second_factor_is_required_it_is_set_up_first(shared: Transaction, ann: Caller, rules: Rules) -> None:
    token = await start_session(shared, ann.person_id, "password", DESK, START)
    strict = replace(rules, second_factor_required=True)
    found = await use_session(shared, token, START, strict)
    assert found
    assert found.due == Due.SECOND_FACTOR_SETUP
    by_provider = await start_session(shared, ann.person_id, "sso", DESK, START, second_factor="provider")
    found = await use_session(shared, by_provider, START, strict)
    assert found
    assert found.due is None


async def test_a_role_everywhere_shows_as_such(shared: Transaction, someone: Someone, rules: Rules) -> None:
    boss = await someone(EVERYWHERE, Role.ADMINISTRATOR)
    found = await use_session(shared, await start_session(shared, boss.person_id, "passkey", DESK, START), START, rules)
    assert found
    assert found.caller.roles == {EVERYWHERE: {Role.ADMINISTRATOR}}
