"""Lanes keep their order, failures stay in their lane, and what a dead worker held comes back."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from practicestudio.clock import new_id
from practicestudio.delivery import error_queue
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.finish import LanePolicy
from practicestudio.delivery.inbox import accept, accept_once
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome, Parked
from practicestudio.delivery.retry import RetryRule
from practicestudio.delivery.story import read_story
from practicestudio.delivery.worker import Call, Handlers, Worker
from practicestudio.errors import InvalidValue, Permanent, Transient, UnsureMatch
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Transaction


def incoming(about: str, body: str, kind: str = "note") -> NewMessage:
    return NewMessage(direction="in", door="rest", kind=kind, about=about, body=body.encode(), rereadable=True)


def outgoing(about: str, body: str, kind: str = "send") -> NewMessage:
    return NewMessage(direction="out", door="rest", kind=kind, about=about, body=body.encode(), urgency="person")


class Handled:
    """Handlers that note what they were given and answer as told."""

    def __init__(self, answer: Callable[[Message], Outcome] = lambda _: Done()) -> None:
        self.bodies: list[str] = []
        self.answer = answer

    async def batch(self, transaction: Transaction, messages: Sequence[Message]) -> list[Outcome]:
        return [self.one(message) for message in messages]

    async def call(self, call: Call) -> Outcome:
        await asyncio.sleep(0)
        return self.one(call.message)

    def one(self, message: Message) -> Outcome:
        self.bodies.append(message.body.decode())
        return self.answer(message)

    def handlers(self, policy: LanePolicy = "move_on") -> Handlers:
        async def policies(_: Transaction, __: str) -> LanePolicy:
            return policy

        return Handlers({"note": self.batch}, {"send": self.call}, policies)


async def put(database: Database, practice: Practice, *messages: NewMessage) -> list[UUID]:
    async with database.practice(practice.id) as transaction:
        return await accept(transaction, messages)


async def states(database: Database, practice: Practice) -> dict[str, int]:
    async with database.practice(practice.id) as transaction:
        return {state: number for state, number in (await count_states(transaction)).items()}  # noqa: C416 - a literal is a str too


async def lanes_left(database: Database, practice: Practice) -> int:
    async with database.practice(practice.id) as transaction:
        cursor = await transaction.connection.execute("select count(*) from lanes")
        row = await cursor.fetchone()
        assert row is not None
        return int(row[0])


async def test_messages_of_a_lane_are_worked_in_their_order_and_the_lane_goes(database: Database, practice: Practice) -> None:
    handled = Handled()
    await put(database, practice, *(incoming("patient:1", f"a{n}") for n in range(5)), incoming("patient:2", "b"))
    await put(database, practice, incoming("patient:1", "a5"))
    await Worker(database, handled.handlers()).run_until_idle()
    assert [body for body in handled.bodies if body.startswith("a")] == [f"a{n}" for n in range(6)]
    assert await states(database, practice) == {"done": 7}
    assert await lanes_left(database, practice) == 0


async def test_two_workers_never_hold_one_lane_and_double_nothing(database: Database, practice: Practice) -> None:
    handled = Handled()
    await put(database, practice, *(incoming(f"patient:{n % 7}", f"{n % 7}-{n:03}") for n in range(140)))
    await asyncio.gather(*(Worker(database, handled.handlers(), batch=3).run_until_idle() for _ in range(4)))
    assert sorted(handled.bodies) == sorted(f"{n % 7}-{n:03}" for n in range(140))
    for lane in range(7):
        own = [body for body in handled.bodies if body.startswith(f"{lane}-")]
        assert own == sorted(own)


async def test_a_transient_failure_waits_and_holds_its_lane_only(database: Database, practice: Practice) -> None:
    handled = Handled(lambda m: Failed(Transient("Not now.")) if m.body == b"bad" and m.tries == 0 else Done())
    await put(database, practice, incoming("patient:1", "bad"), incoming("patient:1", "next"), incoming("patient:2", "other"))
    worker = Worker(database, handled.handlers(), rule=RetryRule(first=0.2))
    await worker.run_until_idle()
    assert sorted(handled.bodies) in (["bad", "other"], sorted(["bad", "bad", "next", "other"]))
    await asyncio.sleep(0.25)
    await worker.run_until_idle()
    assert handled.bodies[-2:] == ["bad", "next"]
    assert await states(database, practice) == {"done": 3}


async def test_a_permanent_failure_goes_to_the_error_queue_with_its_sentence(database: Database, practice: Practice) -> None:
    handled = Handled(lambda m: Failed(Permanent("The date of birth is not a date.")) if m.body == b"bad" else Done())
    bad, _ = await put(database, practice, incoming("patient:1", "bad"), incoming("patient:1", "next"))
    await Worker(database, handled.handlers()).run_until_idle()
    async with database.practice(practice.id) as transaction:
        story = await read_story(transaction, bad)
        groups = await error_queue.groups(transaction)
    assert story.entry.state == "failed"
    assert story.entry.error == "The date of birth is not a date. Mend the cause and retry it from the error queue."
    assert [one.error_code for one in story.tries] == ["permanent"]
    assert story.bodies == {"received": b"bad"}
    assert [(group.count, group.example) for group in groups] == [(1, bad)]
    assert handled.bodies == ["bad", "next"]


async def test_a_lane_that_holds_waits_for_a_person(database: Database, practice: Practice) -> None:
    answers: dict[bytes, Outcome] = {b"bad": Failed(Permanent("No."))}
    handled = Handled(lambda m: answers.get(m.body, Done()))
    bad, _ = await put(database, practice, incoming("patient:1", "bad"), incoming("patient:1", "next"))
    worker = Worker(database, handled.handlers("hold"))
    await worker.run_until_idle()
    await put(database, practice, incoming("patient:1", "later"))
    await worker.run_until_idle()
    assert handled.bodies == ["bad"]
    answers.clear()
    async with database.practice(practice.id) as transaction:
        assert (await error_queue.retry(transaction, [bad], "ann")).ids == (bad,)
    await worker.run_until_idle()
    assert handled.bodies == ["bad", "bad", "next", "later"]
    assert await states(database, practice) == {"done": 3}


async def test_one_message_that_breaks_the_program_does_not_take_the_batch_with_it(database: Database, practice: Practice) -> None:
    def answer(message: Message) -> Outcome:
        if message.body == b"bomb":
            raise ZeroDivisionError("John Canary, born 1980")
        return Done()

    handled = Handled(answer)
    await put(database, practice, *(incoming(f"patient:{n}", str(n)) for n in range(5)), incoming("patient:9", "bomb"))
    await Worker(database, handled.handlers()).run_until_idle()
    async with database.practice(practice.id) as transaction:
        [failed] = await list_messages(transaction, Filter(states=["failed"]))
    assert failed.error_code == "internal"
    assert "ZeroDivisionError" in (failed.error or "")
    assert "Canary" not in (failed.error or "")
    assert await states(database, practice) == {"done": 5, "failed": 1}


async def test_what_a_dead_worker_held_comes_back_when_its_lease_ends(database: Database, practice: Practice) -> None:
    handled = Handled()
    await put(database, practice, incoming("patient:1", "a"))
    dead = Worker(database, handled.handlers(), lease=0.3)
    assert len(await dead._claim(outbound=False, lanes=10)) == 1
    living = Worker(database, handled.handlers())
    await living.run_until_idle()
    assert handled.bodies == []
    await asyncio.sleep(0.35)
    await living.run_until_idle()
    assert handled.bodies == ["a"]


async def test_a_worker_that_lost_its_lease_commits_nothing(database: Database, practice: Practice) -> None:
    handled = Handled()
    await put(database, practice, incoming("patient:1", "a"))
    slow, fast = (Worker(database, handled.handlers(), lease=lease) for lease in (0.05, 60))
    [claimed] = await slow._claim(outbound=False, lanes=1)
    await asyncio.sleep(0.1)
    assert len(await fast._claim(outbound=False, lanes=1)) == 1
    await slow._work_batch(practice.id, [claimed])
    assert await states(database, practice) == {"received": 1}


async def test_calls_run_beside_each_other_and_batches(database: Database, practice: Practice) -> None:
    handled = Handled()
    await put(database, practice, *(outgoing(f"patient:{n}", f"out{n}") for n in range(20)), incoming("patient:99", "in"))
    await Worker(database, handled.handlers(), calls=4).run_until_idle()
    assert await states(database, practice) == {"done": 21}


async def test_a_message_of_the_other_direction_in_the_same_lane_keeps_its_turn(database: Database, practice: Practice) -> None:
    handled = Handled()
    await put(database, practice, incoming("p", "1"), outgoing("p", "2"), incoming("p", "3"), outgoing("p", "4"))
    await Worker(database, handled.handlers()).run_until_idle()
    assert handled.bodies == ["1", "2", "3", "4"]


async def test_a_parked_message_is_settled_by_a_decision(database: Database, practice: Practice) -> None:
    handled = Handled(lambda _: Parked(UnsureMatch("It may be one of two patients.")))
    [parked] = await put(database, practice, incoming("patient:1", "who"))
    await Worker(database, handled.handlers()).run_until_idle()
    async with database.practice(practice.id) as transaction:
        await error_queue.settle(transaction, parked, "ann")
        assert (await read_story(transaction, parked)).entry.decided_by == "ann"
    assert await states(database, practice) == {"done": 1}


async def test_an_edited_message_leaves_the_original_linked(database: Database, practice: Practice) -> None:
    handled = Handled(lambda m: Failed(Permanent("No.")) if m.body == b"bad" else Done())
    [bad] = await put(database, practice, incoming("patient:1", "bad"))
    worker = Worker(database, handled.handlers())
    await worker.run_until_idle()
    async with database.practice(practice.id) as transaction:
        copy = await error_queue.edit_and_retry(transaction, bad, b"good", "ann")
    await worker.run_until_idle()
    async with database.practice(practice.id) as transaction:
        original, corrected = await read_story(transaction, bad), await read_story(transaction, copy)
    assert (original.entry.state, original.bodies["received"]) == ("discarded", b"bad")
    assert (corrected.entry.state, corrected.entry.retry_of) == ("done", bad)


async def test_discarding_needs_a_reason_and_a_dry_run_changes_nothing(database: Database, practice: Practice) -> None:
    handled = Handled(lambda _: Failed(Permanent("No.")))
    [bad] = await put(database, practice, incoming("patient:1", "bad"))
    await Worker(database, handled.handlers()).run_until_idle()
    stranger = new_id()
    async with database.practice(practice.id) as transaction:
        with pytest.raises(InvalidValue, match="needs a reason"):
            await error_queue.discard(transaction, [bad], "  ", "ann")
        planned = await error_queue.discard(transaction, [bad, stranger], "a test", "ann", dry_run=True)
        assert (planned.ids, planned.untouched) == ((bad,), (stranger,))
        assert (await read_story(transaction, bad)).entry.state == "failed"
        await error_queue.discard(transaction, [bad], "a test", "ann")
        assert (await read_story(transaction, bad)).entry.state == "discarded"


async def test_what_was_taken_once_is_not_taken_again(database: Database, practice: Practice) -> None:
    since = UUID(int=0)
    async with database.practice(practice.id) as transaction:
        first = await accept_once(transaction, [incoming("p", "1"), incoming("p", "2")], since)
        again = await accept_once(transaction, [incoming("p", "1"), incoming("p", "3")], since)
    assert (len(first), len(again)) == (2, 1)


async def test_nobody_sees_another_practices_messages(database: Database, practice: Practice) -> None:
    from practicestudio.practices.practice import add_practice

    other = await add_practice(database, str(900_000 + new_id().int % 99_999), "Other", "America/Chicago")
    [message] = await put(database, practice, incoming("p", "1"))
    async with database.practice(other.id) as transaction:
        assert await list_messages(transaction, Filter()) == []
        cursor = await transaction.connection.execute("select count(*) from messages where id = %s", [message])
        assert await cursor.fetchone() == (0,)


def test_pauses_grow_and_a_limit_says_itself_when_to_come_back() -> None:
    from practicestudio.delivery.retry import decide_retry
    from practicestudio.errors import RateLimited

    now, rule = datetime(2026, 1, 1, tzinfo=UTC), RetryRule(first=2, factor=2, most=60, tries=8)
    pauses = [decide_retry(Transient("x"), tries, now, rule, 1.0).at for tries in range(1, 8)]
    assert [at - now for at in pauses if at] == [timedelta(seconds=s) for s in (2, 4, 8, 16, 32, 60, 60)]
    assert decide_retry(Transient("x"), 8, now, rule, 1.0).at is None
    assert decide_retry(Permanent("x"), 1, now, rule, 1.0).at is None
    assert decide_retry(RateLimited("x", retry_after=3600), 99, now, rule, 0.0).at == now + timedelta(hours=1)


async def test_what_has_spent_its_tries_says_so(database: Database, practice: Practice) -> None:
    handled = Handled(lambda _: Failed(Transient("Not now.")))
    await put(database, practice, incoming("patient:1", "bad"))
    worker = Worker(database, handled.handlers(), rule=RetryRule(first=0.001, most=0.001, tries=3))
    for _ in range(20):
        await worker.run_until_idle()
        await asyncio.sleep(0.002)
    async with database.practice(practice.id) as transaction:
        [failed] = await list_messages(transaction, Filter(states=["failed"]))
    assert failed.error == "Not now. It was tried 3 times; retry it from the error queue."


async def test_a_worker_whose_lease_ran_out_does_not_begin_its_own_call_again(database: Database, practice: Practice) -> None:
    begun, free = 0, asyncio.Event()

    async def slow(_: Call) -> Outcome:
        nonlocal begun
        begun += 1
        await free.wait()
        return Done()

    await put(database, practice, outgoing("patient:1", "a"))
    worker = Worker(database, Handlers(call={"send": slow}), lease=0.05)
    await worker.step()
    await asyncio.sleep(0.1)
    await worker.step()
    await asyncio.sleep(0.05)
    free.set()
    await worker.run_until_idle()
    assert begun == 1
    assert await states(database, practice) == {"done": 1}
