"""Emergency access: taken with a reason, for an hour, in one practice, and seen by everybody who looks."""

from dataclasses import replace
from datetime import timedelta

import pytest

from practicestudio.access.audit import Action, AuditEntry, read_trail, write
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.emergency import end_emergency, list_emergencies, take_emergency
from practicestudio.access.rights import EMERGENCY, RIGHTS, Right, Role
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Browser, SignedIn, start_session, use_session
from practicestudio.clock import new_id, now
from practicestudio.errors import InvalidValue, NotAllowed
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database, Origin

from .conftest import Someone

START = now()
WHY = "  A patient is unconscious in the\nwaiting room "
FROM = Origin("web", "192.0.2.5")


@pytest.fixture
async def biller(someone: Someone, practice: Practice) -> Caller:
    return await someone(practice.id, Role.BILLER)


async def signed_in(database: Database, rules: Rules, person: Caller, after: timedelta = timedelta()) -> SignedIn:
    async with database.shared() as transaction:
        token = await start_session(transaction, person.person_id, "password", Browser(), START + after)
        found = await use_session(transaction, token, START + after, rules)
    assert found
    return found


async def test_it_gives_its_rights_in_that_practice_for_an_hour(database: Database, rules: Rules, practice: Practice, biller: Caller) -> None:
    ends_at = await take_emergency(database, biller, practice.id, WHY, rules, START, FROM)
    assert ends_at == START + timedelta(hours=1)
    during = (await signed_in(database, rules, biller, timedelta(minutes=59))).caller
    assert during.rights(practice.id) == RIGHTS[Role.BILLER] | EMERGENCY
    assert during.emergency == {practice.id: ends_at}
    assert during.rights(new_id()) == frozenset()
    after = (await signed_in(database, rules, biller, timedelta(hours=1))).caller
    assert after.rights(practice.id) == RIGHTS[Role.BILLER]


async def test_it_is_loud_in_the_practices_trail_with_the_reason(database: Database, rules: Rules, practice: Practice, biller: Caller) -> None:
    await take_emergency(database, biller, practice.id, WHY, rules, START, FROM)
    async with database.shared() as transaction:
        [taken] = await list_emergencies(transaction, practice.id)
    assert (taken.person_id, taken.reason) == (biller.person_id, "A patient is unconscious in the waiting room")
    await end_emergency(database, biller, practice.id, START + timedelta(minutes=5), FROM)
    async with database.practice(practice.id) as transaction:
        begun, ended = await read_trail(transaction, taken.id)
    assert (begun["action"], begun["actor"], begun["emergency"], begun["purpose"]) == ("person:emergency:begin", biller.actor, True, taken.reason)
    assert (ended["action"], ended["emergency"], ended["address"]) == ("person:emergency:end", True, "192.0.2.5")


async def test_what_is_done_under_it_is_marked(database: Database, rules: Rules, practice: Practice, biller: Caller) -> None:
    await take_emergency(database, biller, practice.id, WHY, rules, START, FROM)
    caller, patient = (await signed_in(database, rules, biller)).caller, new_id()
    async with database.practice(practice.id, replace(FROM, emergency=caller.in_emergency(practice.id))) as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, caller.actor, "patient", patient)])
        [entry] = await read_trail(transaction, patient)
    assert entry["emergency"] is True


async def test_it_can_be_given_back_early(database: Database, rules: Rules, practice: Practice, biller: Caller) -> None:
    await take_emergency(database, biller, practice.id, WHY, rules, START, FROM)
    await end_emergency(database, biller, practice.id, START + timedelta(minutes=5), FROM)
    assert not (await signed_in(database, rules, biller, timedelta(minutes=6))).caller.emergency
    await take_emergency(database, biller, practice.id, WHY, rules, START + timedelta(minutes=10), FROM)


async def test_it_is_not_drawn_out_by_taking_it_again(database: Database, rules: Rules, practice: Practice, biller: Caller) -> None:
    await take_emergency(database, biller, practice.id, WHY, rules, START, FROM)
    with pytest.raises(InvalidValue, match="already"):
        await take_emergency(database, biller, practice.id, WHY, rules, START + timedelta(minutes=59), FROM)


@pytest.mark.parametrize("why", ["", "urgent", " . " * 8, "x" * 501])
async def test_a_reason_that_says_nothing_is_none(database: Database, rules: Rules, practice: Practice, biller: Caller, why: str) -> None:
    with pytest.raises(InvalidValue, match="reason"):
        await take_emergency(database, biller, practice.id, why, rules, START, FROM)


@pytest.mark.parametrize("role", [role for role in Role if Right.EMERGENCY_TAKE not in RIGHTS[role]])
async def test_who_has_no_right_to_it_gets_none(database: Database, rules: Rules, practice: Practice, someone: Someone, role: Role) -> None:
    with pytest.raises(NotAllowed, match="emergency:take"):
        await take_emergency(database, await someone(practice.id, role), practice.id, WHY, rules, START, FROM)


async def test_at_a_practice_where_somebody_has_no_role_there_is_none(database: Database, rules: Rules, biller: Caller) -> None:
    other = await add_practice(database, str(new_id().int % 10**9), "Other", "UTC")
    for elsewhere in (other.id, EVERYWHERE):
        with pytest.raises(NotAllowed):
            await take_emergency(database, biller, elsewhere, WHY, rules, START, FROM)


async def test_it_is_taken_at_one_practice_by_those_who_hold_a_role_everywhere(
    database: Database, rules: Rules, practice: Practice, someone: Someone
) -> None:
    chief = await someone(EVERYWHERE, Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed, match="at one practice"):
        await take_emergency(database, chief, EVERYWHERE, WHY, rules, START, FROM)
    await take_emergency(database, chief, practice.id, WHY, rules, START, FROM)
    assert (await signed_in(database, rules, chief)).caller.emergency.keys() == {practice.id}


async def test_no_program_takes_it(database: Database, rules: Rules, practice: Practice) -> None:
    program = Caller("key:1", "Program", roles={practice.id: frozenset(Role)})
    with pytest.raises(NotAllowed, match="Only a person"):
        await take_emergency(database, program, practice.id, WHY, rules, START, FROM)


async def test_the_reason_cannot_be_read_at_rest(database: Database, rules: Rules, practice: Practice, biller: Caller) -> None:
    await take_emergency(database, biller, practice.id, "Quimby is unconscious", rules, START, FROM)
    async with database.shared() as transaction:
        stored = str(await (await transaction.connection.execute("select emergencies::text from emergencies")).fetchall())
    assert "Quimby" not in stored
