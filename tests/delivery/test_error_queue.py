"""The error queue: by cause, in bulk, with a dry run; what is retried keeps its place."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from practicestudio.clock import new_id
from practicestudio.delivery import error_queue
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome
from practicestudio.delivery.story import read_story
from practicestudio.delivery.worker import Handlers, Worker
from practicestudio.errors import InvalidValue, Permanent
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database, Transaction


class Handler:
    """Fails what is not mended yet."""

    def __init__(self) -> None:
        self.mended = False
        self.seen: list[bytes] = []

    async def __call__(self, _: Transaction, messages: Sequence[Message]) -> list[Outcome]:
        self.seen += [message.body for message in messages]
        return [Done() if self.mended or message.body == b"ok" else Failed(Permanent(f"No {message.body.decode()}.")) for message in messages]

    async def work(self, database: Database) -> None:
        await Worker(database, Handlers({"note": self})).run_until_idle()


async def put(database: Database, practice: Practice, *bodies: bytes, about: str = "x") -> list[UUID]:
    news = [NewMessage(direction="in", door="rest", kind="note", about=about, body=body) for body in bodies]
    async with database.practice(practice.id) as transaction:
        return await accept(transaction, news)


async def test_errors_are_grouped_by_their_sentence_the_most_frequent_first(database: Database, practice: Practice) -> None:
    one, other, _ = await put(database, practice, b"date", b"date", b"name")
    await Handler().work(database)
    async with database.practice(practice.id) as transaction:
        first, second = await error_queue.groups(transaction)
    assert (first.count, first.error) == (2, "No date. Mend the cause and retry it from the error queue.")
    assert first.example in (one, other)
    assert (second.count, second.kind, second.state) == (1, "note", "failed")


async def test_a_bulk_retry_tries_what_is_there_and_names_what_is_not(database: Database, practice: Practice) -> None:
    handler = Handler()
    bad, fine, worse = await put(database, practice, b"a", b"ok", b"b")
    await handler.work(database)
    stranger = new_id()
    async with database.practice(practice.id) as transaction:
        planned = await error_queue.retry(transaction, [worse, fine, bad, stranger], "ann", dry_run=True)
        assert (set(planned.ids), set(planned.untouched)) == ({bad, worse}, {fine, stranger})
        assert await count_states(transaction) == {"failed": 2, "done": 1}
        await error_queue.retry(transaction, [worse, fine, bad, stranger], "ann")
    handler.mended = True
    handler.seen.clear()
    await handler.work(database)
    assert handler.seen == [b"a", b"b"], "in the order in which they came"
    async with database.practice(practice.id) as transaction:
        assert await count_states(transaction) == {"done": 3}
        assert (await read_story(transaction, bad)).entry.decided_by == "ann"


async def test_a_retried_message_goes_before_what_came_after_it(database: Database, practice: Practice) -> None:
    handler = Handler()
    [bad] = await put(database, practice, b"first")
    await handler.work(database)
    await put(database, practice, b"ok", b"ok")
    async with database.practice(practice.id) as transaction:
        await error_queue.retry(transaction, [bad], "ann")
    handler.mended = True
    handler.seen.clear()
    await handler.work(database)
    assert handler.seen == [b"first", b"ok", b"ok"]


async def test_only_what_is_in_the_error_queue_can_be_edited(database: Database, practice: Practice) -> None:
    [fine] = await put(database, practice, b"ok")
    await Handler().work(database)
    async with database.practice(practice.id) as transaction:
        with pytest.raises(InvalidValue, match="not in the error queue"):
            await error_queue.edit_and_retry(transaction, fine, b"better", "ann")


async def test_another_practices_message_cannot_be_touched(database: Database, practice: Practice) -> None:
    [bad] = await put(database, practice, b"a")
    await Handler().work(database)
    other = await add_practice(database, str(800_000 + practice.id.int % 99_999), "Other", "America/Chicago")
    async with database.practice(other.id) as transaction:
        assert (await error_queue.retry(transaction, [bad], "eve")).untouched == (bad,)
        assert (await error_queue.discard(transaction, [bad], "mine now", "eve")).ids == ()
    async with database.practice(practice.id) as transaction:
        assert (await read_story(transaction, bad)).entry.state == "failed"
