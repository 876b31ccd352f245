"""When a practice's jobs run: cron expressions in the practice's time zone, and off-peak windows for what can wait."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from practicestudio.errors import FieldFault, InvalidValue

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

_SAID = {
    r"\* \* \* \* \*": "Every minute",
    r"\*/(\d\d|[2-9]) \* \* \* \*": "Every {} minutes",
    r"0 \* \* \* \*": "Every hour, on the hour",
    r"(\d+) \* \* \* \*": "Every hour, at {} minutes past",
    r"0 \*/(\d\d|[2-9]) \* \* \*": "Every {} hours, on the hour",
}
"""What is said in fewer words than of any expression."""

DEFAULTS: dict[str, Schedule] = {
    "feed.patients": Schedule("*/5 * * * *"),
    "feed.appointments": Schedule("*/5 * * * *"),
    "feed.providers": Schedule("0 * * * *"),
    "pull.practice": Schedule("30 5 * * *"),
    "pull.appointments": Schedule("0 1 * * *", off_peak=True),
    "pull.patients": Schedule("0 2 * * 6", off_peak=True),
    "connection.test": Schedule("17 * * * *"),
}


def faults_of(job: str, schedule: Schedule, zone: ZoneInfo, window: Window = NIGHT) -> list[FieldFault]:
    """Everything that is wrong with a job's schedule, told by `<job>.cron` and `<job>`."""
    if job not in DEFAULTS:
        return [FieldFault(job, "There is no such job.")]
    if len(schedule.cron.split()) != 5:
        return [FieldFault(f"{job}.cron", "A cron expression has five fields: minute, hour, day, month, weekday. `*/5 * * * *` is every 5 minutes.")]
    try:
        CronSim(schedule.cron, datetime(2026, 1, 1, tzinfo=zone))
    except CronSimError as error:
        return [FieldFault(f"{job}.cron", f"The cron expression is not one: {error}. `*/5 * * * *` is every 5 minutes.")]
    if schedule.off_peak and schedule.enabled and next_due(schedule, datetime(2026, 1, 1, tzinfo=UTC), zone, window) is None:
        return [
            FieldFault(
                f"{job}.cron", "None of its times lies in the off-peak window. Choose another time, widen the window, or let it run at any time."
            )
        ]
    return []


def faults_of_window(window: Window) -> list[FieldFault]:
    """Everything that is wrong with an off-peak window."""
    found = []
    if window.start == window.until:
        found.append(FieldFault("off_peak.until", "The window ends when it begins. Enter another end."))
    if not window.days or not set(window.days) <= set(range(7)):
        found.append(FieldFault("off_peak.days", "The window needs a weekday at the least. Choose those on which it begins."))
    return found


def next_runs(schedule: Schedule, after: datetime, zone: ZoneInfo, window: Window = NIGHT, count: int = 3) -> list[datetime]:
    """The next times at which the job is due, in the zone."""
    return list(islice(upcoming(schedule, after, zone, window), count))


def cron_words(cron: str) -> str:
    """A cron expression as people say it; one that is none as it stands."""
    for pattern, words in _SAID.items():
        if found := re.fullmatch(pattern, cron.strip()):
            return words.format(*found.groups())
    try:
        return str(CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC)).explain())
    except CronSimError:
        return cron


def next_due(schedule: Schedule, after: datetime, zone: ZoneInfo, window: Window = NIGHT) -> datetime | None:
    """The first time after `after` at which the job is due, in UTC; None when it is switched off or never falls into the window.

    A time that daylight saving skips runs at the change; one that comes twice runs once (as Debian's cron does, which cronsim follows).
    """
    due = next(upcoming(schedule, after, zone, window), None)
    return None if due is None else due.astimezone(UTC)


def upcoming(schedule: Schedule, after: datetime, zone: ZoneInfo, window: Window = NIGHT) -> Iterator[datetime]:
    """The times after `after` at which the job is due, in the zone; none when it is switched off."""
    if schedule.enabled:
        for due in islice(CronSim(schedule.cron, after.astimezone(zone)), 20_000):
            if not schedule.off_peak or window.holds(due):
                yield due


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
    own = {name: schedule_of(name, value) for name, value in section.items() if name != OFF_PEAK}
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


def window_to_value(window: Window) -> dict[str, Any]:
    """A window as configuration keeps it."""
    return {"start": f"{window.start:%H:%M}", "until": f"{window.until:%H:%M}", "days": list(window.days)}


def schedule_of(job: str, value: dict[str, Any] | None) -> Schedule:
    """A job's schedule from configuration, over its default. Raises InvalidValue where it cannot be read."""
    default = DEFAULTS.get(job, Schedule("0 0 * * *"))
    try:
        return replace(default, **(value or {}))
    except TypeError:
        raise InvalidValue(f"The schedule of {job} cannot be read.", advice="Set it anew in the practice's settings.") from None
