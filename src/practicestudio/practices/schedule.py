"""When a practice's jobs run: cron expressions in the practice's time zone, and off-peak windows for what can wait."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from practicestudio.errors import InvalidValue

SECTION = "schedule"
OFF_PEAK = "off_peak"


@dataclass(frozen=True, slots=True)
class Window:
    """Hours of the day, local; `until` before `start` goes past midnight. days: 0 Monday to 6 Sunday, in which such a window starts."""

    start: time
    until: time
    days: tuple[int, ...] = (0, 1, 2, 3, 4, 5, 6)

    def holds(self, local: datetime) -> bool:
        """Whether this local time lies in the window."""
        now = local.time()
        if self.start <= self.until:
            return self.start <= now < self.until and local.weekday() in self.days
        if now >= self.start:
            return local.weekday() in self.days
        return now < self.until and (local.weekday() - 1) % 7 in self.days


@dataclass(frozen=True, slots=True)
class Schedule:
    """cron: five fields, in the practice's time zone. off_peak: only inside the practice's off-peak window."""

    cron: str
    off_peak: bool = False
    enabled: bool = True


NIGHT = Window(time(20), time(6))

DEFAULTS: dict[str, Schedule] = {
    "feed.patients": Schedule("*/5 * * * *"),
    "feed.appointments": Schedule("*/5 * * * *"),
    "feed.providers": Schedule("0 * * * *"),
    "pull.practice": Schedule("30 5 * * *"),
    "pull.appointments": Schedule("0 1 * * *", off_peak=True),
    "pull.patients": Schedule("0 2 * * 6", off_peak=True),
    "connection.test": Schedule("17 * * * *"),
}


def check(schedule: Schedule) -> Schedule:
    """The schedule, or InvalidValue with what is wrong."""
    try:
        CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError as error:
        raise InvalidValue(f"The cron expression is not one: {error}.", advice="Five fields, e.g. `*/5 * * * *` for every five minutes.") from None
    return schedule


def next_due(schedule: Schedule, after: datetime, zone: ZoneInfo, window: Window = NIGHT) -> datetime | None:
    """The first time after `after` at which the job is due, in UTC; None when it is switched off or never falls into the window.

    A time that daylight saving skips runs at the change; one that comes twice runs once (as Debian's cron does, which cronsim follows).
    """
    if not schedule.enabled:
        return None
    times = CronSim(schedule.cron, after.astimezone(zone))
    for due in islice(times, 20_000):
        if not schedule.off_peak or window.holds(due):
            return due.astimezone(UTC)
    return None


def opens_at(window: Window, now: datetime, zone: ZoneInfo) -> datetime:
    """When the window is open next: now, if it is."""
    local = now.astimezone(zone)
    if window.holds(local):
        return now
    for ahead in range(9):
        day = local.date() + timedelta(days=ahead)
        start = datetime.combine(day, window.start, zone)
        if start > local and window.holds(start):
            return start.astimezone(UTC)
    return now  # a window without days is no window


def schedules_of(section: dict[str, Any]) -> dict[str, Schedule]:
    """A practice's schedules: the defaults with its own changes."""
    own = {name: replace(DEFAULTS.get(name, Schedule("0 0 * * *")), **value) for name, value in section.items() if name != OFF_PEAK}
    return {**DEFAULTS, **own}


def window_of(section: dict[str, Any]) -> Window:
    """A practice's off-peak window: {"start": "20:00", "until": "06:00", "days": [0, …]}."""
    value = section.get(OFF_PEAK)
    if value is None:
        return NIGHT
    try:
        days = tuple(int(day) for day in value.get("days", NIGHT.days))
        return Window(time.fromisoformat(value["start"]), time.fromisoformat(value["until"]), days)
    except (KeyError, ValueError, TypeError):
        raise InvalidValue("The off-peak window is not one.", advice='Give it as {"start": "20:00", "until": "06:00"}.') from None
