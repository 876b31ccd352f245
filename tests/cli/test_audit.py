"""`practicestudio audit`."""

import json
from typing import Any

import psycopg
import pytest

from practicestudio.app import embedded_server, load_keyring
from practicestudio.settings import Settings
from practicestudio.store.prepare import DATABASE
from practicestudio.store.roles import OWNER

PRACTICE = "700040"


@pytest.fixture(scope="module")
def audited(command: Any) -> Any:
    """The command, with a practice of which there are a few entries; they are still to be sealed."""
    command.ok("practice", "add", PRACTICE, "--name", "Elm Street", "--time-zone", "America/Chicago", "--by", "ann")
    command.ok("audit", "list", "--practice", PRACTICE, "--by", "bob")
    return command


def as_owner(command: Any, *statements: str) -> None:
    """As somebody with all rights in the database, past row-level security."""
    settings = Settings(home=command.home)
    keys = load_keyring(settings)
    server = embedded_server(settings, keys)
    assert server is not None
    server.ensure_running()
    with psycopg.connect(server.conninfo(OWNER, keys.password_for(OWNER), DATABASE)) as connection:
        connection.execute("alter table audit_entries disable row level security")
        for statement in statements:
            connection.execute(statement.encode())
        connection.execute("alter table audit_entries enable row level security")


def test_entries_are_listed_with_their_total_and_whoever_looks_stands_there_too(audited: Any) -> None:
    listed = audited.ok("audit", "list", "--practice", PRACTICE, "--json").json
    assert listed["total"] == len(listed["entries"]) >= 2
    assert {"ann", "bob"} <= {entry["actor"] for entry in listed["entries"]}
    assert {entry["via"] for entry in listed["entries"]} == {"cli"}
    by_action = audited.ok("audit", "list", "--practice", PRACTICE, "--action", "practice", "--sort", "actor", "--ascending", "--json").json
    assert [entry["action"] for entry in by_action["entries"]] == ["person:practice:create"]
    assert "Added a practice" in audited.ok("audit", "list", "--practice", PRACTICE).out


def test_an_entry_is_shown_with_what_changed(audited: Any) -> None:
    [entry] = audited.ok("audit", "list", "--practice", PRACTICE, "--action", "practice", "--json").json["entries"]
    shown = audited.ok("audit", "show", entry["id"], "--practice", PRACTICE, "--json").json
    assert any("Elm Street" in pair for pair in shown["changes"].values())
    assert "Elm Street" in audited.ok("audit", "show", entry["id"], "--practice", PRACTICE).out
    seen = audited.ok("audit", "list", "--practice", PRACTICE, "--action", "person:audit:view", "--json").json
    assert {one["record_id"] for one in seen["entries"]} == {entry["id"]}


def test_an_unknown_action_or_column_is_told(audited: Any) -> None:
    assert "the subjects are" in audited("audit", "list", "--practice", PRACTICE, "--action", "nothing").err
    assert "a column is one of" in audited("audit", "list", "--practice", PRACTICE, "--sort", "nothing").err


def test_an_export_is_written_in_each_form(audited: Any) -> None:
    heading, *lines = audited.ok("audit", "export", "--practice", PRACTICE, "--action", "practice").out.splitlines()
    assert heading.startswith("at,actor,name,action,")
    assert len(lines) == 1
    assert "Elm Street" not in lines[0]
    [line] = audited.ok("audit", "export", "--practice", PRACTICE, "--action", "practice", "--format", "ndjson").out.splitlines()
    assert json.loads(line)["actor"] == "ann"
    [event] = audited.ok("audit", "export", "--practice", PRACTICE, "--action", "practice", "--format", "fhir").out.splitlines()
    assert json.loads(event)["resourceType"] == "AuditEvent"


def test_a_trail_that_nobody_touched_is_sound_and_its_head_can_be_held_to(audited: Any) -> None:
    [found] = audited.ok("audit", "verify", "--practice", PRACTICE, "--json").json
    assert (found["sound"], found["findings"]) == (True, [])
    audited.ok("audit", "verify", "--practice", PRACTICE, "--expect", found["head"])
    cut = audited("audit", "verify", "--practice", PRACTICE, "--expect", f"9{found['head']}")
    assert cut.status == 1
    assert "chain cut off" in cut.out
    assert audited("audit", "verify", "--practice", PRACTICE, "--expect", "nonsense").status == 1
    assert audited("audit", "verify", "--expect", found["head"]).status == 2


def test_what_somebody_did_to_the_trail_fails_the_command_and_is_named(audited: Any) -> None:
    wrong = "01a20000-0000-7000-8000-000000000001"
    [practice] = [one["id"] for one in audited.ok("practice", "list", "--json").json if one["practice"] == PRACTICE]
    values = f"('{practice}', '{wrong}', 'eve', 'person:patient:view')"
    as_owner(audited, f"insert into audit_entries (practice_id, id, actor, action) values {values}")
    result = audited("audit", "verify")
    as_owner(audited, f"delete from audit_entries where id = '{wrong}'")
    assert result.status == 1
    assert f"{PRACTICE}: 1 fault" in result.out
    assert wrong in result.out
    assert audited.ok("audit", "verify").out.count("sound") >= 2
