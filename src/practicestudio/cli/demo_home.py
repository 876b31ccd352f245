"""The demo's home: a folder of its own, emptied when the demo starts, thrown away where nobody asked to keep it."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from practicestudio.app import embedded_server, load_keyring
from practicestudio.errors import Misconfigured
from practicestudio.settings import Settings

MARK = "demo"
"""A file that tells a demo's home from a real one."""


@asynccontextmanager
async def demo_home(settings: Settings, home: Path | None, *, throw_away: bool) -> AsyncIterator[Settings]:
    """Settings of an empty demo home: the given folder, else a temporary one that is removed at the end, else `demo` in the home folder.

    Raises Misconfigured where the folder holds anything but a demo.
    """
    if home is None and throw_away:
        folder = Path(tempfile.mkdtemp(prefix="practicestudio-demo-"))
        own = _settings(settings, folder)
        try:
            (folder / MARK).touch()
            yield own
        finally:
            _clear(own)
            shutil.rmtree(folder)
        return
    own = _settings(settings, (home or settings.home / "demo").absolute())
    _empty(own)
    yield own


def _settings(settings: Settings, folder: Path) -> Settings:
    """The settings with this home, its own embedded database and its own keys; quiet, unless somebody wants to hear it all."""
    level = "debug" if settings.log_level == "debug" else "error"
    return settings.model_copy(update={"home": folder, "database_url": None, "keys": None, "log_level": level})


def _empty(own: Settings) -> None:
    own.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (own.home / MARK).exists():
        _clear(own)
    elif any(own.home.iterdir()):
        raise Misconfigured(f"The folder {own.home} holds something that is not a demo.", advice="Give --home another folder.")
    (own.home / MARK).touch()


def _clear(own: Settings) -> None:
    server = embedded_server(own, load_keyring(own))
    if server is not None:
        server.remove()
    (own.home / "keys.json").unlink(missing_ok=True)
