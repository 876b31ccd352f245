"""Reading the message log: lists, one message's whole story, counts."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.delivery.inbox import open_body
from practicestudio.delivery.message import URGENCIES, Direction, State, Urgency
from practicestudio.errors import Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """A message as the log lists it: no patient data."""

    id: UUID
    received_at: datetime
    direction: Direction
    door: str
    kind: str
    lane: int
    urgency: Urgency
    state: State
    tries: int
    due_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error: str | None
    record_id: UUID | None
    run_id: UUID | None
    cause_id: UUID | None
    retry_of: UUID | None
    decided_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Try:
    """One try: what was asked, what came. duration_ms: milliseconds."""

    id: UUID
    operation: str
    method: str | None
    path_template: str | None
    status: int | None
    duration_ms: float
    error_code: str | None
    error: str | None
    request_id: str | None
    remaining_today: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A message with its tries and its opened bodies by part: received or sent, answer, report."""

    entry: LogEntry
    tries: tuple[Try, ...]
    bodies: dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which messages to list; what is None does not narrow. since and before are ids, and so also times."""

    states: Sequence[State] | None = None
    kind: str | None = None
    direction: Direction | None = None
    record_id: UUID | None = None
    since: UUID | None = None
    before: UUID | None = None


_ENTRY = tuple(LogEntry.__dataclass_fields__)
_TRY = tuple(Try.__dataclass_fields__)


def _entry(row: Sequence[Any]) -> LogEntry:
    values = dict(zip(_ENTRY, row, strict=True))
    return LogEntry(**{**values, "urgency": URGENCIES[values["urgency"]]})


async def list_messages(transaction: Transaction, chosen: Filter, limit: int = 100) -> list[LogEntry]:
    """The newest messages that fit, at most `limit`; go on with `before` set to the last id."""
    found = sql.messages.list_messages(
        transaction.connection,
        practice_id=transaction.practice_id,
        states=None if chosen.states is None else list(chosen.states),
        kind=chosen.kind,
        direction=chosen.direction,
        record_id=chosen.record_id,
        since=chosen.since,
        before=chosen.before,
        limit=limit,
    )
    return [_entry(row) for row in await rows(found)]


async def stream_messages(database: Database, practice_id: UUID, chosen: Filter, page: int = 1000) -> AsyncIterator[LogEntry]:
    """All messages that fit, newest first, in constant memory and short transactions."""
    before = chosen.before
    while True:
        async with database.practice(practice_id) as transaction:
            entries = await list_messages(transaction, _narrowed(chosen, before), page)
        for entry in entries:
            yield entry
        if len(entries) < page:
            return
        before = entries[-1].id


def _narrowed(chosen: Filter, before: UUID | None) -> Filter:
    return Filter(states=chosen.states, kind=chosen.kind, direction=chosen.direction, record_id=chosen.record_id, since=chosen.since, before=before)


async def read_story(transaction: Transaction, message_id: UUID) -> Story:
    """One message whole. Raises Misconfigured when the practice has no such message."""
    connection, practice_id = transaction.connection, transaction.practice_id
    row = await sql.messages.message(connection, practice_id=practice_id, id=message_id)
    if row is None:
        raise Misconfigured("This practice has no such message.", advice="`practicestudio messages list` shows the ids.")
    tries = await rows(sql.messages.message_tries(connection, practice_id=practice_id, id=message_id))
    bodies = await rows(sql.messages.message_bodies(connection, practice_id=practice_id, id=message_id))
    return Story(
        entry=_entry(row),
        tries=tuple(Try(**dict(zip(_TRY, one, strict=True))) for one in tries),
        bodies={part: open_body(transaction.sealer, message_id, part, sealed) for part, sealed in bodies},
    )


async def count_states(transaction: Transaction) -> dict[State, int]:
    """How many messages of the practice are in each state."""
    counts: dict[State, int] = {}
    for _, state, count in await rows(sql.messages.count_messages(transaction.connection, practice_id=transaction.practice_id)):
        counts[state] = counts.get(state, 0) + count
    return counts


async def count_unfinished(transaction: Transaction, kinds: Sequence[str] | None = None) -> int:
    """How many messages still have work before them."""
    found: int = await sql.messages.unfinished(
        transaction.connection, practice_id=transaction.practice_id, kinds=None if kinds is None else list(kinds)
    )
    return found
