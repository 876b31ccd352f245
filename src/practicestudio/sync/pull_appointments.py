"""Every booked appointment around today, department by department and a few days at a time, for long windows are cut off silently."""

from dataclasses import dataclass
from datetime import date, timedelta

import orjson

from practicestudio.athena.rest import Appointments, Feeds, Purpose
from practicestudio.clock import Clock
from practicestudio.delivery.outcome import Done, Outcome, Parked
from practicestudio.delivery.worker import Call
from practicestudio.errors import IntegrationError
from practicestudio.sync import runs
from practicestudio.sync.doors import Doors
from practicestudio.sync.pull_patients import check_window, left
from practicestudio.sync.pull_practice import open_locations
from practicestudio.sync.runs import Run, Stopped
from practicestudio.sync.setup import setup_of
from practicestudio.sync.subscriptions import listen_first

ALSO = {"showcancelled": True}


@dataclass(frozen=True, slots=True)
class PullAppointments:
    """Handles `pull.appointments`. Body: {"start", "end": ISO dates, else as far around today as the sync rules say; "off_peak"}."""

    doors: Doors
    clock: Clock

    async def __call__(self, call: Call) -> Outcome:
        """Take every appointment of the window into the log."""
        message = call.message
        asked = orjson.loads(message.body)
        run = await runs.start(call, "appointments", full=True)
        try:
            client = await self.doors.rest(message.practice_id)
            purpose = Purpose(urgency="backfill", message_id=message.id, run_id=run.id)
            await listen_first(call, Feeds(client, purpose), "appointments")
            appointments = Appointments(client, purpose)
            start, end = await self._window(call, run, asked)
            for location in left(run, await open_locations(self.doors, call, purpose)):
                async for page in appointments.booked(start, end, location, cursor=run.place.get("cursor"), also=ALSO):
                    await run.take("appointment", page, location)
                    if asked.get("off_peak"):
                        await check_window(call, self.clock)
        except IntegrationError as error:
            await run.break_off(error)
            if isinstance(error, Stopped):
                return Parked(error)
            raise
        await run.end()
        return Done()

    async def _window(self, call: Call, run: Run, asked: dict[str, str]) -> tuple[date, date]:
        """First and last day; those of the run's first try, so that it stays one window when it goes on another day."""
        async with call.database.practice(call.message.practice_id) as transaction:
            rules = (await setup_of(transaction)).sync_rules
        today = self.clock().date()
        start = run.place.get("start") or asked.get("start") or (today - timedelta(days=rules.days_back)).isoformat()
        end = run.place.get("end") or asked.get("end") or (today + timedelta(days=rules.days_ahead)).isoformat()
        run.place = {**run.place, "start": start, "end": end}
        return date.fromisoformat(start), date.fromisoformat(end)
