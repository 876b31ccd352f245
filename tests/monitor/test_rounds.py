"""The monitor's round: one process looks for all, alerts open and close by what it sees, and one broken practice does not hide the others."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from practicestudio.app import open_database
from practicestudio.clock import first_id_at, new_id, now
from practicestudio.monitor import rounds
from practicestudio.monitor.alerts import open_alerts
from practicestudio.monitor.channels import put_channel
from practicestudio.monitor.limit_use import read_samples
from practicestudio.monitor.overview import glances
from practicestudio.monitor.rounds import last_round, make_round
from practicestudio.practices import configuration
from practicestudio.practices.connection import Connection, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.practices.shared_credential import blind, limits_name
from practicestudio.store.database import SHARED, Database


@pytest.fixture(scope="module")
async def database(new_home: Any) -> AsyncIterator[Database]:
    """One of its own, for a round looks at every practice that there is."""
    with new_home() as own:
        async with open_database(own) as opened:
            yield opened


@pytest.fixture(autouse=True)
def _sealed(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sealer runs here, and rounds are made in the future."""

    async def unsealed(_: Database) -> dict[UUID, datetime]:
        return {}

    monkeypatch.setattr(rounds, "unsealed_since", unsealed)


@pytest.fixture
async def connected(database: Database, practice: Practice) -> Practice:
    await connect(database, practice)
    return practice


async def connect(database: Database, practice: Practice, client: str = "client") -> None:
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url="http://127.0.0.1:1"), "ann")
        await set_credentials(transaction, Credentials(client_id=client, client_secret="secret"), "ann")


async def alerts_of(database: Database, practice_id: UUID) -> list[str]:
    async with database.practice(practice_id) as transaction:
        return [one.rule for one in await open_alerts(transaction)]


async def fail_messages(database: Database, practice: Practice, count: int, at: datetime) -> None:
    async with database.practice(practice.id) as transaction:
        for number in range(count):
            await transaction.connection.execute(
                "insert into messages (practice_id, id, received_at, direction, door, kind, lane, urgency, state, finished_at)"
                " values (%s, %s, %s, 'in', 'rest', 'patient', 1, 1, 'failed', %s)",
                [practice.id, UUID(int=first_id_at(at).int + number), at, at],
            )


def later(minutes: float) -> datetime:
    """Beyond the rounds of other tests."""
    later.base += timedelta(hours=1)  # type: ignore[attr-defined]
    return later.base + timedelta(minutes=minutes)  # type: ignore[attr-defined,no-any-return]


later.base = now()  # type: ignore[attr-defined]


async def quiet(*_: str) -> None:
    """Nobody is told."""


async def test_what_a_round_sees_opens_an_alert_and_tells_people(database: Database, connected: Practice) -> None:
    sent = []

    async def send(address: str, title: str, body: str) -> None:
        sent.append(title)

    async with database.practice(connected.id) as transaction:
        await put_channel(transaction, name="On call", least="notice", by="ann", address="json://localhost/hook")
    at = later(0)
    await fail_messages(database, connected, 10, at - timedelta(minutes=1))
    assert await make_round(database, at, send=send)
    assert await alerts_of(database, connected.id) == ["errors"]
    assert sent == [f"Warning: Many messages fail, Test Practice ({connected.athena_id})"]
    await make_round(database, at + timedelta(minutes=20), send=send)
    assert await alerts_of(database, connected.id) == []
    assert len(sent) == 2


async def test_of_several_processes_one_looks(database: Database, connected: Practice) -> None:
    at = later(0)
    looked = await asyncio.gather(*(make_round(database, at, send=quiet) for _ in range(5)))
    assert looked.count(True) == 1
    assert not await make_round(database, at + timedelta(seconds=40), send=quiet)
    assert await make_round(database, at + timedelta(seconds=60), send=quiet)


