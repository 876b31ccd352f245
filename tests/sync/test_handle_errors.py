"""What people do with the error queue: each message once, whatever the number, and the trail tells of each."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.audit import open_sealed
from practicestudio.clock import new_id
from practicestudio.delivery import error_queue
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.log import Filter
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome, Parked
from practicestudio.delivery.story import read_story
from practicestudio.delivery.worker import Handlers, Worker
from practicestudio.errors import InvalidValue, Permanent, UnsureMatch
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Transaction
from practicestudio.sync import handle_errors


async def handle(_: Transaction, messages: Sequence[Message]) -> list[Outcome]:
    endings: dict[bytes, Outcome] = {b"no": Failed(Permanent("No.")), b"who": Parked(UnsureMatch("Who?"))}
    return [endings.get(message.body, Done()) for message in messages]


async def put(database: Database, practice: Practice, *bodies: bytes) -> list[UUID]:
    news = [NewMessage(direction="in", door="rest", kind="note", about=str(n), body=body) for n, body in enumerate(bodies)]
    async with database.practice(practice.id) as transaction:
        ids = await accept(transaction, news)
    await work(database)
    return ids


async def work(database: Database) -> None:
    await Worker(database, Handlers({"note": handle})).run_until_idle()


async def trail(database: Database, practice: Practice) -> list[tuple[Any, ...]]:
    async with database.practice(practice.id) as transaction:
        found = await transaction.connection.execute("select id, action, actor, message_id, sealed from audit_entries order by id")
        return [(*row[1:4], open_sealed(transaction, row[0], row[4])) for row in await found.fetchall()]


async def test_each_message_that_is_retried_or_discarded_stands_in_the_trail(database: Database, practice: Practice) -> None:
    one, other = await put(database, practice, b"no", b"who")
    stranger = new_id()
    async with database.practice(practice.id) as transaction:
        assert (await handle_errors.retry(transaction, [one, stranger], "person:ann")).untouched == (stranger,)
        await handle_errors.discard(transaction, [other], " test data ", "person:ben")
    told = await trail(database, practice)
    assert [entry[:3] for entry in told] == [
        ("person:message:retry", "person:ann", one),
        ("person:message:discard", "person:ben", other),
    ]
    assert told[1][3]["purpose"] == "test data"


async def test_a_correction_is_linked_both_ways_and_told(database: Database, practice: Practice) -> None:
    [one] = await put(database, practice, b"no")
    async with database.practice(practice.id) as transaction:
        copy = await handle_errors.edit_and_retry(transaction, one, b"yes", "person:ann")
    await work(database)
    async with database.practice(practice.id) as transaction:
        original, corrected = await read_story(transaction, one), await read_story(transaction, copy)
    assert (original.entry.state, original.bodies["received"]) == ("discarded", b"no")
    assert (corrected.entry.state, corrected.entry.retry_of, corrected.bodies["received"]) == ("done", one, b"yes")
    [entry] = await trail(database, practice)
    assert entry[0] == "person:message:edit"
    assert entry[3]["changes"] == {"copy": [None, str(copy)]}


async def test_all_that_fit_are_handled_in_chunks_and_what_fails_again_but_once(
    database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handle_errors, "CHUNK", 2)
    ids = await put(database, practice, *[b"no"] * 5, b"who", b"fine")
    async with database.practice(practice.id) as transaction:
        planned = await handle_errors.plan(transaction, Filter(states=("failed", "done")))
    assert (planned.count, [group.kind for group in planned.groups]) == (5, ["note"])
    told = []
    async for done in handle_errors.retry_fitting(lambda: database.practice(practice.id), Filter(states=("failed",)), "person:ann"):
        told.append(done)
        await work(database)  # they fail again before the next chunk is looked for
    assert told == [2, 4, 5]
    assert Counter(entry[2] for entry in await trail(database, practice)) == Counter(ids[:5])
    discarding = handle_errors.discard_fitting(lambda: database.practice(practice.id), Filter(), "not ours", "person:ann")
    assert [done async for done in discarding][-1] == 6
    async with database.practice(practice.id) as transaction:
        assert await count_states(transaction) == {"discarded": 6, "done": 1}


async def test_without_a_reason_nothing_is_discarded(database: Database, practice: Practice) -> None:
    ids = await put(database, practice, b"no")
    with pytest.raises(InvalidValue, match="needs a reason"):
        async with database.practice(practice.id) as transaction:
            await handle_errors.discard(transaction, ids, " ", "person:ann")
    assert await trail(database, practice) == []


async def test_trends_and_failures_tell_when_it_went_wrong(database: Database, practice: Practice) -> None:
    [one, *_] = await put(database, practice, b"no", b"no", b"who")
    async with database.practice(practice.id) as transaction:
        entry = (await read_story(transaction, one)).entry
        hour = entry.received_at.replace(minute=0, second=0, microsecond=0)
        groups = await error_queue.groups(transaction)
        trends = await error_queue.trends(transaction, [hour])
        assert {group.cause: [group.count] for group in groups} == trends
        await handle_errors.retry(transaction, [one], "person:ann")
        assert await error_queue.failures(transaction, [hour]) == {"permanent": [2], "unsure_match": [1]}
