"""The pages of settings: what is entered is saved, or comes back with its faults and no secret, and never over another's change."""

import re
from typing import Any

import pytest

from practicestudio.access.rights import Role
from practicestudio.practices.connection import Connection, get_connection, set_connection
from practicestudio.practices.credentials import Credentials, credentials_state, set_credentials
from practicestudio.practices.practice import Practice, list_practices, read_practice
from practicestudio.store.database import Database
from practicestudio.sync.setup import setup_of
from practicestudio.web.pages.athenahealth import ATHENAHEALTH

SECRET = "correct-horse-battery"
TABS = ("", "/connection", "/limits", "/schedules", "/rules", "/booking", "/history")


@pytest.fixture
async def connected(database: Database, practice: Practice) -> Practice:
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url="http://127.0.0.1:9"), "cli:test")
        await set_credentials(transaction, Credentials(client_id="ada-client", client_secret=SECRET), "cli:test")
    return practice


def at(practice: Practice, path: str = "") -> str:
    return f"/practices/{practice.athena_id}{ATHENAHEALTH}{path}"


def form_of(answer: Any, action: str) -> dict[str, Any]:
    """What the form of a page would send if nobody touched it."""
    html = re.search(rf'<form method="post" action="[^"]*{re.escape(action)}".*?</form>', answer.text, re.S)
    assert html, answer.text
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", html[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        boxed = re.search(r'type="(checkbox|radio)"', tag)
        if name and not (boxed and " checked" not in tag):
            found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, body in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', html[0], re.S):
        found[name] = [unescape(body)]
    for name, body in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', html[0], re.S):
        chosen = re.search(r'<option value="([^"]*)" selected', body) or re.search(r'<option value="([^"]*)"', body)
        found[name] = [unescape(chosen[1]) if chosen else ""]
    return found


def unescape(text: str) -> str:
    for one, other in (("&#34;", '"'), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(one, other)
    return text


@pytest.mark.parametrize("tab", TABS)
async def test_every_tab_is_shown_before_and_after_a_practice_is_connected(sign_in: Any, database: Database, practice: Practice, tab: str) -> None:
    person = await sign_in(Role.ANALYST)
    assert (await person.get(at(practice, tab))).status_code == 200
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url="http://127.0.0.1:9"), "cli:test")
        await set_credentials(transaction, Credentials(client_id="ada-client", client_secret=SECRET), "cli:test")
    answer = await person.get(at(practice, tab))
    assert answer.status_code == 200
    assert SECRET not in answer.text
    assert "ada-client" not in answer.text


@pytest.mark.parametrize(
    ("tab", "action"),
    [
        ("/connection", "/connection"),
        ("/connection", "/practice"),
        ("/connection", "/credentials"),
        ("/limits", "/limits"),
        ("/schedules", "/schedules"),
        ("/rules", "/rules/sync"),
        ("/rules", "/rules/conflicts"),
        ("/rules", "/rules/lanes"),
        ("/booking", "/booking"),
    ],
)
async def test_a_form_that_nobody_touched_changes_nothing(everyone: Any, connected: Practice, tab: str, action: str) -> None:
    given = form_of(await everyone.get(at(connected, tab)), action)
    answer = await everyone.post(at(connected, action), given, follow_redirects=True)
    assert answer.status_code == 200
    assert "Nothing was changed." in answer.text


async def test_a_change_is_saved_and_shows_in_the_history_and_is_taken_back(everyone: Any, database: Database, connected: Practice) -> None:
    given = form_of(await everyone.get(at(connected, "/limits")), "/limits")
    answer = await everyone.post(at(connected, "/limits"), {**given, "limits.per_second": "7"}, follow_redirects=True)
    assert "Saved: 1 setting changed." in answer.text
    history = await everyone.get(at(connected, "/history"))
    assert "Calls per second" in history.text
    taken = re.search(r'action="([^"]*/take-back)"', history.text)
    assert taken
    back = await everyone.post(taken[1], follow_redirects=True)
    assert "Taken back. Calls per second: 15" in back.text
    async with database.practice(connected.id) as transaction:
        assert (await get_connection(transaction)).limits.per_second == 15
    again = await everyone.post(taken[1])
    assert again.status_code == 422
    assert "taken back already" in again.text


