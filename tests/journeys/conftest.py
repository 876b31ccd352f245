"""The installed command, run as a process of its own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).parent / "practicestudio"


class Process:
    """A running command. Its output is kept in files, so that no pipe fills up."""

    def __init__(self, folder: Path, *arguments: str, **settings: str) -> None:
        self.out, self.err = folder / "out", folder / "err"
        environment = {**os.environ, **{f"PRACTICESTUDIO_{name.upper()}": value for name, value in settings.items()}}
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self._process = subprocess.Popen([COMMAND, *arguments], stdout=out, stderr=err, env=environment, start_new_session=True)
        self.pid = self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def children(self, *words: str) -> list[int]:
        """Process ids of its children whose command line ends with these words."""
        found = []
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
                line = stat.with_name("cmdline").read_bytes().decode().rstrip("\0").split("\0")
            except (FileNotFoundError, ProcessLookupError):
                continue
            if parent == self.pid and tuple(line[-len(words) :]) == words:
                found.append(int(stat.parent.name))
        return found

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self, seconds: float) -> int:
        """Its exit status."""
        return self._process.wait(seconds)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """Start a command; whatever still runs at the end is told to stop."""
    started: list[Process] = []

    def begin(*arguments: str, **settings: str) -> Process:
        started.append(Process(tmp_path, *arguments, **settings))
        return started[-1]

    yield begin
    for process in started:
        if process.running:
            process.send(signal.SIGTERM)
            process.wait(30)


def is_alive(pid: int) -> bool:
    """Whether a process still runs (and is no zombie)."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.fixture
def eventually() -> Callable[..., None]:
    """Wait until something holds."""

    def wait(holds: Callable[[], object], seconds: float = 20) -> None:
        give_up = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < give_up, "it did not come to be in time"
            time.sleep(0.05)

    return wait


@pytest.fixture
def alive() -> Callable[[int], bool]:
    return is_alive
