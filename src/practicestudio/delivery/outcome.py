"""What became of a message: the values that handlers return and the worker carries out."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from practicestudio.errors import IntegrationError
from practicestudio.store.database import Transaction

Effect = Callable[[Transaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Done:
    """It is finished. record_id: our record that it was about; report: what found no place (JSON, sealed with the message); answer: what the
    other side said; effect: what to store in the transaction that finishes the message."""

    record_id: UUID | None = None
    report: bytes | None = None
    answer: bytes | None = None
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """It did not work; whether it is tried again is decided by the error's class."""

    error: IntegrationError
    record_id: UUID | None = None
    report: bytes | None = None
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Parked:
    """It waits for a person's decision; the question is stored by the handler or by `effect`."""

    error: IntegrationError
    record_id: UUID | None = None
    report: bytes | None = None
    effect: Effect | None = None


@dataclass(frozen=True, slots=True)
class Filtered:
    """A rule of the practice says that this is not to be worked. rule: which, in one sentence."""

    rule: str


Outcome = Done | Failed | Parked | Filtered
