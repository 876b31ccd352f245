"""Time: always aware, UTC inside, and passed in so that tests can hold it still; and our ids, which carry it."""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

Clock = Callable[[], datetime]


def now() -> datetime:
    """The present, aware, in UTC."""
    return datetime.now(UTC)


_made = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562 §5.7): 48 bits of Unix milliseconds, then 74 random bits, so that ids sort by the time they were made.

    Those of one process sort in the order in which they were made, also within a millisecond (§6.2, method 2).
    """
    global _last
    milliseconds = time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (milliseconds << 80) | (0x7 << 76) | ((random >> 68) & 0xFFF) << 64 | (0b10 << 62) | (random & (2**62 - 1))
    with _made:
        if value <= _last and value >> 80 == _last >> 80:
            value = _last + 1 + (random & 0xFFFF_FFFF)
        _last = value
    return UUID(int=value)


def first_id_at(moment: datetime) -> UUID:
    """The smallest UUIDv7 of that moment: a bound for ids made since."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


def moment_of(one: UUID) -> datetime:
    """When an id of ours was made, to the millisecond."""
    return datetime.fromtimestamp((one.int >> 80) / 1000, UTC)
