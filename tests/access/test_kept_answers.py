"""A request with an Idempotency-Key is carried out once."""

from datetime import timedelta

import pytest

from practicestudio.access.kept_answers import KEPT, Answer, OtherRequest, UnderWay, claim, keep
from practicestudio.clock import new_id, now
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database

ANSWER = Answer(201, {"ETag": '"1"'}, b'{"first_name": "Zo\xc3\xab"}')


async def test_the_answer_comes_again(database: Database, practice: Practice) -> None:
    key = new_id()
    async with database.practice(practice.id) as transaction:
        claimed = await claim(transaction, key, "a", b"book", now())
        assert claimed.answer is None
        await keep(transaction, claimed, ANSWER, now())
    async with database.practice(practice.id) as transaction:
        assert (await claim(transaction, key, "a", b"book", now())).answer == ANSWER


async def test_for_another_request_another_token_is_needed(database: Database, practice: Practice) -> None:
    key = new_id()
    async with database.practice(practice.id) as transaction:
        await keep(transaction, await claim(transaction, key, "a", b"book", now()), ANSWER, now())
    async with database.practice(practice.id) as transaction:
        with pytest.raises(OtherRequest):
            await claim(transaction, key, "a", b"cancel", now())
    async with database.practice(practice.id) as transaction:
        assert (await claim(transaction, key, "b", b"cancel", now())).answer is None


async def test_each_key_and_practice_has_tokens_of_its_own(database: Database, practice: Practice) -> None:
    key, other = new_id(), await add_practice(database, f"{practice.athena_id}7", "Other", "America/New_York")
    async with database.practice(practice.id) as transaction:
        await keep(transaction, await claim(transaction, key, "a", b"book", now()), ANSWER, now())
    async with database.practice(practice.id) as transaction:
        assert (await claim(transaction, new_id(), "a", b"cancel", now())).answer is None
    async with database.practice(other.id) as transaction:
        assert (await claim(transaction, key, "a", b"cancel", now())).answer is None


async def test_two_at_once_are_told_apart(database: Database, practice: Practice) -> None:
    key = new_id()
    async with database.practice(practice.id) as first, database.practice(practice.id) as second:
        await claim(first, key, "a", b"book", now())
        with pytest.raises(UnderWay):
            await claim(second, key, "a", b"book", now())


async def test_a_request_that_was_broken_off_may_be_made_again(database: Database, practice: Practice) -> None:
    key = new_id()

    async def break_off() -> None:
        async with database.practice(practice.id) as transaction:
            await keep(transaction, await claim(transaction, key, "a", b"book", now()), ANSWER, now())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await break_off()
    async with database.practice(practice.id) as transaction:
        assert (await claim(transaction, key, "a", b"book", now())).answer is None


async def test_after_a_day_it_is_forgotten(database: Database, practice: Practice) -> None:
    key, later = new_id(), now() + KEPT + timedelta(minutes=1)
    async with database.practice(practice.id) as transaction:
        await keep(transaction, await claim(transaction, key, "a", b"book", now()), ANSWER, now())
    async with database.practice(practice.id) as transaction:
        claimed = await claim(transaction, key, "a", b"cancel", later)
        assert claimed.answer is None
        await keep(transaction, await claim(transaction, key, "b", b"another", later), ANSWER, later)
        cursor = await transaction.connection.execute("select count(*) from api_answers")
        assert await cursor.fetchone() == (1,)
