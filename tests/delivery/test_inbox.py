"""What is accepted is safe with its caller's transaction: sealed, in its lane, in its order."""

import asyncio
from uuid import UUID

import pytest

from practicestudio.delivery.inbox import accept, accept_once, lane_of
from practicestudio.delivery.log import Filter, count_unfinished, list_messages
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.story import read_story
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database


def note(about: str, body: bytes = b"{}", **given: object) -> NewMessage:
    return NewMessage(direction="in", door="rest", kind="note", about=about, body=body, **given)  # type: ignore[arg-type]


class Broken(Exception):
    pass


async def test_nothing_is_accepted_where_the_callers_transaction_fails(database: Database, practice: Practice) -> None:
    async def breaks() -> None:
        async with database.practice(practice.id) as transaction:
            await accept(transaction, [note("patient:1")])
            raise Broken

    with pytest.raises(Broken):
        await breaks()
    async with database.practice(practice.id) as transaction:
        assert await list_messages(transaction, Filter()) == []
        assert (await (await transaction.connection.execute("select count(*) from lanes")).fetchone()) == (0,)


async def test_accepting_nothing_asks_nothing(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        assert await accept(transaction, []) == []


async def test_bodies_are_sealed_and_lanes_are_blind(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        [one] = await accept(transaction, [note("patient:4711", b"Jonathan Canary")])
        cursor = await transaction.connection.execute("select sealed from message_bodies where message_id = %s", [one])
        assert b"Canary" not in bytes((await cursor.fetchone() or (b"",))[0])
        cursor = await transaction.connection.execute("select lane from messages where id = %s", [one])
        assert await cursor.fetchone() == (lane_of(transaction.sealer, "patient:4711"),)
        assert (await read_story(transaction, one)).bodies == {"received": b"Jonathan Canary"}


async def test_a_body_of_30_megabytes_comes_back_as_it_was(database: Database, practice: Practice) -> None:
    body = b"0123456789" * 3_000_000
    async with database.practice(practice.id) as transaction:
        [one] = await accept(transaction, [note("patient:1", body)])
        assert (await read_story(transaction, one)).bodies == {"received": body}


async def test_lanes_that_two_callers_share_never_lock_each_other_up(database: Database, practice: Practice) -> None:
    abouts = [f"patient:{n}" for n in range(30)]

    async def send(order: list[str]) -> None:
        for _ in range(3):
            async with database.practice(practice.id) as transaction:
                await accept(transaction, [note(about) for about in order])

    await asyncio.gather(*(send(abouts[::step]) for step in (1, -1, 2, -2)))
    async with database.practice(practice.id) as transaction:
        assert await count_unfinished(transaction) == 3 * (30 + 30 + 15 + 15)
        assert await count_unfinished(transaction, ["other"]) == 0


async def test_the_same_words_about_another_thing_are_another_message(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        await accept_once(transaction, [note("patient:1", b"x", rereadable=True)], UUID(int=0))
        again = [note("patient:1", b"x", rereadable=True), note("patient:2", b"x", rereadable=True)]
        assert len(await accept_once(transaction, again, UUID(int=0))) == 1
        assert len(await accept_once(transaction, again, UUID(int=2**128 - 1))) == 2, "only what came since is known"
