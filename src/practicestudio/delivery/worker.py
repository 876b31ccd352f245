"""The worker: claims lanes, has the heads of them handled, and finishes them; in batches where no network is needed, one by one where it is.

Inbound messages are worked many at a time in one transaction with what they change, so a worker that dies leaves no trace. Outbound ones are
worked one a task: claimed and marked, then called, then finished. A lane whose worker is not heard of comes back by itself when its lease ends.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import structlog

from practicestudio.clock import Clock, new_id, now
from practicestudio.delivery.finish import LeaseLost, Policies, always_move_on, finish, message_of
from practicestudio.delivery.inbox import open_body, store_bodies
from practicestudio.delivery.message import Message
from practicestudio.delivery.outcome import Failed, Outcome
from practicestudio.delivery.retry import RetryRule
from practicestudio.delivery.stretches import latest_id
from practicestudio.errors import IntegrationError, Misconfigured, Permanent, Transient
from practicestudio.redact import place_of
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows

log = structlog.get_logger()

CLAIMS_BEFORE_FAILING = 6


class InternalFault(Permanent):
    """A fault of our own program, told by type and place, because an exception's text may hold patient data."""

    code = "internal"
    default_advice = "Report it with the message's id; the message is kept and can be retried."

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"Practice Studio could not handle this message ({type(error).__name__} at {place_of(error)}).")


@dataclass(frozen=True, slots=True)
class Call:
    """What an outbound handler works with. asked: where the log stood when this try began; what it reads goes into the log as asked for then."""

    database: Database
    message: Message
    asked: int

    async def mark_sent(self, intent: bytes | None = None) -> None:
        """Say, durably, that a write is about to be sent; a later try will read before it writes, and finds the intent as its body."""
        async with self.database.practice(self.message.practice_id) as transaction:
            if intent is not None:
                await store_bodies(transaction, [(self.message.id, "sent", intent)])
            await sql.messages.mark_sent(transaction.connection, practice_id=transaction.practice_id, id=self.message.id)


