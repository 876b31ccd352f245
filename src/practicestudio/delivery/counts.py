"""How many messages there are, of a filter, by state and time: exact, and told without counting them.

The database keeps the counts with every change of the log (migration 0007): each statement adds its differences, by the hour of the id, in its
own transaction. A range that begins or ends within an hour has that hour's part counted from the log itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from practicestudio.delivery.log import Filter, related_states
from practicestudio.delivery.message import State
from practicestudio.delivery.stretches import first_id_of_hour, hour_of
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows

Counts = Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Hours:
    """A range of ids as whole hours, and what is left before and behind them: ids before head_end, and from tail_start on."""

    first_hour: int
    last_hour: int
    head_end: UUID
    tail_start: UUID


def hours_of(since: UUID, before: UUID) -> Hours:
    """Split a range of ids at its whole hours."""
    first = hour_of(since) if first_id_of_hour(hour_of(since)) == since else hour_of(since) + 1
    last = hour_of(before)
    if first > last:
        return Hours(0, 0, before, before)
    return Hours(first, last, min(first_id_of_hour(first), before), first_id_of_hour(last))


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to choose from in a filter, each with how many messages have it."""

    kinds: Mapping[str, int]
    doors: Mapping[str, int]
    error_codes: Mapping[str, int]


async def count_states(transaction: Transaction, chosen: Filter | None = None) -> dict[State, int]:
    """How many of the messages that fit are in each state."""
    [counts] = await count_by_time(transaction, chosen or Filter(), [])
    return dict(counts)


async def count_by_time(transaction: Transaction, chosen: Filter, starts: Sequence[datetime]) -> list[Counts]:
    """The same by bucket of time, each from its start to the next one's; without starts one bucket of all.

    starts: ascending, at full hours UTC; what is within the hour of a start counts from there.
    """
    hours = [int(start.timestamp()) // 3600 for start in starts]
    buckets: list[dict[State, int]] = [{} for _ in range(len(starts) + 1)]
    for bucket, state, count in await _counted(transaction, chosen, hours):
        buckets[bucket][state] = buckets[bucket].get(state, 0) + count
    return list(buckets[1:] if starts else buckets)


async def read_choices(transaction: Transaction, since: UUID | None = None) -> Choices:
    """Kinds, doors and error codes of the messages since an id, for filters to offer."""
    first = hour_of(since) if since else 0
    kinds: dict[str, int] = {}
    doors: dict[str, int] = {}
    codes: dict[str, int] = {}
    for kind, door, code, count in await rows(sql.log.choices(transaction.connection, practice_id=transaction.practice_id, first_hour=first)):
        for value, counts in ((kind, kinds), (door, doors), (code, codes)):
            if value is not None:
                counts[value] = count
    return Choices(dict(sorted(kinds.items())), dict(sorted(doors.items())), dict(sorted(codes.items())))


async def fold_counts(database: Database) -> None:
    """Add up what stands in several rows; one process at a time. Whoever reads or writes counts meanwhile does not wait, and is told the same."""
    for fold in (sql.log.fold_message_counts, sql.log.fold_call_counts):
        async with database.dispatch() as connection:
            await rows(sql.log.lock_counts(connection))
            await fold(connection)


async def _counted(transaction: Transaction, chosen: Filter, starts: Sequence[int]) -> list[tuple[int, State, int]]:
    if chosen.related:
        return [(_bucket(one, starts), state, 1) for one, state in await related_states(transaction, chosen)]
    since, before = chosen.bounds
    given = {"practice_id": transaction.practice_id, "start_ids": first_ids(starts), "since": since, "before": before, **chosen.counted()}
    if chosen.run_id is not None and not chosen.narrows:
        whole = {name: given[name] for name in ("practice_id", "start_ids", "since", "before")}
        found = sql.log.count_of_whole_run(transaction.connection, run_id=chosen.run_id, **whole)
    elif chosen.run_id is not None:
        found = sql.log.count_of_run(transaction.connection, run_id=chosen.run_id, **given)
    else:
        found = sql.log.count_fitting(transaction.connection, starts=list(starts), **given, **asdict(hours_of(since, before)))
    return [(row[0], row[1], row[2]) for row in await rows(found)]


def first_ids(hours: Sequence[int]) -> list[UUID]:
    """The first id of each hour."""
    return [first_id_of_hour(hour) for hour in hours]


def _bucket(one: UUID, starts: Sequence[int]) -> int:
    return sum(start <= hour_of(one) for start in starts)
