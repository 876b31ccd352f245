"""`practicestudio serve`: which processes it starts, and what they are given."""

from pathlib import Path
from typing import Any

import pytest

from practicestudio.cli.sandbox import check_port
from practicestudio.cli.serve_run import hand_over, role_commands, take_over
from practicestudio.errors import Misconfigured
from practicestudio.settings import Settings

SECRET = "postgresql://me:hunter2@127.0.0.1/db"


def test_there_are_as_many_workers_as_the_setting_says_and_one_scheduler(tmp_path: Path) -> None:
    names = [one.name for one in role_commands(Settings(home=tmp_path, workers=3), ("worker", "scheduler"))]
    assert names == ["worker 1", "worker 2", "worker 3", "scheduler 1"]


def test_a_child_takes_over_the_very_settings_whatever_the_environment_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own = Settings(home=tmp_path, workers=2, ca_file=tmp_path / "ca.pem", database_url=None)
    document = hand_over(own)
    monkeypatch.setenv("PRACTICESTUDIO_DATABASE_URL", "postgresql://somewhere.else/real")
    monkeypatch.setenv("PRACTICESTUDIO_WORKERS", "9")
    assert take_over(document) == own


def test_secrets_go_through_the_pipe_and_never_into_arguments(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=SECRET, keys="{}")  # type: ignore[arg-type]
    [command] = role_commands(settings, ("scheduler",))
    assert take_over(command.document) == settings
    assert "hunter2" not in " ".join(command.argv) + repr(command)


def test_an_unknown_role_names_those_that_there_are(command: Any) -> None:
    result = command("serve", "--roles", "worker,hl7")
    assert result.status == 2
    assert "scheduler, monitor, sealer, not hl7" in result.err


def test_a_port_that_is_in_use_is_told(sandbox: Any) -> None:
    with pytest.raises(Misconfigured, match="in use"):
        check_port(int(sandbox.base_url.rpartition(":")[2]))
