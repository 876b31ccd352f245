"""Home tells whether everything is well, links to where something is seen to, and refreshes by a part of itself."""

from datetime import timedelta
from typing import Any

import pytest

from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.rights import Role
from practicestudio.access.roles import grant_role
from practicestudio.clock import first_id_at, now
from practicestudio.monitor.alerts import note_findings, open_alerts
from practicestudio.monitor.findings import Finding
from practicestudio.practices.connection import Connection, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import SHARED, Database

PART = {"HX-Request": "true", "X-Passive": "1"}


async def grant(database: Database, person: Any, practice: Practice, role: Role) -> None:
    """A role at another practice."""
    await grant_role(database, Caller.operator("test"), person.id, practice.id, role)


REFUSED = Finding("token_refused", "critical", "The credentials were refused. Check them.", "rest", down=True)


@pytest.fixture
async def connected(database: Database, practice: Practice) -> Practice:
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url="http://127.0.0.1:9"), "cli:test")
        await set_credentials(transaction, Credentials(client_id=practice.athena_id, client_secret="secret"), "cli:test")
    return practice


def home(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/"


async def put_messages(database: Database, practice: Practice, state: str, count: int) -> None:
    moment = now()
    async with database.practice(practice.id) as transaction:
        for number in range(count):
            at = moment - timedelta(minutes=5, milliseconds=number)
            await transaction.connection.execute(
                "insert into messages (practice_id, id, received_at, direction, door, kind, lane, urgency, state, finished_at)"
                " values (%s, %s, %s, 'in', 'rest', 'patient', 1, 1, %s, %s)",
                [practice.id, first_id_at(at), at, state, at + timedelta(seconds=2)],
            )


async def test_a_practice_without_a_connection_says_how_to_set_one(sign_in: Any, practice: Practice) -> None:
    answer = await (await sign_in(Role.ANALYST)).get(home(practice))
    assert answer.status_code == 200
    assert "Not set up yet" in answer.text
    assert f'href="/practices/{practice.athena_id}/settings/integrations/athenahealth"' in answer.text


async def test_a_practice_that_is_well_tells_when_the_last_message_came(sign_in: Any, database: Database, connected: Practice) -> None:
    await put_messages(database, connected, "done", 3)
    answer = await (await sign_in(Role.ANALYST)).get(home(connected))
    assert "Everything is well" in answer.text
    assert "the last message came at" in answer.text
    assert 'class="h1 mb-0"><a class="stretched-link text-reset" href="' in answer.text


async def test_failed_messages_are_counted_and_lead_to_error_management(sign_in: Any, database: Database, connected: Practice) -> None:
    await put_messages(database, connected, "failed", 2)
    answer = await (await sign_in(Role.ANALYST)).get(home(connected))
    assert "Something needs attention" in answer.text
    assert "2 messages failed." in answer.text
    assert f'id="first-act" href="/practices/{connected.athena_id}/settings/integrations/errors"' in answer.text


async def test_the_part_that_changes_comes_alone(sign_in: Any, connected: Practice) -> None:
    part = await (await sign_in(Role.ANALYST)).get(home(connected), headers=PART)
    assert part.status_code == 200
    assert "<html" not in part.text
    assert "Not set up yet" not in part.text
    assert "Last 24 hours" not in part.text
    trend = await (await sign_in(Role.ANALYST)).get(f"{home(connected)}?part=trend", headers=PART)
    assert "Last 24 hours" in trend.text


async def test_an_open_alert_is_shown_and_taken_on_by_name(sign_in: Any, database: Database, connected: Practice) -> None:
    async with database.practice(connected.id) as transaction:
        await note_findings(transaction, [REFUSED], now())
        [alert] = await open_alerts(transaction)
    person = await sign_in(Role.ANALYST)
    assert "Credentials refused" in (await person.get(home(connected))).text
    answer = await person.post(f"{home(connected)}alerts/{alert.id}/acknowledge")
    assert answer.status_code == 303
    assert "sees to it since" in (await person.get(home(connected))).text
    assert (await person.post(f"{home(connected)}alerts/{alert.id}/acknowledge")).status_code == 409


async def test_whoever_may_only_look_is_not_offered_to_take_on_an_alert(sign_in: Any, database: Database, connected: Practice) -> None:
    async with database.practice(connected.id) as transaction:
        await note_findings(transaction, [REFUSED], now())
        [alert] = await open_alerts(transaction)
    person = await sign_in(Role.FRONT_DESK)
    shown = (await person.get(home(connected))).text
    assert "Credentials refused" in shown
    assert "Take on" not in shown
    assert "settings/integrations/logs" not in shown
    assert (await person.post(f"{home(connected)}alerts/{alert.id}/acknowledge")).status_code == 403


async def test_with_one_practice_the_start_leads_straight_there(sign_in: Any, practice: Practice) -> None:
    answer = await (await sign_in(Role.ANALYST)).get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, home(practice))


async def test_with_several_practices_the_start_tells_of_each_and_of_no_other(sign_in: Any, database: Database, connected: Practice) -> None:
    other = await add_practice(database, str(int(connected.athena_id) + 300_000), "Second Practice", "UTC")
    hidden = await add_practice(database, str(int(connected.athena_id) + 400_000), "Hidden Practice", "UTC")
    person = await sign_in(Role.ANALYST)
    await grant(database, person, other, Role.BILLER)
    shown = (await person.get("/")).text
    assert home(connected) in shown
    assert home(other) in shown
    assert home(hidden) not in shown
    assert "not set up" in shown
    part = await person.get("/", headers=PART)
    assert "<html" not in part.text


async def test_alerts_of_the_installation_are_for_whoever_sees_to_all(sign_in: Any, database: Database, connected: Practice) -> None:
    disk = Finding("disk", "critical", "Only 2% of the disk is free.")
    async with database.shared() as shared:
        await note_findings(shared, [disk], now())
        [alert] = await open_alerts(shared)
    everyone = await sign_in(*Role, at=EVERYWHERE)
    assert "Only 2% of the disk is free." in (await everyone.get("/")).text
    assert (await everyone.post(f"/alerts/{alert.id}/acknowledge")).status_code == 303
    assert (await (await sign_in(Role.ANALYST)).post(f"/alerts/{alert.id}/acknowledge")).status_code == 403
    async with database.shared() as shared:
        await shared.connection.execute("delete from alerts where practice_id = %s", [SHARED])