async def test_every_fault_is_tied_to_its_field_and_what_was_typed_is_there(everyone: Any, connected: Practice) -> None:
    given = form_of(await everyone.get(at(connected, "/connection")), "/connection")
    answer = await everyone.post(at(connected, "/connection"), {**given, "base_url": "http://api.example.org", "refresh_early": "soon"})
    assert answer.status_code == 422
    for name in ("base_url", "refresh_early"):
        assert re.search(rf'name="{name}"[^>]*aria-describedby="[^"]*{name}-fault"[^>]*aria-invalid="true"', answer.text), name
        assert f'id="{name}-fault"' in answer.text
    assert 'value="http://api.example.org"' in answer.text
    assert 'value="soon"' in answer.text


async def test_a_secret_goes_in_and_never_comes_back(everyone: Any, database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url="http://127.0.0.1:9"), "cli:test")
    refused = await everyone.post(at(practice, "/credentials"), {"client_id": "", "client_secret": SECRET, "seen": "[]"})
    assert refused.status_code == 422
    assert SECRET not in refused.text
    answer = await everyone.post(at(practice, "/credentials"), {"client_id": "ada", "client_secret": SECRET, "seen": "[]"}, follow_redirects=True)
    assert "Nobody can read them back." in answer.text
    assert SECRET not in answer.text
    async with database.practice(practice.id) as transaction:
        state = await credentials_state(transaction)
    assert state is not None
    assert (state.proof, state.set_by) == ("client secret", f"person:{everyone.id}")


async def test_who_comes_second_sees_both_and_may_save_over_it(everyone: Any, sign_in: Any, database: Database, connected: Practice) -> None:
    other = await sign_in(Role.ANALYST)
    given = form_of(await everyone.get(at(connected, "/limits")), "/limits")
    await other.post(at(connected, "/limits"), {**given, "limits.per_second": "7"})
    clash = await everyone.post(at(connected, "/limits"), {**given, "limits.per_second": "3"})
    assert clash.status_code == 409
    assert "In force now" in clash.text
    assert "<del>7</del>" in clash.text
    assert "<ins>3</ins>" in clash.text
    answer = await everyone.post(at(connected, "/limits"), form_of(clash, "/limits"), follow_redirects=True)
    assert "Saved: 1 setting changed." in answer.text
    async with database.practice(connected.id) as transaction:
        assert (await get_connection(transaction)).limits.per_second == 3


async def test_rules_and_schedules_are_in_force_as_entered(everyone: Any, database: Database, connected: Practice) -> None:
    given = form_of(await everyone.get(at(connected, "/schedules")), "/schedules")
    shown = await everyone.post(
        at(connected, "/schedules"), {**given, "feed.patients.cron": "*/2 * * * *", "off_peak.start": "22:00"}, follow_redirects=True
    )
    assert "Every 2 minutes" in shown.text
    rules = await everyone.get(at(connected, "/rules"))
    await everyone.post(at(connected, "/rules/sync"), {**form_of(rules, "/rules/sync"), "appointments": "in", "days_ahead": "10"})
    await everyone.post(at(connected, "/rules/conflicts"), {**form_of(rules, "/rules/conflicts"), "patient.by_unit.email": "newest"})
    await everyone.post(at(connected, "/rules/lanes"), {**form_of(rules, "/rules/lanes"), "patient.update": "hold"})
    booking = form_of(await everyone.get(at(connected, "/booking")), "/booking")
    await everyone.post(at(connected, "/booking"), {**booking, "lead_hours": "24", "opening": "hours"})
    async with database.practice(connected.id) as transaction:
        setup = await setup_of(transaction)
    assert setup.schedules["feed.patients"].cron == "*/2 * * * *"
    assert (setup.off_peak.start.hour, setup.sync_rules.appointments, setup.sync_rules.days_ahead) == (22, "in", 10)
    assert setup.merge_rules["patient"].rule_for("email") == "newest"
    assert (setup.scheduling.lead.days, sorted(setup.scheduling.hours)) == (1, [0, 1, 2, 3, 4])


async def test_the_week_is_drawn_with_what_is_entered_so_far(everyone: Any, connected: Practice) -> None:
    given = form_of(await everyone.get(at(connected, "/schedules")), "/schedules")
    part = await everyone.post(at(connected, "/schedules/preview"), {**given, "pull.practice.cron": "15 9 * * 1"}, headers={"HX-Request": "true"})
    assert "The practice&#39;s set-up, Monday 09:15" in part.text
    assert 'id="runs-pull-practice" hx-swap-oob="true"' in part.text
    wrong = await everyone.post(at(connected, "/schedules/preview"), {**given, "pull.practice.cron": "soon"}, headers={"HX-Request": "true"})
    assert wrong.status_code == 200


