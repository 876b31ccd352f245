"""`practicestudio apikey`."""

from typing import Any

import pytest


@pytest.fixture(scope="module")
def practice(command: Any) -> str:
    command.ok("practice", "add", "720001", "--name", "Elm Street", "--time-zone", "America/Chicago")
    return "720001"


def test_a_key_is_printed_once_listed_without_itself_and_revoked(command: Any, practice: str) -> None:
    made = command.ok("apikey", "make", "--practice", practice, "--name", "Front desk", "--scope", "appointments:view", "--scope", "patients:view")
    token = made.out.strip()
    listed = command.ok("apikey", "list", "--practice", practice, "--json")
    [key] = listed.json
    assert (key["name"], key["scopes"], key["open"]) == ("Front desk", ["appointments:view", "patients:view"], True)
    assert token.startswith(key["prefix"])
    assert token not in listed.out
    command.ok("apikey", "revoke", key["id"], "--practice", practice)
    assert command.ok("apikey", "list", "--practice", practice, "--json").json[0]["open"] is False


def test_what_no_key_may_is_refused_in_a_sentence(command: Any, practice: str) -> None:
    refused = command("apikey", "make", "--practice", practice, "--name", "Boss", "--scope", "people:manage")
    assert (refused.status, refused.out) == (1, "")
    assert "people:manage" in refused.err
