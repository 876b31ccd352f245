"""A page of the trail holds what a look at every entry would give, in every order and under every filter; and its total is true."""

import itertools
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.audit_counts import spans_of
from practicestudio.access.audit_list import TrailEntry, TrailFilter, count_groups, list_actors, list_trail, read_entry, stream_trail
from practicestudio.access.audit_order import COLUMNS, Column, Order, Place, words_of
from practicestudio.access.audit_sealer import seal_batch
from practicestudio.clock import first_id_at, moment_of, new_id
from practicestudio.errors import Misconfigured
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database, Origin

ANN, BOB = "person:00000000-0000-0000-0000-00000000000a", "person:00000000-0000-0000-0000-00000000000b"
NAMES = {ANN: "Zoe", BOB: "Ada"}
NOON = datetime(2026, 3, 9, 12, 0, tzinfo=UTC)
PATIENT = UUID(int=77)
FILTERS = {
    "everything": TrailFilter(),
    "an actor": TrailFilter(actor=ANN),
    "actions": TrailFilter(actions=frozenset({Action.PERSON_PATIENT_VIEW, Action.PERSON_AUDIT_EXPORT})),
    "the API": TrailFilter(via="api"),
    "emergency": TrailFilter(emergency=True),
    "a period": TrailFilter(since=NOON + timedelta(minutes=25), until=NOON + timedelta(hours=31, minutes=40)),
    "a short period": TrailFilter(since=NOON + timedelta(minutes=5), until=NOON + timedelta(minutes=55)),
    "a patient": TrailFilter(patient_id=PATIENT),
    "a record": TrailFilter(record_id=PATIENT),
    "much at once": TrailFilter(since=NOON, actor=BOB, via="web", actions=frozenset({Action.PERSON_PATIENT_VIEW})),
    "nothing": TrailFilter(actor="nobody"),
}


@pytest.fixture(scope="module")
async def trail(database: Database) -> AsyncIterator[tuple[UUID, list[TrailEntry]]]:
    """Ninety entries over three days, the last of them still to be sealed; and all of them as they are, newest first."""
    practice = await add_practice(database, "811911", "Trail", "UTC")
    with pytest.MonkeyPatch.context() as patched:
        moments = (NOON + timedelta(minutes=47 * number, milliseconds=number) for number in itertools.count())
        patched.setattr("practicestudio.access.audit.new_id", lambda: UUID(int=first_id_at(next(moments)).int | new_id().int % 2**60))
        for number in range(90):
            if number == 80:
                await seal_batch(database, practice.id)
            origin = Origin("api" if number % 7 == 0 else "web", emergency=number % 30 == 2)
            async with database.practice(practice.id, origin) as transaction:
                await write(transaction, [an_entry(number)])
    async with database.practice(practice.id) as transaction:
        yield practice.id, list(reversed([entry.entry async for entry in stream_trail(database, practice.id, TrailFilter())]))


def an_entry(number: int) -> AuditEntry:
    actor = (ANN, BOB, "athenahealth")[number % 3]
    match number % 4:
        case 0:
            return AuditEntry(Action.PERSON_PATIENT_VIEW, actor, "patient", PATIENT if number % 8 else new_id())
        case 1:
            return AuditEntry(Action.PERSON_APPOINTMENT_CHANGE, actor, "appointment", new_id(), patient_id=PATIENT if number % 3 else None)
        case 2:
            return AuditEntry(Action.PERSON_AUDIT_EXPORT, actor)
        case _:
            return AuditEntry(Action.ATHENA_PATIENT_CHANGE, actor, "patient", new_id(), new_id(), {"city": ("Salem", "Lowell")})


def fits(entry: TrailEntry, chosen: TrailFilter) -> bool:
    return (
        (chosen.since is None or entry.at >= chosen.since)
        and (chosen.until is None or entry.at < chosen.until)
        and (chosen.actor is None or entry.actor == chosen.actor)
        and (chosen.actions is None or entry.action in chosen.actions)
        and (chosen.via is None or entry.via == chosen.via)
        and (entry.emergency or not chosen.emergency)
        and (chosen.record_id is None or entry.record_id == chosen.record_id)
        and (chosen.patient_id is None or chosen.patient_id in (entry.patient_id, entry.record_id))
    )


