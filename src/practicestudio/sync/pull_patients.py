"""The first pull, and later the weekly one: every patient of every department, page by page, going on where it was broken off."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import orjson

from practicestudio.athena.rest import Feeds, Page, Patients, Purpose
from practicestudio.clock import Clock
from practicestudio.delivery.outcome import Done, Effect, Outcome, Parked
from practicestudio.delivery.worker import Call
from practicestudio.errors import IntegrationError, RateLimited, Unreadable
from practicestudio.practices.schedule import opens_at
from practicestudio.store.database import Transaction
from practicestudio.sync import runs
from practicestudio.sync.doors import Doors
from practicestudio.sync.pull_practice import open_locations
from practicestudio.sync.runs import Run, Stopped
from practicestudio.sync.schedule_jobs import request_job
from practicestudio.sync.setup import Setup, setup_of
from practicestudio.sync.subscriptions import listen_first

PAGE_SIZE = 1000
SMALLER = 20


@dataclass(frozen=True, slots=True)
class PullPatients:
    """Handles `pull.patients`. Body: {"off_peak": whether it may run in the off-peak window only, "then": jobs to ask for when it is done}."""

    doors: Doors
    clock: Clock

    async def __call__(self, call: Call) -> Outcome:
        """Take every patient into the log; the run ends when the last page is stored."""
        message = call.message
        run = await runs.start(call, "patients", full=True)
        try:
            client = await self.doors.rest(message.practice_id)
            purpose = Purpose(urgency="backfill", message_id=message.id, run_id=run.id)
            await listen_first(call, Feeds(client, purpose), "patients")
            patients = Patients(client, purpose)
            wish = orjson.loads(message.body)
            off_peak = bool(wish.get("off_peak"))
            for location in left(run, await open_locations(self.doors, call, purpose)):
                async for page in _pages(patients, run, location):
                    if run.place.get("cursor") is None:
                        run.count("expected", page.total or 0)
                    await run.take("patient", page, location)
                    if off_peak:
                        await check_window(call, self.clock)
        except IntegrationError as error:
            await run.break_off(error)
            if isinstance(error, Stopped):
                return Parked(error)
            raise
        await run.end()
        return Done(effect=_ask_for(wish.get("then", ())))


def _ask_for(jobs: Sequence[str]) -> Effect:
    """What is asked for together with the end of the pull."""

    async def effect(transaction: Transaction) -> None:
        for job in jobs:
            await request_job(transaction, job, urgency="backfill")

    return effect


async def _pages(patients: Patients, run: Run, location: str) -> AsyncIterator[Page]:
    """The pages that are left of a department; smaller ones from where one was too large to be read."""
    size = PAGE_SIZE
    while True:
        try:
            async for page in patients.all(location, cursor=run.place.get("cursor"), page_size=size):
                yield page
        except Unreadable:
            if size == 1:
                raise
            size = max(1, size // SMALLER)
        else:
            return


def left(run: Run, locations: Sequence[str]) -> list[str]:
    """The departments that the run has not finished. They are told by their ids, for departments come and go while a run is broken off."""
    done = int(run.place.get("done", -1))
    return [location for location in locations if int(location) > done]


async def check_window(call: Call, clock: Clock) -> None:
    """Raise RateLimited when the practice's off-peak window has closed; the run goes on when it opens."""
    async with call.database.practice(call.message.practice_id) as transaction:
        setup: Setup = await setup_of(transaction)
    now = clock()
    opens = opens_at(setup.off_peak, now, setup.practice.zone)
    if opens > now:
        raise RateLimited(
            "The off-peak window has closed.", retry_after=(opens - now).total_seconds(), advice="It goes on when the window opens again."
        )
