"""Signing in with a password, as people do and as those do who guess."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.attempts import TooManyTries, network_of
from practicestudio.access.audit import read_trail
from practicestudio.access.caller import Caller
from practicestudio.access.change_password import change_password
from practicestudio.access.confirming import confirm_with_password
from practicestudio.access.manage_people import deactivate_person
from practicestudio.access.passwords import read_password
from practicestudio.access.people import read_person
from practicestudio.access.reset import give_one_time_password
from practicestudio.access.rights import Role
from practicestudio.access.rules import Hashing, Rules
from practicestudio.access.sessions import Browser, Due, SignedIn, use_session
from practicestudio.access.sign_in import Arrival, Presented, SignInRefused, sign_in
from practicestudio.clock import new_id, now
from practicestudio.errors import InvalidValue, NotAllowed
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database

from .conftest import OPERATOR, Someone

RIGHT, NEW = "copper wagon tulip", "seven brown kettles"
START = now()


@dataclass
class Door:
    """Somebody with a password at the sign-in page. Addresses are of this test alone, for failures are counted by them."""

    database: Database
    rules: Rules
    person: Caller
    name: str
    network: str

    async def try_in(self, password: str = RIGHT, device: str | None = None, at: datetime = START, address: str = "", name: str = "") -> Arrival:
        presented = Presented(name or self.name, password, device)
        return await sign_in(self.database, self.rules, presented, Browser(address or f"{self.network}::1", "a test"), at)

    async def refused(self, password: str = "wrong", device: str | None = None, at: datetime = START, address: str = "", name: str = "") -> str:
        """How a try is refused."""
        with pytest.raises((SignInRefused, TooManyTries)) as refusal:
            await self.try_in(password, device, at, address, name)
        return str(refusal.value)

    async def signed_in(self, token: str, at: datetime = START) -> SignedIn:
        async with self.database.shared() as transaction:
            found = await use_session(transaction, token, at, self.rules)
        assert found
        return found

    async def trail(self) -> list[dict[str, Any]]:
        async with self.database.shared() as transaction:
            return await read_trail(transaction, self.person.person_id or UUID(int=0))


Stand = Callable[[], Awaitable[Door]]


@pytest.fixture
def stand(database: Database, rules: Rules, someone: Someone, practice: Practice) -> Stand:
    async def make() -> Door:
        person = await someone(practice.id, Role.BILLER)
        one_time = await give_one_time_password(database, OPERATOR, person.person_id, rules)
        async with database.shared() as transaction:
            name = (await read_person(transaction, person.person_id)).sign_in_name
        door = Door(database, rules, person, name, f"2001:db8:{new_id().hex[-8:-4]}:{new_id().hex[-4:]}")
        arrived = await door.try_in(one_time)
        await change_password(database, rules, await door.signed_in(arrived.token), None, RIGHT, START)
        return door

    return make


@pytest.fixture
async def door(stand: Stand) -> Door:
    return await stand()


async def test_with_name_and_password_somebody_is_signed_in(door: Door) -> None:
    arrived = await door.try_in(name=f" {door.name.upper()} ")
    found = await door.signed_in(arrived.token)
    assert (found.caller, found.due, found.session.method) == (door.person, None, "password")
    assert not arrived.second_factor_due


async def test_a_one_time_password_is_good_for_choosing_another_and_nothing_else(database: Database, rules: Rules, door: Door) -> None:
    one_time = await give_one_time_password(database, OPERATOR, door.person.person_id, rules)
    assert "not right" in await door.refused(RIGHT)
    arrived = await door.try_in(one_time)
    found = await door.signed_in(arrived.token)
    assert found.due == Due.PASSWORD
    for refused in ("too short", one_time):
        with pytest.raises(InvalidValue):
            await change_password(database, rules, found, None, refused, START)
    token = await change_password(database, rules, found, None, NEW, START)
    assert (await door.signed_in(token)).due is None
    assert "not right" in await door.refused(one_time)
    await door.try_in(NEW)


async def test_a_one_time_password_ends(database: Database, rules: Rules, door: Door) -> None:
    one_time = await give_one_time_password(database, OPERATOR, door.person.person_id, rules)
    assert "can no longer be used" in await door.refused(one_time, at=now() + timedelta(days=3))
    assert "not right" in await door.refused("wrong", at=now() + timedelta(days=3))


async def test_unknown_name_wrong_password_and_no_access_are_answered_alike(database: Database, door: Door, stand: Stand) -> None:
    gone = await stand()
    await deactivate_person(database, OPERATOR, gone.person.person_id)
    answers = {await door.refused("wrong"), await door.refused(name="nobody.of.this.name"), await gone.refused(RIGHT)}
    assert answers == {"The sign-in name or the password is not right."}


async def test_unknown_names_take_as_long(door: Door) -> None:
    door.rules = replace(door.rules, hashing=Hashing(time_cost=2, memory_kib=32_768, parallelism=1))
    await door.try_in()  # and so it is hashed as slowly

    async def quickest(name: str) -> float:
        taken = []
        for _ in range(3):
            begun = time.perf_counter()
            await door.refused(name=name)
            taken.append(time.perf_counter() - begun)
        return min(taken)

    known, unknown = await quickest(door.name), await quickest("nobody.at.all")
    assert 0.5 < unknown / known < 2


async def test_a_password_is_hashed_anew_when_more_is_asked(database: Database, door: Door) -> None:
    door.rules = replace(door.rules, hashing=replace(door.rules.hashing, memory_kib=64))
    await door.try_in()
    async with database.shared() as transaction:
        stored = await read_password(transaction, door.person.person_id or UUID(int=0))
    assert stored
    assert "m=64" in stored.hash
    await door.try_in()


async def fail(door: Door, times: int, **given: Any) -> None:
    for _ in range(times):
        assert "not right" in await door.refused(**given)


async def test_who_guesses_has_to_wait_longer_and_longer_even_with_the_right_password(door: Door) -> None:
    await fail(door, 5)
    assert "wait 1 minute" in await door.refused(RIGHT)
    later = START + timedelta(seconds=31)
    await fail(door, 1, at=later)
    assert "wait 1 minute" in await door.refused(RIGHT, at=later + timedelta(seconds=59))
    await door.try_in(at=later + timedelta(seconds=61))


async def test_names_that_nobody_has_wait_the_same(door: Door) -> None:
    name = f"nobody{new_id().hex}"
    await fail(door, 5, name=name)
    assert "wait 1 minute" in await door.refused(name=name)


async def test_many_tries_at_once_are_no_way_around_the_wait(door: Door) -> None:
    refusals = await asyncio.gather(*(door.refused("wrong") for _ in range(20)))
    assert len([one for one in refusals if "not right" in one]) == 5


async def test_a_known_device_gets_in_while_strangers_wait(door: Door) -> None:
    device = (await door.try_in()).device
    await fail(door, 5, address="2001:db8:bad::1")
    assert "wait" in await door.refused(RIGHT, address="2001:db8:bad::1")
    assert "wait" in await door.refused(RIGHT)
    again = await door.try_in(device=device)
    assert "wait" in await door.refused(RIGHT)  # and that is no help to strangers
    await door.try_in(device=again.device)


async def test_a_known_device_does_not_guess_for_ever_either(door: Door) -> None:
    device = (await door.try_in()).device
    await fail(door, 5, device=device)
    assert "wait" in await door.refused(RIGHT, device=device)
    await door.try_in()  # others are not held up by it


async def test_a_device_is_known_for_those_who_signed_in_from_it_only(door: Door, stand: Stand) -> None:
    mallory = await stand()
    device = (await mallory.try_in()).device
    await fail(door, 5, device=device)
    assert "wait" in await door.refused(RIGHT)  # Mallory's tries counted as a stranger's


async def test_a_front_desks_device_is_known_for_everybody_who_works_there(door: Door, stand: Stand) -> None:
    other = await stand()
    device = (await door.try_in()).device
    device = (await other.try_in(device=device)).device
    for one in (door, other):
        await fail(one, 5)
        arrived = await one.try_in(device=device)
        device = arrived.device


async def test_a_device_cookie_that_somebody_planted_is_worth_nothing_afterwards(door: Door, stand: Stand) -> None:
    mallory = await stand()
    planted = (await mallory.try_in()).device
    await door.try_in(device=planted)
    await fail(door, 5, device=planted)
    assert "wait" in await door.refused(RIGHT)  # what came with the planted cookie was a stranger's


async def test_who_tries_many_names_from_one_network_has_to_wait_and_known_devices_there_do_not(door: Door) -> None:
    device = (await door.try_in()).device
    for number in range(30):
        await fail(door, 1, name=f"spray{number}", address=f"{door.network}::{number:x}")
    assert "wait" in await door.refused(name="spray99")
    assert "wait" in await door.refused(RIGHT)
    await door.try_in(device=device)
    await door.try_in(address="2001:db8:900d::1")


def test_a_network_is_what_one_attacker_has_of_addresses() -> None:
    assert network_of("192.0.2.7") == network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("testclient") == "testclient"


async def test_the_trail_tells_of_tries_and_never_what_was_typed(door: Door) -> None:
    await door.refused("hunter2hunter2")
    await door.refused(name="hunter2hunter2")
    await fail(door, 4)
    last = (await door.trail())[-1]
    assert (last["action"], last["changes"], last["address"]) == ("person:session:refuse", {"reason": [None, "password"]}, f"{door.network}::1")
    async with door.database.shared() as transaction:
        cursor = await transaction.connection.execute(
            "select id, sealed from audit_entries where action in ('person:session:refuse', 'system:signin:throttle')"
        )
        opened = [transaction.sealer.open("audit_entries", *row) for row in await cursor.fetchall()]
    assert b'{"failures":[null,5]}' in opened
    assert b"hunter2" not in b"".join(opened)


async def test_changing_a_password_needs_the_one_before_and_signs_out_everywhere_else(database: Database, rules: Rules, door: Door) -> None:
    here, there = await door.try_in(), await door.try_in()
    found = await door.signed_in(here.token)
    with pytest.raises(SignInRefused):
        await change_password(database, rules, found, "wrong", NEW, START)
    token = await change_password(database, rules, found, RIGHT, NEW, START)
    assert token != here.token
    async with database.shared() as transaction:
        assert await use_session(transaction, here.token, START, rules) is None
        assert await use_session(transaction, there.token, START, rules) is None
        assert await use_session(transaction, token, START, rules)
    assert "not right" in await door.refused(RIGHT)


async def test_whoever_holds_an_open_session_does_not_guess_the_password_for_ever(database: Database, rules: Rules, door: Door) -> None:
    found = await door.signed_in((await door.try_in()).token)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            await confirm_with_password(database, rules, found, "wrong", START)
    with pytest.raises(TooManyTries):
        await confirm_with_password(database, rules, found, RIGHT, START)
    with pytest.raises(TooManyTries):
        await change_password(database, rules, found, RIGHT, NEW, START)


async def test_confirming_makes_a_session_fresh(database: Database, rules: Rules, door: Door) -> None:
    found = await door.signed_in((await door.try_in()).token)
    later = START + timedelta(minutes=20)
    token = await confirm_with_password(database, rules, found, RIGHT, later)
    assert (await door.signed_in(token, later)).session.fresh(later, rules)


async def test_nobody_resets_their_own_sign_in_nor_that_of_people_beyond_them(
    database: Database, rules: Rules, practice: Practice, someone: Someone
) -> None:
    boss, chief = await someone(practice.id, Role.ADMINISTRATOR), await someone(UUID(int=0), Role.ADMINISTRATOR)
    with pytest.raises(NotAllowed, match="their own"):
        await give_one_time_password(database, boss, boss.person_id, rules)
    with pytest.raises(NotAllowed, match="beyond"):
        await give_one_time_password(database, boss, chief.person_id, rules)
