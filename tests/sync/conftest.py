"""Practices connected to a sandbox that runs in the test's own process."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID
from zlib import crc32

import httpx2
import orjson
import pytest

from practicestudio.access.audit import read_trail
from practicestudio.delivery.error_queue import retry
from practicestudio.delivery.inbox import store_bodies
from practicestudio.delivery.log import Filter, LogEntry, list_messages
from practicestudio.delivery.retry import RetryRule
from practicestudio.delivery.story import read_story
from practicestudio.delivery.worker import Worker
from practicestudio.mapping import Dialect
from practicestudio.practices import configuration
from practicestudio.practices.connection import NAME, SECTION, Connection, Limits, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.records import Appointment, Patient
from practicestudio.sandbox import Sandbox, SandboxConfig, create_app
from practicestudio.store import records as store
from practicestudio.store.database import Database, Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.decide_review import decide_match
from practicestudio.sync.doors import Doors, open_doors
from practicestudio.sync.handlers import handlers
from practicestudio.sync.reviews import Review, open_reviews
from practicestudio.sync.schedule_jobs import request_job

T = TypeVar("T")

SIZE = 12
"""Patients of a clinic: enough for three departments of several pages each, few enough for many tests."""

NO_LIMITS = Limits(per_second=None, per_day=None, tokens_per_minute=None)
SANDBOX = "http://127.0.0.1:1"  # never dialled: the sandbox answers in this process


@dataclass
class Clinic:
    """A practice, its sandbox, and hands to work with."""

    database: Database
    practice: Practice
    doors: Doors
    http: httpx2.AsyncClient
    address: str
    sandbox: Sandbox
    size: int

    # Work.

    def worker(self, **given: Any) -> Worker:
        return Worker(self.database, handlers(self.doors), **{"rule": RetryRule(first=0.01, most=0.1, tries=10), **given})

    async def work(self) -> None:
        """Work until nothing is left that is not done or in the error queue."""
        worker = self.worker()
        for _ in range(100):
            await worker.run_until_idle()
            if not await self.messages(states=["received", "working", "waiting"]):
                return
            await asyncio.sleep(0.02)
        raise AssertionError([(one.kind, one.state, one.error) for one in await self.messages(states=["received", "working", "waiting"])])

    async def request(self, job: str, **body: object) -> UUID:
        return await self.do(lambda transaction: request_job(transaction, job, body))

    async def run(self, *jobs: str, **body: object) -> None:
        """Ask for these jobs, one after the other, and work until all is done."""
        for job in jobs:
            await self.request(job, **body)
            await self.work()

    async def pull(self) -> None:
        """Everything for the first time, of appointments those of two days; and the feeds subscribed to."""
        today = self.sandbox.clock.now().date()
        await self.run("pull.practice", "pull.patients")
        for review in await self.reviews():  # some of the sandbox's families look like one person; here they are not
            await self.do(lambda transaction, review=review: decide_match(transaction, review.id, None, "ann"))  # type: ignore[misc]
        await self.run("pull.appointments", start=str(today), end=str(today + timedelta(days=1)))
        await self.feed()

    async def feed(self) -> None:
        await self.run("feed.patients", "feed.appointments")

    async def do(self, act: Callable[[Transaction], Awaitable[T]]) -> T:
        """Something in a transaction of the practice."""
        async with self.database.practice(self.practice.id) as transaction:
            return await act(transaction)

    async def retry(self, *entries: LogEntry) -> None:
        await self.do(lambda transaction: retry(transaction, [entry.id for entry in entries], "ann"))
        await self.work()

    async def configure(self, section: str, name: str, value: object) -> None:
        await self.do(lambda transaction: configuration.put(transaction, section, name, value, "ann"))

    async def killed_once_answered(self, match: str, count: int = 1) -> None:
        """Work with a worker that is killed the moment athenahealth has answered the count-th call that matches: nothing is tidied up."""
        answered, seen = asyncio.Event(), 0

        async def hold(response: httpx2.Response) -> None:
            nonlocal seen
            seen += bool(re.search(match, f"{response.request.method} {response.request.url.path}"))
            if seen >= count:
                answered.set()
                await asyncio.Event().wait()

        self.http.event_hooks = {"response": [hold]}
        worker = self.worker(lease=0.2)
        working = asyncio.create_task(worker.run_until_idle())
        await asyncio.wait_for(answered.wait(), 10)
        doomed = [working, *worker._tasks]
        worker._tasks.clear()
        for task in doomed:
            task.cancel()
        await asyncio.gather(*doomed, return_exceptions=True)
        self.http.event_hooks = {"response": []}
        await asyncio.sleep(0.25)  # its leases end

    def once_answered(self, match: str, count: int, act: Callable[[], object]) -> None:
        """Do something right after the count-th call that matches was answered."""
        seen = 0

        async def look(response: httpx2.Response) -> None:
            nonlocal seen
            if re.search(match, f"{response.request.method} {response.request.url.path}"):
                seen += 1
                if seen == count:
                    act()

        self.http.event_hooks = {"response": [look]}

    async def while_answered(self, match: str, act: Callable[[], Awaitable[object]]) -> None:
        """Work; and do something after athenahealth has answered a call that matches, before the answer is read."""
        done = False

        async def hold(response: httpx2.Response) -> None:
            nonlocal done
            if not done and re.search(match, f"{response.request.method} {response.request.url.path}"):
                done = True
                await act()

        self.http.event_hooks = {"response": [hold]}
        await self.work()
        self.http.event_hooks = {"response": []}
        assert done

    # What is here.

    async def messages(self, **chosen: Any) -> list[LogEntry]:
        return await self.do(lambda transaction: list_messages(transaction, Filter(**chosen), 10_000))

    async def errors(self) -> list[LogEntry]:
        """The error queue, newest first."""
        return await self.messages(states=["failed", "parked"])

    async def report(self, entry: LogEntry) -> Any:
        story = await self.do(lambda transaction: read_story(transaction, entry.id))
        return orjson.loads(story.bodies.get("report", b"null"))

    async def edit_body(self, entry: LogEntry, body: object) -> None:
        """Put another body under a message, as if it had come like that."""
        await self.do(lambda transaction: store_bodies(transaction, [(entry.id, "received", orjson.dumps(body))]))

    async def only_error(self) -> LogEntry:
        [entry] = await self.errors()
        return entry

    async def patients(self) -> dict[str, Stored[Patient]]:
        """All patients, by athenahealth's id (or ours, where they have none)."""

        async def read(transaction: Transaction) -> dict[str, Stored[Patient]]:
            cursor = await transaction.connection.execute("select id from patients")
            found = await store.read_patients(transaction, [row[0] for row in await cursor.fetchall()])
            return {one.record.external_id or str(one.id): one for one in found.values()}

        return await self.do(read)

    async def patient(self, external_id: str) -> Patient:
        return (await self.patients())[external_id].record

    async def appointments(self) -> dict[str, Stored[Appointment]]:
        """All appointments, by athenahealth's id (or ours, where they have none)."""

        async def read(transaction: Transaction) -> dict[str, Stored[Appointment]]:
            cursor = await transaction.connection.execute("select id from appointments")
            found = await store.read_appointments(transaction, [row[0] for row in await cursor.fetchall()])
            return {one.record.external_id or str(one.id): one for one in found.values()}

        return await self.do(read)

    async def appointment(self, external_id: str) -> Appointment:
        return (await self.appointments())[external_id].record

    async def trail(self, record_id: UUID) -> list[dict[str, Any]]:
        return await self.do(lambda transaction: read_trail(transaction, record_id))

    async def count(self, table: str) -> int:
        async def read(transaction: Transaction) -> int:
            cursor = await transaction.connection.execute(f"select count(*) from {table}")
            row = await cursor.fetchone()
            return int(row[0]) if row else 0

        return await self.do(read)

    async def reviews(self) -> list[Review]:
        return await self.do(open_reviews)

    # What is at athenahealth.

    async def control(self, path: str, body: object) -> dict[str, Any]:
        answer = await self.http.post(f"{SANDBOX}/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def ask(self, path: str, **query: str) -> dict[str, Any]:
        answer = await self.http.get(f"{SANDBOX}/control/{path}", params=query)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def happens(self, action: str, **wish: object) -> dict[str, Any]:
        """Somebody at athenahealth does something; what and to whom."""
        [happened] = (await self.control("people", {"practice": self.practice.athena_id, "action": action, **wish}))["happened"]
        found: dict[str, Any] = happened
        return found

    async def fault(self, kind: str, match: str = "", times: int | None = 1, **rule: object) -> None:
        await self.control("faults", {"kind": kind, "match": match, "times": times, **rule})

    async def truth(self, patient: str) -> dict[str, Any]:
        return await self.ask(f"people/{self.practice.athena_id}/{patient}")

    async def true_appointment(self, appointment: str) -> dict[str, Any]:
        return await self.ask(f"appointments/{self.practice.athena_id}/{appointment}")

    async def writes(self, what: str | None = None) -> list[dict[str, Any]]:
        """What our calls changed at athenahealth, by the sandbox's ledger."""
        found = await self.ask("ledger", **({"what": what} if what else {}))
        return [entry for entry in found["entries"] if entry["by"] != "control"]

    def calls(self, operation: str | None = None) -> int:
        """Calls that athenahealth has got, but for tokens."""
        counts = self.sandbox.calls
        return counts[operation] if operation else counts.total() - counts["token"]


@asynccontextmanager
async def open_clinic(database: Database, dialect: Dialect, test: str, **config: Any) -> AsyncIterator[Clinic]:
    """A clinic of its own, connected to a sandbox of its own. test: the test's name, by which it always meets the same people.

    config: of the sandbox.
    """
    athena_id = str(100_000_000 + crc32(test.encode()))
    address = f"http://127.0.0.1:{1 + int(athena_id) % 65_000}"  # tokens and limits are shared by client id and address
    app = create_app(SandboxConfig(practices=(athena_id,), patients=SIZE, **config))
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app)) as http, open_doors(database, http=http) as doors:
        practice = await add_practice(database, athena_id, "Clinic", "America/New_York")
        async with database.practice(practice.id) as transaction:
            await set_connection(transaction, Connection(base_url=address, dialect=dialect, limits=NO_LIMITS), "test")
            await set_credentials(transaction, Credentials(client_id="sandbox", client_secret="sandbox"), "test")
        yield Clinic(database, practice, doors, http, address, app.state.sandbox, SIZE)
        async with database.practice(practice.id) as transaction:  # so that nobody starts its jobs
            await configuration.put(transaction, SECTION, NAME, None, "test")


