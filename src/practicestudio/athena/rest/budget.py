"""Waiting for one's turn: carries out the decisions of `limits` over a budget that all processes share."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from practicestudio.athena.rest.headers import Told
from practicestudio.athena.rest.limits import (
    LATE,
    Budget,
    Decision,
    Grant,
    Observed,
    Refuse,
    decide_call,
    decide_late,
    decide_token_request,
    hold_off,
    make_good,
)
from practicestudio.clock import Clock
from practicestudio.delivery.message import Urgency
from practicestudio.errors import RateLimited
from practicestudio.practices.connection import Limits

D = TypeVar("D")


class BudgetStore(Protocol):
    """Where budgets are kept, one a credential, for all processes."""

    async def decide(self, credential: str, decide: Callable[[Budget, datetime], tuple[Budget, D]]) -> D:
        """Lock the credential's budget (a new one where there is none), call `decide` with it and the present, store what it returns, and
        return its decision. The present is the shared clock, read after the lock is held (in PostgreSQL `clock_timestamp()`, since `now()`
        is the transaction's start)."""
        ...


class MemoryBudgets:
    """Budgets of this process alone, for one-shot use."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.budgets: dict[str, Budget] = {}

    async def decide(self, credential: str, decide: Callable[[Budget, datetime], tuple[Budget, D]]) -> D:
        self.budgets[credential], decision = decide(self.budgets.get(credential, Budget()), self._clock())
        return decision


@dataclass(frozen=True, slots=True)
class Turn:
    """A grant, and when it is on this process's own steady clock."""

    grant: Grant
    due: float


class Turnstile:
    """One process's door to a shared budget. Callers of one urgency stand in line, so that only the first of them asks the store."""

    def __init__(self, store: BudgetStore, credential: str, limits: Limits, patience: float) -> None:
        self._store = store
        self._credential = credential
        self._limits = limits
        self._patience = patience
        self._lines: dict[Urgency, asyncio.Lock] = {"person": asyncio.Lock(), "feed": asyncio.Lock(), "backfill": asyncio.Lock()}
        self._observed: Observed | None = None
        self._server_clock: tuple[datetime, float] | None = None

    async def turn(self, urgency: Urgency) -> Turn:
        """Wait for a slot and return at its time. Raises RateLimited where the day is used up or patience runs out."""
        give_up = time.monotonic() + self._patience
        while True:
            async with self._lines[urgency]:
                turn = await self._reserve(urgency, give_up)
            await asyncio.sleep(max(0.0, turn.due - time.monotonic()))
            if time.monotonic() - turn.due <= LATE.total_seconds():
                return turn
            if moved := await self._use_late(turn):
                return moved

    async def went(self, turn: Turn, sent: float) -> None:
        """Tell when a call really went out, by this process's steady clock, so that a late one can be made good."""
        late = timedelta(seconds=sent - turn.due)
        if late > LATE:
            await self._decide(lambda budget, now, there: (make_good(budget, self._limits, turn.grant, turn.grant.at + late), None))

    async def token_turn(self) -> None:
        """Count a token request. Raises RateLimited where the minute's are used up."""
        decision, present, _ = await self._decide(lambda budget, now, there: decide_token_request(budget, now, self._limits, server_now=there))
        if isinstance(decision, Refuse):
            raise RateLimited(decision.because, retry_after=(decision.until - present).total_seconds())

    def observe(self, told: Told, turn: Turn) -> None:
        """Remember what an answer told; the store learns it with the next decision."""
        if told.server_time is not None:
            self._server_clock = (told.server_time, time.monotonic())
        if told.remaining is not None:
            self._observed = Observed(turn.grant.day, turn.grant.number, told.remaining, told.limit)

    async def pause(self, seconds: float) -> None:
        """After a 429: no process calls for so long."""
        await self._decide(lambda budget, now, there: (hold_off(budget, now + timedelta(seconds=seconds)), None))

    async def _reserve(self, urgency: Urgency, give_up: float) -> Turn:
        while True:
            decision, present, asked = await self._ask(urgency)
            if isinstance(decision, Grant):
                return Turn(decision, asked + (decision.at - present).total_seconds())
            wait = (decision.until - present).total_seconds()
            if isinstance(decision, Refuse) or asked + wait > give_up:
                raise RateLimited(decision.because, retry_after=wait)
            await asyncio.sleep(wait)

    async def _ask(self, urgency: Urgency) -> tuple[Decision, datetime, float]:
        """Ask for a slot, and tell what the latest answer told."""
        observed, self._observed = self._observed, None

        def rule(budget: Budget, now: datetime, there: datetime) -> tuple[Budget, Decision]:
            return decide_call(budget, now, self._limits, urgency, server_now=there, observed=observed)

        return await self._decide(rule)

    async def _use_late(self, turn: Turn) -> Turn | None:
        moved, present, asked = await self._decide(lambda budget, now, there: decide_late(budget, now, self._limits, turn.grant))
        return Turn(moved, asked + (moved.at - present).total_seconds()) if moved else None

    async def _decide(self, rule: Callable[[Budget, datetime, datetime], tuple[Budget, D]]) -> tuple[D, datetime, float]:
        """The rule's decision, with the shared clock and our steady clock at the moment it was made. The rule is given the budget, our time and
        athenahealth's time."""

        def decide(budget: Budget, now: datetime) -> tuple[Budget, tuple[D, datetime, float]]:
            after, decision = rule(budget, now, self._server_now(now))
            return after, (decision, now, time.monotonic())

        return await self._store.decide(self._credential, decide)

    def _server_now(self, now: datetime) -> datetime:
        """What time it is at athenahealth, by its latest answer's Date; our time while none came."""
        if self._server_clock is None:
            return now
        told, then = self._server_clock
        return told + timedelta(seconds=time.monotonic() - then)
