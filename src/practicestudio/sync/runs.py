"""Runs of the longer jobs: where each stands, so that it can be watched, and go on there after it was broken off."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from practicestudio.athena.rest import Page
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.worker import Call
from practicestudio.errors import IntegrationError, NeedsAPerson, Transient
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows
from practicestudio.store.records import RecordKind
from practicestudio.sync.intents import listed


class Stopped(NeedsAPerson):
    """A person stopped a job."""

    code = "stopped"
    default_advice = "Run it now, or let the schedule run it: it goes on where it stood."

    def __init__(self) -> None:
        super().__init__("It was stopped by a person.")


@dataclass(frozen=True, slots=True)
class RunState:
    """A run as it is shown. place: where it stands, without patient data; counts: `taken`, and `expected` where it is known."""

    id: UUID
    what: str
    full_pull: bool
    state: str
    place: dict[str, Any]
    counts: dict[str, int]
    started_at: datetime
    ended_at: datetime | None
    error_code: str | None
    error: str | None


@dataclass(slots=True)
class Run:
    """A run in hand: the message that asked for it gives it its id, so that a later try of the message goes on with it.

    asked: where the log stood before the page in hand was asked for.
    """

    database: Database
    practice_id: UUID
    id: UUID
    asked: int
    place: dict[str, Any] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    async def take(self, kind: RecordKind, page: Page, location: str) -> None:
        """A page's records as messages, and the place behind it, in one transaction. location: the department that the page is of.

        Raises Stopped, once the page is stored, where a person wants that.
        """
        messages = [listed(kind, item, asked=self.asked, urgency="backfill", run_id=self.id) for item in page.items]
        self.count("taken", len(messages))
        self.place |= {"cursor": page.next_cursor} if page.next_cursor else {"done": location, "cursor": None}
        async with self.database.practice(self.practice_id) as transaction:
            await accept(transaction, messages)
            stop_wanted = await self._save(transaction)
        if stop_wanted:
            raise Stopped

    async def _save(self, transaction: Transaction) -> bool:
        """Keep the place, in the transaction of what was taken there. Returns whether a person wants the run stopped."""
        self.asked, stop_wanted_by = await sql.runs.save_run(
            transaction.connection, practice_id=self.practice_id, id=self.id, place=Jsonb(self.place), counts=Jsonb(self.counts)
        )
        return stop_wanted_by is not None

    async def end(self) -> None:
        """It is finished."""
        await self._end("done", None)

    async def break_off(self, error: IntegrationError) -> None:
        """It cannot go on now; with a passing error, or when somebody wants it again, it will, from its place."""
        await self._end("stopped" if isinstance(error, Transient | Stopped) else "failed", error)

    async def _end(self, state: str, error: IntegrationError | None) -> None:
        async with self.database.practice(self.practice_id) as transaction:
            await sql.runs.end_run(
                transaction.connection,
                practice_id=self.practice_id,
                id=self.id,
                state=state,
                error_code=error and error.code,
                error=error and error.sentence,
            )

    def count(self, name: str, more: int) -> None:
        """Add to one of the counts."""
        self.counts[name] = self.counts.get(name, 0) + more


async def start(call: Call, what: str, *, full: bool) -> Run:
    """The run that the call's message asks for, new or gone on with."""
    message = call.message
    async with call.database.practice(message.practice_id) as transaction:
        row = await sql.runs.start_run(transaction.connection, practice_id=message.practice_id, id=message.id, what=what, full_pull=full)
    return Run(call.database, message.practice_id, message.id, call.asked, row[0], row[1])


async def read_run(transaction: Transaction, run_id: UUID) -> RunState | None:
    """A run, by its id."""
    row = await sql.runs.run(transaction.connection, practice_id=transaction.practice_id, id=run_id)
    return RunState(*row) if row else None


async def list_runs(transaction: Transaction, limit: int = 50, before: UUID | None = None) -> list[RunState]:
    """The newest runs; or the newest of those before one, by its id."""
    found = sql.runs.runs(transaction.connection, practice_id=transaction.practice_id, before=before, limit=limit)
    return [RunState(*row) for row in await rows(found)]
