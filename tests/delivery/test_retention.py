"""Old days are dropped and give their disk back; what is not finished stays, whatever its age, with its bodies and its tries."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

import pytest

from practicestudio.clock import first_id_at, now
from practicestudio.delivery import error_queue, finish, inbox
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome
from practicestudio.delivery.retention import days_to_drop, drop_old_days
from practicestudio.delivery.story import read_story
from practicestudio.delivery.worker import Handlers, Worker
from practicestudio.errors import Misconfigured, Permanent
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database, Transaction

KEEP = 30


def on(day: date, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on ids are made on that day."""
    random = Random(day.toordinal())
    first = first_id_at(datetime.combine(day, time(12), UTC))

    def new_id() -> UUID:
        return UUID(int=first.int + random.getrandbits(70))

    monkeypatch.setattr(inbox, "new_id", new_id)
    monkeypatch.setattr(finish, "new_id", new_id)


async def handle(_: Transaction, messages: Sequence[Message]) -> list[Outcome]:
    return [Failed(Permanent("It will not do.")) if message.body == b"bad" else Done() for message in messages]


def incoming(about: str, body: bytes) -> NewMessage:
    return NewMessage(direction="in", door="rest", kind="note", about=about, body=body)


async def work(database: Database) -> None:
    await Worker(database, Handlers({"note": handle})).run_until_idle()


async def file_of(database: Database, table: str) -> str | None:
    async with database.dispatch() as connection:
        cursor = await connection.execute("select pg_relation_filepath(to_regclass(%s))", [table])
        row = await cursor.fetchone()
        return str(row[0]) if row and row[0] else None


def size_on_disk(settings: Settings, file: str) -> int:
    return sum(found.stat().st_size for found in settings.home.rglob(file.rpartition("/")[2]))


def test_days_older_than_what_is_kept_are_dropped() -> None:
    today = date(2026, 6, 30)
    days = [today - timedelta(days=ago) for ago in (0, 29, 30, 31, 400)]
    assert days_to_drop(days, today, 30) == [today - timedelta(days=31), today - timedelta(days=400)]


async def test_a_day_is_dropped_with_its_file_and_what_is_not_finished_stays_whole(
    database: Database, practice: Practice, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    today, old, later = now().date(), now().date() - timedelta(days=60), now().date() - timedelta(days=50)
    await database.make_days(old)
    await database.make_days(later)
    on(old, monkeypatch)
    async with database.practice(practice.id) as transaction:
        good, bad = await accept(transaction, [incoming("a", b"good"), incoming("b", b"bad")])
    await work(database)
    on(later, monkeypatch)
    async with database.practice(practice.id) as transaction:
        await error_queue.retry(transaction, [bad], "ann")
    await work(database)
    monkeypatch.undo()

    file = await file_of(database, f"messages_{old:%Y%m%d}")
    assert file is not None
    assert size_on_disk(settings, file) > 0
    dropped = {one.day: one.kept for one in await drop_old_days(database, today, KEEP)}
    assert dropped[old] == 1
    assert dropped[later] == 0
    async with database.practice(practice.id) as transaction:
        assert [one.id for one in await list_messages(transaction, Filter())] == [bad]
        story = await read_story(transaction, bad)
    assert story.entry.state == "failed"
    assert story.bodies == {"received": b"bad"}
    assert len(story.tries) == 2, "also the try of another day"
    assert size_on_disk(settings, file) == 0
    async with database.practice(practice.id) as transaction:
        with pytest.raises(Misconfigured, match="no such message"):
            await read_story(transaction, good)


async def test_what_was_kept_can_still_be_worked_and_then_goes(database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    today, old = now().date(), now().date() - timedelta(days=70)
    await database.make_days(old)
    on(old, monkeypatch)
    async with database.practice(practice.id) as transaction:
        [bad] = await accept(transaction, [incoming("b", b"bad")])
    await work(database)
    monkeypatch.undo()
    await drop_old_days(database, today, KEEP)

    async def now_it_does(_: Transaction, messages: Sequence[Message]) -> list[Outcome]:
        return [Done() for _ in messages]

    async with database.practice(practice.id) as transaction:
        await error_queue.retry(transaction, [bad], "ann")
    await Worker(database, Handlers({"note": now_it_does})).run_until_idle()
    await drop_old_days(database, today, KEEP)
    async with database.practice(practice.id) as transaction:
        assert await list_messages(transaction, Filter()) == []
    assert await file_of(database, f"messages_{old:%Y%m%d}") is None
