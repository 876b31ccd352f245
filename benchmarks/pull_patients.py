"""The first pull of many patients, end to end, held against a bare loop that fetches the same pages and inserts raw rows.

    python benchmarks/pull_patients.py [--patients 100000] [--workers 2]

Everything runs on this machine: the sandbox without limits, PostgreSQL with fsync on, one process that pulls and works, and further workers.
End to end means: message stored and sealed, mapped, matched, merged, sealed, linked, audited, message done.
"""

import argparse
import asyncio
import tempfile
import time
from pathlib import Path
from typing import Any

import httpx2
import orjson
import psycopg
from conditions import child, conditions, peak_megabytes, sandbox

from practicestudio.app import open_access, open_database, spare_the_collector
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.log import count_unfinished
from practicestudio.delivery.worker import Worker
from practicestudio.practices.connection import Connection, Limits, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import add_practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync.doors import open_doors
from practicestudio.sync.handlers import handlers
from practicestudio.sync.schedule_jobs import request_job

PRACTICE = "195900"
PAGE = 1000


async def bare_loop(address: str, settings: Settings) -> float:
    """Seconds to fetch all pages and insert each patient as a raw row, a transaction a page."""
    async with open_access(settings) as (access, _), httpx2.AsyncClient(base_url=address) as http:
        connection = await psycopg.AsyncConnection.connect(access.owner, autocommit=True)
        await connection.execute("create table bare (id bigint generated always as identity primary key, body bytea)")
        token = await http.post(
            "/oauth2/v1/token", data={"grant_type": "client_credentials", "scope": "athena/service/Athenanet.MDP.*"}, auth=("sandbox", "sandbox")
        )
        http.headers["Authorization"] = f"Bearer {token.json()['access_token']}"
        departments = orjson.loads((await http.get(f"/v1/{PRACTICE}/departments", params={"showalldepartments": "true"})).content)["departments"]
        started = time.monotonic()
        for department in departments:
            await _bare_pages(connection, http, str(department["departmentid"]))
        seconds = time.monotonic() - started
        await connection.execute("drop table bare")
        await connection.close()
    return seconds


async def _bare_pages(connection: psycopg.AsyncConnection[Any], http: httpx2.AsyncClient, department: str) -> None:
    offset = 0
    while True:
        query: dict[str, str | int] = {
            "departmentid": department,
            "limit": PAGE,
            "offset": offset,
            "showinsurance": "true",
            "showcustomfields": "true",
        }
        body = orjson.loads((await http.get(f"/v1/{PRACTICE}/patients", params=query)).content)
        rows = [orjson.dumps(one) for one in body["patients"]]
        async with connection.transaction():
            await connection.execute("insert into bare (body) select unnest(%s::bytea[])", [rows])
        offset += len(rows)
        if not body.get("next"):
            return


async def pull(database: Database, practice_id: Any) -> None:
    """The pull and its work in this process, until nothing is left."""
    async with open_doors(database) as doors:
        async with database.practice(practice_id) as transaction:
            await request_job(transaction, "pull.practice")
        await Worker(database, handlers(doors)).run_until_idle()
        async with database.practice(practice_id) as transaction:
            await request_job(transaction, "pull.patients", urgency="backfill")
        worker = Worker(database, handlers(doors))
        while True:
            await worker.run_until_idle()
            async with database.practice(practice_id) as transaction:
                if not await count_unfinished(transaction):
                    return
            await asyncio.sleep(0.05)


async def measure(patients: int, workers: int) -> None:
    """Run and print."""
    spare_the_collector()
    print(conditions())
    with (
        tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder,
        sandbox("--patients", str(patients), "--practices", PRACTICE) as address,
    ):
        Path(folder).chmod(0o711)
        settings = Settings(home=Path(folder) / "home")
        bare = await bare_loop(address, settings)
        print(f"bare loop: {patients} patients in {bare:.1f} s, {patients / bare:.0f}/s")
        async with open_database(settings) as database:
            practice = await add_practice(database, PRACTICE, "Bench", "America/New_York")
            async with database.practice(practice.id) as transaction:
                limits = Limits(per_second=None, per_day=None, tokens_per_minute=None)
                await set_connection(transaction, Connection(base_url=address, limits=limits), "benchmark")
                await set_credentials(transaction, Credentials(client_id="sandbox", client_secret="sandbox"), "benchmark")
            started = time.monotonic()
            others = [child(__file__, "--work", str(settings.home)) for _ in range(workers - 1)]
            processes = [one.__enter__() for one in others]
            await pull(database, practice.id)
            seconds = time.monotonic() - started
            peaks = [peak_megabytes(process.pid) for process in processes]
            for one in others:
                one.__exit__(None, None, None)
            async with database.practice(practice.id) as transaction:
                states = await count_states(transaction)
                cursor = await transaction.connection.execute("select count(*) from patients")
                stored = (await cursor.fetchone() or (0,))[0]
        import os

        peaks.append(peak_megabytes(os.getpid()))
    print(
        f"first pull: {stored} patients stored, messages {states}, in {seconds:.1f} s, {patients / seconds:.0f} patients/s with {workers} process(es)"
    )
    print(f"ratio to the bare loop: {seconds / bare:.2f} x its time; peak memory of a process {max(peaks):.0f} MB")


async def work(home: str) -> None:
    """A further worker, until it is ended."""
    spare_the_collector()
    async with open_database(Settings(home=Path(home))) as database, open_doors(database) as doors:
        await Worker(database, handlers(doors), calls=0).run(asyncio.Event())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    asyncio.run(work(given.work) if given.work else measure(given.patients, given.workers))
