"""The log of calls to athenahealth: what was asked (path template, never a query string), what came, how long it took."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from practicestudio.delivery.counts import first_ids, hours_of
from practicestudio.delivery.stretches import FIRST, LAST, Found, hour_of, stretches
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows

Answer = Literal["2xx", "3xx", "4xx", "5xx", "none"]
ANSWERS: tuple[Answer, ...] = ("2xx", "3xx", "4xx", "5xx", "none")
"""HTTP statuses by class; none: no answer came."""

_CLASSES: Mapping[Answer, int] = {"none": 0, "2xx": 2, "3xx": 3, "4xx": 4, "5xx": 5}
_ANSWER_OF = {number: answer for answer, number in _CLASSES.items()}
_MOST_OF_AN_HOUR = 500  # operations


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEntry:
    """A call as the log lists it. duration_ms: milliseconds; remaining_today: what athenahealth said is left of the day's limit."""

    id: UUID
    message_id: UUID | None
    run_id: UUID | None
    operation: str
    method: str
    path_template: str
    status: int | None
    duration_ms: float
    error_code: str | None
    request_id: str | None
    remaining_today: int | None
    urgency: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFilter:
    """Which calls: what is None does not narrow. since (included) and before (not) are ids, and so also times."""

    operation: str | None = None
    path_template: str | None = None
    answers: Sequence[Answer] | None = None
    error_code: str | None = None
    since: UUID | None = None
    before: UUID | None = None

    @property
    def bounds(self) -> tuple[UUID, UUID]:
        """First id, and the first id no more."""
        return self.since or FIRST, self.before or LAST

    def counted(self) -> dict[str, Any]:
        """What the counts know of, as a query takes it."""
        answers = None if self.answers is None else [_CLASSES[answer] for answer in self.answers]
        return {"operation": self.operation, "path_template": self.path_template, "answers": answers, "error_code": self.error_code}


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls, newest first. older and newer: whether there are more behind the last and before the first."""

    entries: tuple[CallEntry, ...]
    older: bool
    newer: bool


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What was asked of one endpoint: calls in all, those in vain, and their mean time in milliseconds."""

    operation: str
    method: str
    path_template: str
    calls: int
    failed: int
    mean_ms: float


_CALL = tuple(CallEntry.__dataclass_fields__)


async def read_call_page(
    transaction: Transaction, chosen: CallFilter, limit: int, *, before: UUID | None = None, after: UUID | None = None
) -> CallPage:
    """A page of the list: the one behind `before`, or the one ahead of `after`, or the first."""
    if after is not None:
        narrowed = replace(chosen, since=UUID(int=after.int + 1))
        found = await _look(transaction, sql.log.call_whereabouts_from, sql.log.calls_in_stretches_from, narrowed, limit + 1)
        return CallPage(tuple(reversed(found[:limit])), older=True, newer=len(found) > limit)
    found = await list_calls(transaction, replace(chosen, before=before or chosen.before), limit + 1)
    return CallPage(tuple(found[:limit]), older=len(found) > limit, newer=before is not None)


async def list_calls(transaction: Transaction, chosen: CallFilter, limit: int = 100) -> list[CallEntry]:
    """The newest calls that fit, at most `limit`, newest first."""
    return await _look(transaction, sql.log.call_whereabouts, sql.log.calls_in_stretches, chosen, limit)


async def stream_calls(database: Database, practice_id: UUID, chosen: CallFilter, page: int = 2000) -> AsyncIterator[CallEntry]:
    """All calls that fit, newest first, in constant memory and short transactions."""
    since, before = chosen.bounds
    while True:
        async with database.practice(practice_id) as transaction:
            found = sql.log.scan_calls(transaction.connection, practice_id=practice_id, since=since, before=before, limit=page, **chosen.counted())
            entries = [_call(row) for row in await rows(found)]
        for entry in entries:
            yield entry
        if len(entries) < page:
            return
        before = entries[-1].id


async def count_calls(transaction: Transaction, chosen: CallFilter, starts: Sequence[datetime] = ()) -> list[Mapping[Answer, int]]:
    """How many calls fit, by answer and bucket of time, as `count_by_time` has them; without starts one bucket of all."""
    since, before = chosen.bounds
    hours = [int(start.timestamp()) // 3600 for start in starts]
    buckets: list[dict[Answer, int]] = [{} for _ in range(len(starts) + 1)]
    found = sql.log.count_calls(
        transaction.connection,
        practice_id=transaction.practice_id,
        starts=hours,
        start_ids=first_ids(hours),
        since=since,
        before=before,
        **chosen.counted(),
        **asdict(hours_of(since, before)),
    )
    for bucket, answer, count in await rows(found):
        buckets[bucket][_ANSWER_OF[answer]] = count
    return list(buckets[1:] if starts else buckets)


async def read_endpoints(transaction: Transaction, since: UUID | None = None) -> list[Endpoint]:
    """What was asked of athenahealth since an id, by endpoint, the busiest first."""
    first = hour_of(since) if since else 0
    found = await rows(sql.log.endpoints(transaction.connection, practice_id=transaction.practice_id, first_hour=first))
    return [Endpoint(operation, method, path, calls, failed, duration / calls) for operation, method, path, calls, failed, duration in found]


async def _look(transaction: Transaction, whereabouts: Any, in_stretches: Any, chosen: CallFilter, limit: int) -> list[CallEntry]:
    """As messages are listed: ask the counts where they are, then look there."""
    since, before = chosen.bounds
    connection, practice_id, counted = transaction.connection, transaction.practice_id, chosen.counted()
    hours = {"first_hour": hour_of(since), "last_hour": hour_of(before), "limit": limit + 2 * _MOST_OF_AN_HOUR}
    found = await rows(whereabouts(connection, practice_id=practice_id, **counted, **hours))
    places = stretches([Found(hour, operation, "", count) for hour, operation, count in found], since, before, limit)
    if not places:
        return []
    looked = in_stretches(
        connection,
        practice_id=practice_id,
        operations=[place.kind for place in places],
        sinces=[place.since for place in places],
        befores=[place.before for place in places],
        path_template=chosen.path_template,
        answers=counted["answers"],
        error_code=chosen.error_code,
        limit=limit,
    )
    return [_call(row) for row in await rows(looked)]


def _call(row: Sequence[Any]) -> CallEntry:
    return CallEntry(**dict(zip(_CALL, row, strict=True)))
