"""What is still to be done: by workers, by the schedule, and by people."""

from dataclasses import dataclass
from datetime import datetime

from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """Messages that are not finished, by state, and what waits too long.

    held_lanes: lanes that wait until their failed message is retried or discarded. due_since: since when a message waits for a worker that none
    takes. late_job, late_since: a job that the schedule should have started. reviews, oldest_review: questions that wait for a person.
    """

    received: int = 0
    working: int = 0
    waiting: int = 0
    failed: int = 0
    parked: int = 0
    held_lanes: int = 0
    due_since: datetime | None = None
    late_job: str | None = None
    late_since: datetime | None = None
    reviews: int = 0
    oldest_review: datetime | None = None


async def read_backlog(transaction: Transaction, now: datetime) -> Backlog:
    """The practice's backlog."""
    connection, practice_id = transaction.connection, transaction.practice_id
    states = dict(await rows(sql.monitor.open_counts(connection, practice_id=practice_id)))
    due_since, held = await sql.monitor.lanes(connection, practice_id=practice_id, now=now)
    reviews, oldest = await sql.monitor.oldest_review(connection, practice_id=practice_id)
    late = await sql.monitor.late_job(connection, practice_id=practice_id, before=now)
    return Backlog(
        **states,
        held_lanes=held,
        due_since=due_since,
        late_job=late[0] if late else None,
        late_since=late[1] if late else None,
        reviews=reviews,
        oldest_review=oldest,
    )
