"""`practicestudio practice`."""

from typing import Any


def test_a_practice_that_was_added_is_listed(command: Any) -> None:
    command.ok("practice", "add", "700001", "--name", "Elm Street", "--time-zone", "America/Chicago")
    listed = command.ok("practice", "list", "--json").json
    assert ("700001", "Elm Street", "America/Chicago") in [(one["practice"], one["name"], one["time_zone"]) for one in listed]
    assert "Elm Street" in command.ok("practice", "list").out


def test_the_same_practice_twice_is_refused_in_a_sentence(command: Any) -> None:
    command.ok("practice", "add", "700002", "--name", "Oak", "--time-zone", "America/Chicago")
    again = command("practice", "add", "700002", "--name", "Oak", "--time-zone", "America/Chicago")
    assert (again.status, again.out) == (1, "")
    assert again.err.startswith("Practice 700002 is there already.")


def test_an_unknown_practice_is_told_with_what_to_do(command: Any) -> None:
    result = command("messages", "list", "--practice", "424242")
    assert result.status == 1
    assert "practice list" in result.err
