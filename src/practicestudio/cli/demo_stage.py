"""What the demo plays on: everything that runs, how work is asked for, and how its end is seen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from practicestudio.access.audit import Origin
from practicestudio.access.audit_sealer import run_sealer
from practicestudio.app import open_database
from practicestudio.cli.demo_sandbox import DemoSandbox, run_sandbox
from practicestudio.cli.demo_view import Account
from practicestudio.cli.processes import Crew
from practicestudio.cli.serve_run import role_commands
from practicestudio.delivery.log import Filter, count_unfinished, list_messages
from practicestudio.errors import Transient
from practicestudio.mapping import Dialect
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.sync import demo, progress, reviews
from practicestudio.sync.doors import Doors, open_doors
from practicestudio.sync.schedule_jobs import request_job

if TYPE_CHECKING:
    from practicestudio.store.database import Database

SEED = 1
PATIENCE = 600.0
"""Seconds after which work that does not end is called stuck."""

GLANCE = 0.1
"""Seconds between two looks at how far it is."""

MOST_ERRORS = 1000


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

    database: "Database"
    doors: Doors
    sandbox: DemoSandbox
    practices: Sequence[Practice]


@asynccontextmanager
async def set_up(settings: Settings, patients: int, roles: Sequence[str]) -> AsyncIterator[Stage]:
    """Start the sandbox, the database and these roles, and connect the practices."""
    async with (
        run_sandbox([clinic.athena_id for clinic in CLINICS], patients, SEED) as sandbox,
        open_database(settings, origin=Origin("demo")) as database,
        Crew(role_commands(settings, roles)),
        open_doors(database) as doors,
    ):
        await sandbox.ready()
        sealing = asyncio.create_task(run_sealer(database, asyncio.Event()))
        practices = [await demo.connect(database, one.athena_id, one.name, one.time_zone, sandbox.base_url, one.dialect) for one in CLINICS]
        try:
            yield Stage(database, doors, sandbox, practices)
        finally:
            sealing.cancel()
            await asyncio.gather(sealing, return_exceptions=True)


async def request(stage: Stage, *jobs: str, body: dict[str, Any] | None = None) -> None:
    """Ask for these jobs in every practice."""
    for practice in stage.practices:
        async with stage.database.practice(practice.id) as transaction:
            for job in jobs:
                await request_job(transaction, job, body)


async def until_idle(stage: Stage, glance: Callable[[], Awaitable[None]] | None = None) -> None:
    """Wait until everything is worked. glance: called at every look. Raises Transient where that does not happen in time."""
    try:
        async with asyncio.timeout(PATIENCE):
            idle = False
            while not idle:
                await asyncio.sleep(GLANCE)
                idle = await _is_idle(stage)
                if glance is not None:
                    await glance()
    except TimeoutError:
        raise Transient("Some messages of the demo do not come to their end.", advice="Start it again; if it stays so, report it.") from None


async def _is_idle(stage: Stage) -> bool:
    for practice in stage.practices:
        async with stage.database.practice(practice.id) as transaction:
            if await count_unfinished(transaction):
                return False
    return True


async def account_of(stage: Stage, practice: Practice) -> Account:
    """What was done for a practice, read from the store."""
    async with stage.database.practice(practice.id) as transaction:
        return Account(
            practice=practice,
            tally=await progress.tally(transaction),
            errors=await list_messages(transaction, Filter(states=("failed",)), MOST_ERRORS),
            ridden_out=await progress.ridden_out(transaction),
            reviews=await reviews.open_reviews(transaction),
        )
