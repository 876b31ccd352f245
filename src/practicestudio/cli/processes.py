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
    """A command of ours, run as a child.

    name: what it is called in the log. document: one line that it reads from us first, for what must not be seen in a list of processes.
    """

    name: str
    arguments: tuple[str, ...]
    document: bytes = field(default=b"", repr=False)

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
        waited = 0.0
        while True:
            started = time.monotonic()
            status = await self._run(command)
            waited = decide_pause(time.monotonic() - started, waited)
            log.warning("process_ended", role=command.name, status=status, seconds=waited)
            await asyncio.sleep(waited)

    async def _run(self, command: ChildCommand) -> int | None:
        """A child from its start to its end. Returns its exit status; None where it could not be started."""
        try:
            child = await start_child(command)
        except OSError as error:
            log.error("process_not_started", role=command.name, error_type=type(error).__name__)
            return None
        self.running[command.name] = child
        try:
            return await child.wait()
        finally:
            await stop_child(child)
            self.running.pop(command.name, None)


async def start_child(command: ChildCommand) -> asyncio.subprocess.Process:
    """Start a child in a session of its own, so that Ctrl-C reaches us alone. The pipe to it stays open: its end tells the child that we died."""
    child = await asyncio.create_subprocess_exec(
        *command.argv, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, start_new_session=True
    )
    if command.document and child.stdin is not None:
        child.stdin.write(command.document + b"\n")
    return child


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


def read_document() -> bytes:
    """The line that the parent hands over first, read byte by byte so that nothing behind it is taken."""
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return bytes(line)


def end_with_parent() -> None:
    """Stop this process when its parent, which holds the other end of standard input, is gone."""

    def watch() -> None:
        while os.read(0, 4096):
            continue
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="parent", daemon=True).start()
