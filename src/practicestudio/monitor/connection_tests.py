"""Connection tests as they are kept: who asked, each step with what was found or what to do, and how long the certificate is good."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from psycopg.types.json import Jsonb

from practicestudio.clock import first_id_at, new_id
from practicestudio.errors import Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

StepState = Literal["ok", "failed", "not tried"]
TestState = Literal["running", "ok", "failed", "broken off"]

REST = "rest"
KEEP, DAILY = 200, timedelta(days=365)
"""So many of the newest tests of a connection are kept, and of older ones the last of each day for a year."""

CUTS_OFF = frozenset({"settings", "token", "ping", "practice"})
"""Steps without which nothing gets through. A name or a line that fails may still be passed by a proxy."""

LONGEST = timedelta(minutes=10)
"""A test that is not through by then was broken off with the process that ran it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. told: what was found, or what is wrong and what to do; never a secret or a patient's data. seconds: how long it took.

    certificate_ends: when the other side's certificate ends, of the step that saw it.
    """

    name: str
    state: StepState
    told: str
    seconds: float = 0.0
    certificate_ends: datetime | None = None


@dataclass(frozen=True, slots=True)
class ConnectionTest:
    """A test of one connection. door: which of the practice's; asked_by: the actor, or `schedule`. seconds: None until it has ended."""

    id: UUID
    door: str
    asked_by: str
    state: TestState
    steps: tuple[Step, ...]
    started_at: datetime
    seconds: float | None
    certificate_ends: datetime | None

    @property
    def failed_step(self) -> Step | None:
        """The first step that failed."""
        return next((step for step in self.steps if step.state == "failed"), None)

    @property
    def cut_off_at(self) -> Step | None:
        """The failed step without which nothing gets through."""
        return next((step for step in self.steps if step.state == "failed" and step.name in CUTS_OFF), None)

    def certificate_days(self, now: datetime) -> int | None:
        """Whole days that the certificate is still good; None where none was seen."""
        return None if self.certificate_ends is None else (self.certificate_ends - now).days


async def begin(transaction: Transaction, now: datetime, by: str, door: str = REST) -> UUID | None:
    """Note that a test begins. Returns its id; None where one is under way already (`running_test` tells which)."""
    if await running_test(transaction, now, door) is not None:
        return None
    test = new_id()
    await sql.connection_tests.begin_test(transaction.connection, practice_id=transaction.practice_id, id=test, door=door, asked_by=by)
    return test


async def running_test(transaction: Transaction, now: datetime, door: str = REST) -> UUID | None:
    """The test that is under way."""
    since = first_id_at(now - LONGEST)
    found: UUID | None = await sql.connection_tests.running_test(transaction.connection, practice_id=transaction.practice_id, door=door, since=since)
    return found


async def add_step(transaction: Transaction, test: UUID, step: Step) -> None:
    """Keep a step as soon as it has ended, so that a test can be watched."""
    value = {"name": step.name, "state": step.state, "told": step.told, "seconds": round(step.seconds, 4)}
    await sql.connection_tests.add_step(transaction.connection, practice_id=transaction.practice_id, id=test, step=Jsonb([value]))


async def end(transaction: Transaction, test: UUID, steps: Sequence[Step], seconds: float, now: datetime, door: str = REST) -> None:
    """The test has ended: it failed if any step did. Older tests that need not be kept are dropped."""
    connection, practice_id = transaction.connection, transaction.practice_id
    state = "failed" if any(step.state == "failed" for step in steps) else "ok"
    ends = next((step.certificate_ends for step in steps if step.certificate_ends is not None), None)
    await sql.connection_tests.end_test(connection, practice_id=practice_id, id=test, state=state, seconds=seconds, certificate_ends=ends)
    await sql.connection_tests.drop_tests(connection, practice_id=practice_id, door=door, keep=KEEP, daily_since=now - DAILY)


async def read_test(transaction: Transaction, test: UUID, now: datetime) -> ConnectionTest:
    """One test, also while it runs. Raises Misconfigured where there is none of this id."""
    row = await sql.connection_tests.test(transaction.connection, practice_id=transaction.practice_id, id=test)
    if row is None:
        raise Misconfigured("There is no such connection test.", advice="Only the newest and one a day are kept; choose another or run a new one.")
    return _test(row, now)


async def list_tests(
    transaction: Transaction, now: datetime, *, door: str = REST, before: UUID | None = None, limit: int = 50
) -> list[ConnectionTest]:
    """The newest tests; go on with `before` set to the last id."""
    found = sql.connection_tests.tests(transaction.connection, practice_id=transaction.practice_id, door=door, before=before, limit=limit)
    return [_test(row, now) for row in await rows(found)]


async def last_test(transaction: Transaction, now: datetime, door: str = REST) -> ConnectionTest | None:
    """The newest test that has ended."""
    row = await sql.connection_tests.last_test(transaction.connection, practice_id=transaction.practice_id, door=door)
    return _test(row, now) if row else None


def _test(row: Sequence[Any], now: datetime) -> ConnectionTest:
    test, door, asked_by, state, steps, started_at, seconds, certificate_ends = row
    shown: TestState = "broken off" if state == "running" and now - started_at > LONGEST else state
    return ConnectionTest(test, door, asked_by, shown, tuple(Step(**step) for step in steps), started_at, seconds, certificate_ends)
