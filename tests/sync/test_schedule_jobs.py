"""Jobs start when they are due in the practice's own time zone, once, and what failed is tried again."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from practicestudio.app import open_database
from practicestudio.delivery import error_queue
from practicestudio.practices.schedule import DEFAULTS
from practicestudio.store.database import Database
from practicestudio.sync.schedule_jobs import start_due_jobs

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)  # a Monday; in New York it is noon


@pytest.fixture(scope="module")
async def database(new_home: Any) -> AsyncIterator[Database]:
    """One of its own, for jobs are started for every practice that there is."""
    with new_home() as own:
        async with open_database(own) as opened:
            yield opened


async def started(clinic: Any, at: datetime) -> list[str]:
    """The kinds of jobs that this practice got by starting what is due at that time."""
    before = {one.id for one in await clinic.messages()}
    await start_due_jobs(clinic.database, at)
    return sorted(one.kind for one in await clinic.messages() if one.id not in before)


async def test_a_job_is_due_by_the_clock_of_its_practice(platform: Any) -> None:
    for job in DEFAULTS:
        await platform.configure("schedule", job, {"cron": "0 0 1 1 *", "enabled": False})
    await platform.configure("schedule", "pull.practice", {"cron": "30 5 * * *"})
    assert await started(platform, NOON) == []
    half_past_five = datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
    assert await started(platform, half_past_five - timedelta(minutes=1)) == []
    assert await started(platform, half_past_five) == ["pull.practice"]
    await platform.work()
    summer = datetime(2026, 3, 9, 9, 30, tzinfo=UTC)  # daylight saving began the day before
    assert await started(platform, summer - timedelta(hours=23)) == ["pull.practice"]
    await platform.work()
    assert await started(platform, summer - timedelta(minutes=1)) == []
    assert await started(platform, summer) == ["pull.practice"]


async def test_several_processes_start_a_job_once(platform: Any) -> None:
    await started(platform, NOON)
    await asyncio.gather(*(start_due_jobs(platform.database, NOON + timedelta(minutes=5)) for _ in range(6)))
    assert sorted(one.kind for one in await platform.messages()) == ["feed.appointments", "feed.patients"]


async def test_a_job_that_is_still_at_work_is_not_started_again(platform: Any) -> None:
    await started(platform, NOON)
    await started(platform, NOON + timedelta(minutes=5))
    assert await started(platform, NOON + timedelta(minutes=10)) == []
    assert len(await platform.messages(kinds=["feed.patients"])) == 1


async def test_a_job_that_failed_is_tried_again_and_not_doubled(platform: Any) -> None:
    await platform.run("pull.practice")
    await platform.fault("html", "list_departments", times=None)
    await platform.run("pull.practice")
    failed = await platform.only_error()
    platform.sandbox.faults.remove(None)
    await platform.run("pull.practice")
    assert not await platform.errors()
    [_, again] = sorted(await platform.messages(kinds=["pull.practice"]), key=lambda one: one.id)
    assert (again.id, again.state) == (failed.id, "done")


async def test_a_job_whose_failed_message_was_discarded_begins_anew(platform: Any) -> None:
    await platform.fault("html", "list_departments", times=None)
    await platform.run("pull.practice")
    failed = await platform.only_error()
    await platform.do(lambda transaction: error_queue.discard(transaction, [failed.id], "not now", "ann"))
    platform.sandbox.faults.remove(None)
    await platform.run("pull.practice")
    assert [one.state for one in await platform.messages(kinds=["pull.practice"])] == ["done", "discarded"]


async def test_a_schedule_that_was_made_more_frequent_counts_at_once(platform: Any) -> None:
    await platform.configure("schedule", "feed.patients", {"cron": "0 0 1 1 *"})
    await started(platform, NOON)
    await platform.configure("schedule", "feed.patients", {"cron": "*/2 * * * *"})
    await started(platform, NOON)
    assert "feed.patients" in await started(platform, NOON + timedelta(minutes=2))


async def test_a_job_that_was_switched_off_does_not_start(platform: Any) -> None:
    await started(platform, NOON)
    await platform.configure("schedule", "feed.patients", {"cron": "*/5 * * * *", "enabled": False})
    assert await started(platform, NOON + timedelta(minutes=5)) == ["feed.appointments"]


async def test_what_can_wait_starts_in_the_off_peak_window_only(platform: Any) -> None:
    await platform.configure("schedule", "pull.patients", {"cron": "0 * * * *", "off_peak": True})
    await platform.configure("schedule", "off_peak", {"start": "22:00", "until": "05:00"})
    await started(platform, NOON)
    assert "pull.patients" not in await started(platform, NOON + timedelta(hours=9))  # 21:00
    assert "pull.patients" in await started(platform, NOON + timedelta(hours=10))  # 22:00


async def test_a_practice_without_a_connection_has_no_jobs(database: Any, practice: Any) -> None:
    await start_due_jobs(database, NOON)
    await start_due_jobs(database, NOON + timedelta(minutes=5))
    async with database.practice(practice.id) as transaction:
        cursor = await transaction.connection.execute("select count(*) from messages")
        assert await cursor.fetchone() == (0,)


async def test_a_department_that_athenahealth_lists_no_longer_is_not_pulled(platform: Any) -> None:
    await platform.run("pull.practice", "pull.patients")
    practice = platform.sandbox.practices[platform.practice.athena_id]
    departments = practice.catalogue.departments
    object.__setattr__(practice.catalogue, "departments", departments[:1])
    await platform.run("pull.practice")
    before = platform.calls("search_patients")
    await platform.run("pull.patients")
    assert platform.calls("search_patients") == before + 1
    assert not await platform.errors()


async def test_a_practice_whose_set_up_is_broken_does_not_stop_the_others(make_clinic: Any) -> None:
    broken, fine = await make_clinic("platform"), await make_clinic("platform")
    await broken.configure("schedule", "off_peak", {"start": "late"})
    await start_due_jobs(fine.database, NOON)
    await start_due_jobs(fine.database, NOON + timedelta(minutes=6))
    assert {one.kind for one in await fine.messages()} == {"feed.patients", "feed.appointments"}
    await broken.run("pull.patients")
    assert (await broken.only_error()).error.startswith("The off-peak window is not one.")
    await broken.configure("schedule", "off_peak", None)
    await broken.run("pull.patients")
    assert not await broken.errors()
