"""What a command works with: the settings, the person, the database."""

import getpass
import signal
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import typer

if TYPE_CHECKING:
    from practicestudio.practices.practice import Practice
    from practicestudio.settings import Settings
    from practicestudio.store.database import Database

T = TypeVar("T")
TERMINATED = 143
"""Exit status after SIGTERM."""


@dataclass(frozen=True, slots=True)
class Session:
    """One call of the command. home: the folder that `--home` named instead of the setting."""

    home: Path | None = None

    def settings(self) -> "Settings":
        """The settings in force. Raises Misconfigured."""
        from practicestudio.settings import load

        return load() if self.home is None else load(home=self.home)

    def on_database(self, work: "Callable[[Database], Awaitable[T]]") -> T:
        """Do the work on the open database, and close it."""
        return run_async(self._open(work))

    def on_practice(self, wanted: str, work: "Callable[[Database, Practice], Awaitable[T]]") -> T:
        """Do the work on the practice with this id, athenahealth's or ours."""
        from practicestudio.practices.practice import find_practice

        async def on_found(database: "Database") -> T:
            return await work(database, await find_practice(database, wanted))

        return self.on_database(on_found)

    async def _open(self, work: "Callable[[Database], Awaitable[T]]") -> T:
        from practicestudio.access.audit import Origin
        from practicestudio.app import open_database
        from practicestudio.redact import configure_logging

        settings = self.settings()
        configure_logging("debug" if settings.log_level == "debug" else "error")
        async with open_database(settings, origin=Origin("cli")) as database:
            return await work(database)


def run_async(work: "Coroutine[Any, Any, T]") -> T:
    """Run it to its end; SIGTERM ends it as Ctrl-C does, with everything closed."""
    import asyncio

    async def with_signal() -> T:
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work

    try:
        return asyncio.run(with_signal())
    except asyncio.CancelledError:
        raise typer.Exit(TERMINATED) from None


def session_of(context: typer.Context) -> Session:
    """The session that the command's global options made."""
    session = context.find_object(Session)
    return session if session is not None else Session()


def person(by: str | None) -> str:
    """Who does this, for the trail: the person named, or the user of this machine."""
    if by:
        return by
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as containers have
        return "unknown"
