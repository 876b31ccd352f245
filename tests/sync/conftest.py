"""Practices connected to a sandbox that runs in the test's own process."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx2
import pytest

from practicestudio.delivery.log import Filter, LogEntry, list_messages
from practicestudio.delivery.retry import RetryRule
from practicestudio.delivery.worker import Worker
from practicestudio.practices.connection import CallLimits, Connection, Credentials, Dialect, set_connection, set_credentials
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.records import Appointment, Patient
from practicestudio.sandbox import Sandbox, SandboxConfig, create_app
from practicestudio.store import records as store
from practicestudio.store.database import Database
from practicestudio.store.records import Stored
from practicestudio.sync.doors import Doors, open_doors
from practicestudio.sync.handlers import handlers
from practicestudio.sync.schedule_jobs import request_job

NO_LIMITS = CallLimits(per_second=None, per_day=None, tokens_per_minute=None)
SANDBOX = "http://127.0.0.1:1"  # never dialled: the sandbox answers in this process


@dataclass
class Clinic:
    """A practice, its sandbox, and hands to work with."""

    database: Database
    practice: Practice
    doors: Doors
    http: httpx2.AsyncClient
    sandbox: Sandbox

    def worker(self, **given: object) -> Worker:
        return Worker(self.database, handlers(self.doors), rule=RetryRule(first=0.01, most=0.05, tries=4), **given)  # type: ignore[arg-type]

    async def run(self, *jobs: str) -> None:
        for job in jobs:
            async with self.database.practice(self.practice.id) as transaction:
                await request_job(transaction, job)
            await self.worker().run_until_idle()

    async def messages(self, **chosen: object) -> list[LogEntry]:
        async with self.database.practice(self.practice.id) as transaction:
            return await list_messages(transaction, Filter(**chosen), 10_000)  # type: ignore[arg-type]

    async def patients(self) -> dict[str, Stored[Patient]]:
        """All patients, by athenahealth's id (or ours, where they have none)."""
        async with self.database.practice(self.practice.id) as transaction:
            cursor = await transaction.connection.execute("select id from patients")
            ids = [row[0] for row in await cursor.fetchall()]
            found = await store.read_patients(transaction, ids)
        return {one.record.external_id or str(one.id): one for one in found.values()}

    async def appointments(self) -> dict[str, Stored[Appointment]]:
        """All appointments, by athenahealth's id (or ours, where they have none)."""
        async with self.database.practice(self.practice.id) as transaction:
            cursor = await transaction.connection.execute("select id from appointments")
            ids = [row[0] for row in await cursor.fetchall()]
            found = await store.read_appointments(transaction, ids)
        return {one.record.external_id or str(one.id): one for one in found.values()}

    async def control(self, path: str, body: object) -> dict[str, object]:
        answer = await self.http.post(f"{SANDBOX}/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, object] = answer.json()
        return found


async def _open(database: Database, athena_id: str, dialect: Dialect, patients: int) -> AsyncIterator[Clinic]:
    config = SandboxConfig(practices=(athena_id,), patients=patients)
    app = create_app(config)
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http, open_doors(database, http=http) as doors:
        practice = await add_practice(database, athena_id, "Clinic", "America/New_York")
        async with database.practice(practice.id) as transaction:
            await set_connection(transaction, Connection(base_url=SANDBOX, dialect=dialect, limits=NO_LIMITS), "test")
            await set_credentials(transaction, Credentials(client_id="sandbox", client_secret="sandbox"), "test")
        yield Clinic(database, practice, doors, http, app.state.sandbox)


_ids = iter(range(500_000, 600_000))


@pytest.fixture(params=["platform", "guide"])
async def clinic(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Clinic]:
    """A clinic in each dialect, with forty patients at athenahealth."""
    async for one in _open(database, str(next(_ids)), request.param, 40):
        yield one
