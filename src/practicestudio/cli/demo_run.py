"""The course of the demo: start, first pull, people on both sides, everything worked to the end, what it did; and then on until Ctrl-C."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from practicestudio.app import open_database
from practicestudio.cli import demo_view
from practicestudio.cli.demo_home import demo_home
from practicestudio.cli.demo_life import live_on
from practicestudio.cli.demo_sandbox import DemoSandbox, run_sandbox
from practicestudio.cli.demo_story import find_cast, let_it_happen
from practicestudio.cli.output import say, show_json
from practicestudio.cli.processes import Crew
from practicestudio.cli.serve_run import role_commands
from practicestudio.clock import now
from practicestudio.delivery.log import Filter, count_unfinished, list_messages
from practicestudio.errors import Transient
from practicestudio.mapping import Dialect
from practicestudio.practices.practice import Practice
from practicestudio.redact import configure_logging
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync import demo, progress, reviews
from practicestudio.sync.doors import Doors, open_doors
from practicestudio.sync.schedule_jobs import request_job

SEED = 1
PATIENCE = 600.0
"""Seconds after which work that does not end is called stuck."""

GLANCE = 0.1
"""Seconds between two looks at how far it is."""

MOST_ERRORS = 1000
SUBSCRIBE = ("pull.practice", "feed.patients", "feed.appointments")
FORTNIGHT = timedelta(days=14)
"""How far the sandbox's diary is full, back and ahead."""


@dataclass(frozen=True, slots=True)
class Clinic:
    """A practice of the demo, as it is set up."""

    athena_id: str
    name: str
    time_zone: str
    dialect: Dialect


CLINICS = (
    Clinic("195900", "Harborview Medical Group", "America/New_York", "platform"),
    Clinic("195901", "Cascade Family Health", "America/Los_Angeles", "guide"),
)


@dataclass(frozen=True, slots=True)
class Stage:
    """Everything that runs: the database, the doors to athenahealth, the sandbox, the practices."""

    settings: Settings
    database: Database
    doors: Doors
    sandbox: DemoSandbox
    practices: Sequence[Practice]


async def run_demo(settings: Settings, *, once: bool, as_json: bool, patients: int, home: Path | None) -> None:
    """Show it all. Raises Transient where the work does not come to its end."""
    say("The bundled athenahealth and the database start …")
    async with demo_home(settings, home, throw_away=once) as own, _set_up(own, patients) as stage:
        configure_logging(own.log_level)
        await first_pull(stage)
        await tell_story(stage)
        accounts = [await account_of(stage, practice) for practice in stage.practices]
        if as_json:
            show_json({"practices": [_document(account) for account in accounts]})
        else:
            demo_view.show_accounts(accounts)
            demo_view.show_how_to_look(None if once and home is None else own.home, runs_on=not once)
        if not once:
            await live_on(stage)


@asynccontextmanager
async def _set_up(settings: Settings, patients: int) -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        ids = [clinic.athena_id for clinic in CLINICS]
        starting = asyncio.create_task(stack.enter_async_context(run_sandbox(ids, patients, SEED)))
        try:
            database = await stack.enter_async_context(open_database(settings))
        finally:
            sandbox = await starting
        await stack.enter_async_context(Crew(role_commands(settings, ("worker",))))
        doors = await stack.enter_async_context(open_doors(database))
        practices = [await demo.connect(database, one.athena_id, one.name, one.time_zone, sandbox.base_url, one.dialect) for one in CLINICS]
        yield Stage(settings, database, doors, sandbox, practices)


async def first_pull(stage: Stage) -> None:
    """Subscribe to the feeds before anything is read; then pull everything, appointments after the patients whom they name."""
    today = now().date()
    fortnight = {"start": (today - FORTNIGHT).isoformat(), "end": (today + FORTNIGHT).isoformat()}
    await request(stage, *SUBSCRIBE)
    await until_idle(stage)
    with demo_view.pull_bars(stage.practices) as bars:
        await request(stage, "pull.patients")
        await until_idle(stage, partial(bars.follow, stage.database, "patients"))
        await request(stage, "pull.appointments", body=fortnight)
        await until_idle(stage, partial(bars.follow, stage.database, "appointments"))


async def tell_story(stage: Stage) -> None:
    """People there, staff here, and then the feeds are read; all of it worked to the end."""
    today = now().date()
    with demo_view.working("People there and staff here change things; some calls go wrong …"):
        for practice in stage.practices:
            cast = await find_cast(stage.sandbox, practice.athena_id, today)
            await let_it_happen(stage.sandbox, practice.athena_id, cast)
            await demo.do_errands(stage.database, stage.doors, practice, cast.errands)
        await until_idle(stage)
        await request(stage, "feed.patients", "feed.appointments")
        await until_idle(stage)


async def request(stage: Stage, *jobs: str, body: dict[str, Any] | None = None) -> None:
    """Ask for these jobs in every practice."""
    for practice in stage.practices:
        async with stage.database.practice(practice.id) as transaction:
            for job in jobs:
                await request_job(transaction, job, body)


async def is_idle(stage: Stage) -> bool:
    """Whether no message has work before it."""
    for practice in stage.practices:
        async with stage.database.practice(practice.id) as transaction:
            if await count_unfinished(transaction):
                return False
    return True


async def until_idle(stage: Stage, glance: Callable[[], Awaitable[None]] | None = None) -> None:
    """Wait until everything is worked. glance: called at every look. Raises Transient where that does not happen in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            idle = False
            while not idle:
                await asyncio.sleep(GLANCE)
                idle = await is_idle(stage)
                if glance is not None:
                    await glance()
    except TimeoutError:
        raise Transient("Some messages of the demo do not come to their end.", advice="Start it again; if it stays so, report it.") from None


async def account_of(stage: Stage, practice: Practice) -> demo_view.Account:
    """What was done for a practice, read from the store."""
    async with stage.database.practice(practice.id) as transaction:
        return demo_view.Account(
            practice=practice,
            tally=await progress.tally(transaction),
            errors=await list_messages(transaction, Filter(states=("failed",)), MOST_ERRORS),
            ridden_out=await progress.ridden_out(transaction),
            reviews=await reviews.open_reviews(transaction),
        )


def _document(account: demo_view.Account) -> dict[str, Any]:
    tally = account.tally
    return {
        "practice": account.practice.athena_id,
        "patients": _crossings(tally.patients),
        "appointments": _crossings(tally.appointments),
        "calls": tally.calls,
        "calls_per_record": round(tally.calls_per_record, 3),
        "messages": tally.messages,
        "seconds": round(tally.seconds, 1),
    }


def _crossings(crossings: progress.Crossings) -> dict[str, int]:
    return {"pulled": crossings.pulled, "changed": crossings.changed, "pushed": crossings.pushed}
