"""`practicestudio health` and `alerts`: whether all is well, and what to do."""

from typing import Any


def test_a_practice_that_is_connected_and_pulled_tells_its_figures(clinic: Any) -> None:
    result = clinic("health", "--json")
    [told] = result.json
    assert told["practice"] == clinic.id
    assert told["state"] in ("well", "attention")
    assert told["last_received"] is not None
    assert told["token"]["standing"] == "good"
    assert told["limits"]["calls_today"] > 0
    assert result.status == (0 if told["state"] == "well" else 1)


def test_a_table_tells_the_state_and_why(clinic: Any) -> None:
    assert "Why, and what to do" in clinic("health").out


def test_a_practice_without_a_connection_is_not_set_up_which_is_no_fault(command: Any) -> None:
    command.ok("practice", "add", "777001", "--name", "New", "--time-zone", "UTC")
    [told] = command.ok("health", "--practice", "777001", "--json").json
    assert told["state"] == "not set up"


def test_without_alerts_the_list_says_so(command: Any) -> None:
    assert "No alert is open." in command.ok("alerts", "list").err
    assert command.ok("alerts", "list", "--over", "--json").json == []


def test_an_alert_that_is_not_there_is_one_sentence(clinic: Any) -> None:
    result = clinic("alerts", "acknowledge", "01938c2e-7d1a-7cc3-8f1e-6b7f5a1c2d3e")
    assert result.status == 1
    assert result.err.startswith("There is no such alert")