@pytest.fixture(params=["platform", "guide"])
async def clinic(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Clinic]:
    """A clinic in each dialect."""
    async with open_clinic(database, request.param, request.node.name) as one:
        yield one


@pytest.fixture
async def platform(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Clinic]:
    """A clinic in the dialect of today, where the dialect does not matter."""
    async with open_clinic(database, "platform", request.node.name) as one:
        yield one


@pytest.fixture
async def make_clinic(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Callable[..., Awaitable[Clinic]]]:
    """Makes clinics whose sandboxes are set up otherwise."""
    async with AsyncExitStack() as opened:
        made = 0

        async def make(dialect: Dialect, **config: Any) -> Clinic:
            nonlocal made
            made += 1
            return await opened.enter_async_context(open_clinic(database, dialect, f"{request.node.name} {made}", **config))

        yield make


@pytest.fixture(scope="module", params=["platform", "guide"])
async def shared_clinic(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Clinic]:
    """A clinic after its first pull, in each dialect, for all tests of a module that only look at what they did themselves."""
    async with open_clinic(database, request.param, f"{request.module.__name__} {request.param}") as one:
        await one.pull()
        yield one


@pytest.fixture(scope="module")
async def shared_platform(request: pytest.FixtureRequest, database: Database) -> AsyncIterator[Clinic]:
    """As shared_clinic, where the dialect does not matter."""
    async with open_clinic(database, "platform", request.module.__name__) as one:
        await one.pull()
        yield one


@pytest.fixture
async def pulled(clinic: Clinic) -> Clinic:
    """A clinic after its first pull."""
    await clinic.pull()
    return clinic


@pytest.fixture
async def pulled_platform(platform: Clinic) -> Clinic:
    await platform.pull()
    return platform