SHOWN: dict[Column, Any] = {
    "actor": lambda entry: NAMES.get(entry.actor, entry.actor).casefold(),
    "action": lambda entry: words_of(entry.action),
    "record": lambda entry: entry.record_kind or "",
    "via": lambda entry: entry.via,
}


def wanted(entries: Sequence[TrailEntry], chosen: TrailFilter, order: Order) -> list[UUID]:
    """By looking at every entry."""
    found = sorted([entry for entry in entries if fits(entry, chosen)], key=lambda entry: entry.id, reverse=order.by != "at" or order.descending)
    return [entry.id for entry in (found if order.by == "at" else sorted(found, key=SHOWN[order.by], reverse=order.descending))]


@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("by", COLUMNS)
@pytest.mark.parametrize("name", list(FILTERS))
async def test_pages_one_after_the_other_hold_what_fits_in_order(
    database: Database, trail: tuple[UUID, list[TrailEntry]], name: str, by: Column, descending: bool
) -> None:
    practice_id, entries = trail
    order = Order(by, descending, NAMES)
    found: list[UUID] = []
    after: Place | None = None
    async with database.practice(practice_id) as transaction:
        for _ in range(30):
            page = await list_trail(transaction, FILTERS[name], order, 7, after)
            found += [entry.id for entry in page.entries]
            assert page.total == len(wanted(entries, FILTERS[name], order))
            if not page.goes_on:
                break
            after = page.entries[-1].place
    assert found == wanted(entries, FILTERS[name], order)


async def test_the_test_has_something_to_find_under_every_filter_but_one(trail: tuple[UUID, list[TrailEntry]]) -> None:
    empty = [name for name, chosen in FILTERS.items() if not wanted(trail[1], chosen, Order())]
    assert empty == ["nothing"]


@pytest.mark.parametrize(
    "minutes", [(0, 0), (0, 60), (10, 50), (10, 70), (59, 61), (-1500, 1500), (0, 2880), (-600, 60), (700, 1441), (50, 10), (-90_000, 900_000)]
)
async def test_what_makes_up_a_period_counts_every_entry_once(
    database: Database, trail: tuple[UUID, list[TrailEntry]], minutes: tuple[int, int]
) -> None:
    since, until = (NOON + timedelta(minutes=one, seconds=1) for one in minutes)
    async with database.practice(trail[0]) as transaction:
        counted = await count_groups(transaction, TrailFilter(since=since, until=until))
    assert counted.total() == sum(since <= entry.at < until for entry in trail[1])
    assert sum(((end - start) for _, start, end in spans_of(since, until)), timedelta()) == max(until - since, timedelta())


async def test_what_fits_is_streamed_oldest_first(database: Database, trail: tuple[UUID, list[TrailEntry]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("practicestudio.access.audit_list._STREAMED", 8)
    for chosen in FILTERS.values():
        found = [one.entry.id async for one in stream_trail(database, trail[0], chosen)]
        assert found == wanted(trail[1], chosen, Order(descending=False))


async def test_an_entry_in_full_tells_what_changed_and_its_batch(database: Database, trail: tuple[UUID, list[TrailEntry]]) -> None:
    practice_id, entries = trail
    changed = [entry for entry in entries if entry.action == Action.ATHENA_PATIENT_CHANGE]
    async with database.practice(practice_id) as transaction:
        newest, oldest = await read_entry(transaction, changed[0].id), await read_entry(transaction, changed[-1].id)
        with pytest.raises(Misconfigured, match="no such audit entry"):
            await read_entry(transaction, new_id())
    assert (newest.changes, newest.batch) == ({"city": ["Salem", "Lowell"]}, None)
    assert (oldest.entry, oldest.batch) == (changed[-1], 1)
    assert oldest.entry.at == moment_of(oldest.entry.id)


async def test_everybody_of_whom_there_is_an_entry_is_listed(database: Database, trail: tuple[UUID, list[TrailEntry]]) -> None:
    async with database.practice(trail[0]) as transaction:
        assert await list_actors(transaction) == ["athenahealth", ANN, BOB]


async def test_a_practice_without_entries_has_an_empty_page(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        for by in COLUMNS:
            page = await list_trail(transaction, TrailFilter(), replace(Order(), by=by))
            assert (page.entries, page.total, page.goes_on) == ([], 0, False)
