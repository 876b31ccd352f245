"""The log of calls: what was asked, how it went, what is left of the day; never an address, a query or a body."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from practicestudio.delivery.message import Urgency

INTERRUPTED = "interrupted"
"""The error code of a try that we broke off ourselves, as when the program stops."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One try. at: when it was sent. path_template: with ids in braces. status: None where no answer came. error_code: of practicestudio.errors, or
    INTERRUPTED."""

    id: UUID
    at: datetime
    operation: str
    method: str
    path_template: str
    status: int | None
    duration_ms: float
    error_code: str | None
    request_id: str
    remaining_today: int | None
    urgency: Urgency
    message_id: UUID | None = None
    run_id: UUID | None = None


class CallLog(Protocol):
    """Where calls are kept."""

    async def record(self, call: Call) -> None: ...


class MemoryCallLog:
    """Calls kept in this process, for one-shot use."""

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def record(self, call: Call) -> None:
        self.calls.append(call)
