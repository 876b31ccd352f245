"""`practicestudio person`."""

from typing import Any


def listed(command: Any) -> dict[str, Any]:
    return {one["sign_in_name"]: one for one in command.ok("person", "list", "--json").json}


def test_somebody_who_was_added_gets_a_one_time_password_and_is_listed_with_the_roles(command: Any) -> None:
    command.ok("practice", "add", "710001", "--name", "Elm Street", "--time-zone", "America/Chicago")
    added = command.ok("person", "add", "ann", "--name", "Ann Lee", "--practice", "710001", "--role", "biller", "--role", "front_desk")
    assert len(added.out.strip()) == 23
    assert (listed(command)["ann"]["name"], listed(command)["ann"]["roles"]) == ("Ann Lee", ["biller at 710001", "front_desk at 710001"])
    assert "Ann Lee" in command.ok("person", "list").out


def test_roles_come_and_go(command: Any) -> None:
    command.ok("practice", "add", "710002", "--name", "Oak", "--time-zone", "America/Chicago")
    command.ok("person", "add", "bob", "--name", "Bob")
    command.ok("person", "role", "bob", "--practice", "710002", "--grant", "clinician", "--grant", "biller")
    command.ok("person", "role", "bob", "--practice", "710002", "--revoke", "biller")
    command.ok("person", "role", "bob", "--everywhere", "--grant", "auditor")
    assert listed(command)["bob"]["roles"] == ["auditor at everywhere", "clinician at 710002"]


def test_deactivated_and_back(command: Any) -> None:
    command.ok("person", "add", "eve", "--name", "Eve")
    command.ok("person", "deactivate", "eve")
    assert listed(command)["eve"]["deactivated_at"]
    command.ok("person", "reactivate", "eve")
    assert listed(command)["eve"]["deactivated_at"] is None


def test_a_reset_prints_another_one_time_password(command: Any) -> None:
    first = command.ok("person", "add", "dan", "--name", "Dan").out
    assert command.ok("person", "reset", "dan", "--second-factor").out not in ("", first)


def test_what_is_not_said_or_not_there_is_told_in_a_sentence(command: Any) -> None:
    assert command("person", "reset", "nobody").err.startswith("Nobody signs in as nobody.")
    assert command("person", "add", "zoe", "--name", "Zoe", "--role", "biller").err.startswith("Where does the role hold?")
    assert command("person", "role", "nobody").status == 2
