"""Totals are true at every moment, whatever changed the log, and are told without counting it."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID

import pytest

from practicestudio.clock import first_id_at, now
from practicestudio.delivery import error_queue, finish, inbox
from practicestudio.delivery.counts import count_by_time, count_states, fold_counts, hours_of, read_choices
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.delivery.message import STATES, Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome, Parked
from practicestudio.delivery.retention import drop_old_days
from practicestudio.delivery.retry import RetryRule
from practicestudio.delivery.stretches import FIRST, LAST, first_id_of_hour, hour_of
from practicestudio.delivery.worker import Call, Handlers, Worker
from practicestudio.errors import Permanent, Transient, UnsureMatch
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Transaction

ENDINGS: dict[bytes, Outcome] = {
    b"done": Done(),
    b"failed": Failed(Permanent("No.")),
    b"later": Failed(Transient("Not now.")),
    b"parked": Parked(UnsureMatch("Who?")),
}


async def batch(_: Transaction, messages: Sequence[Message]) -> list[Outcome]:
    return [ENDINGS[message.body] for message in messages]


async def call(call: Call) -> Outcome:
    await call.mark_sent()
    return ENDINGS[call.message.body]


def worker(database: Database) -> Worker:
    return Worker(database, Handlers({"note": batch}, {"send": call}), rule=RetryRule(first=0.001, most=0.002, tries=2))


def news(random: Random, number: int) -> list[NewMessage]:
    return [
        NewMessage(direction="in" if inward else "out", door="rest", kind="note" if inward else "send", about=f"x:{random.randint(0, 9)}", body=body)
        for inward, body in ((random.random() < 0.6, random.choice(list(ENDINGS))) for _ in range(number))
    ]


async def counted(transaction: Transaction) -> dict[tuple[object, ...], int]:
    """What the counts say, and what counting says."""
    kept = await transaction.connection.execute(
        "select hour, direction, door, kind, state, error_code, error, sum(messages)::int from message_counts"
        " group by 1, 2, 3, 4, 5, 6, 7 having sum(messages) <> 0"
    )
    true = await transaction.connection.execute(
        "select hour_of(id), direction, door, kind, state, error_code, error, count(*)::int from messages group by 1, 2, 3, 4, 5, 6, 7"
    )
    found = {tuple(row[:-1]): row[-1] for row in await kept.fetchall()}
    assert found == {tuple(row[:-1]): row[-1] for row in await true.fetchall()}
    return found


async def counted_calls(transaction: Transaction) -> int:
    kept = await transaction.connection.execute("select hour, operation, status, error_code, sum(calls)::int from call_counts group by 1, 2, 3, 4")
    true = await transaction.connection.execute("select hour_of(id), operation, status, error_code, count(*)::int from tries group by 1, 2, 3, 4")
    found = sorted(await kept.fetchall(), key=str)
    assert found == sorted(await true.fetchall(), key=str)
    return sum(row[-1] for row in found)


async def test_counts_are_those_of_the_log_after_everything_that_changes_it(database: Database, practice: Practice) -> None:
    random = Random(4)
    for _ in range(6):
        async with database.practice(practice.id) as transaction:
            await accept(transaction, news(random, 12))
        await worker(database).run_until_idle()
        async with database.practice(practice.id) as transaction:
            queue = [one.id for one in await list_messages(transaction, Filter(states=("failed", "parked")))]
            await error_queue.retry(transaction, random.sample(queue, len(queue) // 3), "ann")
        async with database.practice(practice.id) as transaction:
            queue = [one.id for one in await list_messages(transaction, Filter(states=("failed", "parked")))]
            await error_queue.discard(transaction, queue[:2], "not needed", "ann")
            await error_queue.edit_and_retry(transaction, queue[-1], b"done", "ann")
            await counted(transaction)
            await counted_calls(transaction)
        if random.random() < 0.5:
            await fold_counts(database)
    await worker(database).run_until_idle()
    async with database.practice(practice.id) as transaction:
        true = Counter(one.state for one in await list_messages(transaction, Filter(), 1000))
        assert await count_states(transaction) == dict(true)
        assert len(true) >= 4, "of many states"


async def test_what_is_rolled_back_is_not_counted(database: Database, practice: Practice) -> None:
    with suppress(ZeroDivisionError):
        async with database.practice(practice.id) as transaction:
            await accept(transaction, news(Random(1), 3))
            assert sum((await count_states(transaction)).values()) == 3
            raise ZeroDivisionError
    async with database.practice(practice.id) as transaction:
        assert await count_states(transaction) == {}


async def test_folding_leaves_one_row_and_the_same_totals(database: Database, practice: Practice) -> None:
    for number in range(5):
        async with database.practice(practice.id) as transaction:
            await accept(transaction, news(Random(number), 2))
    await worker(database).run_until_idle()
    async with database.practice(practice.id) as transaction:
        before = await counted(transaction)
    await fold_counts(database)
    async with database.practice(practice.id) as transaction:
        assert await counted(transaction) == before
        rows = await (await transaction.connection.execute("select count(*) from message_counts")).fetchone()
    assert rows == (len(before),)


def on(moment: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on ids are made at that moment."""
    random = Random(int(moment.timestamp()))
    first = first_id_at(moment)
    for module in (inbox, finish):
        monkeypatch.setattr(module, "new_id", lambda: UUID(int=first.int + random.getrandbits(70)))


