"""Child processes: started again when they die, with a growing pause, and stopped with the crew."""

import asyncio
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from practicestudio.cli import processes
from practicestudio.cli.processes import FIRST_PAUSE, LONG_LIFE, LONGEST_PAUSE, ChildCommand, Crew, decide_pause


class Script(ChildCommand):
    """A shell script instead of a command of ours."""

    @property
    def argv(self) -> list[str]:
        return ["/bin/sh", "-c", *self.arguments]


def exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is awaited happens in another process
            await asyncio.sleep(0.01)


def test_the_pause_doubles_while_a_child_keeps_dying_and_starts_over_after_a_long_life() -> None:
    pauses = [0.0]
    for _ in range(12):
        pauses.append(decide_pause(0.1, pauses[-1]))
    assert pauses[1:4] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert max(pauses) == LONGEST_PAUSE
    assert decide_pause(LONG_LIFE, LONGEST_PAUSE) == FIRST_PAUSE


async def test_a_child_that_is_killed_is_started_again() -> None:
    async with Crew([Script("sleeper", ("exec sleep 60",))]) as crew:
        await until(lambda: crew.running)
        first = crew.running["sleeper"].pid
        os.kill(first, signal.SIGKILL)
        await until(lambda: crew.running and crew.running["sleeper"].pid != first)
        second = crew.running["sleeper"].pid
    assert not exists(second)


async def test_a_child_that_does_not_stop_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.2)
    ready = tmp_path / "ready"
    async with Crew([Script("deaf", (f"trap '' TERM; touch {ready}; while :; do sleep 0.05; done",))]) as crew:
        await until(ready.exists)
        pid = crew.running["deaf"].pid
    assert not exists(pid)
