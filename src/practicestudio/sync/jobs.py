"""The jobs of a practice as people see them: what ran, what runs now and how far it is, what is next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.delivery.message import UNFINISHED, State
from practicestudio.practices.forms.schedules import JOBS
from practicestudio.practices.schedule import DEFAULTS, Schedule, cron_words, next_due
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.sync.progress import PullProgress, pull_progress
from practicestudio.sync.setup import Setup, setup_of
from practicestudio.sync.steer_jobs import PULLS
from practicestudio.sync.subscriptions import FeedState

SHOWN: tuple[State, ...] = ("received", "working", "waiting", "done", "failed", "parked", "discarded", "filtered")


@dataclass(frozen=True, slots=True)
class JobMessage:
    """One message of a job. due_at: when it is tried again. decided_by: who stopped it, or had it tried again."""

    id: UUID
    job: str
    state: State
    received_at: datetime
    finished_at: datetime | None
    due_at: datetime | None
    tries: int
    error: str | None
    decided_by: str | None

    @property
    def title(self) -> str:
        """What the job is called."""
        return JOBS[self.job][0] if self.job in JOBS else self.job

    @property
    def seconds(self) -> float | None:
        """From its request to its end."""
        return None if self.finished_at is None else (self.finished_at - self.received_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Ran(JobMessage):
    """A message of a job with its run. run_state, counts: None where it has none."""

    run_state: str | None
    counts: Mapping[str, int] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job of the schedule. next_at: None where it is switched off, left out by the sync rules, or not connected.

    open: its message that is at work, waits, failed, or was stopped. last: the newest one that ended. progress: of a pull that is open.
    feed: the state of the subscription of a feed. left_out: why the sync rules leave it out.
    """

    name: str
    title: str
    help: str
    schedule: Schedule
    words: str
    next_at: datetime | None
    last_started: datetime | None
    open: JobMessage | None
    last: JobMessage | None
    progress: PullProgress | None = None
    feed: FeedState | None = None
    left_out: str | None = None

    @property
    def runs(self) -> bool:
        """Whether it is under way: at work, about to be, or waiting for its next try."""
        return self.open is not None and self.open.state in UNFINISHED

    @property
    def stoppable(self) -> bool:
        """Whether it can be stopped: a pull always, another job while it waits."""
        return self.open is not None and (self.open.state in ("received", "waiting") or (self.open.state == "working" and self.name in PULLS))


async def list_jobs(transaction: Transaction, now: datetime) -> list[Job]:
    """Every job, in the order of the schedules."""
    connection, practice_id = transaction.connection, transaction.practice_id
    setup = await setup_of(transaction)
    stands = {row[0]: (row[1], row[2]) for row in await rows(sql.runs.schedule_stands(connection, practice_id=practice_id))}
    feeds = {row[0]: FeedState(*row[1:]) for row in await rows(sql.runs.feeds(connection, practice_id=practice_id))}
    latest: dict[str, list[JobMessage]] = {}
    for row in await rows(sql.runs.latest_jobs(connection, practice_id=practice_id, kinds=list(DEFAULTS), states=list(SHOWN))):
        latest.setdefault(row[1], []).append(JobMessage(*row))
    return [await _job(transaction, name, setup, stands.get(name), latest.get(name, []), feeds, now) for name in DEFAULTS]


async def _job(
    transaction: Transaction,
    name: str,
    setup: Setup,
    stand: tuple[datetime, datetime | None] | None,
    messages: Sequence[JobMessage],
    feeds: Mapping[str, FeedState],
    now: datetime,
) -> Job:
    left_out = setup.sync_rules.objection(name)
    schedule = setup.schedules.get(name, DEFAULTS[name])
    shown, last = pick(messages)
    following = next_due(schedule, now, setup.practice.zone, setup.off_peak) if setup.connected and left_out is None else None
    title, help = JOBS[name]
    family, _, records = name.partition(".")
    return Job(
        name=name,
        title=title,
        help=help,
        schedule=schedule,
        words=cron_words(schedule.cron),
        next_at=min(stand[0], following) if stand and following else following,
        last_started=stand[1] if stand else None,
        open=shown,
        last=last,
        progress=await _progress(transaction, name, shown),
        feed=feeds.get(records, FeedState()) if family == "feed" else None,
        left_out=left_out,
    )


def pick(messages: Sequence[JobMessage]) -> tuple[JobMessage | None, JobMessage | None]:
    """Of a job's newest messages in each state: the one that is open, and the last that ended. Pure.

    A failed or stopped one is open until a newer one ended well.
    """
    newest = sorted(messages, key=lambda one: one.id, reverse=True)
    done = next((one for one in newest if one.state in ("done", "filtered", "discarded")), None)
    unfinished = next((one for one in newest if one.state in UNFINISHED), None)
    stuck = next((one for one in newest if one.state in ("failed", "parked")), None)
    if (
        unfinished is None
        and stuck is not None
        and done is not None
        and (stuck.finished_at or stuck.received_at) < (done.finished_at or done.received_at)
    ):
        stuck = None
    return unfinished or stuck, done


async def _progress(transaction: Transaction, name: str, shown: JobMessage | None) -> PullProgress | None:
    """How far a pull is that is open."""
    if name not in PULLS or shown is None:
        return None
    return await pull_progress(transaction, name.partition(".")[2])  # type: ignore[arg-type]


async def list_ran(transaction: Transaction, *, jobs: Sequence[str] = (), before: UUID | None = None, limit: int = 25) -> list[Ran]:
    """The newest messages of these jobs, or of all; go on with `before` set to the last id."""
    found: list[Any] = await rows(
        sql.runs.job_history(
            transaction.connection,
            practice_id=transaction.practice_id,
            kinds=list(jobs or DEFAULTS),
            states=list(SHOWN),
            before=before,
            limit=limit,
        )
    )
    return [Ran(*row) for row in found]