async def test_a_dropped_day_takes_its_counts_with_it(database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    today, old = now().date(), now().date() - timedelta(days=80)
    await database.make_days(old)
    on(datetime.combine(old, time(12), UTC), monkeypatch)
    bodies = [NewMessage(direction="in", door="rest", kind="note", about=str(n), body=body) for n, body in enumerate([b"done", b"done", b"failed"])]
    async with database.practice(practice.id) as transaction:
        await accept(transaction, bodies)
    await worker(database).run_until_idle()
    monkeypatch.undo()
    async with database.practice(practice.id) as transaction:
        assert await count_states(transaction) == {"done": 2, "failed": 1}
    await drop_old_days(database, today, 30)
    async with database.practice(practice.id) as transaction:
        assert await count_states(transaction) == {"failed": 1}
        await counted(transaction)
        assert await counted_calls(transaction) == 1


async def test_a_range_is_counted_to_the_message_whatever_hour_it_cuts(
    database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    noon = datetime.combine(now().date() - timedelta(days=20), time(12), UTC)
    await database.make_days(noon.date())
    for minutes in range(0, 400, 10):
        on(noon + timedelta(minutes=minutes), monkeypatch)
        async with database.practice(practice.id) as transaction:
            await accept(transaction, news(Random(minutes), 1))
    monkeypatch.undo()
    random = Random(7)
    async with database.practice(practice.id) as transaction:
        everything = await list_messages(transaction, Filter(), 100)
        for _ in range(20):
            since, before = sorted(first_id_at(noon + timedelta(minutes=random.randint(-30, 430))) for _ in range(2))
            kinds = random.choice([None, ["note"]])
            fitting = [one for one in everything if since <= one.id < before and (kinds is None or one.kind in kinds)]
            counts = await count_states(transaction, Filter(since=since, before=before, kinds=kinds))
            assert sum(counts.values()) == len(fitting)
        starts = [noon, noon + timedelta(hours=1), noon + timedelta(hours=5)]
        assert [sum(one.values()) for one in await count_by_time(transaction, Filter(), starts)] == [6, 24, 10]
        choices = await read_choices(transaction)
        assert set(choices.kinds) == {"note", "send"}
        assert sum(choices.doors.values()) == 40


def test_a_range_is_split_at_its_whole_hours() -> None:
    def at(hours: float) -> UUID:
        return UUID(int=first_id_of_hour(0).int + int(hours * 3_600_000) * 2**80)

    for since, before, whole in [(1, 4, (1, 4)), (1.5, 4.25, (2, 4)), (1.2, 1.7, (0, 0)), (1.5, 2.5, (2, 2))]:
        split = hours_of(at(since), at(before))
        assert (split.first_hour, split.last_hour) == whole
        assert at(since) <= split.head_end <= split.tail_start or whole == (0, 0)
    assert hours_of(FIRST, LAST).first_hour == 0
    assert hour_of(first_id_of_hour(490_000)) == 490_000
    assert set(STATES) >= {"done"}
