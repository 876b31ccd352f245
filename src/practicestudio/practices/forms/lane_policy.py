"""What becomes of messages about the same thing after one of them failed."""

from practicestudio.practices.entries import Entries
from practicestudio.practices.lane_policy import KINDS, POLICIES

WORDS = (("move_on", "The next ones go on"), ("hold", "The next ones wait until it is retried or discarded"))


def read(entries: Entries) -> dict[str, str]:
    """The policy of each kind of message that was entered. Notes every fault."""
    return {kind: entries.choice(kind, POLICIES) for kind in KINDS}


def lines(kind: str, value: object) -> dict[str, str]:
    """A stored policy in words."""
    return {} if value is None else {f"After a failure: {KINDS.get(kind, kind).lower()}": dict(WORDS).get(str(value), str(value))}
