"""What comes and goes is told by door and direction, as a rate, and by the hour; what only asks is not counted as sent."""

import itertools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from practicestudio.clock import first_id_at, now
from practicestudio.monitor.backlog import read_backlog
from practicestudio.monitor.traffic import hour_number, hour_start, read_doors, read_flows, read_trend

HOUR = timedelta(hours=1)
_numbers = itertools.count(1)


async def put(
    transaction: Any,
    at: datetime,
    direction: str,
    *,
    kind: str = "patient",
    state: str = "done",
    door: str = "rest",
    seconds: float = 2,
    count: int = 1,
) -> None:
    """Messages of that time in the log, done after so many seconds."""
    ids = [UUID(int=first_id_at(at).int + next(_numbers)) for _ in range(count)]
    done = at + timedelta(seconds=seconds) if state in ("done", "failed", "parked") else None
    await transaction.connection.execute(
        "insert into messages (practice_id, id, received_at, direction, door, kind, lane, urgency, state, finished_at)"
        " select %s, id, %s, %s, %s, %s, 1, 1, %s, %s from unnest(%s::uuid[]) as t (id)",
        [transaction.practice_id, at, direction, door, kind, state, done, ids],
    )


async def test_each_door_tells_when_it_last_received_and_sent(database: Any, practice: Any) -> None:
    present = now()
    async with database.practice(practice.id) as transaction:
        await put(transaction, present - timedelta(minutes=3), "in")
        await put(transaction, present - timedelta(minutes=2), "in", door="hl7")
        await put(transaction, present - timedelta(minutes=40), "out", kind="patient.update", seconds=5)
        await put(transaction, present - timedelta(minutes=1), "out", kind="feed.patients")
        await put(transaction, present - timedelta(minutes=1), "out", kind="patient.update", state="waiting")
        doors = {one.door: one for one in await read_doors(transaction, present)}
    assert doors["rest"].last_received == present - timedelta(minutes=3)
    assert doors["rest"].last_sent == present - timedelta(minutes=40) + timedelta(seconds=5)
    assert (doors["hl7"].last_received, doors["hl7"].last_sent) == (present - timedelta(minutes=2), None)


async def test_the_flow_of_the_last_hour_tells_rate_and_times(database: Any, practice: Any) -> None:
    present = now()
    async with database.practice(practice.id) as transaction:
        await put(transaction, present - timedelta(minutes=59), "in", seconds=1, count=10)
        await put(transaction, present - timedelta(minutes=2), "in", seconds=3, count=10)
        await put(transaction, present - timedelta(minutes=2), "in", state="received", count=5)
        await put(transaction, present - timedelta(minutes=61), "in", count=50)
        await put(transaction, present - timedelta(minutes=2), "out", kind="pull.patients")
        flows = await read_flows(transaction, present)
    assert (flows["in"].messages, flows["in"].a_minute, flows["in"].whole) == (25, 3.0, True)
    assert (flows["in"].p50, flows["in"].p95) == (2.0, 3.0)
    assert flows["out"].messages == 0


async def test_of_very_many_messages_the_newest_tell_the_rate(database: Any, practice: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("practicestudio.monitor.traffic.MOST_RECENT", 30)
    present = now()
    async with database.practice(practice.id) as transaction:
        await put(transaction, present - timedelta(minutes=2), "in", count=20)
        await put(transaction, present - timedelta(minutes=1), "in", count=20)
        flow = (await read_flows(transaction, present))["in"]
    assert (flow.messages, flow.whole) == (30, False)
    assert flow.a_minute == 15


async def test_the_trend_has_every_hour_with_what_it_brought(database: Any, practice: Any) -> None:
    present = now()
    start = hour_start(hour_number(present))
    async with database.practice(practice.id) as transaction:
        await put(transaction, start - 2 * HOUR, "in", count=3)
        await put(transaction, start - 2 * HOUR, "in", state="failed")
        await put(transaction, start - 1 * HOUR, "out", kind="patient.update", count=2)
        await put(transaction, start - 1 * HOUR, "out", kind="patient.fetch")
        trend = await read_trend(transaction, present, 4)
    assert [(one.hour, one.received, one.sent, one.failed) for one in trend] == [
        (start - 3 * HOUR, 0, 0, 0),
        (start - 2 * HOUR, 3, 0, 1),
        (start - 1 * HOUR, 0, 2, 0),
        (start, 0, 0, 0),
    ]


def test_an_hour_and_its_number_are_one(reading: Any) -> None:
    at = datetime(2026, 3, 2, 17, 59, 59, tzinfo=UTC)
    assert hour_start(hour_number(at)) == at.replace(minute=0, second=0)


async def test_the_backlog_tells_what_waits_for_whom(database: Any, practice: Any) -> None:
    present = now()
    lanes: Sequence[tuple[int, datetime | None, str | None]] = (
        (1, present - timedelta(minutes=9), None),
        (2, present + timedelta(minutes=9), None),
        (3, None, "It failed."),
    )
    async with database.practice(practice.id) as transaction:
        for hours, state in enumerate(("received", "waiting", "failed", "parked", "parked", "done")):
            await put(transaction, present - timedelta(hours=hours), "in", state=state)
        for lane, due, held in lanes:
            await transaction.connection.execute(
                "insert into lanes (practice_id, lane, urgency, outbound, due_at, first_id, held_because) values (%s, %s, 1, false, %s, %s, %s)",
                [practice.id, lane, due, first_id_at(present), held],
            )
        await transaction.connection.execute("insert into schedules values (%s, 'feed.patients', %s)", [practice.id, present - HOUR])
        backlog = await read_backlog(transaction, present)
        await transaction.connection.execute("delete from lanes")  # so that no worker of another test takes them
        await transaction.connection.execute("delete from schedules")
    assert (backlog.received, backlog.waiting, backlog.failed, backlog.parked) == (1, 1, 1, 2)
    assert (backlog.due_since, backlog.held_lanes) == (present - timedelta(minutes=9), 1)
    assert (backlog.late_job, backlog.late_since) == ("feed.patients", present - HOUR)
