"""Settings are changed whole or not at all, with their history and trail, and never over somebody else's change unseen."""

from typing import Any

import pytest

from practicestudio.access import audit
from practicestudio.access.audit import read_trail
from practicestudio.errors import InvalidFields, InvalidValue, Misconfigured
from practicestudio.practices import configuration
from practicestudio.practices.connection import Connection, Limits, get_connection, set_connection, to_value
from practicestudio.practices.credentials import Credentials, credentials_state
from practicestudio.practices.practice import Practice, list_practices, read_practice
from practicestudio.store.database import Database
from practicestudio.sync.add_practice import add_practice
from practicestudio.sync.change_settings import ChangedMeanwhile, Wanted, change_settings
from practicestudio.sync.set_up_connection import set_up_connection
from practicestudio.sync.setting_history import read_history, take_back
from practicestudio.sync.setup import setup_of

SECRET = "correct-horse-battery"
HOST = Connection(base_url="https://api.example.org")


@pytest.fixture
async def connected(database: Database, practice: Practice) -> Practice:
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, HOST, "ann")
    return practice


async def change(database: Database, practice: Practice, *wanted: Wanted, by: str = "ann") -> Any:
    async with database.practice(practice.id) as transaction:
        return await change_settings(transaction, wanted, by)


async def history(database: Database, practice: Practice) -> Any:
    async with database.practice(practice.id) as transaction:
        return await read_history(transaction)


async def back(database: Database, practice: Practice, change_id: Any, by: str = "ann") -> Any:
    async with database.practice(practice.id) as transaction:
        return await take_back(transaction, change_id, by)


def limits(**given: Any) -> Wanted:
    return Wanted("connection", "rest", to_value(Connection(base_url=HOST.base_url, limits=Limits(**given))), to_value(HOST))


async def test_a_change_is_in_force_in_the_history_and_in_the_trail(database: Database, connected: Practice) -> None:
    [changed] = await change(database, connected, limits(per_second=7))
    async with database.practice(connected.id) as transaction:
        assert (await get_connection(transaction)).limits.per_second == 7
        [entry] = await read_trail(transaction, changed.id)
    assert (entry["action"], entry["actor"], entry["changes"]) == ("person:settings:change", "ann", {"Calls per second": ["15", "7"]})
    newest = (await history(database, connected))[0]
    assert (newest.change.changed_by, [(one.field, one.before, one.after) for one in newest.differences], newest.kept) == (
        "ann",
        [("Calls per second", "15", "7")],
        None,
    )


async def test_nothing_is_written_where_nothing_changes(database: Database, connected: Practice) -> None:
    before = len(await history(database, connected))
    assert await change(database, connected, Wanted("connection", "rest", to_value(HOST), to_value(HOST))) == ()
    assert len(await history(database, connected)) == before


async def test_one_fault_stops_all_of_a_change_and_all_faults_are_told(database: Database, connected: Practice) -> None:
    with pytest.raises(InvalidFields) as raised:
        await change(
            database,
            connected,
            limits(per_second=-1, per_day=0),
            Wanted("schedule", "feed.patients", {"cron": "now"}, None),
            Wanted("merge_rule", "patient", {"default": "coin", "by_unit": {"shoe_size": "ask"}}, None),
            Wanted("lane_policy", "patient.update", "hold", None),
        )
    assert {fault.field for fault in raised.value.faults} == {
        "limits.per_second",
        "limits.per_day",
        "feed.patients.cron",
        "patient.default",
        "patient.by_unit.shoe_size",
    }
    async with database.practice(connected.id) as transaction:
        assert "lane_policy" not in await configuration.read(transaction)


