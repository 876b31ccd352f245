"""Every page, and the first page of every filter: server time with eight people at once.

    python benchmarks/pages.py [--home DIR] [--messages 1000000] [--patients 100000] [--rounds 5] [--processes 2]

The store is that of pages_data.py, filled first where the home has none. The pages are served by the command with so many web processes. Each
address is asked by eight people at the same time, each `rounds` times without a pause, after some to warm up; the time is the server's own, from
the header Server-Timing. The pages promise less than 150 ms at the 95th percentile.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
from conditions import child, conditions, free_port
from pages_data import FAST, prepare

from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.people import Particulars, insert_person
from practicestudio.access.rights import Role
from practicestudio.access.roles import grant_role
from practicestudio.access.sessions import Browser, start_session
from practicestudio.access.tokens import derived
from practicestudio.app import open_database
from practicestudio.clock import new_id, now
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database

PEOPLE = 8
PROMISED = 150
WARMING = 6


async def addresses(database: Database, practice: Practice) -> Mapping[str, str]:
    """What is asked, by name."""
    root = f"/practices/{practice.athena_id}"
    log, errors = f"{root}/settings/integrations/logs/athenahealth", f"{root}/settings/integrations/errors"
    async with database.practice(practice.id) as transaction:
        [failed] = await list_messages(transaction, Filter(states=["failed"], kinds=["patient"]), 1)
        [feed] = await list_messages(transaction, Filter(kinds=["feed.patients"]), 1)
        [pulled] = await list_messages(transaction, Filter(kinds=["patient"], states=["done"]), 1)
        found = await transaction.connection.execute("select run_id from messages where run_id is not null limit 1")
        run = (await found.fetchone() or [new_id()])[0]
    filters = {
        "all": "range=all",
        "24 hours": "",
        "7 days": "range=7d",
        "30 days": "range=30d",
        "failed": "range=30d&state=failed",
        "parked": "range=all&state=parked",
        "received": "range=all&state=received",
        "discarded": "range=all&state=discarded",
        "a rare kind": "range=all&kind=pull.practice",
        "a common kind": "range=all&kind=patient",
        "kind and state": "range=all&kind=appointment.cancel&state=failed",
        "to athenahealth": "range=all&direction=out",
        "an error": "range=all&error_code=access_denied",
        "an error, a kind": "range=all&error_code=access_denied&kind=appointment",
        "a patient": f"range=all&patient={pulled.record_id}",
        "a record": f"range=all&record={pulled.record_id}",
        "a run": f"range=all&run={run}",
        "a cause": f"range=all&cause={feed.id}",
        "an old time": "from=2000-01-01T00:00Z&to=" + f"{failed.received_at:%Y-%m-%dT%H:%M}Z",
    }
    calls = {
        "all": "range=all",
        "30 days": "range=30d",
        "5xx": "range=all&answer=5xx",
        "an endpoint": "range=all&operation=appointment.cancel",
        "an endpoint, 4xx": "range=all&operation=patient.update&answer=4xx",
    }
    return {
        **{f"log: {name}": f"{log}?{query}" for name, query in filters.items()},
        "log: a page back": f"{log}?range=all&before={failed.id}",
        "log: live": f"{log}/tail",
        **{f"calls: {name}": f"{log}/calls?{query}" for name, query in calls.items()},
        "message": f"{log}/messages/{failed.id}",
        "content search, form": f"{log}/search",
        "errors": errors,
        "errors: 30 days": f"{errors}?span=30d",
        "home": f"{root}/",
        "review": f"{root}/review",
        "patients": f"{root}/patients",
        "appointments": f"{root}/appointments",
        "sync": f"{root}/sync",
        "athenahealth": f"{root}/settings/integrations/athenahealth",
        "mappings": f"{root}/settings/integrations/mappings",
        "connectivity": f"{root}/settings/integrations/connectivity",
        "people": f"{root}/settings/people",
        "keys": f"{root}/settings/keys",
        "alerts": f"{root}/settings/alerts",
        "audit": f"{root}/settings/audit",
    }


async def sign_in(database: Database, number: int) -> tuple[str, str]:
    """Somebody with every right: the session's token, and the one for forms."""
    name = f"bench-{number}-{new_id().hex[-8:]}"
    async with database.shared() as transaction:
        person = await insert_person(transaction, Particulars(name=name, sign_in_name=name))
        token = await start_session(transaction, person, "password", Browser(), now())
    for role in Role:
        await grant_role(database, Caller.operator("benchmark"), person, EVERYWHERE, role)
    return token, derived(token, "csrf")


