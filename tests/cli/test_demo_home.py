"""The demo's home: its own, emptied at the start, and never somebody else's."""

from pathlib import Path

import pytest

from practicestudio.cli.demo_home import demo_home
from practicestudio.errors import Misconfigured
from practicestudio.settings import Settings


async def test_a_folder_that_holds_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "keys.json").write_text("mine")
    with pytest.raises(Misconfigured, match="not a demo"):
        async with demo_home(Settings(home=tmp_path), tmp_path, throw_away=False):
            pass
    assert (tmp_path / "keys.json").read_text() == "mine"


async def test_a_demo_home_is_used_again_with_new_keys(tmp_path: Path) -> None:
    for _ in range(2):
        async with demo_home(Settings(home=tmp_path), None, throw_away=False) as own:
            assert own.home == tmp_path / "demo"
            assert not (own.home / "keys.json").exists()
            (own.home / "keys.json").touch()
            (own.home / "keys.json").unlink()


async def test_a_home_that_is_thrown_away_is_gone_and_never_uses_the_real_database_or_keys(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "real", database_url="postgresql://localhost/real", keys="{}")  # type: ignore[arg-type]
    async with demo_home(settings, None, throw_away=True) as own:
        assert own.home.is_dir()
        assert (own.database_url, own.keys) == (None, None)
    assert not own.home.exists()
    assert not (tmp_path / "real").exists()
