"""Looking through the audit trail: a page in any order, with its true total; one entry in full; everything of a period, one after the other."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from practicestudio.access.audit import open_sealed
from practicestudio.access.audit_actions import Action
from practicestudio.access.audit_counts import Group, spans_of
from practicestudio.access.audit_order import Order, Place, choose_groups, in_order
from practicestudio.clock import first_id_at, moment_of
from practicestudio.errors import Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows

_BEGINNING, _END = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)
_MOST_GROUPS = 1000  # above, what is wanted is so common that it is found by time
_STREAMED = 1000
_CLOCKS_APART = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailFilter:
    """Which entries; what is None does not narrow. since, until: when they were written, [since, until). emergency: by emergency access only."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str | None = None
    actions: frozenset[Action] | None = None
    record_id: UUID | None = None
    patient_id: UUID | None = None
    via: str | None = None
    emergency: bool = False

    @property
    def period(self) -> tuple[datetime, datetime]:
        """[since, until) with both ends."""
        return self.since or _BEGINNING, self.until or _END

    @property
    def is_about_one(self) -> bool:
        """Whether it asks for one record or one patient."""
        return self.record_id is not None or self.patient_id is not None

    @property
    def narrows(self) -> bool:
        """Whether it leaves entries of the period out."""
        return self.emergency or any(one is not None for one in (self.actor, self.actions, self.via))

    @property
    def given(self) -> dict[str, Any]:
        """What the queries take, but for the period."""
        actions = None if self.actions is None else sorted(action.value for action in self.actions)
        return {"actor": self.actor, "actions": actions, "via": self.via, "emergency": self.emergency}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailEntry:
    """An entry of the trail, without what is sealed of it. at: when it was written."""

    id: UUID
    at: datetime
    actor: str
    action: str
    record_kind: str | None
    record_id: UUID | None
    message_id: UUID | None
    patient_id: UUID | None
    via: str
    address: str | None
    session_id: UUID | None
    emergency: bool

    @property
    def about_patient(self) -> UUID | None:
        """Whose data it was about."""
        return self.record_id if self.record_kind == "patient" else self.patient_id

    @property
    def group(self) -> Group:
        """What it is counted under."""
        return Group(self.actor, self.action, self.record_kind or "", self.via, self.emergency)

    @property
    def place(self) -> Place:
        """Where a page that ends with it ends."""
        return Place(self.id, self.group)


@dataclass(frozen=True, slots=True)
class TrailPage:
    """A page of the trail. total: how many entries fit in all. goes_on: whether more come after these."""

    entries: Sequence[TrailEntry]
    total: int
    goes_on: bool


@dataclass(frozen=True, slots=True)
class FullEntry:
    """An entry with what is sealed of it. changes: field to [before, after]. batch: the batch that it is sealed in, None while it is pending."""

    entry: TrailEntry
    changes: Mapping[str, Sequence[Any]] | None
    purpose: str | None
    batch: int | None


_COLUMNS = ("actor", "action", "record_kind", "record_id", "message_id", "patient_id", "via", "address", "session_id", "emergency")


def _entry(row: Sequence[Any]) -> TrailEntry:
    return TrailEntry(id=row[0], at=moment_of(row[0]), **dict(zip(_COLUMNS, row[1:], strict=True)))


async def list_trail(
    transaction: Transaction, chosen: TrailFilter, order: Order | None = None, limit: int = 50, after: Place | None = None
) -> TrailPage:
    """A page of the entries that fit. after: where the page before ended."""
    order = order or Order()
    if chosen.is_about_one:
        return await _page_about_one(transaction, chosen, order, limit, after)
    counts = await count_groups(transaction, chosen)
    if order.by == "at":
        found = await _by_time(transaction, chosen, counts, order, limit + 1, after)
    else:
        found = await _newest_of(transaction, chosen, choose_groups(counts, order, limit + 1, after), order, limit + 1, after)
    return TrailPage(found[:limit], sum(counts.values()), len(found) > limit)


async def count_groups(transaction: Transaction, chosen: TrailFilter) -> Counter[Group]:
    """How many entries of each group fit; for a filter by record or patient use the total of the page."""
    parts = spans_of(*chosen.period)
    counted, left = [part for part in parts if part[0]], [part for part in parts if part[0] is None]
    found = sql.audit.group_counts(
        transaction.connection,
        practice_id=transaction.practice_id,
        spans=[span for span, _, _ in counted],
        froms=[start for _, start, _ in counted],
        untils=[end for _, _, end in counted],
        id_froms=[first_id_at(start) for _, start, _ in left],
        id_untils=[first_id_at(end) for _, _, end in left],
        whole_from=first_id_at(min((start for _, start, _ in counted), default=_END)),
        whole_until=first_id_at(max((end for _, _, end in counted), default=_BEGINNING)),
        **chosen.given,
    )
    return Counter({Group(*group): count for *group, count in await rows(found)})


