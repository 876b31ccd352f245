"""How often a key may call."""

import asyncio
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from practicestudio.access.call_rate import Rate, Standing, standing, take_call
from practicestudio.clock import new_id
from practicestudio.store.database import Database

RATE = Rate(5, 3600)


async def test_so_many_calls_and_no_more(database: Database) -> None:
    key = new_id()

    async def call() -> Standing:
        async with database.shared() as transaction:
            return await take_call(transaction, key, RATE)

    first = await call()
    assert (first.taken, first.left) == (True, 4)
    all_at_once = await asyncio.gather(*(call() for _ in range(9)))
    assert sum(one.taken for one in all_at_once) == 4
    refused = await call()
    assert not refused.taken
    assert refused.left == 0
    assert 700 < refused.wait <= 720
    assert 3590 < refused.whole_again <= 3600


async def test_each_key_has_a_rate_of_its_own(database: Database) -> None:
    for _ in range(2):
        async with database.shared() as transaction:
            assert (await take_call(transaction, new_id(), Rate(1, 3600))).taken


@given(st.integers(1, 10_000), st.integers(1, 86_400), st.floats(0, 1))
def test_whoever_has_nothing_left_is_told_to_wait_and_others_are_not(calls: int, seconds: int, part: float) -> None:
    rate = Rate(calls, seconds)
    found = standing(rate, timedelta(seconds=seconds * part), taken=True)
    assert (found.left == 0) == (found.wait > 0)
    assert 0 <= found.left <= calls
    assert found.wait <= found.whole_again + seconds
