"""Exporting the whole log: rows a second, and the memory it takes.

    python benchmarks/export_log.py [--home DIR] [--messages 1000000]

The store is that of pages_data.py, filled first where the home has none. Each export is written to a file, as the pages stream it to a browser.
Memory is the peak of the process above what it had before.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from conditions import conditions, resident_megabytes
from pages_data import FAST, prepare

from practicestudio.app import open_database
from practicestudio.delivery.calls import CallEntry, CallFilter, stream_calls
from practicestudio.delivery.export import write_log
from practicestudio.delivery.formats import Format
from practicestudio.delivery.log import Filter, LogEntry, stream_messages
from practicestudio.settings import Settings


async def export(name: str, entries: AsyncIterator[Any], kind: type[LogEntry] | type[CallEntry], form: Format) -> None:
    """Write one file, and print."""
    before, most, size, lines, started = resident_megabytes(), 0.0, 0, 0, time.perf_counter()
    with tempfile.TemporaryFile() as file:
        async for piece in write_log(entries, kind, form):
            file.write(piece)
            size, lines = size + len(piece), lines + piece.count(b"\n")
            most = max(most, resident_megabytes())
    seconds = time.perf_counter() - started
    print(
        f"{name} as {form}: {lines} lines, {size / 1e6:.0f} MB in {seconds:.1f} s, {lines / seconds:,.0f} rows/s;"
        f" {max(0.0, most - before):.0f} MB more than the {before:.0f} MB before",
        flush=True,
    )


async def run(home: Path, messages: int) -> None:
    """Run and print."""
    print(conditions())
    async with open_database(Settings(home=home), server_settings=FAST) as database:
        practice = await prepare(database, messages, messages // 10)
        for form in Format:
            await export("messages", stream_messages(database, practice.id, Filter()), LogEntry, form)
            await export("calls", stream_calls(database, practice.id, CallFilter()), CallEntry, form)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder:
        Path(folder).chmod(0o711)
        asyncio.run(run(given.home or Path(folder) / "home", given.messages))
