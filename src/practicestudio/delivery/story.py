"""One message's whole story: its tries, its bodies, what caused it, what it caused, and the copies that were sent again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from practicestudio.delivery.inbox import open_body
from practicestudio.delivery.log import Filter, LogEntry, entry_of, list_messages, read_entries
from practicestudio.errors import Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

MOST_RELATED = 200


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
class Family:
    """Messages that a message has to do with; of what it caused the newest MOST_RELATED. original: which it is a corrected copy of."""

    cause: LogEntry | None
    original: LogEntry | None
    caused: tuple[LogEntry, ...]
    copies: tuple[LogEntry, ...]


_TRY = tuple(Try.__dataclass_fields__)


async def read_entry(transaction: Transaction, message_id: UUID) -> LogEntry:
    """One message as the log lists it. Raises Misconfigured when the practice has no such message."""
    row = await sql.messages.message(transaction.connection, practice_id=transaction.practice_id, id=message_id)
    if row is None:
        raise Misconfigured("This practice has no such message.", advice="`practicestudio messages list` shows the ids.")
    return entry_of(row)


async def read_tries(transaction: Transaction, message_id: UUID) -> tuple[Try, ...]:
    """A message's tries, the oldest first."""
    found = await rows(sql.messages.message_tries(transaction.connection, practice_id=transaction.practice_id, id=message_id))
    return tuple(Try(**dict(zip(_TRY, one, strict=True))) for one in found)


async def read_bodies(transaction: Transaction, message_id: UUID) -> dict[str, bytes]:
    """A message's opened bodies by part: patient data."""
    found: Sequence[Any] = await rows(sql.messages.message_bodies(transaction.connection, practice_id=transaction.practice_id, id=message_id))
    return {part: open_body(transaction.sealer, message_id, part, sealed) for part, sealed in found}


async def read_story(transaction: Transaction, message_id: UUID) -> Story:
    """One message whole. Raises Misconfigured when the practice has no such message."""
    entry = await read_entry(transaction, message_id)
    return Story(entry=entry, tries=await read_tries(transaction, message_id), bodies=await read_bodies(transaction, message_id))


async def read_family(transaction: Transaction, entry: LogEntry) -> Family:
    """What the message has to do with."""
    above = {one.id: one for one in await read_entries(transaction, [one for one in (entry.cause_id, entry.retry_of) if one])}
    return Family(
        cause=above.get(entry.cause_id) if entry.cause_id else None,
        original=above.get(entry.retry_of) if entry.retry_of else None,
        caused=tuple(await list_messages(transaction, Filter(cause_id=entry.id), MOST_RELATED)),
        copies=tuple(await list_messages(transaction, Filter(retry_of=entry.id), MOST_RELATED)),
    )
