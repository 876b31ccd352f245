"""The log is listed newest first, narrowed, and streamed without holding it in memory."""

import pytest

from practicestudio.clock import new_id
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.log import Filter, count_states, list_messages, read_story, stream_messages
from practicestudio.delivery.message import NewMessage
from practicestudio.errors import Misconfigured
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database


async def fill(database: Database, practice: Practice, number: int) -> None:
    news = [
        NewMessage(direction="in" if n % 2 else "out", door="rest", kind=f"kind.{n % 3}", about=f"x:{n}", body=b"{}", urgency="backfill")
        for n in range(number)
    ]
    async with database.practice(practice.id) as transaction:
        await accept(transaction, news)


async def test_messages_are_listed_newest_first_and_page_by_page(database: Database, practice: Practice) -> None:
    await fill(database, practice, 7)
    async with database.practice(practice.id) as transaction:
        first = await list_messages(transaction, Filter(), 4)
        rest = await list_messages(transaction, Filter(before=first[-1].id), 4)
    ids = [one.id for one in (*first, *rest)]
    assert len(ids) == 7
    assert ids == sorted(ids, reverse=True)


async def test_a_list_is_narrowed_by_kind_direction_state_and_time(database: Database, practice: Practice) -> None:
    await fill(database, practice, 12)
    async with database.practice(practice.id) as transaction:
        everything = await list_messages(transaction, Filter())
        assert {one.kind for one in await list_messages(transaction, Filter(kind="kind.1"))} == {"kind.1"}
        assert {one.direction for one in await list_messages(transaction, Filter(direction="out"))} == {"out"}
        assert await list_messages(transaction, Filter(states=["failed"])) == []
        assert len(await list_messages(transaction, Filter(since=everything[3].id))) == 4
        assert await list_messages(transaction, Filter(record_id=new_id())) == []
        assert await count_states(transaction) == {"received": 12}


async def test_a_stream_gives_every_message_once(database: Database, practice: Practice) -> None:
    await fill(database, practice, 11)
    found = [one.id async for one in stream_messages(database, practice.id, Filter(), page=3)]
    assert len(found) == len(set(found)) == 11


async def test_a_message_that_is_not_there_is_a_clear_error(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        with pytest.raises(Misconfigured, match="no such message"):
            await read_story(transaction, new_id())
