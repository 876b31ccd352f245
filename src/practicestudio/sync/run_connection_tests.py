"""Testing connections and keeping what came of it: one by a person or the schedule, or all at once, a few at a time."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry, Origin
from practicestudio.delivery.message import Urgency
from practicestudio.delivery.outcome import Done, Outcome
from practicestudio.delivery.worker import Call
from practicestudio.errors import IntegrationError, Misconfigured
from practicestudio.monitor import connection_tests
from practicestudio.monitor.connection_tests import ConnectionTest, Step, read_test
from practicestudio.practices.practice import Practice, read_practice
from practicestudio.sync.check_connection import check_connection
from practicestudio.sync.doors import Doors
from practicestudio.sync.setup import setup_of

SCHEDULE = "schedule"
AT_ONCE = 4
"""Tests under way at a time, so that many connections do not wait for each other's silence, nor all ask for a token at once."""


async def begin_connection_test(doors: Doors, practice: Practice, by: str, *, origin: Origin | None = None) -> UUID | None:
    """Note that a test of the practice's connection begins, in the trail too if a person asks. Returns its id, for `run_connection_test`; None
    where one is under way already.

    Raises Misconfigured where the practice has no connection to test.
    """
    async with doors.database.practice(practice.id, origin) as transaction:
        if not (await setup_of(transaction)).connected:
            raise Misconfigured("This practice has no connection to athenahealth.", advice="Set one under Settings > Integrations > athenahealth.")
        test = await connection_tests.begin(transaction, doors.clock(), by)
        if test is not None and by != SCHEDULE:
            await audit.write(transaction, [AuditEntry(Action.PERSON_CONNECTION_TEST, by, "connection_test", test)])
    return test


async def run_connection_test(doors: Doors, practice: Practice, test: UUID, *, urgency: Urgency = "person") -> AsyncIterator[Step]:
    """Carry out a test that was begun, a step at a time; each step is kept as it ends."""
    started, steps = time.monotonic(), []
    async for step in _steps(doors, practice, urgency):
        steps.append(step)
        async with doors.database.practice(practice.id) as transaction:
            await connection_tests.add_step(transaction, test, step)
        yield step
    async with doors.database.practice(practice.id) as transaction:
        await connection_tests.end(transaction, test, steps, time.monotonic() - started, doors.clock())


async def _steps(doors: Doors, practice: Practice, urgency: Urgency) -> AsyncIterator[Step]:
    """The steps; where the connection cannot even be opened as it is set, that is the only one."""
    try:
        async for step in check_connection(doors, practice, urgency=urgency):
            yield step
    except IntegrationError as error:
        yield Step("settings", "failed", error.sentence)


async def finish_connection_test(doors: Doors, practice: Practice, test: UUID, *, urgency: Urgency = "person") -> ConnectionTest:
    """Carry out a test that was begun, to its end."""
    async for _ in run_connection_test(doors, practice, test, urgency=urgency):
        continue
    async with doors.database.practice(practice.id) as transaction:
        return await read_test(transaction, test, doors.clock())


async def run_all(
    doors: Doors,
    practices: Sequence[Practice],
    by: str,
    *,
    origin: Origin | None = None,
    done: Callable[[Practice, ConnectionTest], Awaitable[None]] | None = None,
) -> dict[UUID, ConnectionTest]:
    """Test the connections of these practices, a few at a time. origin: where the wish comes from, for the trail. done: told of each as it ends.

    Returns the tests by practice; a practice that has no connection, or whose test is under way already, is not among them.
    """
    gate, found = asyncio.Semaphore(AT_ONCE), {}

    async def one(practice: Practice) -> None:
        async with gate:
            try:
                test = await begin_connection_test(doors, practice, by, origin=origin)
            except Misconfigured:  # not set up yet, which is told where it is shown
                return
            if test is None:
                return
            found[practice.id] = await finish_connection_test(doors, practice, test)
            if done is not None:
                await done(practice, found[practice.id])

    async with asyncio.TaskGroup() as group:
        for practice in practices:
            group.create_task(one(practice))
    return found


@dataclass(frozen=True, slots=True)
class RunConnectionTest:
    """Handles `connection.test`, the job. Body: {"by": who asked, if not the schedule}. Whatever the test finds, the job is done."""

    doors: Doors

    async def __call__(self, call: Call) -> Outcome:
        """Test the practice's connection as a feed would use it."""
        async with call.database.practice(call.message.practice_id) as transaction:
            practice = await read_practice(transaction)
        test = await begin_connection_test(self.doors, practice, orjson.loads(call.message.body).get("by", SCHEDULE))
        if test is not None:
            await finish_connection_test(self.doors, practice, test, urgency="feed")
        return Done()
