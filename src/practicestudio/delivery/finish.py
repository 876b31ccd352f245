"""Carrying out what became of messages: their new states, tries, bodies and lanes, in the transaction that holds what they changed."""

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from practicestudio.clock import new_id
from practicestudio.delivery.inbox import store_bodies
from practicestudio.delivery.message import URGENCIES, Message, State
from practicestudio.delivery.outcome import Done, Failed, Filtered, Outcome, Parked
from practicestudio.delivery.retry import RetryRule, decide_retry
from practicestudio.delivery.stretches import latest_id
from practicestudio.errors import IntegrationError, Transient
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

LanePolicy = Literal["move_on", "hold"]
Policies = Callable[[Transaction, str], Awaitable[LanePolicy]]
"""What a lane does after a message of this kind failed: asked only then."""


class LeaseLost(Exception):
    """Another worker took the lane meanwhile, so what was done here must not be committed."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What stands in the log for a message after a try."""

    message: Message
    state: State
    tries: int
    due_at: datetime | None = None
    error_code: str | None = None
    error: str | None = None
    record_id: UUID | None = None


def judge(message: Message, outcome: Outcome, now: datetime, rule: RetryRule, chance: float) -> Verdict:
    """The state that follows from an outcome. Pure."""
    tries = message.tries + 1
    match outcome:
        case Done(record_id=record_id):
            return Verdict(message, "done", tries, record_id=record_id)
        case Filtered(rule=rule_of_practice):
            return Verdict(message, "filtered", tries, error=rule_of_practice)
        case Parked(error=error, record_id=record_id):
            return Verdict(message, "parked", tries, error_code=error.code, error=error.sentence, record_id=record_id)
        case Failed(error=error, record_id=record_id):
            decision = decide_retry(error, tries, now, rule, chance)
            if decision.at is None:
                return Verdict(message, "failed", tries, None, error.code, _given_up(error, tries), record_id)
            return Verdict(message, "waiting", tries, decision.at, error.code, error.sentence, record_id)


def _given_up(error: IntegrationError, tries: int) -> str:
    """The sentence of an error that is not tried again; one that would have been says so no longer."""
    if not isinstance(error, Transient):
        return error.sentence
    tried = f"It was tried {tries} times; retry it from the error queue."
    said = error.sentence.replace(Transient.default_advice, tried)
    return said if tried in said else f"{said} {tried}"


async def finish(
    transaction: Transaction,
    worker: UUID,
    finished: Sequence[tuple[Message, Outcome]],
    *,
    at: datetime,
    rule: RetryRule,
    first_ids: Mapping[int, UUID],
    policies: Policies,
    seconds: float,
) -> list[Verdict]:
    """Write states, tries, reports and answers; then leave the lanes. Raises LeaseLost, for the caller's transaction to roll back.

    first_ids: every lane that the worker leaves, also those in which nothing was found, with its bound. at: the present.
    seconds: how long the try took.
    """
    verdicts = [judge(message, outcome, at, rule, random.random()) for message, outcome in finished]  # noqa: S311 - jitter, not a secret
    for _, outcome in finished:
        if not isinstance(outcome, Filtered) and outcome.effect is not None:
            await outcome.effect(transaction)
    await _write(transaction, verdicts)
    await _write_bodies(transaction, finished)
    await _write_tries(transaction, verdicts, seconds)
    await _leave(transaction, worker, verdicts, first_ids, policies)
    return verdicts


async def always_move_on(_: Transaction, __: str) -> LanePolicy:
    """The policy where nobody set another: a failed message steps aside."""
    return "move_on"


async def _write(transaction: Transaction, verdicts: Sequence[Verdict]) -> None:
    if not verdicts:
        return
    await sql.messages.finish_messages(
        transaction.connection,
        practice_id=transaction.practice_id,
        ids=[verdict.message.id for verdict in verdicts],
        states=[verdict.state for verdict in verdicts],
        tries=[verdict.tries for verdict in verdicts],
        due_ats=[verdict.due_at for verdict in verdicts],
        error_codes=[verdict.error_code for verdict in verdicts],
        errors=[verdict.error for verdict in verdicts],
        record_ids=[verdict.record_id for verdict in verdicts],
    )


async def _write_bodies(transaction: Transaction, finished: Sequence[tuple[Message, Outcome]]) -> None:
    bodies = [
        (message.id, "report", outcome.report) for message, outcome in finished if not isinstance(outcome, Filtered) and outcome.report is not None
    ]
    bodies += [(message.id, "answer", outcome.answer) for message, outcome in finished if isinstance(outcome, Done) and outcome.answer is not None]
    await store_bodies(transaction, bodies)


async def _write_tries(transaction: Transaction, verdicts: Sequence[Verdict], seconds: float) -> None:
    """A row for each try that failed or was repeated; one that worked at once is told by the message itself."""
    told = [verdict for verdict in verdicts if verdict.error_code is not None or verdict.tries > 1]
    if not told:
        return
    await sql.messages.insert_tries(
        transaction.connection,
        practice_id=transaction.practice_id,
        ids=[new_id() for _ in told],
        message_ids=[verdict.message.id for verdict in told],
        run_ids=[verdict.message.run_id for verdict in told],
        operations=["process" for _ in told],
        methods=[None for _ in told],
        path_templates=[None for _ in told],
        statuses=[None for _ in told],
        durations=[seconds * 1000 for _ in told],
        error_codes=[verdict.error_code for verdict in told],
        errors=[verdict.error for verdict in told],
        request_ids=[None for _ in told],
        remaining=[None for _ in told],
        urgencies=[verdict.message.urgency for verdict in told],
    )


async def _leave(transaction: Transaction, worker: UUID, verdicts: Sequence[Verdict], first_ids: Mapping[int, UUID], policies: Policies) -> None:
    connection, practice_id = transaction.connection, transaction.practice_id
    lanes = list(first_ids)
    held = {row[0] for row in await rows(sql.messages.lock_claimed_lanes(connection, practice_id=practice_id, lanes=lanes, worker=worker))}
    if held != set(lanes):
        raise LeaseLost
    to_hold: dict[int, str] = {}
    for verdict in verdicts:
        if verdict.state in ("failed", "parked") and await policies(transaction, verdict.message.kind) == "hold":
            to_hold[verdict.message.lane] = verdict.error or ""
    leaving = [lane for lane in lanes if lane not in to_hold]
    if leaving:
        await sql.messages.leave_lanes(
            connection, practice_id=practice_id, lanes=leaving, first_ids=[first_ids[lane] for lane in leaving], before=latest_id()
        )
    for lane, because in to_hold.items():
        await sql.messages.hold_lanes(connection, practice_id=practice_id, lanes=[lane], because=because)


def message_of(practice_id: UUID, row: Sequence[Any], body: bytes) -> Message:
    """A row of `lane_heads` as a message."""
    message_id, lane, direction, door, kind, urgency, tries, received_at, sent_at, record_id, run_id, cause_id, retry_of, *place = row
    return Message(
        practice_id=practice_id,
        id=message_id,
        lane=lane,
        direction=direction,
        door=door,
        kind=kind,
        urgency=URGENCIES[urgency],
        tries=tries,
        received_at=received_at,
        sent_at=sent_at,
        record_id=record_id,
        run_id=run_id,
        cause_id=cause_id,
        retry_of=retry_of,
        position=place[0],
        asked=place[1],
        body=body,
    )
