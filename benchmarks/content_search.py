"""Searching what the messages say: messages a second, and how long until the first hit.

    python benchmarks/content_search.py [--home DIR] [--messages 1000000] [--processes 2]

The store is that of pages_data.py, filled first where the home has none. Every body is opened on the way. Three texts are sought: one that one
message in a hundred thousand says, one that nobody says, and the same in other letters than those of ASCII.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from conditions import conditions
from pages_data import FAST, prepare

from practicestudio.app import open_database
from practicestudio.delivery.log import Filter
from practicestudio.delivery.search import Hit, Progress, search
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database


async def measure(database: Database, practice: Practice, text: str, processes: int) -> None:
    """Search for one text, and print."""
    started, hits, first, first_progress, searched = time.perf_counter(), 0, None, None, 0
    async for told in search(database, practice.id, text, Filter(), processes=processes):
        match told:
            case Hit():
                hits += 1
                first = first or time.perf_counter() - started
            case Progress():
                first_progress = first_progress or time.perf_counter() - started
                searched = told.searched
    seconds = time.perf_counter() - started
    told_first = "none" if first is None else f"first after {first * 1000:.0f} ms"
    print(
        f"{text!r}: {searched} messages in {seconds:.1f} s, {searched / seconds:,.0f} messages/s; {hits} hits, {told_first};"
        f" first word after {(first_progress or 0) * 1000:.0f} ms",
        flush=True,
    )


async def run(home: Path, messages: int, processes: int) -> None:
    """Run and print."""
    print(conditions())
    async with open_database(Settings(home=home), server_settings=FAST) as database:
        practice = await prepare(database, messages, messages // 10)
        for text in ("NEEDLE", "nobody says this", "Müller"):
            await measure(database, practice, text, processes)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder:
        Path(folder).chmod(0o711)
        asyncio.run(run(given.home or Path(folder) / "home", given.messages, given.processes))
