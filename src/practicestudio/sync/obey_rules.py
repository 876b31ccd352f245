"""Before a message is worked: whether the practice's sync rules leave it out. What they leave out is kept in the log, with the rule."""

from collections.abc import Sequence
from dataclasses import dataclass

from practicestudio.delivery.message import Message
from practicestudio.delivery.outcome import Filtered, Outcome
from practicestudio.delivery.worker import BatchHandler, Call, CallHandler
from practicestudio.store.database import Transaction
from practicestudio.sync.setup import setup_of


@dataclass(frozen=True, slots=True)
class ObeyingCall:
    """A handler of outbound messages that asks the rules first. A write that may have been sent already is seen to its end."""

    inner: CallHandler

    async def __call__(self, call: Call) -> Outcome:
        """The inner handler's outcome, or Filtered."""
        if call.message.sent_at is not None:
            return await self.inner(call)
        async with call.database.practice(call.message.practice_id) as transaction:
            why = (await setup_of(transaction)).sync_rules.objection(call.message.kind)
        return await self.inner(call) if why is None else Filtered(why)


@dataclass(frozen=True, slots=True)
class ObeyingBatch:
    """A handler of inbound messages of one kind that asks the rules first."""

    inner: BatchHandler

    async def __call__(self, transaction: Transaction, messages: Sequence[Message]) -> Sequence[Outcome]:
        """The inner handler's outcomes, or Filtered for all."""
        why = (await setup_of(transaction)).sync_rules.objection(messages[0].kind) if messages else None
        return await self.inner(transaction, messages) if why is None else [Filtered(why) for _ in messages]
