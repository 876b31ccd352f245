"""Connections are tested by the schedule and by people, one or all at once, and what came of it is kept."""

from typing import Any

import pytest

from practicestudio.clock import now
from practicestudio.errors import Misconfigured
from practicestudio.monitor.connection_tests import ConnectionTest, list_tests
from practicestudio.practices.credentials import Credentials
from practicestudio.sync.run_connection_tests import begin_connection_test, run_all
from practicestudio.sync.set_up_connection import current_connection, set_up_connection


async def kept(clinic: Any) -> list[ConnectionTest]:
    found: list[ConnectionTest] = await clinic.do(lambda transaction: list_tests(transaction, now()))
    return found


async def refuse_credentials(clinic: Any) -> None:
    connection, _ = await current_connection(clinic.database, clinic.practice)
    await set_up_connection(clinic.database, clinic.practice, connection, Credentials(client_id="sandbox", client_secret="wrong"), "ann")


async def test_the_job_tests_the_connection_and_keeps_every_step(platform: Any) -> None:
    await platform.run("connection.test")
    [test] = await kept(platform)
    assert (test.door, test.asked_by) == ("rest", "schedule")
    told = {step.name: step.state for step in test.steps}
    assert list(told) == ["name", "connection", "TLS", "token", "ping", "practice", "patients", "appointments", "changed data"]
    assert {state for name, state in told.items() if name != "connection"} == {"ok"}  # nobody listens at the test's address


async def test_the_job_is_done_whatever_the_test_finds(platform: Any) -> None:
    await refuse_credentials(platform)
    await platform.run("connection.test")
    assert not await platform.errors()
    [test] = await kept(platform)
    assert {step.name: step.state for step in test.steps}["token"] == "failed"


async def test_tests_share_a_token_that_is_still_good(platform: Any) -> None:
    for _ in range(6):  # one more than athenahealth takes token requests a minute
        await platform.run("connection.test")
    assert platform.sandbox.calls["token"] == 1


async def test_credentials_that_are_refused_are_not_tried_with_every_test(platform: Any) -> None:
    await refuse_credentials(platform)
    for _ in range(6):
        await platform.run("connection.test")
    assert platform.sandbox.calls["token"] == 1


async def test_all_connections_are_tested_and_told_by_practice(make_clinic: Any, practice: Any) -> None:
    fine, refused = await make_clinic("platform"), await make_clinic("platform")
    await refuse_credentials(refused)
    told = []

    async def done(practice: Any, _: ConnectionTest) -> None:
        told.append(practice.id)

    found = {}
    for clinic in (fine, refused):  # each has a sandbox of its own, so each goes by its own doors
        found |= await run_all(clinic.doors, [clinic.practice, practice], "ann", done=done)
    assert set(found) == set(told) == {fine.practice.id, refused.practice.id}
    assert found[refused.practice.id].failed_step.name in ("connection", "token")
    assert [test.asked_by for test in await kept(fine)] == ["ann"]


async def test_a_practice_without_a_connection_says_how_to_set_one(platform: Any, practice: Any) -> None:
    with pytest.raises(Misconfigured, match="no connection"):
        await begin_connection_test(platform.doors, practice, "ann")


async def test_a_connection_that_cannot_be_opened_as_it_is_set_is_a_failed_test(platform: Any) -> None:
    await platform.configure("connection", "rest", {"base_url": "http://athena.example"})
    await platform.run("connection.test")
    [test] = await kept(platform)
    assert (test.state, test.steps[0].name) == ("failed", "settings")
    assert "unencrypted" in test.steps[0].told
