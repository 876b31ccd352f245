"""Schedules in words, and when they are due next: by the clocks of the practice, inside its window, over daylight saving."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from practicestudio.practices.schedule import NIGHT, Schedule, Window, cron_words, next_runs

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("cron", "words"),
    [
        ("* * * * *", "Every minute"),
        ("*/5 * * * *", "Every 5 minutes"),
        ("0 * * * *", "Every hour, on the hour"),
        ("0 */2 * * *", "Every 2 hours, on the hour"),
        ("30 5 * * *", "At 05:30 every day"),
        ("0 2 * * 6", "At 02:00 on Saturday"),
        ("nonsense", "nonsense"),
    ],
)
def test_a_cron_expression_is_said_as_people_say_it(cron: str, words: str) -> None:
    assert cron_words(cron) == words


def test_the_next_runs_are_in_the_practices_zone() -> None:
    found = next_runs(Schedule("30 5 * * *"), datetime(2026, 3, 7, 12, tzinfo=UTC), NEW_YORK)
    assert [f"{one:%d %H:%M %Z}" for one in found] == ["08 05:30 EDT", "09 05:30 EDT", "10 05:30 EDT"]


def test_a_job_of_the_night_runs_only_inside_the_window() -> None:
    found = next_runs(Schedule("0 */6 * * *", off_peak=True), datetime(2026, 1, 5, 12, tzinfo=UTC), NEW_YORK, NIGHT)
    assert [f"{one:%d %H:%M}" for one in found] == ["06 00:00", "07 00:00", "08 00:00"]
    weekend = Window(time(20), time(6), (5,))
    found = next_runs(Schedule("0 1 * * *", off_peak=True), datetime(2026, 1, 5, 12, tzinfo=UTC), NEW_YORK, weekend)
    assert [f"{one:%a %d}" for one in found] == ["Sun 11", "Sun 18", "Sun 25"]


def test_what_is_switched_off_never_runs() -> None:
    assert next_runs(Schedule("* * * * *", enabled=False), datetime(2026, 1, 5, tzinfo=UTC), NEW_YORK) == []