BatchHandler = Callable[[Transaction, Sequence[Message]], Awaitable[Sequence[Outcome]]]
CallHandler = Callable[[Call], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Handlers:
    """Who handles what: kinds of inbound messages in batches, kinds of outbound ones one by one; and what a lane does after a failure."""

    batch: Mapping[str, BatchHandler] = field(default_factory=dict)
    call: Mapping[str, CallHandler] = field(default_factory=dict)
    policies: Policies = always_move_on


@dataclass(frozen=True, slots=True)
class Claimed:
    """A lane in hand. claims: how often it was claimed since a message of it was last finished."""

    practice_id: UUID
    lane: int
    first_id: UUID
    claims: int


class Worker:
    """One worker of a process. `run` until stopped, or `run_until_idle`."""

    def __init__(
        self,
        database: Database,
        handlers: Handlers,
        *,
        batch: int = 200,
        calls: int = 8,
        lease: float = 60,
        rule: RetryRule | None = None,
        clock: Clock = now,
    ) -> None:
        self.id = new_id()
        self._database = database
        self._handlers = handlers
        self._batch = batch
        self._calls = calls
        self._lease = f"{lease} seconds"
        self._heartbeat_every = lease / 3
        self._rule = rule or RetryRule()
        self._clock = clock
        self._tasks: dict[asyncio.Task[None], Claimed] = {}

    async def run(self, stop: asyncio.Event, *, longest_pause: float = 0.5) -> None:
        """Work until `stop` is set, then let calls under way end."""
        heart = asyncio.create_task(self._heartbeat())
        pause = 0.0
        try:
            while not stop.is_set():
                try:
                    busy = await self.step()
                except psycopg.OperationalError as error:
                    log.warning("database_unreachable", worker=str(self.id), error_type=type(error).__name__)
                    busy, pause = False, longest_pause
                pause = 0.0 if busy else min(longest_pause, pause * 2 + 0.02)
                if pause:
                    await _wait(stop, pause)
        finally:
            await self._wind_down()
            heart.cancel()

    async def run_until_idle(self) -> None:
        """Work until nothing is due and no call is under way (messages waiting for a later time stay)."""
        heart = asyncio.create_task(self._heartbeat())
        try:
            while True:
                if not await self.step():
                    if not self._tasks:
                        break
                    await asyncio.wait(self._tasks, timeout=0.05, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await self._wind_down()
            heart.cancel()

    async def step(self) -> bool:
        """Claim and work once; True when there was something to do."""
        batch = await self._claim(outbound=False, lanes=self._batch)
        free = self._calls - len(self._tasks)
        calls = await self._claim(outbound=True, lanes=free) if free > 0 else []
        in_hand = {(held.practice_id, held.lane) for held in self._tasks.values()}
        for claimed in calls:
            if (claimed.practice_id, claimed.lane) in in_hand:  # its lease had run out unnoticed; now it is extended
                continue
            task = asyncio.create_task(self._work_call(claimed))
            self._tasks[task] = claimed
            task.add_done_callback(self._task_ended)
        by_practice: dict[UUID, list[Claimed]] = defaultdict(list)
        for claimed in batch:
            by_practice[claimed.practice_id].append(claimed)
        for practice_id, lanes in by_practice.items():
            await self._work_batch(practice_id, lanes)
        return bool(batch or calls)

    async def _claim(self, *, outbound: bool, lanes: int) -> list[Claimed]:
        async with self._database.dispatch() as connection:
            found = await rows(sql.messages.claim_lanes(connection, worker=self.id, outbound=outbound, lanes=lanes, lease=self._lease))
        return [Claimed(*row) for row in found]

    async def _release(self, lanes: Sequence[Claimed]) -> None:
        async with self._database.dispatch() as connection:
            await sql.messages.release_lanes(connection, worker=self.id, practice_ids=[c.practice_id for c in lanes], lanes=[c.lane for c in lanes])

    async def _work_batch(self, practice_id: UUID, lanes: Sequence[Claimed]) -> None:
        """Work the heads of these lanes together; where that fails, one by one, so that only the guilty one fails."""
        if len(lanes) > 1 and max(claimed.claims for claimed in lanes) <= CLAIMS_BEFORE_FAILING // 2:
            try:
                await self._work_together(practice_id, lanes)
            except psycopg.OperationalError:
                await self._release(lanes)
            except LeaseLost:
                log.warning("lease_lost", worker=str(self.id), count=len(lanes))
            except Exception as error:
                log.warning("batch_split", worker=str(self.id), error_type=type(error).__name__, place=place_of(error), count=len(lanes))
            else:
                return
        for claimed in lanes:
            await self._work_alone(claimed)

    async def _work_alone(self, claimed: Claimed) -> None:
        try:
            if claimed.claims > CLAIMS_BEFORE_FAILING:
                await self._fail_head(claimed, Permanent("Its workers died again and again while handling this message."))
            else:
                await self._work_together(claimed.practice_id, [claimed])
        except psycopg.OperationalError:
            await self._release([claimed])
        except LeaseLost:
            log.warning("lease_lost", worker=str(self.id), count=1)
        except IntegrationError as error:
            await self._fail_head(claimed, error)
        except Exception as error:
            log.error("message_failed", worker=str(self.id), error_type=type(error).__name__, place=place_of(error))
            await self._fail_head(claimed, InternalFault(error))

    async def _work_together(self, practice_id: UUID, lanes: Sequence[Claimed]) -> None:
        started = time.monotonic()
        async with self._database.practice(practice_id) as transaction:
            finished: list[tuple[Message, Outcome]] = []
            by_kind: dict[str, list[Message]] = defaultdict(list)
            for message in await self._heads(transaction, lanes, finished):
                if message.direction == "in":  # a lane that a retry has turned around is only left, and claimed again as what it is
                    by_kind[message.kind].append(message)
            for kind, messages in by_kind.items():
                handler = self._handlers.batch.get(kind)
                outcomes = await handler(transaction, messages) if handler else [_no_handler(kind)] * len(messages)
                finished.extend(zip(messages, outcomes, strict=True))
            await self._finish(transaction, lanes, finished, time.monotonic() - started)

    async def _heads(self, transaction: Transaction, lanes: Sequence[Claimed], unreadable: list[tuple[Message, Outcome]]) -> list[Message]:
        """The messages to work, opened; those that cannot be opened are added to `unreadable` with the reason."""
        found = await rows(
            sql.messages.lane_heads(
                transaction.connection,
                practice_id=transaction.practice_id,
                lanes=[claimed.lane for claimed in lanes],
                first_ids=[claimed.first_id for claimed in lanes],
                before=latest_id(),
            )
        )
        heads = []
        for *row, sealed in found:
            try:
                part = "received" if row[2] == "in" else "sent"
                heads.append(message_of(transaction.practice_id, row, open_body(transaction.sealer, row[0], part, sealed)))
            except IntegrationError as error:
                unreadable.append((message_of(transaction.practice_id, row, b""), Failed(error)))
        return heads

    async def _finish(self, transaction: Transaction, lanes: Sequence[Claimed], finished: Sequence[tuple[Message, Outcome]], seconds: float) -> None:
        await finish(
            transaction,
            self.id,
            finished,
            at=self._clock(),
            rule=self._rule,
            first_ids={claimed.lane: claimed.first_id for claimed in lanes},
            policies=self._handlers.policies,
            seconds=seconds,
        )

    async def _fail_head(self, claimed: Claimed, error: IntegrationError) -> None:
        async with self._database.practice(claimed.practice_id) as transaction:
            finished: list[tuple[Message, Outcome]] = []
            finished += [(message, Failed(error)) for message in await self._heads(transaction, [claimed], finished)]
            await self._finish(transaction, [claimed], finished, 0.0)

    async def _work_call(self, claimed: Claimed) -> None:
        """One outbound message: marked, called, finished. Nothing escapes but a lost database, after which the lease ends by itself."""
        try:
            if claimed.claims > CLAIMS_BEFORE_FAILING:
                await self._fail_head(claimed, Permanent("Its workers died again and again while handling this message."))
                return
            message, outcome, seconds = await self._call_head(claimed)
            await self._finish_call(claimed, [(message, outcome)] if message and outcome else [], seconds)
        except LeaseLost:
            log.warning("lease_lost", worker=str(self.id), count=1)
        except psycopg.OperationalError as error:
            log.warning("database_unreachable", worker=str(self.id), error_type=type(error).__name__)

    async def _finish_call(self, claimed: Claimed, finished: Sequence[tuple[Message, Outcome]], seconds: float) -> None:
        """Finish; where storing what it led to fails, the message fails, and the write that may have been sent is not forgotten."""
        try:
            async with self._database.practice(claimed.practice_id) as transaction:
                await self._finish(transaction, [claimed], finished, seconds)
        except (LeaseLost, psycopg.OperationalError):
            raise
        except Exception as error:
            log.error("message_failed", worker=str(self.id), error_type=type(error).__name__, place=place_of(error))
            await self._fail_head(claimed, error if isinstance(error, IntegrationError) else InternalFault(error))

    async def _call_head(self, claimed: Claimed) -> tuple[Message | None, Outcome | None, float]:
        started = time.monotonic()
        async with self._database.practice(claimed.practice_id) as transaction:
            broken: list[tuple[Message, Outcome]] = []
            heads = await self._heads(transaction, [claimed], broken)
            if broken:
                return *broken[0], 0.0
            if not heads or heads[0].direction == "in":
                return None, None, 0.0
            message = heads[0]
            asked = await sql.messages.mark_working(transaction.connection, practice_id=message.practice_id, id=message.id, tries=message.tries)
        handler = self._handlers.call.get(message.kind)
        outcome: Outcome
        try:
            outcome = await handler(Call(self._database, message, asked)) if handler else _no_handler(message.kind)
        except IntegrationError as error:
            outcome = Failed(error)
        except psycopg.OperationalError:
            outcome = Failed(Transient("The database was not reachable while this was worked."))
        except Exception as error:
            log.error("message_failed", worker=str(self.id), error_type=type(error).__name__, place=place_of(error))
            outcome = Failed(InternalFault(error))
        return message, outcome, time.monotonic() - started

    def _task_ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        if not task.cancelled() and (error := task.exception()):
            log.error("worker_fault", worker=str(self.id), error_type=type(error).__name__, place=place_of(error))

    async def _heartbeat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat_every)
            held = list(self._tasks.values())
            if not held:
                continue
            try:
                async with self._database.dispatch() as connection:
                    await sql.messages.extend_leases(
                        connection,
                        worker=self.id,
                        practice_ids=[claimed.practice_id for claimed in held],
                        lanes=[claimed.lane for claimed in held],
                        lease=self._lease,
                    )
            except psycopg.Error as error:
                log.warning("heartbeat_missed", worker=str(self.id), error_type=type(error).__name__)

    async def _wind_down(self, patience: float = 5.0) -> None:
        """Let calls under way end; what does not end in time is given up, and its message says that its outcome may be unknown."""
        if not self._tasks:
            return
        _, unfinished = await asyncio.wait(list(self._tasks), timeout=patience)
        given_up = [self._tasks[task] for task in unfinished if task in self._tasks]
        for task in unfinished:
            task.cancel()
        await asyncio.gather(*unfinished, return_exceptions=True)
        if given_up:
            await self._release(given_up)


def _no_handler(kind: str) -> Failed:
    return Failed(Misconfigured(f"Nothing here handles messages of kind {kind}.", advice="Update Practice Studio, then retry the message."))


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
