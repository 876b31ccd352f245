"""The connectivity test: begun by a person, watched step by step, kept, for one connection and for all."""

import asyncio
from typing import Any

import pytest

from practicestudio.access.caller import Caller
from practicestudio.access.rights import Role
from practicestudio.access.roles import grant_role
from practicestudio.practices.connection import Connection, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database

PART = {"HX-Request": "true", "X-Passive": "1"}


async def grant(database: Database, person: Any, practice: Practice, role: Role) -> None:
    """A role at another practice."""
    await grant_role(database, Caller.operator("test"), person.id, practice.id, role)


async def connect(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url="http://127.0.0.1:9"), "cli:test")  # nobody listens there
        await set_credentials(transaction, Credentials(client_id=practice.athena_id, client_secret="hunter2"), "cli:test")


@pytest.fixture
async def connected(database: Database, practice: Practice) -> Practice:
    await connect(database, practice)
    return practice


def connectivity(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/settings/integrations/connectivity"


async def ended(person: Any, practice: Practice) -> str:
    """The part of the page that changes, once no test is under way."""
    for _ in range(100):
        shown = str((await person.get(connectivity(practice), headers=PART)).text)
        if "Testing" not in shown and "running" not in shown and "not tested yet" not in shown:
            return shown
        await asyncio.sleep(0.05)
    raise AssertionError(shown)


async def test_without_a_connection_there_is_nothing_to_test(sign_in: Any, practice: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    assert "No connection to test yet" in (await person.get(connectivity(practice))).text
    assert (await person.post(connectivity(practice))).status_code == 409


async def test_a_test_is_run_watched_and_kept_with_what_to_do(sign_in: Any, connected: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    assert "This connection was not tested yet" in (await person.get(connectivity(connected))).text
    assert (await person.post(connectivity(connected))).status_code == 303
    shown = await ended(person, connected)
    assert "Nothing gets through" in shown
    assert "127.0.0.1 refused the connection. Check the base URL, its port, and whether a firewall is between." in shown
    whole = (await person.get(connectivity(connected))).text
    assert "Name of person" in whole
    assert "hunter2" not in whole
    test = whole.split(f"{connectivity(connected)}/tests/")[1].split('"')[0]
    one = (await person.get(f"{connectivity(connected)}/tests/{test}")).text
    assert "127.0.0.1 refused the connection." in one
    assert "a step before it failed" in one
    kept = (await person.get(f"{connectivity(connected)}?part=kept", headers=PART)).text
    assert test in kept
    assert "<html" not in kept


async def test_all_connections_that_the_person_may_test_are_tested_at_once(sign_in: Any, database: Database, connected: Practice) -> None:
    other = await add_practice(database, str(int(connected.athena_id) + 300_000), "Second Practice", "UTC")
    hidden = await add_practice(database, str(int(connected.athena_id) + 400_000), "Hidden Practice", "UTC")
    for one in (other, hidden):
        await connect(database, one)
    person = await sign_in(Role.ANALYST)
    await grant(database, person, other, Role.ADMINISTRATOR)
    await grant(database, person, hidden, Role.BILLER)  # who may not test
    assert (await person.post(f"{connectivity(connected)}/all")).status_code == 303
    shown = await ended(person, connected)
    assert shown.count("failed</span>") >= 2
    assert "Second Practice" in shown
    assert "Hidden Practice" not in shown


async def test_whoever_may_not_test_does_not_see_the_page(sign_in: Any, connected: Practice) -> None:
    person = await sign_in(Role.BILLER)
    assert (await person.get(connectivity(connected))).status_code == 403
    assert (await person.post(connectivity(connected))).status_code == 403


async def test_a_test_of_another_practice_is_not_shown(sign_in: Any, database: Database, connected: Practice) -> None:
    other = await add_practice(database, str(int(connected.athena_id) + 300_000), "Second Practice", "UTC")
    person = await sign_in(Role.ANALYST)
    await grant(database, person, other, Role.ANALYST)
    await person.post(connectivity(connected))
    await ended(person, connected)
    whole = (await person.get(connectivity(connected))).text
    test = whole.split(f"{connectivity(connected)}/tests/")[1].split('"')[0]
    assert (await person.get(f"{connectivity(other)}/tests/{test}")).status_code == 409
