"""Connection tests are kept: the newest, and of older ones the last of each day for a year."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from practicestudio.clock import first_id_at, now
from practicestudio.errors import Misconfigured
from practicestudio.monitor import connection_tests
from practicestudio.monitor.connection_tests import Step, begin, list_tests, read_test

FINE = Step("ping", "ok", "athenahealth answers", 0.02)
BROKEN = Step("token", "failed", "The credentials were refused. Check them.", 0.1)


async def kept(database: Any, practice: Any, *steps: Step) -> Any:
    async with database.practice(practice.id) as transaction:
        test = await begin(transaction, now(), "ann")
        for step in steps:
            await connection_tests.add_step(transaction, test, step)
        await connection_tests.end(transaction, test, steps, 0.5, now())
        return await read_test(transaction, test, now())


async def test_a_test_that_was_kept_comes_back_with_its_steps_and_who_asked(database: Any, practice: Any) -> None:
    ends = datetime(2027, 3, 1, tzinfo=UTC)
    test = await kept(database, practice, Step("TLS", "ok", "TLSv1.3", 0.01, certificate_ends=ends), FINE)
    assert (test.state, test.asked_by, test.certificate_ends, test.failed_step) == ("ok", "ann", ends, None)
    assert [(step.name, step.told, step.seconds) for step in test.steps] == [("TLS", "TLSv1.3", 0.01), ("ping", "athenahealth answers", 0.02)]
    assert test.certificate_days(datetime(2027, 2, 1, tzinfo=UTC)) == 28


async def test_a_test_failed_if_any_step_did_and_names_the_first(database: Any, practice: Any) -> None:
    test = await kept(database, practice, FINE, BROKEN, Step("patients", "failed", "later"))
    assert test.state == "failed"
    assert test.failed_step.told == BROKEN.told


async def test_while_a_test_is_under_way_no_second_one_begins(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        first = await begin(transaction, now(), "ann")
        assert await begin(transaction, now(), "bob") is None
        assert await connection_tests.running_test(transaction, now()) == first


async def test_a_test_whose_process_died_is_told_as_broken_off_and_bars_no_other(database: Any, practice: Any) -> None:
    later = now() + timedelta(minutes=11)
    async with database.practice(practice.id) as transaction:
        first = await begin(transaction, now(), "ann")
        assert (await read_test(transaction, first, later)).state == "broken off"
        assert await begin(transaction, later, "bob") is not None


async def test_of_older_tests_the_last_of_each_day_is_kept_for_a_year(database: Any, practice: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_tests, "KEEP", 3)
    present = now().replace(hour=12)
    times = [present - timedelta(days=day, hours=hour) for day in (400, 30, 20, 0) for hour in (3, 2, 1)]
    async with database.practice(practice.id) as transaction:
        for at in times:
            await transaction.connection.execute(
                "insert into connection_tests (practice_id, id, door, asked_by, state, started_at) values (%s, %s, 'rest', 'schedule', 'ok', %s)",
                [practice.id, first_id_at(at), at],
            )
        test = await begin(transaction, present, "ann")
        await connection_tests.end(transaction, test, [FINE], 0.1, present)
        left = [one.started_at for one in await list_tests(transaction, present)]
    assert left[1:] == [times[-1], times[-2], times[8], times[5]]


async def test_an_unknown_test_is_told(database: Any, practice: Any) -> None:
    with pytest.raises(Misconfigured, match="no such connection test"):
        async with database.practice(practice.id) as transaction:
            await read_test(transaction, practice.id, now())
