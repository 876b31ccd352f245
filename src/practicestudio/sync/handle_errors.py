"""People working the error queue: retry, correct and retry, discard; one, many, or all that fit, each with an entry in the trail."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import AuditEntry
from practicestudio.access.audit_actions import Action
from practicestudio.clock import new_id
from practicestudio.delivery import error_queue
from practicestudio.delivery.error_queue import ErrorGroup, Handled
from practicestudio.delivery.log import Filter, list_from
from practicestudio.delivery.message import ATTENTION
from practicestudio.delivery.story import read_entry
from practicestudio.store import sql
from practicestudio.store.database import Transaction

Opening = Callable[[], AbstractAsyncContextManager[Transaction]]
"""Opens a transaction on the practice: those of one visit or command, so that each entry tells where it came from."""

CHUNK = 500
"""Messages that are handled in one transaction."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be handled, by cause: a dry run."""

    groups: tuple[ErrorGroup, ...]

    @property
    def count(self) -> int:
        """How many messages."""
        return sum(group.count for group in self.groups)


async def plan(transaction: Transaction, chosen: Filter) -> Plan:
    """What of the error queue fits. Only failed and parked messages do, whatever states the filter names."""
    return Plan(tuple(await error_queue.groups(transaction, _of_queue(chosen))))


async def retry(transaction: Transaction, ids: Sequence[UUID], by: str) -> Handled:
    """Have these worked again, each at its old place in its lane."""
    handled = await error_queue.retry(transaction, ids, by)
    await _note(transaction, Action.PERSON_MESSAGE_RETRY, handled.ids, by)
    return handled


async def discard(transaction: Transaction, ids: Sequence[UUID], reason: str, by: str) -> Handled:
    """Take these out of the queue for good; a question that one of them asked is no longer one."""
    handled = await error_queue.discard(transaction, ids, reason, by)
    await sql.records.outdate_reviews(transaction.connection, practice_id=transaction.practice_id, message_ids=list(handled.ids))
    await _note(transaction, Action.PERSON_MESSAGE_DISCARD, handled.ids, by, reason.strip())
    return handled


async def edit_and_retry(transaction: Transaction, message_id: UUID, body: bytes, by: str) -> UUID:
    """Have a corrected copy worked instead; the original is kept, and linked. Returns the copy's id."""
    entry = await read_entry(transaction, message_id)
    copy = await error_queue.edit_and_retry(transaction, message_id, body, by)
    changes = {"copy": (None, str(copy))}
    await audit.write(transaction, [AuditEntry(Action.PERSON_MESSAGE_EDIT, by, None, entry.record_id, message_id, changes)])
    return copy


async def retry_fitting(opening: Opening, chosen: Filter, by: str) -> AsyncIterator[int]:
    """The same for all that fit, some hundred in a transaction. Yields how many are done so far; leaving it ends it there."""

    async def handle(transaction: Transaction, ids: Sequence[UUID]) -> Handled:
        return await retry(transaction, ids, by)

    async for done in _in_chunks(opening, chosen, handle):
        yield done


async def discard_fitting(opening: Opening, chosen: Filter, reason: str, by: str) -> AsyncIterator[int]:
    """Discard all that fit, as `retry_fitting` retries them."""

    async def handle(transaction: Transaction, ids: Sequence[UUID]) -> Handled:
        return await discard(transaction, ids, reason, by)

    async for done in _in_chunks(opening, chosen, handle):
        yield done


async def _in_chunks(opening: Opening, chosen: Filter, handle: Callable[[Transaction, Sequence[UUID]], Awaitable[Handled]]) -> AsyncIterator[int]:
    """From the oldest on, up to what is there now: what fails again meanwhile is not handled twice, for the list never goes back."""
    done, narrowed = 0, replace(_of_queue(chosen), before=chosen.before or new_id())
    while True:
        async with opening() as transaction:
            found = await list_from(transaction, narrowed, CHUNK)
            done += len((await handle(transaction, [one.id for one in reversed(found)])).ids) if found else 0
        yield done
        if len(found) < CHUNK:
            return
        narrowed = replace(narrowed, since=UUID(int=found[0].id.int + 1))


def _of_queue(chosen: Filter) -> Filter:
    states = tuple(state for state in ATTENTION if chosen.states is None or state in chosen.states)
    return replace(chosen, states=states)


async def _note(transaction: Transaction, action: Action, ids: Sequence[UUID], by: str, purpose: str | None = None) -> None:
    await audit.write(transaction, [AuditEntry(action, by, message_id=one, purpose=purpose) for one in ids])
