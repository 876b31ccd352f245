"""Claiming work with a million messages waiting, against a thousand.

    python benchmarks/claim.py [--many 1000000]

Each waiting message stands in a lane of its own, the worst case for the table of lanes. What is timed is one claim of 200 lanes, with what
follows it: loading the heads.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from conditions import conditions

from practicestudio.app import open_database
from practicestudio.clock import new_id
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.stretches import latest_id
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.settings import Settings
from practicestudio.store import sql
from practicestudio.store.database import Database, rows

LANES, ROUNDS = 200, 40


async def fill(database: Database, practice: Practice, first: int, last: int) -> None:
    """Messages in lanes of their own."""
    for start in range(first, last, 5000):
        messages = [
            NewMessage(direction="in", door="rest", kind="patient", about=f"patient:{number}", body=b"{}", urgency="backfill")
            for number in range(start, min(last, start + 5000))
        ]
        async with database.practice(practice.id) as transaction:
            await accept(transaction, messages)


async def claim(database: Database, practice: Practice) -> tuple[float, float]:
    """Median milliseconds of a claim and of loading its heads; what was claimed is given back."""
    claims, heads = [], []
    for _ in range(ROUNDS):
        worker = new_id()
        started = time.perf_counter()
        async with database.dispatch() as connection:
            found = await rows(sql.messages.claim_lanes(connection, worker=worker, outbound=False, lanes=LANES, lease="60 seconds"))
        claims.append(time.perf_counter() - started)
        started = time.perf_counter()
        async with database.practice(practice.id) as transaction:
            first_ids, lanes = [row[2] for row in found], [row[1] for row in found]
            await rows(sql.messages.lane_heads(transaction.connection, practice_id=practice.id, lanes=lanes, first_ids=first_ids, before=latest_id()))
        heads.append(time.perf_counter() - started)
        async with database.dispatch() as connection:
            await sql.messages.release_lanes(connection, worker=worker, practice_ids=[row[0] for row in found], lanes=lanes)
    return statistics.median(claims) * 1000, statistics.median(heads) * 1000


async def measure(many: int) -> None:
    """Run and print."""
    print(conditions())
    with tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder:
        Path(folder).chmod(0o711)
        async with open_database(Settings(home=Path(folder) / "home")) as database:
            practice = await add_practice(database, "195900", "Bench", "America/New_York")
            waiting = 0
            for count in (1000, many):
                await fill(database, practice, waiting, count)
                waiting = count
                claims, heads = await claim(database, practice)
                print(f"{waiting} waiting: claim of {LANES} lanes {claims:.1f} ms, their heads {heads:.1f} ms (median of {ROUNDS})", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--many", type=int, default=1_000_000)
    asyncio.run(measure(parser.parse_args().many))
