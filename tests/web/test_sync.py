"""Sync shows every job with its next time, runs and stops it, and how much of the limits is used."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest

from practicestudio.access.rights import Role
from practicestudio.clock import now
from practicestudio.monitor.limit_use import put_sample
from practicestudio.practices.connection import Connection, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import Practice
from practicestudio.practices.schedule import DEFAULTS
from practicestudio.practices.shared_credential import blind, limits_name
from practicestudio.store.database import Database

PART = {"HX-Request": "true", "X-Passive": "1"}


@pytest.fixture
async def connected(database: Database, practice: Practice) -> Practice:
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url="http://127.0.0.1:9"), "cli:test")
        await set_credentials(transaction, Credentials(client_id=practice.athena_id, client_secret="secret"), "cli:test")
    return practice


def sync(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/sync"


async def test_every_job_stands_with_a_button_to_run_it(sign_in: Any, connected: Practice) -> None:
    shown = (await (await sign_in(Role.ANALYST)).get(sync(connected))).text
    for job in DEFAULTS:
        assert f'action="{sync(connected)}/{job}/run"' in shown


async def test_a_practice_without_a_connection_says_so_and_offers_nothing_to_run(sign_in: Any, practice: Practice) -> None:
    shown = (await (await sign_in(Role.ANALYST)).get(sync(practice))).text
    assert "Nothing to synchronise yet" in shown
    assert "/run" not in shown
    assert "Nothing to count yet" in shown


async def test_a_job_is_run_and_then_stopped_and_both_are_in_the_list(sign_in: Any, connected: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    assert (await person.post(f"{sync(connected)}/feed.patients/run")).status_code == 303
    running = (await person.get(sync(connected), headers=PART)).text
    assert f'action="{sync(connected)}/feed.patients/stop"' in running
    assert "<html" not in running
    assert (await person.post(f"{sync(connected)}/feed.patients/stop")).status_code == 303
    stopped = (await person.get(sync(connected))).text
    assert "It goes on where it stood when you run it." in stopped
    assert "It was stopped by a person." in stopped
    assert "Name of person" in stopped


async def test_what_ran_is_narrowed_to_a_job(sign_in: Any, connected: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    await person.post(f"{sync(connected)}/feed.patients/run")
    assert "Nothing ran yet" in (await person.get(f"{sync(connected)}?job=pull.patients")).text
    assert "Nothing ran yet" not in (await person.get(f"{sync(connected)}?job=feed.patients")).text
    assert (await person.get(f"{sync(connected)}?job=coffee")).status_code == 422


async def test_whoever_may_only_look_cannot_run_a_job(sign_in: Any, connected: Practice) -> None:
    person = await sign_in(Role.FRONT_DESK)
    assert "/run" not in (await person.get(sync(connected))).text
    assert (await person.post(f"{sync(connected)}/feed.patients/run")).status_code == 403


async def test_what_does_not_run_or_does_not_exist_is_told(sign_in: Any, connected: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    assert (await person.post(f"{sync(connected)}/pull.patients/stop")).status_code == 422
    assert (await person.post(f"{sync(connected)}/coffee/run")).status_code == 422


async def test_the_use_of_limits_is_a_chart_with_its_forecast_and_a_table(sign_in: Any, database: Database, connected: Practice) -> None:
    moment = now()
    async with database.shared() as shared:
        credential = blind(shared, limits_name(connected.athena_id, "http://127.0.0.1:9"))
        await shared.connection.execute("insert into rate_limits (credential, day, day_used) values (%s, %s, 0)", [str(credential), moment.date()])
        for minutes, used in ((30, 10_000), (0, 30_000)):
            await shared.connection.execute("update rate_limits set day_used = %s where credential = %s", [used, str(credential)])
            await put_sample(shared, credential, moment - timedelta(minutes=minutes), Counter({moment: 7}))
    shown = (await (await sign_in(Role.ANALYST)).get(sync(connected))).text
    assert "30,000 of 50,000, 20,000 left" in shown
    assert "7 of 15" in shown
    assert shown.count("Show as a table") == 2
