"""When a practice's jobs run, and its off-peak window."""

from collections.abc import Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import Field
from practicestudio.practices.schedule import DEFAULTS, NIGHT, OFF_PEAK, Schedule, Window, cron_words, faults_of, faults_of_window

JOBS: Mapping[str, tuple[str, str]] = {
    "feed.patients": ("Changed patients", "Reads which patients changed, and then each of them whole."),
    "feed.appointments": ("Changed appointments", "Reads which appointments changed."),
    "feed.providers": ("Changed providers", "Reads which providers changed, and then the whole set-up."),
    "pull.practice": ("The practice's set-up", "Reads departments, providers, appointment types and custom fields."),
    "pull.appointments": ("Every appointment", "Reads every appointment around today, as far as the sync rules say."),
    "pull.patients": ("Every patient", "Reads every patient of every department."),
    "connection.test": ("Connection test", "Tests the connection step by step."),
}
"""Each job's name and what it does."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

FIELDS = (
    Field("cron", "When", "Five fields in the practice's time zone: minute, hour, day of the month, month, weekday."),
    Field("off_peak", "Off-peak only", "It starts only inside the off-peak window, stops at its end, and goes on the next night.", "flag"),
    Field("enabled", "Switched on", "A job that is switched off never starts by itself.", "flag"),
)


def read_window(entries: Entries) -> Window:
    """The off-peak window that was entered. Notes every fault."""
    missing = "Enter a time of the day, such as 20:00."
    clocks: dict[str, time] = {}
    for name, default in (("start", NIGHT.start), ("until", NIGHT.until)):
        found = entries.clock(f"{OFF_PEAK}.{name}")
        if found is None:
            entries.fault(f"{OFF_PEAK}.{name}", missing)
        clocks[name] = found or default
    days = tuple(sorted({int(day) for day in entries.several(f"{OFF_PEAK}.days") if day in set("0123456")}))
    window = Window(clocks["start"], clocks["until"], days)
    for fault in faults_of_window(window):
        entries.fault(fault.field, fault.sentence)
    return window


def read_schedules(entries: Entries, zone: ZoneInfo, window: Window) -> dict[str, Schedule]:
    """The schedule of every job as it was entered. Notes every fault, also of a job that could never start inside the window."""
    found = {}
    usable = NIGHT if faults_of_window(window) else window
    for job in DEFAULTS:
        schedule = Schedule(
            cron=" ".join(entries.text(f"{job}.cron").split()),
            off_peak=entries.ticked(f"{job}.off_peak"),
            enabled=entries.ticked(f"{job}.enabled"),
        )
        for fault in faults_of(job, schedule, zone, usable):
            entries.fault(fault.field, fault.sentence)
        found[job] = schedule
    return found


def words_of_days(days: Any) -> str:
    """Weekdays as people say them."""
    known = [DAYS[day] for day in days or () if isinstance(day, int) and 0 <= day < len(DAYS)]
    return "every day" if len(known) == len(DAYS) else ", ".join(known) or "no day"


def lines(name: str, value: Any) -> dict[str, str]:
    """A stored value of the section in words."""
    if name == OFF_PEAK:
        if value is None:
            return {}
        return {"Off-peak window": f"{value.get('start')} to {value.get('until')}, {words_of_days(value.get('days', NIGHT.days))}"}
    label = JOBS.get(name, (name, ""))[0]
    known = value or {}
    found = {f"{label}: {field.label.lower()}": field.words(known[field.name]) for field in FIELDS if field.name in known}
    if "cron" in known:
        found[f"{label}: when"] = f"{cron_words(str(known['cron']))} ({known['cron']})"
    return found
