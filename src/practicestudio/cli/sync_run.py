"""Following a job that `practicestudio sync` asked for: worked by whoever serves, or here, with a bar, to its end."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from practicestudio.cli.output import console, say
from practicestudio.cli.roles import make_worker
from practicestudio.cli.session import person
from practicestudio.clock import first_id_at, now
from practicestudio.delivery.log import LogEntry
from practicestudio.delivery.message import UNFINISHED, State
from practicestudio.delivery.story import read_story
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.sync.doors import open_doors
from practicestudio.sync.progress import pull_progress, states_since
from practicestudio.sync.steer_jobs import run_now

if TYPE_CHECKING:
    from practicestudio.store.database import Database

What = Literal["practice", "patients", "appointments", "feeds"]

GLANCE = 0.2
NOBODY_AFTER = 1.0
"""Seconds after which a job that no worker has taken is worked in this process."""

TOO_LONG = timedelta(seconds=30)
"""A job that is tried again later than this is not waited for."""

FEEDS = ("feed.patients", "feed.appointments", "feed.providers")
RECORDS = ("patient", "appointment")


@dataclass(frozen=True, slots=True)
class Ask:
    """What was asked for. since: an id of that moment; everything that came later is counted."""

    database: "Database"
    practice: Practice
    what: What
    since: UUID


def jobs_for(what: What, *, full: bool) -> tuple[str, ...]:
    """The jobs, one after the other. A full pull subscribes first, so that nothing changes unseen meanwhile."""
    match what:
        case "practice":
            return ("pull.practice",)
        case "feeds":
            return FEEDS
        case _:
            return (f"feed.{what}", f"pull.{what}") if full else (f"feed.{what}",)


async def sync(settings: Settings, database: "Database", practice: Practice, what: What, *, full: bool) -> bool:
    """Have the jobs done and tell how it went. False when it failed, or is to be tried again too late to wait for."""
    ask = Ask(database, practice, what, first_id_at(now()))
    jobs = jobs_for(what, full=full or await _never_pulled(ask))
    async with _helper(settings, ask):
        with Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console(stderr=True)) as bar:
            ended = [await _follow(ask, job, bar) for job in jobs]
    return await _tell(ask, ended if what == "feeds" else ended[-1:])


async def _never_pulled(ask: Ask) -> bool:
    if ask.what not in ("patients", "appointments"):
        return False
    async with ask.database.practice(ask.practice.id) as transaction:
        before = await pull_progress(transaction, ask.what)
    return before is None or before.state != "done"


@asynccontextmanager
async def _helper(settings: Settings, ask: Ask) -> AsyncIterator[None]:
    """While the block runs, a worker of this process helps, unless another takes what was asked for in the first moment."""
    stop = asyncio.Event()
    helper = asyncio.create_task(_help_out(settings, ask, stop))
    try:
        yield
    finally:
        stop.set()
        await helper


async def _help_out(settings: Settings, ask: Ask, stop: asyncio.Event) -> None:
    await asyncio.sleep(NOBODY_AFTER)
    if await _is_taken(ask) or stop.is_set():
        return
    async with open_doors(ask.database, ca_file=settings.ca_file, connect=settings.connect_timeout, read=settings.read_timeout) as doors:
        await make_worker(ask.database, doors, settings).run(stop)


async def _is_taken(ask: Ask) -> bool:
    async with ask.database.practice(ask.practice.id) as transaction:
        states = await states_since(transaction, [*jobs_for(ask.what, full=True)], ask.since)
    return any(state != "received" for state in states)


async def _follow(ask: Ask, job: str, bar: Progress) -> LogEntry:
    """Ask for a job and show a bar until it has ended, and what it brought is worked."""
    async with ask.database.practice(ask.practice.id) as transaction:
        message = await run_now(transaction, job, person(None))
    task = bar.add_task(f"{ask.practice.athena_id} {job}", total=None)
    while True:
        entry, states = await _entry(ask, message), await _brought(ask)
        unfinished = sum(states.get(state, 0) for state in UNFINISHED)
        came = sum(states.values())
        bar.update(task, total=max(came, await _expected(ask, job)) or None, completed=came - unfinished)
        if _has_ended(entry) and (entry.state != "done" or not unfinished):
            return entry
        await asyncio.sleep(GLANCE)


async def _entry(ask: Ask, message: UUID) -> LogEntry:
    async with ask.database.practice(ask.practice.id) as transaction:
        return (await read_story(transaction, message)).entry


def _has_ended(entry: LogEntry) -> bool:
    """Whether a job is finished, or is tried again too late to wait for."""
    return entry.state not in UNFINISHED or (entry.due_at is not None and entry.due_at - now() > TOO_LONG)


async def _brought(ask: Ask) -> dict[State, int]:
    async with ask.database.practice(ask.practice.id) as transaction:
        return await states_since(transaction, RECORDS, ask.since)


async def _expected(ask: Ask, job: str) -> int:
    """How many records the pull has announced, while it runs."""
    if ask.what not in ("patients", "appointments") or not job.startswith("pull."):
        return 0
    async with ask.database.practice(ask.practice.id) as transaction:
        stand = await pull_progress(transaction, ask.what)
    return stand.expected if stand is not None and stand.state == "running" else 0


async def _tell(ask: Ask, ended: Sequence[LogEntry]) -> bool:
    """The summary, or the sentences of what failed."""
    failed = [entry for entry in ended if entry.state != "done"]
    for entry in failed:
        say(entry.error or f"The job {entry.kind} is {entry.state}.")
    if failed:
        return False
    states = await _brought(ask)
    told = ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "nothing new"
    say(f"Practice {ask.practice.athena_id}, {ask.what}: {told}.")
    if states.get("failed") or states.get("parked"):
        say(
            f"See: practicestudio messages errors --practice {ask.practice.athena_id}; practicestudio review list --practice {ask.practice.athena_id}"
        )
    return True
