"""Starting and stopping jobs by hand, with a line in the trail."""

from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.delivery import error_queue
from practicestudio.errors import InvalidValue, NotYet
from practicestudio.practices.schedule import DEFAULTS
from practicestudio.store import sql
from practicestudio.store.database import Transaction
from practicestudio.sync.runs import Stopped
from practicestudio.sync.schedule_jobs import job_message, request_job

PULLS = frozenset({"pull.patients", "pull.appointments"})
"""Jobs that are long enough to be stopped in their course: they go on where they stood."""


async def run_now(transaction: Transaction, job: str, by: str) -> UUID:
    """Have a job done now, whatever the schedule and the off-peak window say; one that was stopped or failed goes on where it stood.

    Returns the message to watch. Raises InvalidValue where there is no such job, or the practice's sync rules leave it out.
    """
    _known(job)
    message = await request_job(transaction, job)
    await audit.write(transaction, [AuditEntry(Action.PERSON_SYNC_RUN, by, "job", message, message, changes={"job": (None, job)})])
    return message


async def stop(transaction: Transaction, job: str, by: str) -> None:
    """Stop a job: one that waits at once, a pull under way with its next page. It stays in the log, waiting for a person, and goes on when it is run
    again or its schedule comes. Raises InvalidValue where there is nothing to stop, NotYet where it ends by itself."""
    _known(job)
    last = await job_message(transaction, job)
    if last is None or last.state in ("failed", "parked"):
        raise InvalidValue("This job does not run.", advice="There is nothing to stop.")
    if last.state == "working":
        await _stop_at_work(transaction, job, last.id, by)
    else:
        await _stop_waiting(transaction, last.id, by)
    await audit.write(transaction, [AuditEntry(Action.PERSON_SYNC_STOP, by, "job", last.id, last.id, changes={"job": (None, job)})])


async def _stop_at_work(transaction: Transaction, job: str, message: UUID, by: str) -> None:
    wanted = await sql.runs.want_stop(transaction.connection, practice_id=transaction.practice_id, id=message, by=by)
    if job not in PULLS or not wanted:
        raise NotYet("This job is at work and ends by itself in a moment.", advice="Only pulls of all patients and all appointments can be stopped.")


async def _stop_waiting(transaction: Transaction, message: UUID, by: str) -> None:
    if not await error_queue.park(transaction, message, Stopped(), by):
        raise NotYet("A worker has just begun this job.", advice="Try again in a moment.")
    error = Stopped()
    await sql.runs.end_open_run(transaction.connection, practice_id=transaction.practice_id, id=message, error_code=error.code, error=error.sentence)


def _known(job: str) -> None:
    if job not in DEFAULTS:
        raise InvalidValue("There is no such job.", advice=f"The jobs are {', '.join(DEFAULTS)}.")