async def test_a_practice_is_added_and_led_through_its_set_up(everyone: Any, database: Database) -> None:
    faulty = await everyone.post("/practices/add", {"athena_id": "x", "name": "Quayside", "time_zone": "Mars"})
    assert faulty.status_code == 422
    assert 'value="Quayside"' in faulty.text
    added = await everyone.post("/practices/add", {"athena_id": "700321", "name": "Quayside", "time_zone": "America/Denver"}, follow_redirects=True)
    assert "How athenahealth is reached" in added.text
    practice = next(one for one in await list_practices(database) if one.athena_id == "700321")
    connection = form_of(added, "/connection")
    assert connection["then"] == ["setup"]
    second = await everyone.post(at(practice, "/connection"), {**connection, "base_url": "http://127.0.0.1:9"}, follow_redirects=True)
    credentials = form_of(second, "/credentials")
    third = await everyone.post(at(practice, "/credentials"), {**credentials, "client_id": "ada", "client_secret": SECRET}, follow_redirects=True)
    assert "Does it work?" in third.text
    back = await everyone.get(at(practice, "/setup?step=connection"))
    assert 'value="http://127.0.0.1:9"' in back.text
    assert "Next: test the connection" in (await everyone.get(at(practice))).text


async def test_a_test_shows_its_steps_and_is_in_the_trail(everyone: Any, database: Database, connected: Practice) -> None:
    shown = await everyone.post(at(connected, "/test"), headers={"HX-Request": "true"})
    for _ in range(200):
        if "The connection does not work yet" in shown.text:
            break
        watched = re.search(r'hx-get="([^"]*)"', shown.text)
        assert watched, shown.text
        shown = await everyone.get(watched[1], headers={"HX-Request": "true"})
    assert "refused the connection" in shown.text
    async with database.practice(connected.id) as transaction:
        cursor = await transaction.connection.execute("select actor, via from audit_entries where action = 'person:connection:test'")
        assert await cursor.fetchall() == [(f"person:{everyone.id}", "web")]


@pytest.mark.parametrize(
    ("role", "reads", "changes", "sets"),
    [(Role.ADMINISTRATOR, 200, True, True), (Role.ANALYST, 200, True, True), (Role.AUDITOR, 200, False, False), (Role.FRONT_DESK, 403, False, False)],
)
async def test_each_role_sees_and_changes_what_it_may(sign_in: Any, connected: Practice, role: Role, reads: int, changes: bool, sets: bool) -> None:
    person = await sign_in(role)
    assert (await person.get(at(connected, "/connection"))).status_code == reads
    for path in ("/connection", "/practice", "/limits", "/schedules", "/rules/sync", "/booking"):
        assert ((await person.post(at(connected, path), {"seen": "[]"})).status_code == 403) is not changes, path
    assert ((await person.post(at(connected, "/credentials"), {"seen": "[]"})).status_code == 403) is not sets
    assert (await person.get("/practices/add")).status_code == 403  # it takes a role at every practice


async def test_a_name_that_looks_like_markup_is_shown_as_it_is(everyone: Any, database: Database, connected: Practice) -> None:
    given = form_of(await everyone.get(at(connected, "/connection")), "/practice")
    shown = await everyone.post(at(connected, "/practice"), {**given, "name": "<script>alert(1)</script>"}, follow_redirects=True)
    assert "<script>alert" not in shown.text
    async with database.practice(connected.id) as transaction:
        assert (await read_practice(transaction)).name == "<script>alert(1)</script>"


async def test_a_form_that_is_not_ours_is_told_so(everyone: Any, connected: Practice) -> None:
    for seen in ("{", "3", '[["connection"]]'):
        answer = await everyone.post(at(connected, "/limits"), {"seen": seen})
        assert answer.status_code == 422
        assert "Reload the page" in answer.text


async def test_the_first_sync_is_watched_from_the_moment_it_is_asked_for(everyone: Any, connected: Practice) -> None:
    shown = await everyone.post(at(connected, "/setup/first-sync"), follow_redirects=True)
    assert 'id="progress"' in shown.text
    assert "waiting" in shown.text
    part = await everyone.get(at(connected, "/setup/progress"), headers={"HX-Request": "true"})
    assert "<html" not in part.text
    assert 'hx-trigger="every 1s"' in part.text


async def test_whoever_sees_to_all_practices_is_offered_to_add_one(everyone: Any, sign_in: Any, practice: Practice) -> None:
    assert 'href="/practices/add"' in (await everyone.get("/", follow_redirects=True)).text
    assert 'href="/practices/add"' in (await everyone.get(at(practice))).text
    analyst = await sign_in(Role.ANALYST)
    assert 'href="/practices/add"' not in (await analyst.get(at(practice))).text
