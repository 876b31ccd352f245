"""The shared limit: what four processes use of 15 calls a second, and whether the day's reserve stays.

    python benchmarks/rate_limit.py [--seconds 30] [--processes 4]

The sandbox counts in a sliding second, as strictly as can be, and answers 429 to what is over. Processes share one budget in PostgreSQL.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from conditions import conditions, sandbox

from practicestudio.app import open_database
from practicestudio.athena.rest import RestClient
from practicestudio.errors import RateLimited
from practicestudio.practices.connection import Connection, Limits, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import add_practice, find_practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync.doors import open_doors

PER_SECOND = 15
PRACTICE = "195900"


async def connect(database: Database, address: str, limits: Limits) -> None:
    """A practice connected to the sandbox."""
    practice = await add_practice(database, PRACTICE, "Bench", "America/New_York")
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, Connection(base_url=address, limits=limits), "benchmark")
        await set_credentials(transaction, Credentials(client_id="sandbox", client_secret="sandbox"), "benchmark")


async def caller(home: Path, begin: float, seconds: float, urgency: Any) -> dict[str, int]:
    """One process: from a moment that all share, as many calls as it is let, four at a time."""
    counts = {"answered": 0, "over": 0}
    async with open_database(Settings(home=home)) as database, open_doors(database) as doors:
        client = await doors.rest((await find_practice(database, PRACTICE)).id)
        await client.call("ping", urgency="person")
        await asyncio.sleep(begin - time.time())
        end = time.monotonic() + seconds

        async def line() -> None:
            while time.monotonic() < end:
                try:
                    await client.call("ping", urgency=urgency)
                    counts["answered"] += time.monotonic() <= end
                except RateLimited:
                    counts["over"] += 1
                    await asyncio.sleep(0.5)

        await asyncio.gather(*(line() for _ in range(4)))
    return counts


def shared(home: Path, processes: int, seconds: float, urgency: str) -> list[dict[str, int]]:
    """Several callers at once, each in a process of its own."""
    begin = time.time() + 6
    command = [sys.executable, __file__, "--caller", str(home), "--begin", str(begin), "--seconds", str(seconds), "--urgency", urgency]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE) for _ in range(processes)]
    return [json.loads(process.communicate()[0]) for process in running]


def told(address: str) -> dict[str, Any]:
    """What the sandbox counted."""
    with urlopen(f"{address}/control/state") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


async def second(seconds: float, processes: int) -> None:
    """The limit of the second."""
    with tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder, sandbox("--calls-per-second", str(PER_SECOND)) as address:
        Path(folder).chmod(0o711)
        home = Path(folder) / "home"
        async with open_database(Settings(home=home)) as database:
            await connect(database, address, Limits(per_second=PER_SECOND, per_day=None, tokens_per_minute=None))
            found = await asyncio.to_thread(shared, home, processes, seconds, "feed")
            state = told(address)
    answered = sum(one["answered"] for one in found)
    print(
        f"limit of the second: {processes} processes, {answered} calls in {seconds:.0f} s, {answered / (seconds * PER_SECOND):.1%} of what is allowed"
    )
    print(f"  answers over the limit: {state['calls']['over_limit']}")


async def day(processes: int) -> None:
    """The reserve of the day: a backfill stops at it, a person does not."""
    limits = Limits(per_second=None, per_day=500, tokens_per_minute=None, backfill_leaves=0.2)
    with tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder, sandbox("--calls-per-day", "500") as address:
        Path(folder).chmod(0o711)
        home = Path(folder) / "home"
        async with open_database(Settings(home=home)) as database:
            await connect(database, address, limits)
            backfill = sum(one["answered"] for one in await asyncio.to_thread(shared, home, processes, 6, "backfill"))
            async with open_doors(database) as doors:
                client: RestClient = await doors.rest((await find_practice(database, PRACTICE)).id)
                await client.call("ping", urgency="person")
            state = told(address)
    print(f"reserve of the day: of 500 calls {processes} of people came first, then a backfill in {processes} processes took {backfill}")
    print("  400 in all are its share; a person still got through after it")
    print(f"  answers over the limit: {state['calls']['over_limit']}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--caller", help=argparse.SUPPRESS)
    parser.add_argument("--begin", type=float, help=argparse.SUPPRESS)
    parser.add_argument("--urgency", default="feed", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.caller:
        print(json.dumps(asyncio.run(caller(Path(given.caller), given.begin, given.seconds, given.urgency))))
    else:
        print(conditions())
        asyncio.run(second(given.seconds, given.processes))
        asyncio.run(day(given.processes))
