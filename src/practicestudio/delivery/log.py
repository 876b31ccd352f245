"""Reading the message log: lists by filter, page by page, and the whole of it as a stream."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.delivery.message import STATES, URGENCIES, Direction, State, Urgency
from practicestudio.delivery.stretches import FIRST, LAST, Found, hour_of, latest_id, stretches
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
class Filter:
    """Which messages: what is None does not narrow.

    since (included) and before (not) are ids, and so also times. Of record_id, patient_id, run_id, cause_id and retry_of at most one is given;
    patient_id: those of the patient and of the patient's appointments. error: the whole sentence, as the error queue groups by.
    """

    states: Sequence[State] | None = None
    kinds: Sequence[str] | None = None
    direction: Direction | None = None
    door: str | None = None
    error_code: str | None = None
    error: str | None = None
    record_id: UUID | None = None
    patient_id: UUID | None = None
    run_id: UUID | None = None
    cause_id: UUID | None = None
    retry_of: UUID | None = None
    since: UUID | None = None
    before: UUID | None = None

    @property
    def related(self) -> bool:
        """Whether it asks for what belongs to one record, patient or message: always few."""
        return any((self.record_id, self.patient_id, self.cause_id, self.retry_of))

    @property
    def bounds(self) -> tuple[UUID, UUID]:
        """First id, and the first id no more."""
        return self.since or FIRST, self.before or LAST

    def counted(self) -> dict[str, Any]:
        """What the counts know of, as a query takes it."""
        return {
            "states": None if self.states is None else list(self.states),
            "kinds": None if self.kinds is None else list(self.kinds),
            "direction": self.direction,
            "door": self.door,
            "error_code": self.error_code,
            "error": self.error,
        }

    @property
    def narrows(self) -> bool:
        """Whether anything of that narrows."""
        return any(value is not None for value in self.counted().values())


@dataclass(frozen=True, slots=True)
class Page:
    """Messages, newest first. older and newer: whether there are more behind the last and before the first."""

    entries: tuple[LogEntry, ...]
    older: bool
    newer: bool


_ENTRY = tuple(LogEntry.__dataclass_fields__)


def entry_of(row: Sequence[Any]) -> LogEntry:
    """A row of the log."""
    values = dict(zip(_ENTRY, row, strict=True))
    return LogEntry(**{**values, "urgency": URGENCIES[values["urgency"]]})


async def list_messages(transaction: Transaction, chosen: Filter, limit: int = 100) -> list[LogEntry]:
    """The newest messages that fit, at most `limit`, newest first; go on with `before` set to the last id."""
    return await read_entries(transaction, await _newest(transaction, chosen, limit))


async def list_from(transaction: Transaction, chosen: Filter, limit: int = 100) -> list[LogEntry]:
    """The oldest messages that fit, at most `limit`, but still newest first; go back with `since` set behind the first id."""
    return await read_entries(transaction, await _oldest(transaction, chosen, limit))


async def read_page(transaction: Transaction, chosen: Filter, limit: int, *, before: UUID | None = None, after: UUID | None = None) -> Page:
    """A page of the list: the one behind `before`, or the one ahead of `after`, or the first."""
    if after is not None:
        ids = await _oldest(transaction, replace(chosen, since=UUID(int=after.int + 1)), limit + 1)
        return Page(tuple(await read_entries(transaction, ids[:limit])), older=True, newer=len(ids) > limit)
    ids = await _newest(transaction, replace(chosen, before=before or chosen.before), limit + 1)
    return Page(tuple(await read_entries(transaction, ids[:limit])), older=len(ids) > limit, newer=before is not None)


async def read_entries(transaction: Transaction, ids: Sequence[UUID]) -> list[LogEntry]:
    """These messages, newest first."""
    if not ids:
        return []
    found = sql.log.entries(transaction.connection, practice_id=transaction.practice_id, ids=list(ids))
    return [entry_of(row) for row in await rows(found)]


async def related_states(transaction: Transaction, chosen: Filter) -> list[tuple[UUID, State]]:
    """All messages that fit a filter for what is related, with their states, newest first."""
    since, before = chosen.bounds
    found = sql.log.related(
        transaction.connection,
        practice_id=transaction.practice_id,
        record_id=chosen.record_id,
        patient_id=chosen.patient_id,
        cause_id=chosen.cause_id,
        retry_of=chosen.retry_of,
        since=since,
        before=before,
        **chosen.counted(),
    )
    return [(row[0], row[1]) for row in await rows(found)]


async def stream_messages(database: Database, practice_id: UUID, chosen: Filter, page: int = 2000) -> AsyncIterator[LogEntry]:
    """All messages that fit, newest first, in constant memory and short transactions."""
    before: UUID | None = chosen.before
    while True:
        async with database.practice(practice_id) as transaction:
            narrowed = replace(chosen, before=before)
            by_id = chosen.related or chosen.run_id
            entries = await (list_messages(transaction, narrowed, page) if by_id else _scan(transaction, narrowed, page))
        for entry in entries:
            yield entry
        if len(entries) < page:
            return
        before = entries[-1].id


async def count_unfinished(transaction: Transaction, kinds: Sequence[str] | None = None) -> int:
    """How many messages still have work before them."""
    found: int = await sql.messages.unfinished(
        transaction.connection, practice_id=transaction.practice_id, kinds=None if kinds is None else list(kinds)
    )
    return found


async def _newest(transaction: Transaction, chosen: Filter, limit: int) -> list[UUID]:
    if chosen.related:
        return [one for one, _ in await related_states(transaction, chosen)][:limit]
    if chosen.run_id is not None:
        return await _of_run(transaction, sql.log.of_run, chosen, limit)
    return await _in_stretches(transaction, sql.log.whereabouts, sql.log.in_stretches, chosen, limit)


async def _oldest(transaction: Transaction, chosen: Filter, limit: int) -> list[UUID]:
    if chosen.related:
        return [one for one, _ in reversed(await related_states(transaction, chosen))][:limit]
    if chosen.run_id is not None:
        return await _of_run(transaction, sql.log.of_run_from, chosen, limit)
    return await _in_stretches(transaction, sql.log.whereabouts_from, sql.log.in_stretches_from, chosen, limit)


async def _in_stretches(transaction: Transaction, whereabouts: Any, in_stretches: Any, chosen: Filter, limit: int) -> list[UUID]:
    """Ask the counts where they are, then look there."""
    since, before = chosen.bounds
    connection, practice_id, counted = transaction.connection, transaction.practice_id, chosen.counted()
    places = stretches(await _whereabouts(transaction, whereabouts, chosen, limit), since, before, limit)
    if not places:
        return []
    looked = in_stretches(
        connection,
        practice_id=practice_id,
        of_kinds=[place.kind for place in places],
        of_states=[place.state for place in places],
        sinces=[place.since for place in places],
        befores=[place.before for place in places],
        limit=limit,
        **{name: counted[name] for name in ("direction", "door", "error_code", "error")},
    )
    return [row[0] for row in await rows(looked)]


async def _whereabouts(transaction: Transaction, whereabouts: Any, chosen: Filter, limit: int) -> list[Found]:
    """What the counts say, from where the list begins. Most lists end within two days, so those are asked first.

    Of an hour that a bound cuts nothing is sure, so there is room for two of those.
    """
    since, before = chosen.bounds
    first, last, most = hour_of(since), min(hour_of(before), hour_of(latest_id())), limit + 2 * _MOST_OF_AN_HOUR
    downwards = whereabouts is sql.log.whereabouts
    near = (max(first, last - _NEAR), last) if downwards else (first, min(last, first + _NEAR))
    for low, high in dict.fromkeys((near, (first, last))):
        asked = whereabouts(
            transaction.connection, practice_id=transaction.practice_id, first_hour=low, last_hour=high, limit=most, **chosen.counted()
        )
        found = [Found(*row) for row in await rows(asked)]
        if sum(one.count for one in found) > limit + _cut(found, since, before):
            break
    return found


def _cut(found: Sequence[Found], since: UUID, before: UUID) -> int:
    """Messages of hours that a bound cuts."""
    return sum(one.count for one in found if one.hour in (hour_of(since), hour_of(before)))


_NEAR = 48  # hours
_MOST_OF_AN_HOUR = 500  # kinds times states


async def _of_run(transaction: Transaction, of_run: Any, chosen: Filter, limit: int) -> list[UUID]:
    since, before = chosen.bounds
    counted = chosen.counted()
    states = counted.pop("states") or list(STATES)
    found = of_run(
        transaction.connection,
        practice_id=transaction.practice_id,
        run_id=chosen.run_id,
        of_states=states,
        since=since,
        before=before,
        limit=limit,
        **counted,
    )
    return [row[0] for row in await rows(found)]


async def _scan(transaction: Transaction, chosen: Filter, limit: int) -> list[LogEntry]:
    since, before = chosen.bounds
    found = sql.log.scan(
        transaction.connection,
        practice_id=transaction.practice_id,
        since=since,
        before=before,
        limit=limit,
        **chosen.counted(),
    )
    return [entry_of(row) for row in await rows(found)]
