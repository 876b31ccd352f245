"""The figures for Prometheus: read by its own parser, labelled without a name or patient data, and not stopped by one broken practice."""

from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from practicestudio.clock import now
from practicestudio.monitor.metrics import render_metrics
from practicestudio.practices import configuration

LABELS = {"practice", "door", "direction", "state", "severity", "rule", "quantile", "version"}


async def samples(database: Any) -> list[Any]:
    text = (await render_metrics(database, now())).decode()
    return [sample for family in text_string_to_metric_families(text) for sample in family.samples]


async def test_a_practices_figures_are_there_under_its_athenahealth_id(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        await transaction.connection.execute(
            "insert into messages (practice_id, id, received_at, direction, door, kind, lane, urgency, state, finished_at)"
            " values (%s, %s, now(), 'in', 'rest', 'patient', 1, 1, 'failed', now())",
            [practice.id, practice.id],
        )
    own = [one for one in await samples(database) if one.labels.get("practice") == practice.athena_id]
    found = {(one.name, one.labels.get("state")): one.value for one in own}
    assert found["practicestudio_messages", "failed"] == 1
    assert found["practicestudio_connection_state", "not set up"] == 1
    assert found["practicestudio_connection_state", "well"] == 0


async def test_no_label_can_hold_a_name(database: Any, practice: Any) -> None:
    found = await samples(database)
    assert {name for one in found for name in one.labels} <= LABELS
    assert practice.name not in (await render_metrics(database, now())).decode()


async def test_a_practice_that_cannot_be_read_is_counted_and_does_not_hide_the_others(database: Any, practice: Any) -> None:
    async with database.practice(practice.id) as transaction:
        await configuration.put(transaction, "alert", "errors", {"count": "many"}, "ann")
    unreadable = [one.value for one in await samples(database) if one.name == "practicestudio_unreadable_practices"]
    async with database.practice(practice.id) as transaction:
        await configuration.put(transaction, "alert", "errors", None, "ann")
    assert unreadable == [1]
