"""The error queue: what failed or waits for a person, grouped by what went wrong; retry, edit and retry, discard; one or many, with a dry run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.clock import new_id
from practicestudio.delivery.inbox import store_bodies
from practicestudio.delivery.log import Filter
from practicestudio.delivery.message import ATTENTION, URGENCIES, State
from practicestudio.delivery.stretches import hour_of
from practicestudio.errors import InvalidValue, NeedsAPerson, NotYet
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows


@dataclass(frozen=True, slots=True)
class Cause:
    """What went wrong with messages of a kind."""

    kind: str
    state: State
    error_code: str
    error: str


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Messages of one kind with one cause, told by its sentence. example: the newest of them; oldest: the one that came first."""

    kind: str
    state: State
    error_code: str
    error: str
    count: int
    example: UUID
    oldest: UUID

    @property
    def cause(self) -> Cause:
        """What makes them a group."""
        return Cause(self.kind, self.state, self.error_code, self.error)


@dataclass(frozen=True, slots=True)
class Handled:
    """What a retry or discard did, or with a dry run would do. untouched: ids that are not in the error queue (any more)."""

    ids: tuple[UUID, ...]
    untouched: tuple[UUID, ...]


async def groups(transaction: Transaction, chosen: Filter | None = None) -> list[ErrorGroup]:
    """The error queue, or what of it fits, by cause, the most frequent first.

    Of a filter count states, kinds, error_code, error, and the whole hours (UTC) of its time.
    """
    chosen = chosen or Filter()
    since, before = chosen.bounds
    counted = chosen.counted()
    found = sql.log.error_groups(
        transaction.connection,
        practice_id=transaction.practice_id,
        first_hour=hour_of(since),
        last_hour=hour_of(before),
        **{name: counted[name] for name in ("states", "kinds", "error_code", "error")},
    )
    return [ErrorGroup(*row) for row in await rows(found)]


