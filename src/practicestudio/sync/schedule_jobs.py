"""Starting what is due: each practice's jobs by its schedules, as messages; a job whose last message failed is tried again, not doubled."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import structlog

from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import UNFINISHED, NewMessage, Urgency
from practicestudio.practices.practice import list_practices
from practicestudio.practices.schedule import Schedule, next_due
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows
from practicestudio.sync.setup import Setup, setup_of

log = structlog.get_logger()


async def request_job(transaction: Transaction, job: str, body: dict[str, Any] | None = None, *, urgency: Urgency = "feed") -> UUID:
    """Ask for a job now (`pull.patients`, `feed.appointments`, …). Returns the message to watch: one that is under way already, the one that
    failed last, worked again, or a new one."""
    last = await sql.runs.last_job_message(transaction.connection, practice_id=transaction.practice_id, kind=job)
    if last is not None and last[1] in UNFINISHED:
        found: UUID = last[0]
        return found
    if last is not None and last[1] == "failed":
        await error_queue.retry(transaction, [last[0]], "schedule")
        return UUID(str(last[0]))
    message = NewMessage(direction="out", door="rest", kind=job, about=job, body=orjson.dumps(body or {}), urgency=urgency)
    return (await accept(transaction, [message]))[0]


async def start_due_jobs(database: Database, now: datetime) -> int:
    """Start every job that is due, in all practices; several processes may call this at once. Returns how many were started."""
    await _plan(database, now)
    async with database.dispatch() as connection:
        due = [(practice_id, job) for practice_id, job, _ in await rows(sql.practices.due_schedules(connection, now=now))]
    started = 0
    for practice_id, job in due:
        async with database.practice(practice_id) as transaction:
            started += await _start(transaction, job, now)
    return started


async def _plan(database: Database, now: datetime) -> None:
    """Give jobs that have no time yet their first one; jobs that were switched off lose theirs."""
    for practice in await list_practices(database):
        async with database.practice(practice.id) as transaction:
            setup = await setup_of(transaction)
            if not setup.connected:
                continue
            planned = {row[0] for row in await rows(sql.practices.schedules(transaction.connection, practice_id=practice.id))}
            for job, schedule in setup.schedules.items():
                if job not in planned and (due := _next(setup, schedule, now)):
                    await sql.practices.put_schedule(transaction.connection, practice_id=practice.id, job=job, due_at=due)


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
