"""A week as a picture: when the off-peak window is open, and when jobs start in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

from practicestudio.practices.forms.schedules import DAYS, JOBS
from practicestudio.practices.schedule import Schedule, Window, cron_words, next_runs, upcoming

DAY = 24 * 60
OFTEN = 12
"""Starts a day from which a job is told in words, for its marks would run into each other."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A job's start. at: minutes after midnight."""

    at: int
    label: str


@dataclass(frozen=True, slots=True)
class DayOfWeek:
    """One weekday. open: stretches of the off-peak window, in minutes after midnight; marks: starts of the jobs that are not often."""

    name: str
    open: tuple[tuple[int, int], ...]
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class JobRuns:
    """A job's next starts, in the practice's zone; words: its expression as people say it."""

    job: str
    label: str
    words: str
    next: tuple[datetime, ...]
    off_peak: bool
    enabled: bool


def week_of(schedules: Mapping[str, Schedule], window: Window, now: datetime, zone: ZoneInfo) -> list[DayOfWeek]:
    """The days from Monday on, with what starts in the seven days from now."""
    starts: dict[int, list[Mark]] = {day: [] for day in range(len(DAYS))}
    for job, schedule in schedules.items():
        for moment in _within_a_week(schedule, window, now, zone):
            starts[moment.weekday()].append(Mark(60 * moment.hour + moment.minute, f"{JOBS[job][0]}, {DAYS[moment.weekday()]} {moment:%H:%M}"))
    return [DayOfWeek(name, _open(window, day), tuple(sorted(starts[day], key=lambda mark: mark.at))) for day, name in enumerate(DAYS)]


def _within_a_week(schedule: Schedule, window: Window, now: datetime, zone: ZoneInfo) -> Sequence[datetime]:
    """The starts of a job that is not often; none of one that is."""
    end = now + timedelta(days=7)
    found = list(islice(takewhile(lambda moment: moment < end, upcoming(schedule, now, zone, window)), OFTEN + 1))
    if len(found) > OFTEN and found[-1] - found[0] < timedelta(days=1):
        return ()
    return list(takewhile(lambda moment: moment < end, upcoming(schedule, now, zone, window)))


def _open(window: Window, day: int) -> tuple[tuple[int, int], ...]:
    start, until = _minutes(window.start), _minutes(window.until)
    if start <= until:
        return ((start, until),) if day in window.days else ()
    early = [(0, until)] if (day - 1) % 7 in window.days and until else []
    late = [(start, DAY)] if day in window.days else []
    return (*early, *late)


def _minutes(clock: time) -> int:
    return 60 * clock.hour + clock.minute


def runs_of(schedules: Mapping[str, Schedule], window: Window, now: datetime, zone: ZoneInfo, jobs: Iterable[str]) -> list[JobRuns]:
    """Each job's next three starts."""
    return [
        JobRuns(
            job,
            JOBS[job][0],
            cron_words(schedules[job].cron),
            tuple(next_runs(schedules[job], now, zone, window)),
            schedules[job].off_peak,
            schedules[job].enabled,
        )
        for job in jobs
    ]
