"""Whatever happens, in whatever order: lanes keep theirs, nothing is lost, and nothing is worked to done twice."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.delivery import error_queue
from practicestudio.delivery.finish import LanePolicy
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome, Parked
from practicestudio.delivery.retry import RetryRule
from practicestudio.delivery.worker import Call, Handlers, Worker
from practicestudio.errors import Permanent, Transient, UnsureMatch
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database, Transaction

Ending = Literal["done", "later", "failed", "parked", "bomb"]
_ids = count(700_000)


class Killed(BaseException):
    """The worker dies here."""


@dataclass(frozen=True, slots=True)
class Arrive:
    """Messages for lanes, each with how its first try ends."""

    news: tuple[tuple[int, bool, Ending], ...]


@dataclass(frozen=True, slots=True)
class Work:
    """Some steps of a worker; dies: after that many messages were handled, with what it had in hand."""

    steps: int
    dies: int | None


@dataclass(frozen=True, slots=True)
class Decide:
    """A person looks at the error queue, and retries or discards one of what is there."""

    which: int
    discard: bool


news = st.tuples(st.integers(0, 3), st.booleans(), st.sampled_from(["done", "done", "done", "later", "failed", "parked", "bomb"]))
actions = st.one_of(
    st.builds(Arrive, st.lists(news, min_size=1, max_size=6).map(tuple)),
    st.builds(Work, st.integers(1, 3), st.none() | st.integers(1, 4)),
    st.builds(Decide, st.integers(0, 5), st.booleans()),
)


@dataclass
class World:
    """A practice's log, and the workers that come and go."""

    database: Database
    practice: Practice
    policy: LanePolicy
    accepted: set[UUID] = field(default_factory=set)
    discarded: set[UUID] = field(default_factory=set)
    out_of_order: list[UUID] = field(default_factory=list)
    lives: int | None = None

    async def batch(self, transaction: Transaction, messages: Sequence[Message]) -> list[Outcome]:
        return [await self.handle(transaction, message) for message in messages]

    async def call(self, call: Call) -> Outcome:
        async with self.database.practice(self.practice.id) as transaction:
            outcome = await self.handle(transaction, call.message, entry=False)

        async def effect(transaction: Transaction) -> None:
            await audit.write(transaction, [_done(call.message)])

        return Done(effect=effect) if isinstance(outcome, Done) else outcome

    async def handle(self, transaction: Transaction, message: Message, *, entry: bool = True) -> Outcome:
        cursor = await transaction.connection.execute(
            "select count(*) from messages where lane = %s and position < %s and state in ('received', 'working', 'waiting')",
            [message.lane, message.position],
        )
        if (await cursor.fetchone() or (0,))[0]:
            self.out_of_order.append(message.id)
        ending = message.body.decode() if message.tries == 0 and not message.sent_at else "done"
        if self.lives is not None:
            self.lives -= 1
            if self.lives <= 0:
                raise Killed
        if ending == "bomb":
            raise ZeroDivisionError
        if ending != "done":
            errors = {"later": Transient("Not now."), "failed": Permanent("No."), "parked": UnsureMatch("Who?")}
            return (Parked if ending == "parked" else Failed)(errors[ending])
        if entry:
            await audit.write(transaction, [_done(message)])
        return Done()

    def worker(self) -> Worker:
        async def policies(_: Transaction, __: str) -> LanePolicy:
            return self.policy

        handlers = Handlers({"note": self.batch}, {"send": self.call}, policies)
        return Worker(self.database, handlers, batch=3, calls=2, lease=0.05, rule=RetryRule(first=0.001, most=0.002))

    async def arrive(self, action: Arrive) -> None:
        messages = [
            NewMessage(direction="out" if out else "in", door="rest", kind="send" if out else "note", about=f"lane:{lane}", body=ending.encode())
            for lane, out, ending in action.news
        ]
        async with self.database.practice(self.practice.id) as transaction:
            self.accepted |= set(await accept(transaction, messages))

    async def work(self, action: Work) -> None:
        worker = self.worker()
        self.lives = action.dies
        try:
            for _ in range(action.steps):
                await worker.step()
                await self._calls(worker)
        except Killed:
            pass
        for task in list(worker._tasks):  # a process that is killed takes what it has under way with it
            task.cancel()
        await asyncio.gather(*worker._tasks, return_exceptions=True)
        self.lives = None

    async def _calls(self, worker: Worker) -> None:
        for ended in await asyncio.gather(*worker._tasks, return_exceptions=True):
            if isinstance(ended, Killed):
                raise ended

    async def decide(self, action: Decide) -> None:
        async with self.database.practice(self.practice.id) as transaction:
            waiting = await list_messages(transaction, Filter(states=["failed", "parked"]))
            if not waiting:
                return
            chosen = waiting[action.which % len(waiting)].id
            if action.discard:
                self.discarded |= set((await error_queue.discard(transaction, [chosen], "not needed", "ann")).ids)
            else:
                await _sent_once(transaction, chosen)
                await error_queue.retry(transaction, [chosen], "ann")

    async def settle(self) -> None:
        """Everything that failed is retried, until nothing is left."""
        for _ in range(200):
            async with self.database.practice(self.practice.id) as transaction:
                found = await list_messages(transaction, Filter(states=["failed", "parked", "received", "working", "waiting"]), 1000)
                if not found:
                    return
                failed = [one.id for one in found if one.state in ("failed", "parked")]
                for one in failed:
                    await _sent_once(transaction, one)
                await error_queue.retry(transaction, failed, "ann")
            await self.worker().run_until_idle()
            await asyncio.sleep(0.01)
        raise AssertionError([one.state for one in found])


def _done(message: Message) -> AuditEntry:
    return AuditEntry(Action.PERSON_MESSAGE_VIEW, "test", message_id=message.id)


async def _sent_once(transaction: Transaction, message_id: UUID) -> None:
    """Note that this message had its bad try, so that the next one ends well."""
    await transaction.connection.execute("update messages set sent_at = now() where id = %s", [message_id])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(policy=st.sampled_from(["move_on", "hold"]), plan=st.lists(actions, min_size=3, max_size=12))
async def test_lanes_keep_their_order_and_lose_and_double_nothing(database: Database, policy: Any, plan: list[Any]) -> None:
    world = World(database, await add_practice(database, str(next(_ids)), "Lanes", "America/New_York"), policy)
    for action in plan:
        match action:
            case Arrive():
                await world.arrive(action)
            case Work():
                await world.work(action)
            case Decide():
                await world.decide(action)
    await asyncio.sleep(0.05)
    await world.settle()
    async with database.practice(world.practice.id) as transaction:
        states = {one.id: one.state for one in await list_messages(transaction, Filter(), 1000)}
        cursor = await transaction.connection.execute("select message_id, count(*) from audit_entries group by message_id")
        finished = dict(await cursor.fetchall())
        cursor = await transaction.connection.execute("select count(*) from lanes")
        lanes = await cursor.fetchone()
    assert states == {one: "discarded" if one in world.discarded else "done" for one in world.accepted}
    assert finished == dict.fromkeys(world.accepted - world.discarded, 1)
    assert world.out_of_order == []
    assert lanes == (0,)
