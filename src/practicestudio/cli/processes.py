"""Child processes: started, watched, started again when they die, and never left behind."""

import asyncio
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
"""Seconds between the end of a child and its next start."""

LONG_LIFE = 60.0
"""Seconds after which a child that ends is not taken for one that cannot start."""

PATIENCE = 8.0
"""Seconds that a child has to stop by itself."""


@dataclass(frozen=True, slots=True)
class ChildCommand:
    """A command of ours, run as a child. name: what it is called in the log."""

    name: str
    arguments: tuple[str, ...]

    @property
    def argv(self) -> list[str]:
        return [sys.executable, "-m", "practicestudio.cli", *self.arguments]


def decide_pause(lived: float, before: float) -> float:
    """Seconds to wait before a child is started again that lived so long; the pause before this one doubles while it keeps dying."""
    return FIRST_PAUSE if lived >= LONG_LIFE else min(LONGEST_PAUSE, max(FIRST_PAUSE, before * 2))


@dataclass
class Crew:
    """Children that are kept running until the crew is stopped. running: those alive, by name."""

    commands: Sequence[ChildCommand]
    running: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def __aenter__(self) -> "Crew":
        self._tasks = [asyncio.create_task(self._keep(command)) for command in self.commands]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, command: ChildCommand) -> None:
        pause = 0.0
        while True:
            started = time.monotonic()
            child = await start_child(command)
            self.running[command.name] = child
            try:
                await child.wait()
            finally:
                await stop_child(child)
                self.running.pop(command.name, None)
            pause = decide_pause(time.monotonic() - started, pause)
            log.warning("process_ended", role=command.name, status=child.returncode, seconds=pause)
            await asyncio.sleep(pause)


async def start_child(command: ChildCommand) -> asyncio.subprocess.Process:
    """Start a child in a session of its own, so that Ctrl-C reaches us alone; the pipe to it tells it when we die."""
    return await asyncio.create_subprocess_exec(
        *command.argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, start_new_session=True
    )


async def stop_child(child: asyncio.subprocess.Process) -> None:
    """Ask a child to stop; one that does not is killed."""
    if child.returncode is not None:
        return
    with suppress(ProcessLookupError):
        child.terminate()
    try:
        await asyncio.wait_for(child.wait(), PATIENCE)
    except TimeoutError:
        with suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def end_with_parent() -> None:
    """Stop this process when its parent, which holds the other end of standard input, is gone."""

    def watch() -> None:
        while os.read(0, 4096):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
