"""`practicestudio keys` as an operator gives it: changed, killed in the middle, and given again."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog

from practicestudio.app import embedded_server, load_keyring
from practicestudio.cli.main import main


@pytest.fixture(scope="module")
def home(new_home: Any) -> Iterator[Path]:
    """A home with one practice."""
    with new_home() as settings, embedded_server(settings, load_keyring(settings)):
        assert main(["--home", str(settings.home), "practice", "add", "195900", "--name", "Harborview", "--time-zone", "America/New_York"]) == 0
        yield settings.home


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """The command sets up logging for its process; the tests after this one have their own standard error."""
    yield
    structlog.reset_defaults()


def keys_in(home: Path) -> list[str]:
    return list(json.loads((home / "keys.json").read_text())["keys"])


def status(home: Path, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    assert main(["--home", str(home), "keys", "status", "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_rotate_and_status_tell_which_key_is_in_force_and_show_none(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = status(home, capsys)
    assert (before["key"], before["wrapped"]) == (keys_in(home)[0], {keys_in(home)[0]: 4})
    assert main(["--home", str(home), "keys", "rotate", "--reseal", "--drop-old", "--by", "grace"]) == 0
    said = capsys.readouterr().err
    after = status(home, capsys)
    assert keys_in(home) == [after["key"]] != [before["key"]]
    assert [one["active"] for one in after["practices"]] == [2, 2]
    assert after["key"] in said
    secrets = json.loads((home / "keys.json").read_text())
    assert not [secret for secret in (*secrets["keys"].values(), secrets["database_secret"]) if secret in said + json.dumps(after)]


def test_a_key_ring_of_the_environment_is_changed_by_its_owner(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    document = (home / "keys.json").read_text()
    monkeypatch.setenv("PRACTICESTUDIO_KEYS", document)
    assert main(["--home", str(home), "keys", "rotate"]) == 0
    assert "comes from the environment, where only you can change it" in capsys.readouterr().err
    assert (home / "keys.json").read_text() == document


def test_without_the_key_file_nothing_is_made_and_one_sentence_tells_why(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = (home / "keys.json").rename(home / "kept.json")
    assert main(["--home", str(home), "keys", "status"]) == 1
    assert capsys.readouterr().err.startswith(f"The key file {home / 'keys.json'} is missing.")
    assert not (home / "keys.json").exists()
    kept.rename(home / "keys.json")


def test_killed_between_the_key_file_and_the_data_keys_the_old_key_still_opens_them(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    count = sum(status(home, capsys)["wrapped"].values())
    killed = "from practicestudio.store import rotate; import os, signal; rotate.rewrap = lambda _: os.kill(os.getpid(), signal.SIGKILL);"
    command = f"{killed} from practicestudio.cli.main import main; main(['--home', {str(home)!r}, 'keys', 'rotate'])"
    assert subprocess.run([sys.executable, "-c", command], check=False).returncode == -9
    assert len(keys_in(home)) == 2
    between = status(home, capsys)
    assert (between["wrapped"], between["key"]) == ({keys_in(home)[0]: count}, keys_in(home)[1])
    assert main(["--home", str(home), "keys", "rotate", "--drop-old"]) == 0
    assert status(home, capsys)["wrapped"] == {between["key"]: count}
    assert keys_in(home) == [between["key"]]
