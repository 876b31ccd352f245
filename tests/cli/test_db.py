"""`practicestudio db`."""

from typing import Any


def test_migrate_brings_the_schema_up_and_status_tells_so(command: Any) -> None:
    command.ok("db", "migrate")
    state = command.ok("db", "status", "--json").json
    assert state["pending"] == []
    assert state["applied"][0].startswith("0001")
    assert str(command.home) in state["database"]