async def ask(browsers: list[httpx2.AsyncClient], address: str, rounds: int) -> tuple[int, list[float]]:
    """Status, and milliseconds of each answer."""

    async def one(browser: httpx2.AsyncClient) -> list[float]:
        return [_milliseconds(await browser.get(address)) for _ in range(rounds)]

    for number in range(WARMING):
        status = (await browsers[number % len(browsers)].get(address)).status_code
    return status, [time for times in await asyncio.gather(*map(one, browsers)) for time in times]


async def ask_patients(browsers: list[httpx2.AsyncClient], address: str, tokens: list[str], rounds: int) -> list[float]:
    """The search as somebody types."""

    async def one(browser: httpx2.AsyncClient, csrf: str) -> list[float]:
        return [_milliseconds(await browser.post(address, data={"patient_name": name, "csrf": csrf})) for name in ("gar", "tur", "ada t")[:rounds]]

    return [time for times in await asyncio.gather(*map(one, browsers, tokens)) for time in times]


def _milliseconds(answer: httpx2.Response) -> float:
    return float(answer.headers["server-timing"].partition("dur=")[2])


def _tell(name: str, status: int, times: list[float], promised: int = PROMISED) -> None:
    p95 = statistics.quantiles(times, n=20)[-1]
    print(f"{name:28} {status:4} {statistics.median(times):8.0f} ms {p95:8.0f} ms {'' if p95 < promised else ' over'}", flush=True)


async def run(home: Path, messages: int, patients: int, rounds: int, processes: int) -> None:
    """Run and print."""
    print(conditions())
    settings = Settings(home=home)
    async with open_database(settings, server_settings=FAST) as database:
        practice = await prepare(database, messages, patients)
        people = [await sign_in(database, number) for number in range(PEOPLE)]
        with served(home, processes) as address:
            browsers = [httpx2.AsyncClient(base_url=address, cookies={"session": token}, timeout=120) for token, _ in people]
            await _until_served(browsers[0])
            print(f"{'page':28} {'':4} {'median':>11} {'p95':>11}")
            for name, path in (await addresses(database, practice)).items():
                _tell(name, *await ask(browsers, path, rounds))
            log = f"/practices/{practice.athena_id}/settings/integrations/logs/athenahealth"
            _tell("search by patient", 200, await ask_patients(browsers, f"{log}/patients", [csrf for _, csrf in people], rounds), 50)


@contextmanager
def served(home: Path, processes: int) -> Iterator[str]:
    """The pages, served by the command; their address."""
    port = free_port()
    address = f"http://localhost:{port}"
    os.environ |= {
        "PRACTICESTUDIO_WEB_PORT": str(port),
        "PRACTICESTUDIO_PUBLIC_URL": address,
        "PRACTICESTUDIO_WEB_PROCESSES": str(processes),
        "PRACTICESTUDIO_LOG_LEVEL": "error",
    }
    with child("-m", "practicestudio.cli", "--home", str(home), "serve", "--roles", "web"):
        yield address


async def _until_served(browser: httpx2.AsyncClient) -> None:
    for _ in range(300):
        try:
            await browser.get("/healthz")
            return
        except httpx2.TransportError:
            await asyncio.sleep(0.1)
    raise SystemExit("The pages are not served.")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--patients", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--processes", type=int, default=2)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder:
        Path(folder).chmod(0o711)
        asyncio.run(run(given.home or Path(folder) / "home", given.messages, given.patients, given.rounds, given.processes))