async def test_a_round_keeps_how_each_practice_is_for_a_look_at_all(database: Database, connected: Practice) -> None:
    other = await add_practice(database, str(int(connected.athena_id) + 500_000), "Other", "UTC")
    at = later(0)
    await fail_messages(database, connected, 1, at - timedelta(hours=30))
    await make_round(database, at, send=quiet)
    first, second = await glances(database, [connected, other], at)
    assert (first.state, first.failed, first.at) == ("attention", 1, at)
    assert first.last_received == at - timedelta(hours=30)
    assert (second.state, second.last_received) == ("not set up", None)


async def test_where_the_monitor_does_not_run_a_look_reads_anew(database: Database, connected: Practice) -> None:
    at = later(0)
    await make_round(database, at, send=quiet)
    [glance] = await glances(database, [connected], at + timedelta(minutes=5))
    assert glance.at == at + timedelta(minutes=5)


async def test_the_use_of_a_shared_credential_is_counted_over_its_practices(database: Database, connected: Practice) -> None:
    other = await add_practice(database, str(int(connected.athena_id) + 500_000), "Other", "UTC")
    await connect(database, other)
    at = later(0.5)
    for practice in (connected, other):
        async with database.practice(practice.id) as transaction:
            for second, operation in ((3, "get_patient"), (3, "get_patient"), (9, "token"), (70, "get_patient")):
                await transaction.connection.execute(
                    "insert into tries (practice_id, id, operation, method, duration_ms) values (%s, %s, %s, 'GET', 1)",
                    [practice.id, UUID(int=first_id_at(at - timedelta(seconds=second)).int + now().microsecond), operation],
                )
    await make_round(database, at, send=quiet)
    async with database.shared() as shared:
        credential = blind(shared, limits_name("client", "http://127.0.0.1:1"))
        [sample] = await read_samples(shared, credential, at - timedelta(minutes=1))
    assert (sample.calls, sample.busiest_second) == (4, 4)


async def test_a_practice_whose_set_up_is_broken_does_not_hide_the_others(database: Database, connected: Practice, caplog: Any) -> None:
    broken = await add_practice(database, str(int(connected.athena_id) + 500_000), "Broken", "UTC")
    async with database.practice(broken.id) as transaction:
        await configuration.put(transaction, "alert", "errors", {"count": "many"}, "ann")
    at = later(0)
    await fail_messages(database, connected, 10, at - timedelta(minutes=1))
    await make_round(database, at, send=quiet)
    assert await alerts_of(database, connected.id) == ["errors"]
    round_ = await last_round(database)
    assert round_ is not None
    assert (round_.begun_at, round_.ended_at, round_.faults) == (at, at, 1)
    async with database.practice(broken.id) as transaction:
        await configuration.put(transaction, "alert", "errors", None, "ann")


async def test_what_all_practices_share_is_an_alert_of_the_installation(
    database: Database, connected: Practice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "_disk_free", lambda home: 0.02)
    at = later(0)

    async def unsealed(_: Database) -> dict[UUID, datetime]:
        return {SHARED: at - timedelta(minutes=3), connected.id: at - timedelta(minutes=2)}

    monkeypatch.setattr(rounds, "unsealed_since", unsealed)
    await make_round(database, at, home=tmp_path, send=quiet)
    assert sorted(await alerts_of(database, SHARED)) == ["audit_unsealed", "disk"]
    assert await alerts_of(database, connected.id) == ["audit_unsealed"]


async def test_an_emergency_access_is_told_of_for_as_long_as_it_lasts(database: Database, connected: Practice) -> None:
    at = later(0)
    async with database.shared() as shared:
        access = new_id()
        await shared.connection.execute(
            "insert into emergencies (id, person_id, at_practice, sealed, started_at, ends_at) values (%s, %s, %s, %s, %s, %s)",
            [access, new_id(), connected.id, shared.sealer.seal("emergencies", access, b"{}"), at, at + timedelta(minutes=30)],
        )
    await make_round(database, at + timedelta(minutes=1), send=quiet)
    assert await alerts_of(database, connected.id) == ["emergency"]
    await make_round(database, at + timedelta(minutes=29), send=quiet)
    await make_round(database, at + timedelta(minutes=36), send=quiet)
    assert await alerts_of(database, connected.id) == []