@pytest.mark.parametrize(
    ("section", "name", "value"),
    [
        ("connection", "rest", {"limits": "none"}),
        ("schedule", "off_peak", {"start": "20:00"}),
        ("schedule", "pull.everything", {"cron": "* * * * *"}),
        ("schedule", "feed.patients", {"crontab": "* * * * *"}),
        ("sync_rule", "records", {"days_back": "many"}),
        ("scheduling_rule", "booking", {"hours": "always"}),
        ("merge_rule", "claim", {"default": "ask"}),
        ("mapping", "overrides", [{"override": "field", "map": "patient", "ours": "shoe_size", "athena": "x"}]),
        ("mapping", "overrides", [{"override": "spell"}]),
        ("weather", "today", "rain"),
    ],
)
async def test_what_no_one_could_read_is_never_stored(database: Database, practice: Practice, section: str, name: str, value: Any) -> None:
    with pytest.raises(InvalidFields):
        await change(database, practice, Wanted(section, name, value, None))
    async with database.practice(practice.id) as transaction:
        assert await configuration.read(transaction) == {}


async def test_who_comes_second_in_the_same_part_is_shown_both(database: Database, connected: Practice) -> None:
    await change(database, connected, limits(per_second=7), by="ann")
    with pytest.raises(ChangedMeanwhile) as raised:
        await change(database, connected, limits(per_second=3), by="bob")
    [clash] = raised.value.clashes
    assert clash.changed_by == "ann"
    assert [(one.field, one.before, one.after) for one in clash.differences] == [("Calls per second", "7", "3")]
    async with database.practice(connected.id) as transaction:
        assert (await get_connection(transaction)).limits.per_second == 7


async def test_who_comes_second_in_another_part_takes_nothing_back(database: Database, connected: Practice) -> None:
    await change(database, connected, limits(per_second=7))
    await change(database, connected, limits(per_day=1000), by="bob")
    async with database.practice(connected.id) as transaction:
        found = (await get_connection(transaction)).limits
    assert (found.per_second, found.per_day) == (7, 1000)


async def test_a_change_is_taken_back_and_what_came_later_stays(database: Database, connected: Practice) -> None:
    await change(database, connected, limits(per_second=7))
    taken = (await history(database, connected))[0].change.id
    await change(database, connected, limits(per_day=1000))
    [undone] = await back(database, connected, taken, "eve")
    async with database.practice(connected.id) as transaction:
        found = (await get_connection(transaction)).limits
        [entry] = await read_trail(transaction, undone.id)
    assert (found.per_second, found.per_day) == (15, 1000)
    assert (entry["action"], entry["actor"]) == ("person:settings:rollback", "eve")


async def test_what_was_changed_again_since_cannot_be_taken_back(database: Database, connected: Practice) -> None:
    await change(database, connected, limits(per_second=7))
    first = (await history(database, connected))[0].change.id
    async with database.practice(connected.id) as transaction:
        seen = to_value(await get_connection(transaction))
    await change(database, connected, Wanted("connection", "rest", {**seen, "limits": {**seen["limits"], "per_second": 3}}, seen))
    entries = await history(database, connected)
    assert [entry.kept is None for entry in entries[:2]] == [True, False]
    with pytest.raises(InvalidFields, match="changed again since"):
        await back(database, connected, first)
    await back(database, connected, entries[0].change.id)
    await back(database, connected, first)
    with pytest.raises(InvalidFields, match="taken back already"):
        await back(database, connected, first)


async def test_what_was_set_for_the_first_time_is_dropped_again(database: Database, practice: Practice) -> None:
    await change(database, practice, Wanted("lane_policy", "patient", "hold", None))
    await back(database, practice, (await history(database, practice))[0].change.id)
    async with database.practice(practice.id) as transaction:
        assert (await configuration.read(transaction)).get("lane_policy", {}) == {}


async def test_an_unknown_change_is_told_as_such(database: Database, practice: Practice, connected: Practice) -> None:
    with pytest.raises(InvalidValue, match="no such change"):
        await back(database, practice, practice.id)


