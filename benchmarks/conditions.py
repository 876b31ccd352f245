"""What a figure was measured under, and children of a benchmark that end with it."""

import os
import platform
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen


def conditions() -> str:
    """The machine, in one line."""
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}, load before {load:.2f}"


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


@contextmanager
def child(*arguments: str, log: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """A process of this Python, ended when the block is left."""
    with open(log or os.devnull, "ab") as output:
        process = subprocess.Popen([sys.executable, *arguments], stdout=output, stderr=output)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """The sandbox as a process of its own; its address."""
    port = free_port()
    with child("-m", "practicestudio.cli", "sandbox", "--port", str(port), *options):
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urlopen(f"{address}/control/state", timeout=1).close()
                break
            except (URLError, OSError):
                time.sleep(0.1)
        yield address


def peak_megabytes(pid: int) -> float:
    """The largest resident memory that a process has had, in MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    return 0.0


def resident_megabytes() -> float:
    """The resident memory that this process has now, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024 / 1024
