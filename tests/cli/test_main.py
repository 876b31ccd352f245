"""The command as a whole: help, versions, and how every error ends."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from practicestudio.cli import practice
from practicestudio.cli.main import app, main, sentence_of
from practicestudio.errors import Misconfigured

SECRET_NAME = "Rosalind"


def commands(group: Any = None, path: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], Any]]:
    """Every command that is shown, with its path."""
    group = group or typer.main.get_command(app)
    found = []
    for name, one in group.commands.items():
        if not one.hidden:
            found += commands(one, (*path, name)) if hasattr(one, "commands") else [((*path, name), one)]
    return found


@pytest.mark.parametrize("path", [path for path, _ in commands()], ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*path, "--help"]) == 0
    told = capsys.readouterr().out
    assert "Example" in told
    assert f"practicestudio {' '.join(path)}" in told


@pytest.mark.parametrize("path", [path for path, one in commands() if "list" in path or path[-1] in ("errors", "slots", "search")], ids=" ".join)
def test_every_listing_command_can_print_json(path: tuple[str, ...]) -> None:
    options = {name for param in dict(commands())[path].params for name in param.opts}
    assert "--json" in options


def test_no_option_takes_a_secret_as_its_value() -> None:
    for path, one in commands():
        for param in one.params:
            assert not ({"--secret", "--client-secret", "--password", "--private-key"} & set(param.opts)), path


def test_wrong_usage_ends_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["practice", "lst"]) == 2
    assert main(["serve", "--roles", "wed"]) == 2
    assert "worker" in capsys.readouterr().err


def test_an_error_is_one_sentence_and_status_1(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    monkeypatch.setenv("PRACTICESTUDIO_WORKERS", "none")
    assert main(["--home", str(tmp_path), "practice", "list"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("The setting workers is not right")
    assert len(told.err.splitlines()) == 1


def test_a_fault_of_our_own_is_told_by_type_and_place_and_never_by_its_text() -> None:
    try:
        {}[SECRET_NAME]
    except KeyError as error:
        told = sentence_of(error)
    assert "KeyError" in told
    assert "test_main" in told
    assert SECRET_NAME not in told


def test_the_first_error_of_a_group_is_told() -> None:
    assert sentence_of(ExceptionGroup("several", [Misconfigured("No.", advice="Do."), ValueError()])) == "No. Do."


def test_ctrl_c_ends_with_status_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(practice, "session_of", interrupted)
    assert main(["practice", "list"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("practicestudio 0.")


def test_help_loads_nothing_heavy() -> None:
    code = "import sys; from practicestudio.cli.main import main; main(['--help']); print(sorted(sys.modules))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ran.stdout.splitlines()[-1]
    for module in ("psycopg", "httpx2", "pydantic", "rich.console", "uvicorn"):
        assert f"'{module}'" not in loaded


def test_help_comes_at_once() -> None:
    before = os.times()
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "practicestudio.cli", "--help"], capture_output=True, check=True)
    after = os.times()
    spent = (after.children_user - before.children_user) + (after.children_system - before.children_system)
    assert min(spent, time.monotonic() - started) < 0.4
