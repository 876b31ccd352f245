"""What a message is: before it is stored, and as a worker holds it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

State = Literal["received", "working", "waiting", "done", "failed", "parked", "discarded", "filtered"]
STATES: tuple[State, ...] = ("received", "working", "waiting", "done", "failed", "parked", "discarded", "filtered")
UNFINISHED: tuple[State, ...] = ("received", "working", "waiting")
ATTENTION: tuple[State, ...] = ("failed", "parked")

Direction = Literal["in", "out"]
Urgency = Literal["person", "feed", "backfill"]
URGENCIES: tuple[Urgency, ...] = ("person", "feed", "backfill")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to be taken into the log.

    about: what it is about, in words that two messages share exactly when their order matters (`patient:123`); stored as a blind index.
    body: the bytes as they crossed, or will cross, the wall; stored sealed.
    asked: where the log stood (`position`) when the other side was asked for this; None for what came unasked.
    rereadable: its source may be read again after a crash, so a fingerprint is kept by which `accept_once` knows it.
    """

    direction: Direction
    door: str
    kind: str
    about: str
    body: bytes
    urgency: Urgency = "feed"
    asked: int | None = None
    rereadable: bool = False
    record_id: UUID | None = None
    run_id: UUID | None = None
    cause_id: UUID | None = None
    retry_of: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as its worker holds it: the head of its lane, opened. tries: how many tries came before this one.

    sent_at: when an earlier try sent a write whose answer was not recorded; read before writing again.
    position: its place in the log, in the order in which a lane's messages were stored. asked: as of NewMessage.
    """

    practice_id: UUID
    id: UUID
    lane: int
    direction: Direction
    door: str
    kind: str
    urgency: Urgency
    tries: int
    received_at: datetime
    sent_at: datetime | None
    record_id: UUID | None
    run_id: UUID | None
    cause_id: UUID | None
    retry_of: UUID | None
    position: int
    asked: int | None
    body: bytes
