"""What each role of `practicestudio serve` does in its process: the web answers people and programs, the worker works
messages, the scheduler starts what is due, the monitor looks whether all is well."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING

import psycopg
import structlog

from practicestudio.access.audit import Origin
from practicestudio.access.audit_sealer import run_sealer
from practicestudio.app import open_database, spare_the_collector
from practicestudio.clock import now
from practicestudio.delivery.counts import fold_counts
from practicestudio.delivery.retention import drop_old_days
from practicestudio.delivery.worker import Worker
from practicestudio.monitor.rounds import make_round
from practicestudio.settings import Settings
from practicestudio.sync.doors import Doors, open_doors
from practicestudio.sync.handlers import handlers
from practicestudio.sync.schedule_jobs import start_due_jobs

if TYPE_CHECKING:
    from practicestudio.store.database import Database

log = structlog.get_logger()

LOOK_EVERY = 3.0
"""Seconds between two looks at what is due."""

PARTITIONS_EVERY = 3600.0
ROUND_EVERY = 5.0
"""Seconds between two tries to make the monitor's round, which one process makes once a minute for all."""

FOLD_EVERY = 60.0


def make_worker(database: "Database", doors: Doors, settings: Settings) -> Worker:
    """A worker with the handlers of this installation."""
    return Worker(database, handlers(doors), batch=settings.worker_batch, calls=settings.worker_calls, lease=settings.lease_seconds)


async def work(settings: Settings, stop: asyncio.Event) -> None:
    """Work messages until told to stop."""
    spare_the_collector()
    async with (
        open_database(settings, origin=Origin("worker")) as database,
        open_doors(database, ca_file=settings.ca_file, connect=settings.connect_timeout, read=settings.read_timeout) as doors,
    ):
        await make_worker(database, doors, settings).run(stop)


async def schedule(settings: Settings, stop: asyncio.Event) -> None:
    """Start due jobs every few seconds; fold the log's counts every minute; make its partitions every hour; drop old days once a day."""
    async with open_database(settings, origin=Origin("scheduler")) as database:
        dropped: date | None = None
        made_at, folded_at = -PARTITIONS_EVERY, 0.0
        while not stop.is_set():
            try:
                moment, seconds = now(), asyncio.get_running_loop().time()
                if seconds - made_at >= PARTITIONS_EVERY:
                    await database.make_days(moment.date())
                    made_at = seconds
                if dropped != moment.date():
                    await drop_old_days(database, moment.date(), settings.retention_days)
                    dropped = moment.date()
                if seconds - folded_at >= FOLD_EVERY:
                    await fold_counts(database)
                    folded_at = seconds
                await start_due_jobs(database, moment)
            except psycopg.OperationalError as error:
                log.warning("database_unreachable", role="scheduler", error_type=type(error).__name__)
            await pause(stop, LOOK_EVERY)


async def watch(settings: Settings, stop: asyncio.Event) -> None:
    """Look every minute whether everything is well, and tell people where it is not."""
    async with open_database(settings, origin=Origin("monitor")) as database:
        while not stop.is_set():
            try:
                await make_round(database, now(), home=settings.home, pages=settings.public_url)
            except psycopg.OperationalError as error:
                log.warning("database_unreachable", role="monitor", error_type=type(error).__name__)
            await pause(stop, ROUND_EVERY)


async def pause(stop: asyncio.Event, seconds: float) -> None:
    """Wait, but not longer than until `stop` is set."""
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


async def answer(settings: Settings, stop: asyncio.Event) -> None:
    """Answer pages and the API until told to stop."""
    from practicestudio.web.server import serve_pages

    await serve_pages(settings, stop)


async def seal(settings: Settings, stop: asyncio.Event) -> None:
    """Hold what is written to the audit trail to its chain, until told to stop."""
    async with open_database(settings, origin=Origin("sealer")) as database:
        await run_sealer(database, stop)


Role = Callable[[Settings, asyncio.Event], Awaitable[None]]
ROLES: Mapping[str, Role] = {"web": answer, "worker": work, "scheduler": schedule, "monitor": watch, "sealer": seal}


async def run_role(name: str, settings: Settings) -> None:
    """Do a role's work until SIGTERM or SIGINT."""
    stop = stop_on_signals()
    await ROLES[name](settings, stop)


def stop_on_signals() -> asyncio.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, stop.set)
    return stop
