"""Settings > Alerts: rules come back with their faults, channels go in and never come out, of a practice and of the installation."""

import re
from html import unescape
from typing import Any

import pytest

from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Role
from practicestudio.clock import now
from practicestudio.monitor.alerts import note_findings
from practicestudio.monitor.channels import list_channels
from practicestudio.monitor.findings import Finding
from practicestudio.practices import configuration
from practicestudio.practices.alert_rules import read_rules
from practicestudio.practices.practice import Practice
from practicestudio.store.database import SHARED, Database

FORM = re.compile(r'<form method="post" action="[^"]*/settings/alerts" novalidate>.*?</form>', re.S)
ADDRESS = "json://127.0.0.1:9/hunter2"


def alerts(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/settings/alerts"


def form_of(answer: Any) -> dict[str, list[str]]:
    """What the form of the rules would send if nobody touched it."""
    found: dict[str, list[str]] = {}
    html = FORM.search(answer.text)
    assert html, answer.text
    for tag in re.findall(r"<input[^>]*>", html[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', html[0], re.S):
        found[name] = re.findall(r'<option value="([^"]*)" selected', options)
    return found


async def rules(database: Database, practice: Practice) -> Any:
    async with database.practice(practice.id) as transaction:
        return await read_rules(transaction)


async def channels(database: Database, practice_id: Any) -> Any:
    async with database.practice(practice_id) as transaction:
        return await list_channels(transaction)


async def test_rules_are_saved_by_what_differs_from_their_defaults(sign_in: Any, database: Database, practice: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    form = form_of(await person.get(alerts(practice)))
    unchanged = await person.post(alerts(practice), form)
    assert unchanged.status_code == 303
    changed = {**form, "errors.count": "3", "silence.days": ["0", "5"], "reviews.enabled": []}
    assert (await person.post(alerts(practice), changed)).status_code == 303
    found = await rules(database, practice)
    assert found["errors"].values["count"] == 3
    assert found["silence"].values["days"] == (0, 5)
    assert not found["reviews"].enabled
    async with database.practice(practice.id) as transaction:
        assert set((await configuration.read(transaction))["alert"]) == {"errors", "silence", "reviews"}


async def test_a_rule_that_is_not_right_comes_back_with_what_was_typed(sign_in: Any, practice: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    form = form_of(await person.get(alerts(practice)))
    answer = await person.post(alerts(practice), {**form, "errors.count": "0", "silence.start": "", "errors.minutes": "17"})
    assert answer.status_code == 422
    assert "2 fields need another look" in answer.text
    assert 'value="17"' in answer.text


async def test_a_channel_is_added_changed_and_removed_and_its_address_never_shown(sign_in: Any, database: Database, practice: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    await person.post(f"{alerts(practice)}/channels", {"name": "On call", "least": "critical", "address": ADDRESS})
    [channel] = await channels(database, practice.id)
    assert (channel.name, channel.least, channel.enabled) == ("On call", "critical", True)
    shown = (await person.get(alerts(practice))).text
    assert "On call" in shown
    assert "hunter2" not in shown
    changed = {"channel": str(channel.id), "name": "Night", "least": "notice", "address": ""}
    await person.post(f"{alerts(practice)}/channels", changed)
    [channel] = await channels(database, practice.id)
    assert (channel.name, channel.least, channel.enabled) == ("Night", "notice", False)
    await person.post(f"{alerts(practice)}/channels/{channel.id}/remove")
    assert await channels(database, practice.id) == []


async def test_an_address_that_alerts_cannot_go_to_is_told_and_not_repeated(sign_in: Any, practice: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    answer = await person.post(f"{alerts(practice)}/channels", {"name": "Kept", "address": "syslog://hunter2"})
    assert answer.status_code == 422
    assert "This is not an address that alerts can be sent to." in answer.text
    assert 'value="Kept"' in answer.text
    assert "hunter2" not in answer.text


async def test_a_test_message_that_nobody_takes_is_told(sign_in: Any, database: Database, practice: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    await person.post(f"{alerts(practice)}/channels", {"name": "On call", "address": ADDRESS})
    [channel] = await channels(database, practice.id)
    answer = await person.post(f"{alerts(practice)}/channels/{channel.id}/test")
    assert answer.status_code == 502
    assert "The service did not take the message." in answer.text


async def test_alerts_so_far_are_listed_with_who_was_told(sign_in: Any, database: Database, practice: Practice) -> None:
    person = await sign_in(Role.ANALYST)
    await person.post(f"{alerts(practice)}/channels", {"name": "On call", "address": ADDRESS})
    async with database.practice(practice.id) as transaction:
        await note_findings(transaction, [Finding("errors", "warning", "10 messages failed.")], now())
    shown = (await person.get(alerts(practice))).text
    assert "10 messages failed." in shown
    assert "On call: opened" in shown


async def test_whoever_may_only_see_settings_changes_nothing(sign_in: Any, practice: Practice) -> None:
    person = await sign_in(Role.AUDITOR)
    shown = (await person.get(alerts(practice))).text
    assert "Add a channel" not in shown.replace("Add a channel, such as", "")
    assert "Save the rules" not in shown
    assert (await person.post(alerts(practice))).status_code == 403
    assert (await person.post(f"{alerts(practice)}/channels", {"name": "x", "address": ADDRESS})).status_code == 403


async def test_the_installation_has_rules_and_channels_of_its_own(sign_in: Any, database: Database) -> None:
    person = await sign_in(*Role, at=EVERYWHERE)
    form = form_of(await person.get("/settings/alerts"))
    assert (await person.post("/settings/alerts", {**form, "disk.free": "20"})).status_code == 303
    assert (await person.post("/settings/alerts", {**form, "disk.free": "95"})).status_code == 422
    await person.post("/settings/alerts/channels", {"name": "Operators", "address": ADDRESS})
    [channel] = await channels(database, SHARED)
    assert channel.name == "Operators"
    async with database.shared() as shared:
        assert (await read_rules(shared))["disk"].values["free"] == 20
    await person.post(f"/settings/alerts/channels/{channel.id}/remove")
    await person.post("/settings/alerts", {**form, "disk.free": "10"})


@pytest.mark.parametrize("path", ["/settings/alerts"])
async def test_the_installations_alerts_are_for_whoever_sees_to_all(sign_in: Any, path: str) -> None:
    assert (await (await sign_in(Role.ADMINISTRATOR)).get(path)).status_code == 403