async def test_values_of_before_that_are_no_longer_right_are_not_taken_back(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        await configuration.put(transaction, "merge_rule", "patient", {"default": "coin"}, "an earlier version")
        change_id = await configuration.put(transaction, "merge_rule", "patient", {"default": "ask"}, "ann")
    with pytest.raises(InvalidFields, match="not a conflict rule"):
        await back(database, practice, change_id)


async def test_a_practice_gets_another_name_and_zone_and_keeps_its_id(database: Database, practice: Practice) -> None:
    value = {"athena_id": practice.athena_id, "name": practice.name, "time_zone": practice.time_zone}
    await change(database, practice, Wanted("practice", "practice", {**value, "name": "Quayside", "time_zone": "America/Denver"}, value))
    async with database.practice(practice.id) as transaction:
        known, setup = await read_practice(transaction), await setup_of(transaction)
    assert (known.name, known.time_zone, known.athena_id) == ("Quayside", "America/Denver", practice.athena_id)
    assert setup.practice == known
    await back(database, practice, (await history(database, practice))[0].change.id)
    async with database.practice(practice.id) as transaction:
        assert await read_practice(transaction) == practice


async def test_a_practice_is_added_with_its_history_and_its_trail(database: Database) -> None:
    added = await add_practice(database, "700123", "Quayside", "America/Denver", "ann")
    [entry] = await history(database, added)
    assert [(one.field, one.after) for one in entry.differences] == [
        ("athenahealth practice id", "700123"),
        ("Name", "Quayside"),
        ("Time zone", "America/Denver"),
    ]
    assert entry.kept is not None
    async with database.practice(added.id) as transaction:
        [told] = await read_trail(transaction, entry.change.id)
    assert (told["action"], told["actor"]) == ("person:practice:create", "ann")
    with pytest.raises(InvalidFields, match="there already"):
        await add_practice(database, "700123", "Again", "America/Denver", "ann")
    assert [one.name for one in await list_practices(database) if one.athena_id == "700123"] == ["Quayside"]


async def test_credentials_go_in_and_only_their_kind_comes_out(database: Database, connected: Practice) -> None:
    proof = Credentials(client_id="sandbox", client_secret=SECRET)
    await set_up_connection(database, connected, HOST, proof, "ann", seen=HOST)
    await set_up_connection(database, connected, HOST, proof, "bob", seen=HOST)  # the same again changes nothing
    async with database.practice(connected.id) as transaction:
        state = await credentials_state(transaction)
        cursor = await transaction.connection.execute("select id from audit_entries where action = 'person:credentials:change'")
        trail = await cursor.fetchall()
    assert state is not None
    assert (state.proof, state.set_by) == ("client secret", "ann")
    assert len(trail) == 1
    newest = (await history(database, connected))[0]
    assert (newest.change.section, newest.change.changed_by) == ("credentials", "ann")
    assert SECRET not in str(newest)
    assert "sandbox" not in str(newest)
    with pytest.raises(InvalidFields, match="nobody can read"):
        await back(database, connected, newest.change.id)


async def test_a_change_without_its_trail_is_none(database: Database, connected: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    async def breaks(*_: Any) -> None:
        raise Misconfigured("The trail cannot be written.")

    monkeypatch.setattr(audit, "write", breaks)
    with pytest.raises(Misconfigured):
        await change(database, connected, limits(per_second=7))
    async with database.practice(connected.id) as transaction:
        assert await get_connection(transaction) == HOST


async def test_the_history_is_read_page_by_page(database: Database, practice: Practice) -> None:
    for number in range(5):
        await change(database, practice, Wanted("sync_rule", "records", {"days_back": number}, {"days_back": number - 1} if number else None))
    async with database.practice(practice.id) as transaction:
        first = await read_history(transaction, 3)
        rest = await read_history(transaction, 3, before=first[-1].change.id, sections=["sync_rule"])
    assert [entry.change.after["days_back"] for entry in (*first, *rest)] == [4, 3, 2, 1, 0]