async def _by_time(
    transaction: Transaction, chosen: TrailFilter, counts: Mapping[Group, int], order: Order, limit: int, after: Place | None
) -> list[TrailEntry]:
    common = {"practice_id": transaction.practice_id, "limit": limit}
    since, until = (first_id_at(moment) for moment in chosen.period)
    rare = chosen.narrows and len(counts) <= _MOST_GROUPS
    if order.descending:
        if rare:
            return await _newest_of(transaction, chosen, [(0, group) for group in counts], order, limit, after)
        before = until if after is None else after.id
        found = sql.audit.newest_entries(transaction.connection, since=since, before=before, **common, **chosen.given)
    else:
        start = UUID(int=max(since.int - 1, 0)) if after is None else after.id
        if rare:
            found = sql.audit.oldest_of_groups(transaction.connection, after=start, until=until, **common, **_lists(list(counts)))
        else:
            found = sql.audit.oldest_entries(transaction.connection, after=start, until=until, **common, **chosen.given)
    return [_entry(row) for row in await rows(found)]


async def _newest_of(
    transaction: Transaction, chosen: TrailFilter, groups: Sequence[tuple[int, Group]], order: Order, limit: int, after: Place | None
) -> list[TrailEntry]:
    """The newest entries of these groups, those of a lower rank first."""
    since, until = (first_id_at(moment) for moment in chosen.period)
    begun = [after is not None and (order.by == "at" or order.key(group) == order.key(after.group)) for _, group in groups]
    found = sql.audit.newest_of_groups(
        transaction.connection,
        practice_id=transaction.practice_id,
        **_lists([group for _, group in groups]),
        befores=[after.id if after is not None and here else until for here in begun],
        ranks=[rank for rank, _ in groups],
        since=since,
        limit=limit,
    )
    return [_entry(row) for row in await rows(found)]


def _lists(groups: Sequence[Group]) -> dict[str, list[Any]]:
    return {
        "actors": [group.actor for group in groups],
        "actions": [group.action for group in groups],
        "record_kinds": [group.record_kind for group in groups],
        "vias": [group.via for group in groups],
        "emergencies": [group.emergency for group in groups],
    }


def _sorted(entries: Sequence[TrailEntry], order: Order) -> list[TrailEntry]:
    return [entries[at] for at in in_order([(entry.group, entry.id) for entry in entries], order)]


async def _page_about_one(transaction: Transaction, chosen: TrailFilter, order: Order, limit: int, after: Place | None) -> TrailPage:
    """Of one record or patient there are few entries: all of them are read."""
    since, until = (first_id_at(moment) for moment in chosen.period)
    found = sql.audit.entries_about(
        transaction.connection,
        practice_id=transaction.practice_id,
        since=since,
        until=until,
        record_id=chosen.record_id,
        patient_id=chosen.patient_id,
        **chosen.given,
    )
    entries = _sorted([_entry(row) for row in await rows(found)], order)
    start = 0 if after is None else next((at + 1 for at, entry in enumerate(entries) if entry.id == after.id), len(entries))
    return TrailPage(entries[start : start + limit], len(entries), start + limit < len(entries))


async def stream_trail(database: Database, practice_id: UUID, chosen: TrailFilter) -> AsyncIterator[FullEntry]:
    """All entries that fit with what is sealed of them, oldest first, in constant memory and short transactions."""
    since, until = (first_id_at(moment) for moment in chosen.period)
    after = UUID(int=max(since.int - 1, 0))
    while True:
        async with database.practice(practice_id) as transaction:
            found = sql.audit.stream_entries(
                transaction.connection,
                practice_id=practice_id,
                after=after,
                until=until,
                record_id=chosen.record_id,
                patient_id=chosen.patient_id,
                limit=_STREAMED,
                **chosen.given,
            )
            page = [_full(transaction, row) for row in await rows(found)]
        for one in page:
            yield one
        if len(page) < _STREAMED:
            return
        after = page[-1].entry.id


def _full(transaction: Transaction, row: Sequence[Any], batch: int | None = None) -> FullEntry:
    *columns, sealed = row
    opened = open_sealed(transaction, row[0], sealed)
    return FullEntry(_entry(columns), opened["changes"], opened["purpose"], batch)


async def read_entry(transaction: Transaction, entry_id: UUID) -> FullEntry:
    """One entry in full. Raises Misconfigured when the practice has no such entry."""
    row = await sql.audit.entry(transaction.connection, practice_id=transaction.practice_id, id=entry_id)
    if row is None:
        raise Misconfigured("This practice has no such audit entry.", advice="`practicestudio audit list` shows the ids.")
    written = moment_of(entry_id) - _CLOCKS_APART
    batch = await sql.audit.batch_of(transaction.connection, practice_id=transaction.practice_id, id=entry_id, written=written)
    return _full(transaction, row, batch)


async def list_actors(transaction: Transaction) -> list[str]:
    """Everybody of whom there is an entry."""
    return [row[0] for row in await rows(sql.audit.actors(transaction.connection, practice_id=transaction.practice_id))]