async def trends(transaction: Transaction, starts: Sequence[datetime]) -> dict[Cause, list[int]]:
    """How many messages of each cause came in each bucket of time, from its start (a full hour UTC) to the next one's."""
    hours = [int(start.timestamp()) // 3600 for start in starts]
    found = sql.log.error_trends(transaction.connection, practice_id=transaction.practice_id, starts=hours, first_hour=hours[0])
    counts: dict[Cause, list[int]] = {}
    for *cause, bucket, count in await rows(found):
        counts.setdefault(Cause(*cause), [0] * len(starts))[bucket - 1] = count
    return {cause: numbers for cause, numbers in counts.items() if any(numbers)}


async def failures(transaction: Transaction, starts: Sequence[datetime]) -> dict[str, list[int]]:
    """How often tries failed in each bucket of time, by error code: also of messages that were mended or worked since."""
    hours = [int(start.timestamp()) // 3600 for start in starts]
    counts: dict[str, list[int]] = {}
    found = sql.log.failures(transaction.connection, practice_id=transaction.practice_id, starts=hours, first_hour=hours[0])
    for bucket, code, count in await rows(found):
        counts.setdefault(code, [0] * len(starts))[bucket - 1] = count
    return counts


async def retry(transaction: Transaction, ids: Sequence[UUID], by: str, *, dry_run: bool = False) -> Handled:
    """Have messages of the error queue worked again, each at its old place in its lane."""
    rows_found, handled = await _choose(transaction, ids, (*ATTENTION, "waiting"))
    if dry_run or not rows_found:
        return handled
    await sql.messages.requeue_messages(transaction.connection, practice_id=transaction.practice_id, ids=list(handled.ids), decided_by=by)
    await _enter(transaction, rows_found, [row[0] for row in rows_found])
    return handled


async def edit_and_retry(transaction: Transaction, message_id: UUID, body: bytes, by: str) -> UUID:
    """Have a corrected copy worked instead; the original is kept, discarded, and linked by `retry_of`. Returns the copy's id."""
    found, handled = await _choose(transaction, [message_id], ATTENTION)
    if not found:
        raise InvalidValue("This message is not in the error queue, so it cannot be edited.", advice="Only failed and parked messages can be.")
    _, lane, direction, urgency, _, kind, door, record_id, run_id = found[0]
    copy = new_id()
    await _enter(transaction, found, [copy])
    await sql.messages.insert_messages(
        transaction.connection,
        practice_id=transaction.practice_id,
        ids=[copy],
        directions=[direction],
        doors=[door],
        kinds=[kind],
        lanes=[lane],
        urgencies=[urgency],
        record_ids=[record_id],
        run_ids=[run_id],
        cause_ids=[None],
        retry_ofs=[message_id],
        fingerprints=[None],
        asked=[None],
    )
    await store_bodies(transaction, [(copy, "received" if direction == "in" else "sent", body)])
    await _decide(transaction, handled.ids, "discarded", "It was corrected; the copy that was sent again is linked.", by)
    return copy


async def discard(transaction: Transaction, ids: Sequence[UUID], reason: str, by: str, *, dry_run: bool = False) -> Handled:
    """Take messages out of the error queue for good, with a reason; they stay in the log."""
    if not reason.strip():
        raise InvalidValue("A discarded message needs a reason.", advice="Say why it is not needed.")
    found, handled = await _choose(transaction, ids, ATTENTION)
    if dry_run or not found:
        return handled
    await _decide(transaction, handled.ids, "discarded", f"Discarded: {reason.strip()}", by)
    await _wake(transaction, found)
    return handled


async def settle(transaction: Transaction, message_id: UUID, by: str) -> None:
    """Mark a parked message done because what it asked was decided, and let its lane go on."""
    found, _ = await _choose(transaction, [message_id], ("parked",))
    await _decide(transaction, [row[0] for row in found], "done", None, by)
    await _wake(transaction, found)


async def park_again(transaction: Transaction, message_id: UUID, error: NeedsAPerson, by: str) -> bool:
    """Have a message that was worked wait for a person again, because the answer that it was worked with was taken back.

    False where the log no longer keeps it.
    """
    changed: int = await sql.messages.park_message(
        transaction.connection, practice_id=transaction.practice_id, id=message_id, error_code=error.code, error=error.sentence, decided_by=by
    )
    return changed > 0


async def park(transaction: Transaction, message_id: UUID, error: NeedsAPerson, by: str) -> bool:
    """Have a message that no worker has in hand wait for a person, and let its lane go on. False where it is in hand, or finished."""
    found, _ = await _choose(transaction, [message_id], ("received", "waiting"))
    if not found:
        return False
    await hold_still(transaction, found[0][1])
    await park_again(transaction, message_id, error, by)
    await _wake(transaction, found)
    return True


async def withdraw(transaction: Transaction, ids: Sequence[UUID], reason: str, by: str) -> None:
    """Discard messages that nobody has worked yet, because what they were to tell is no longer so. Their lane is the caller's (`hold_still`)."""
    await _decide(transaction, ids, "discarded", f"Discarded: {reason}", by)


async def hold_still(transaction: Transaction, lane: int) -> None:
    """Keep workers from a lane until the transaction ends. Raises NotYet where one has it."""
    row = await sql.messages.lock_lane(transaction.connection, practice_id=transaction.practice_id, lane=lane)
    if row is not None and row[0]:
        raise NotYet("A worker is busy with this record.", advice="Try again in a moment.")


async def _choose(transaction: Transaction, ids: Sequence[UUID], states: Sequence[State]) -> tuple[list[Any], Handled]:
    found = await rows(sql.messages.lock_messages(transaction.connection, practice_id=transaction.practice_id, ids=list(ids)))
    fit = [row for row in found if row[4] in states]
    chosen = {row[0] for row in fit}
    return fit, Handled(tuple(row[0] for row in fit), tuple(one for one in ids if one not in chosen))


async def _decide(transaction: Transaction, ids: Sequence[UUID], state: State, error: str | None, by: str) -> None:
    if ids:
        await sql.messages.decide_messages(
            transaction.connection, practice_id=transaction.practice_id, ids=list(ids), state=state, error=error, decided_by=by
        )


async def _enter(transaction: Transaction, found: Sequence[Any], ids: Sequence[UUID]) -> None:
    """Put the lanes of these messages to work, made anew where they had gone. A person waits, so they go first."""
    firsts: dict[int, tuple[UUID, bool]] = {}
    for row, message_id in zip(found, ids, strict=True):
        first = firsts.get(row[1])
        firsts[row[1]] = (min(message_id, first[0]) if first else message_id, row[2] == "out")
    await sql.messages.enter_lanes(
        transaction.connection,
        practice_id=transaction.practice_id,
        lanes=list(firsts),
        first_ids=[first for first, _ in firsts.values()],
        urgencies=[URGENCIES.index("person")] * len(firsts),
        outbound=[out for _, out in firsts.values()],
    )
    await _wake(transaction, found)


async def _wake(transaction: Transaction, found: Sequence[Any]) -> None:
    if found:
        await sql.messages.wake_lanes(transaction.connection, practice_id=transaction.practice_id, lanes=sorted({row[1] for row in found}))
