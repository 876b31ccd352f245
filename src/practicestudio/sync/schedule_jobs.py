"""Starting what is due: each practice's jobs by its schedules, as messages; a job whose last message failed is tried again, not doubled."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog

from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept, lane_of, store_bodies
from practicestudio.delivery.message import UNFINISHED, NewMessage, State, Urgency
from practicestudio.delivery.story import read_story
from practicestudio.errors import IntegrationError, InvalidValue
from practicestudio.practices import sync_rules
from practicestudio.practices.practice import list_practices
from practicestudio.practices.schedule import Schedule, next_due
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows
from practicestudio.sync.setup import Setup, setup_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class JobMessage:
    """The message of a job that is in work or has failed."""

    id: UUID
    state: State


async def job_message(transaction: Transaction, job: str) -> JobMessage | None:
    """The job's message that is in work, or else the one that failed last; None where the job has nothing open."""
    lane = lane_of(transaction.sealer, job)
    row = await sql.runs.job_message(transaction.connection, practice_id=transaction.practice_id, kind=job, lane=lane)
    return JobMessage(*row) if row else None


async def request_job(transaction: Transaction, job: str, body: Mapping[str, Any] | None = None, *, urgency: Urgency = "feed") -> UUID:
    """Ask for a job now (`pull.patients`, `feed.appointments`, …). Returns the message to watch: one that is under way already, the one that
    failed last, worked again from its place, or a new one. A wish to run at once wins over one to wait for the off-peak window. Raises
    InvalidValue where the practice's sync rules leave it out."""
    if (why := (await sync_rules.read(transaction)).objection(job)) is not None:
        raise InvalidValue(why, advice="Change the practice's sync rules first.")
    wish = dict(body or {})
    last = await job_message(transaction, job)
    if last is None:
        message = NewMessage(direction="out", door="rest", kind=job, about=job, body=orjson.dumps(wish), urgency=urgency)
        return (await accept(transaction, [message]))[0]
    hurried = last.state != "working" and not wish.get("off_peak") and await _waits_for_night(transaction, last.id)
    if hurried:
        await store_bodies(transaction, [(last.id, "sent", orjson.dumps(wish))])
    if hurried or last.state not in UNFINISHED:
        await error_queue.retry(transaction, [last.id], "schedule")
    return last.id


async def _waits_for_night(transaction: Transaction, message_id: UUID) -> bool:
    sent = (await read_story(transaction, message_id)).bodies.get("sent", b"{}")
    return bool(orjson.loads(sent).get("off_peak"))


async def start_due_jobs(database: Database, now: datetime) -> int:
    """Start every job that is due, in all practices; several processes may call this at once. Returns how many were started.

    A practice whose set-up cannot be read is passed over, with a line in the log; the others go on.
    """
    await _plan(database, now)
    async with database.dispatch() as connection:
        due = [(practice_id, job) for practice_id, job, _ in await rows(sql.practices.due_schedules(connection, now=now))]
    started = 0
    for practice_id, job in due:
        try:
            async with database.practice(practice_id) as transaction:
                started += await _start(transaction, job, now)
        except IntegrationError as error:
            log.error("job_not_started", practice_id=str(practice_id), job=job, error_code=error.code, error_type=type(error).__name__)
    return started


async def _plan(database: Database, now: datetime) -> None:
    """Give jobs their next time where they have none, or where their schedule was changed to an earlier one."""
    for practice in await list_practices(database):
        try:
            async with database.practice(practice.id) as transaction:
                await _plan_practice(transaction, now)
        except IntegrationError as error:
            log.error("jobs_not_planned", practice_id=str(practice.id), error_code=error.code, error_type=type(error).__name__)


async def _plan_practice(transaction: Transaction, now: datetime) -> None:
    setup = await setup_of(transaction)
    if not setup.connected:
        return
    planned = {row[0]: row[1] for row in await rows(sql.practices.schedules(transaction.connection, practice_id=transaction.practice_id))}
    for job, schedule in setup.schedules.items():
        due = _next(setup, schedule, now)
        if due is not None and (job not in planned or due < planned[job]):
            await sql.practices.put_schedule(transaction.connection, practice_id=transaction.practice_id, job=job, due_at=due)


async def _start(transaction: Transaction, job: str, now: datetime) -> int:
    """Start one job, unless another process just did; and say when it is due next."""
    setup = await setup_of(transaction)
    schedule = setup.schedules.get(job)
    due = _next(setup, schedule, now) if schedule else None
    connection, practice_id = transaction.connection, transaction.practice_id
    if schedule is None or due is None:
        await sql.practices.drop_schedule(connection, practice_id=practice_id, job=job)
        return 0
    moved = await sql.practices.start_schedule(connection, practice_id=practice_id, job=job, due_at=due, started=now)
    if not moved:
        return 0
    body = {"off_peak": True} if schedule.off_peak else {}
    await request_job(transaction, job, body, urgency="backfill" if schedule.off_peak else "feed")
    log.info("job_started", practice_id=str(practice_id), job=job)
    return 1


def _next(setup: Setup, schedule: Schedule, now: datetime) -> datetime | None:
    return next_due(schedule, now, setup.practice.zone, setup.off_peak)
