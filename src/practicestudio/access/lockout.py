"""Whether a further try must wait: decided from the failures before it, and from nothing else."""

from dataclasses import dataclass
from datetime import datetime

from practicestudio.access.rules import Patience

_DOUBLINGS = 30  # beyond, any wait is the longest


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed tries that were counted together, and when the last of them was."""

    count: int = 0
    last_at: datetime | None = None


def remembered(failures: Failures, now: datetime, patience: Patience) -> Failures:
    """The failures that still count."""
    if failures.last_at is None or now >= failures.last_at + patience.forgotten:
        return Failures()
    return failures


def wait_until(failures: Failures, now: datetime, patience: Patience) -> datetime | None:
    """Until when the next try has to wait; None where it may be made now."""
    counted = remembered(failures, now, patience)
    beyond = counted.count - patience.free
    if counted.last_at is None or beyond < 0:
        return None
    until = counted.last_at + min(patience.most, patience.first * 2 ** min(beyond, _DOUBLINGS))
    return until if now < until else None
