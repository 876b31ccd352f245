"""How often an API key may call: the generic cell rate algorithm over one row a key, shared by all processes."""

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from uuid import UUID

from practicestudio.store import sql
from practicestudio.store.database import Transaction


@dataclass(frozen=True, slots=True)
class Rate:
    """At most so many calls within any window of so many seconds; unused, they may all come at once."""

    calls: int
    seconds: int

    @property
    def interval(self) -> timedelta:
        """What one call takes of the window."""
        return timedelta(seconds=self.seconds / self.calls)

    @property
    def window(self) -> timedelta:
        """The whole of it."""
        return timedelta(seconds=self.seconds)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands. left: calls it may make at once. whole_again, wait: seconds until all is free, and until one call is."""

    taken: bool
    left: int
    whole_again: int
    wait: int


def standing(rate: Rate, ahead: timedelta, *, taken: bool) -> Standing:
    """What it means that all will be free again so far ahead."""
    left = min(rate.calls, max(0, int((rate.window - ahead) / rate.interval)))
    wait = timedelta() if left else ahead + rate.interval - rate.window
    return Standing(taken, left, _seconds(ahead), _seconds(wait))


async def take_call(transaction: Transaction, key_id: UUID, rate: Rate) -> Standing:
    """Take one call of the key's rate, unless it is used up. In a shared transaction, which no crash of the database costs anything."""
    await sql.api.soft_commit(transaction.connection)
    row = await sql.api.take_call(transaction.connection, key_id=key_id, interval=rate.interval, window=rate.window)
    taken, ahead = row or (False, rate.window)  # no row: others made the key's first calls in this instant, and took all
    return standing(rate, ahead, taken=taken)


def _seconds(span: timedelta) -> int:
    return max(0, ceil(span.total_seconds()))
