"""People start and stop jobs: a pull stops with its page and goes on from there, and all of it stands in the trail."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.clock import now
from practicestudio.errors import InvalidValue, NotYet
from practicestudio.sync.jobs import Job, JobMessage, list_jobs, list_ran, pick
from practicestudio.sync.schedule_jobs import start_due_jobs
from practicestudio.sync.steer_jobs import run_now, stop

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
LISTS = "GET .*/patients$"


async def run(clinic: Any, job: str) -> UUID:
    found: UUID = await clinic.do(lambda transaction: run_now(transaction, job, "ann"))
    return found


async def halt(clinic: Any, job: str) -> None:
    await clinic.do(lambda transaction: stop(transaction, job, "bob"))


async def job(clinic: Any, name: str) -> Job:
    [found] = [one for one in await clinic.do(lambda transaction: list_jobs(transaction, now())) if one.name == name]
    return found


async def test_a_pull_that_is_stopped_keeps_its_page_and_goes_on_from_there(platform: Any) -> None:
    await platform.run("pull.practice")
    message = await run(platform, "pull.patients")
    await platform.while_answered(LISTS, lambda: halt(platform, "pull.patients"))
    stopped = await job(platform, "pull.patients")
    assert (stopped.open.id, stopped.open.state, stopped.runs) == (message, "parked", False)
    assert stopped.open.error == "It was stopped by a person. Run it now, or let the schedule run it: it goes on where it stood."
    assert (stopped.progress.state, stopped.progress.taken) == ("stopped", await platform.count("patients"))
    assert platform.calls("search_patients") == 1
    await run(platform, "pull.patients")
    await platform.work()
    assert platform.calls("search_patients") == 3  # the two departments that were left
    again = await job(platform, "pull.patients")
    assert (again.open, again.last.id) == (None, message)


async def test_a_job_that_waits_is_stopped_at_once_and_its_schedule_starts_it_again(platform: Any) -> None:
    message = await run(platform, "feed.patients")
    await halt(platform, "feed.patients")
    assert (await job(platform, "feed.patients")).open.state == "parked"
    await platform.work()
    assert (await job(platform, "feed.patients")).open.state == "parked"
    await start_due_jobs(platform.database, now())
    await start_due_jobs(platform.database, now() + timedelta(minutes=6))
    await platform.work()
    assert (await job(platform, "feed.patients")).last.id == message


async def test_what_does_not_run_cannot_be_stopped(platform: Any) -> None:
    with pytest.raises(InvalidValue, match="does not run"):
        await halt(platform, "pull.patients")
    with pytest.raises(InvalidValue, match="no such job"):
        await halt(platform, "pull.coffee")


async def test_a_reading_that_is_under_way_ends_by_itself(platform: Any) -> None:
    await run(platform, "pull.practice")
    refused = []

    async def try_to_stop() -> None:
        with pytest.raises(NotYet) as told:
            await halt(platform, "pull.practice")
        refused.append(told.value.advice)

    await platform.while_answered("departments", try_to_stop)
    assert "Only pulls" in refused[0]
    assert (await job(platform, "pull.practice")).last.state == "done"


async def test_who_started_and_stopped_a_job_stands_in_the_trail(platform: Any) -> None:
    message = await run(platform, "feed.patients")
    await halt(platform, "feed.patients")
    trail = await platform.trail(message)
    assert [(one["actor"], one["action"]) for one in trail] == [("ann", "person:sync:run"), ("bob", "person:sync:stop")]


async def test_jobs_tell_when_they_are_next_and_how_far_they_are(platform: Any) -> None:
    await platform.pull()
    jobs = {one.name: one for one in await platform.do(lambda transaction: list_jobs(transaction, NOON))}
    assert jobs["feed.patients"].words == "Every 5 minutes"
    assert jobs["feed.patients"].next_at == NOON + timedelta(minutes=5)
    assert jobs["pull.practice"].next_at == datetime(2026, 3, 3, 10, 30, tzinfo=UTC)  # half past five in New York
    assert jobs["feed.patients"].feed.active_since is not None
    assert jobs["pull.patients"].last.state == "done"
    assert jobs["connection.test"].last is None


async def test_what_is_switched_off_or_left_out_has_no_next_time(platform: Any) -> None:
    await platform.configure("schedule", "pull.practice", {"enabled": False})
    await platform.configure("sync_rule", "records", {"patients": "both", "appointments": "none"})
    assert (await job(platform, "pull.practice")).next_at is None
    left_out = await job(platform, "pull.appointments")
    assert (left_out.next_at, left_out.left_out) == (None, "This practice's sync rules leave appointments out.")


async def test_what_ran_is_listed_newest_first_with_what_it_brought(platform: Any) -> None:
    await platform.pull()
    ran = await platform.do(lambda transaction: list_ran(transaction, limit=100))
    assert [one.id for one in ran] == sorted((one.id for one in ran), reverse=True)
    pull = next(one for one in ran if one.job == "pull.patients")
    assert (pull.title, pull.run_state, pull.counts["taken"]) == ("Every patient", "done", platform.size)
    first = await platform.do(lambda transaction: list_ran(transaction, limit=2))
    rest = await platform.do(lambda transaction: list_ran(transaction, before=first[-1].id, limit=100))
    assert [one.id for one in (*first, *rest)] == [one.id for one in ran]
    feeds = await platform.do(lambda transaction: list_ran(transaction, jobs=["feed.patients"]))
    assert {one.job for one in feeds} == {"feed.patients"}


def message(number: int, state: Any, ended: int | None = None) -> JobMessage:
    end = None if ended is None else NOON + timedelta(minutes=ended)
    return JobMessage(UUID(int=number), "feed.patients", state, NOON, end, None, 1, None, None)


def test_a_failure_is_open_until_a_newer_one_ended_well() -> None:
    failed, later = message(1, "failed", 5), message(2, "done", 9)
    assert pick([failed]) == (failed, None)
    assert pick([failed, later]) == (None, later)
    assert pick([message(1, "done", 3), message(2, "failed", 5)])[0] == message(2, "failed", 5)
    assert pick([failed, later, message(3, "waiting")])[0] == message(3, "waiting")
