"""How far the work has come: a pull while it runs, and what was pulled, changed and pushed, all counted from what is stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from practicestudio.delivery.counts import count_states
from practicestudio.delivery.message import UNFINISHED, State
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

What = Literal["patients", "appointments"]
RECORD_KIND: dict[What, str] = {"patients": "patient", "appointments": "appointment"}
PUSHES: dict[What, tuple[str, ...]] = {
    "patients": ("patient.create", "patient.update"),
    "appointments": ("appointment.book", "appointment.reschedule", "appointment.cancel", "appointment.check_in", "appointment.check_out"),
}
"""Kinds of outbound messages that tell athenahealth of a record."""


@dataclass(frozen=True, slots=True)
class PullProgress:
    """A pull: records announced (0 where athenahealth does not say), taken into the log, and worked."""

    state: str
    expected: int
    taken: int
    worked: int


@dataclass(frozen=True, slots=True)
class Crossings:
    """Records of one kind that crossed the wall. pulled: taken in the first pull; changed: changed or added here by a feed since;
    pushed: messages about them that athenahealth has taken."""

    pulled: int
    changed: int
    pushed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.pulled + self.changed + self.pushed


@dataclass(frozen=True, slots=True)
class RiddenOut:
    """Calls that went wrong in one way, though their messages came to their end. status: None where no answer came."""

    operation: str
    status: int | None
    error_code: str
    count: int


@dataclass(frozen=True, slots=True)
class Tally:
    """What a practice's connection has done so far. calls: to athenahealth, tokens included; seconds: from the first message to the last end."""

    patients: Crossings
    appointments: Crossings
    calls: int
    messages: dict[State, int]
    seconds: float

    @property
    def calls_per_record(self) -> float:
        """Calls for each record that crossed."""
        return self.calls / max(1, self.patients.total + self.appointments.total)


async def pull_progress(transaction: Transaction, what: What) -> PullProgress | None:
    """The newest pull of these records; None where there was none."""
    run = await sql.progress.latest_run(transaction.connection, practice_id=transaction.practice_id, what=what)
    if run is None:
        return None
    run_id, state, counts, _ = run
    worked = sum(count for of, count in (await run_states(transaction, run_id)).items() if of not in UNFINISHED)
    return PullProgress(state, counts.get("expected", 0), counts.get("taken", 0), worked)


async def run_states(transaction: Transaction, run_id: UUID) -> dict[State, int]:
    """How many messages that a run brought are in each state."""
    found = sql.progress.run_messages(transaction.connection, practice_id=transaction.practice_id, run_id=run_id)
    return dict(await rows(found))


async def states_since(transaction: Transaction, kinds: Sequence[str], since: UUID) -> dict[State, int]:
    """How many messages of these kinds, stored from the id `since` on, are in each state."""
    found = sql.progress.messages_since(transaction.connection, practice_id=transaction.practice_id, kinds=list(kinds), since=since)
    return dict(await rows(found))


async def tally(transaction: Transaction) -> Tally:
    """Count what the practice's connection has done."""
    connection, practice_id = transaction.connection, transaction.practice_id
    return Tally(
        patients=await _crossings(transaction, "patients"),
        appointments=await _crossings(transaction, "appointments"),
        calls=await sql.progress.calls(connection, practice_id=practice_id),
        messages=await count_states(transaction),
        seconds=await sql.progress.working_time(connection, practice_id=practice_id),
    )


async def ridden_out(transaction: Transaction) -> list[RiddenOut]:
    """What went wrong on the way and was made good by trying again."""
    found = await rows(sql.progress.ridden_out(transaction.connection, practice_id=transaction.practice_id))
    return [RiddenOut(*row) for row in found]


async def _crossings(transaction: Transaction, what: What) -> Crossings:
    connection, practice_id, kind, pushes = transaction.connection, transaction.practice_id, RECORD_KIND[what], list(PUSHES[what])
    return Crossings(
        pulled=await sql.progress.pulled_records(connection, practice_id=practice_id, what=what, record_kind=kind),
        changed=await sql.progress.changed_records(connection, practice_id=practice_id, record_kind=kind, pushes=pushes),
        pushed=await sql.progress.pushed_messages(connection, practice_id=practice_id, kinds=pushes),
    )
