"""Workers and the database killed at random moments, with faults on: is anything lost, doubled, or out of order?

    python benchmarks/crash.py [--kills 200] [--seconds-between 0.4]

People change things on both sides all the while: the sandbox's (odd patient numbers) and ours (even ones, new patients, bookings). A ledger of
what was committed here and what took effect there is held against both sides at the end. Every fifth kill takes the database, the others a worker.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import psycopg
from conditions import conditions, sandbox
from psycopg_pool import PoolTimeout

from practicestudio.app import embedded_server, load_keyring, open_database
from practicestudio.clock import now
from practicestudio.delivery import error_queue
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.log import Filter, count_unfinished, list_messages
from practicestudio.delivery.retry import RetryRule
from practicestudio.delivery.worker import Worker
from practicestudio.practices.connection import Connection, Limits, set_connection
from practicestudio.practices.credentials import Credentials, set_credentials
from practicestudio.practices.practice import Practice, add_practice, list_practices
from practicestudio.records import Address, Patient
from practicestudio.settings import Settings
from practicestudio.store import records as store
from practicestudio.store.database import Database
from practicestudio.sync.change_appointment import book
from practicestudio.sync.change_patient import change_patient, create_patient
from practicestudio.sync.doors import open_doors
from practicestudio.sync.find_slots import Wish, find_slots
from practicestudio.sync.handlers import handlers
from practicestudio.sync.schedule_jobs import request_job
from practicestudio.sync.setup import setup_of

PRACTICE, PATIENTS = "195900", 300
LIVES = 4
LEASE = 3.0
RULE = RetryRule(first=0.2, most=2.0, tries=30)
LOST_DATABASE = (psycopg.Error, PoolTimeout, OSError)
FAULTS = [
    {"kind": "503", "rate": 0.04},
    {"kind": "drop_before", "rate": 0.03},
    {"kind": "drop_after", "rate": 0.04},
    {"kind": "malformed", "rate": 0.02},
    {"kind": "slow", "rate": 0.05, "seconds": 0.3},
]


@dataclass
class Ledger:
    """What was committed here (by our id), and what was asked for when the database went away, so that it may or may not be there."""

    phones: dict[UUID, str] = field(default_factory=dict)
    created: set[UUID] = field(default_factory=set)
    booked: dict[UUID, str] = field(default_factory=dict)
    theirs: Counter[str] = field(default_factory=Counter)
    unsure: int = 0
    kills: Counter[str] = field(default_factory=Counter)


async def work(home: Path) -> None:
    """A worker process, which also asks for the feeds every second."""
    async with open_database(Settings(home=home)) as database, open_doors(database, connect=3, read=5) as doors:
        worker = Worker(database, handlers(doors), lease=LEASE, rule=RULE)
        await asyncio.gather(worker.run(asyncio.Event()), _ask_for_feeds(database))


async def _ask_for_feeds(database: Database) -> None:
    while True:
        try:
            for practice in await list_practices(database):
                async with database.practice(practice.id) as transaction:
                    await request_job(transaction, "feed.patients")
                    await request_job(transaction, "feed.appointments")
        except LOST_DATABASE:
            pass
        await asyncio.sleep(1)


class Killer:
    """Keeps worker processes alive, and kills one of them or the database."""

    def __init__(self, home: Path, ledger: Ledger, workers: int) -> None:
        self._home, self._ledger = home, ledger
        settings = Settings(home=home)
        server = embedded_server(settings, load_keyring(settings))
        assert server is not None
        server.ensure_running()
        self._server = server
        self._workers = [self._start() for _ in range(workers)]

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen([sys.executable, __file__, "--work", str(self._home)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def revive(self) -> None:
        for place, process in enumerate(self._workers):
            if process.poll() is not None:
                self._workers[place] = self._start()

    def kill(self, *, database: bool) -> None:
        if database:
            pid = int((self._server.data_folder / "postmaster.pid").read_text().split()[0])
            os.kill(pid, signal.SIGKILL)
            time.sleep(0.05)
            self._server.ensure_running()
            self._ledger.kills["database"] += 1
        else:
            victim = random.choice(self._workers)
            if victim.poll() is None:
                victim.kill()
                victim.wait()
                self._ledger.kills["worker"] += 1
        self.revive()

    def end(self) -> None:
        for process in self._workers:
            process.kill()
            process.wait()


class Life:
    """People on both sides, who change things and note what they did. lane: which of the LIVES this is; each has patients of its own."""

    def __init__(self, database: Database, practice: Practice, http: httpx2.AsyncClient, doors: Any, ledger: Ledger, lane: int) -> None:
        self._database, self._practice, self._http, self._doors, self._ledger = database, practice, http, doors, ledger
        self._ids: dict[str, UUID] = {}
        self._number = lane * 10_000
        self._own = [str(number) for number in range(2, PATIENTS, 2) if number // 2 % LIVES == lane]

    async def live(self, stop: asyncio.Event) -> None:
        """One thing after another."""
        self._ids = {record.external_id: one for one, record in (await patients_of(self._database, self._practice)).items() if record.external_id}
        deeds = [self._theirs_move, self._theirs_move, self._our_phone, self._our_phone, self._our_phone, self._our_patient, self._our_booking]
        while not stop.is_set():
            try:
                await random.choice(deeds)()
            except LOST_DATABASE:
                self._ledger.unsure += 1
                await asyncio.sleep(0.1)
            await asyncio.sleep(0.02)

    async def _theirs_move(self) -> None:
        patient = random.randrange(1, PATIENTS, 2)
        answer = await self._http.post("/control/people", json={"practice": PRACTICE, "action": "move", "patient": patient})
        if answer.status_code == 200:
            self._ledger.theirs["move"] += 1

    async def _our_phone(self) -> None:
        external_id = random.choice(self._own)
        self._number += 1
        phone = _phone(617, self._number)
        async with self._database.practice(self._practice.id) as transaction:
            await change_patient(transaction, self._ids[external_id], {"phone_work": phone}, "crash")
        self._ledger.phones[self._ids[external_id]] = phone

    async def _our_patient(self) -> None:
        self._number += 1
        born = date(1950, 1, 1) + timedelta(days=self._number % 20_000)
        person = Patient(
            first_name=f"Crash{'abcdefghij'[self._number % 10]}",
            last_name=f"Test{_letters(self._number)}",
            date_of_birth=born,
            gender="female",
            phone_mobile=_phone(857, self._number),
            address=Address(line1="1 Main St", city="Boston", state="MA", postal_code="02110"),
            primary_location_id=await self._location(),
        )
        async with self._database.practice(self._practice.id) as transaction:
            made = await create_patient(transaction, person, "crash")
        self._ledger.created.add(made)

    async def _our_booking(self) -> None:
        wish = Wish(location_id=await self._location(), start=now() + timedelta(days=2), end=now() + timedelta(days=20))
        try:
            slots = await find_slots(self._doors, self._database, self._practice.id, wish)
        except Exception:  # a fault of the sandbox: nothing was asked for
            return
        slots = [slot for slot in slots if slot.external_id not in self._ledger.booked.values()]
        if slots:
            slot, patient = random.choice(slots), self._ids[random.choice(self._own)]
            async with self._database.practice(self._practice.id) as transaction:
                made = await book(transaction, patient, slot, "crash")
            self._ledger.booked[made] = slot.external_id

    async def _location(self) -> UUID:
        async with self._database.practice(self._practice.id) as transaction:
            return (await setup_of(transaction)).items.locations["1"].id


def _phone(area: int, number: int) -> str:
    """A number that athenahealth takes, another for each."""
    return f"+1{area}{220 + number // 8000:03d}{1000 + number % 8000:04d}"


def _letters(number: int) -> str:
    return "".join(chr(97 + (number // 26**place) % 26) for place in range(4))


async def patients_of(database: Database, practice: Practice) -> dict[UUID, Patient]:
    """All patients here that were not merged into others."""
    async with database.practice(practice.id) as transaction:
        cursor = await transaction.connection.execute("select id from patients")
        ids = [row[0] for row in await cursor.fetchall()]
        found = await store.read_patients(transaction, ids)
    return {one.id: one.record for one in found.values() if one.merged_into is None}


async def drain(database: Database, practice: Practice) -> None:
    """Everything worked to its end, with the faults off; what spent its tries is tried again, as a person would."""
    async with open_doors(database) as doors:
        for _ in range(60):
            async with database.practice(practice.id) as transaction:
                failed = await list_messages(transaction, Filter(states=["failed"]), 10_000)
                await error_queue.retry(transaction, [one.id for one in failed], "crash")
                await request_job(transaction, "feed.patients")
                await request_job(transaction, "feed.appointments")
            await Worker(database, handlers(doors), lease=LEASE, rule=RULE).run_until_idle()
            async with database.practice(practice.id) as transaction:
                if not await count_unfinished(transaction) and not failed:
                    return
            await asyncio.sleep(0.5)


@dataclass
class Findings:
    """Counts of what was checked, and sentences about what is wrong."""

    checked: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def hold(self, what: str, right: bool, sentence: str) -> None:
        self.checked[what] += 1
        if not right:
            self.wrong.append(sentence)


async def verify(database: Database, practice: Practice, http: httpx2.AsyncClient, ledger: Ledger) -> Findings:
    """The ledger against both sides."""
    found = Findings()
    entries = (await http.get("/control/ledger", params={"practice": PRACTICE})).json()["entries"]
    here = await patients_of(database, practice)
    await _check_people(found, here, http, ledger)
    await _check_bookings(found, database, practice, http, ledger)
    _check_creations(found, here, entries, ledger)
    await _check_lanes(found, database, practice)
    return found


async def _truth(http: httpx2.AsyncClient, external_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await http.get(f"/control/people/{PRACTICE}/{external_id}")).json()
    return found


async def _check_people(found: Findings, here: dict[UUID, Patient], http: httpx2.AsyncClient, ledger: Ledger) -> None:
    for patient_id, phone in ledger.phones.items():
        record = here[patient_id]
        truth = await _truth(http, record.external_id or "")
        ours = record.phone_work
        found.hold("our changes here", ours is not None and (ours == phone or ledger.unsure > 0), f"a phone of {patient_id} was lost here")
        found.hold("our changes there", str(truth.get("workphone", ""))[-10:] == (ours or "")[-10:], f"a phone of {patient_id} did not arrive there")
    for patient_id, record in here.items():
        if record.external_id and record.external_id.isdigit() and int(record.external_id) % 2 and int(record.external_id) <= PATIENTS:
            truth = await _truth(http, record.external_id)
            same = (truth.get("address1") or None, truth.get("zip") or None) == (record.address.line1, record.address.postal_code)
            found.hold("their changes here", same, f"an address of {patient_id} did not arrive here")


async def _check_bookings(found: Findings, database: Database, practice: Practice, http: httpx2.AsyncClient, ledger: Ledger) -> None:
    async with database.practice(practice.id) as transaction:
        stored = await store.read_appointments(transaction, list(ledger.booked))
        parked = {one.record_id for one in await list_messages(transaction, Filter(states=["parked"]), 10_000)}
        cursor = await transaction.connection.execute(
            "select patient_id, start_time, count(*) from appointments where status <> 'cancelled' group by 1, 2, provider_id having count(*) > 1"
        )
        found.hold("appointments once", not await cursor.fetchall(), "an appointment stands twice here")
    for appointment_id, slot in ledger.booked.items():
        record = stored[appointment_id].record
        truth = (await http.get(f"/control/appointments/{PRACTICE}/{slot}")).json()
        there = truth.get("appointmentstatus") == "f" and record.external_id == slot
        found.hold("our bookings there", there or appointment_id in parked, f"booking {appointment_id} is not there")


def _check_creations(found: Findings, here: dict[UUID, Patient], entries: list[dict[str, Any]], ledger: Ledger) -> None:
    for patient_id in ledger.created:
        record = here.get(patient_id)
        found.hold("our patients there", record is not None and record.external_id is not None, f"patient {patient_id} is not linked")
    names = Counter(
        (record.first_name, record.last_name, record.date_of_birth) for record in here.values() if (record.last_name or "").startswith("Test")
    )
    for count in names.values():
        found.hold("our patients once here", count == 1, "a new patient stands twice here")
    made = sum(entry["what"] == "patient created" and entry["by"] != "control" for entry in entries)
    ours = sum((record.last_name or "").startswith("Test") for record in here.values())
    found.hold("our patients once there", made == ours, f"{made} patients were registered there for {ours} here")


async def _check_lanes(found: Findings, database: Database, practice: Practice) -> None:
    """Done in the order of the lane: a later message never ended before an earlier one was first tried to its end."""
    async with database.practice(practice.id) as transaction:
        cursor = await transaction.connection.execute(
            "select count(*), count(*) filter (where finished_at < before) from (select finished_at, lag(finished_at) over (partition by lane"
            " order by position) as before from messages where state = 'done' and decided_by is null) as one"
        )
        all_of_them, out_of_order = await cursor.fetchone() or (0, 0)
        found.checked["messages in order"] = all_of_them
        if out_of_order:
            found.wrong.append(f"{out_of_order} messages ended before an earlier one of their lane")
        found.hold("nothing unfinished", await count_unfinished(transaction) == 0, "messages are left unfinished")
        print("messages by state:", await count_states(transaction))


async def measure(kills: int, pause: float, workers: int) -> int:
    """Run, verify, print the ledger; the number of things that are wrong."""
    ledger = Ledger()
    with (
        tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder,
        sandbox("--patients", str(PATIENTS), "--practices", PRACTICE) as address,
    ):
        Path(folder).chmod(0o711)
        home = Path(folder) / "home"
        async with (
            open_database(Settings(home=home)) as database,
            httpx2.AsyncClient(base_url=address, timeout=30) as http,
            open_doors(database) as doors,
        ):
            practice = await add_practice(database, PRACTICE, "Crash", "America/New_York")
            async with database.practice(practice.id) as transaction:
                limits = Limits(per_second=None, per_day=None, tokens_per_minute=None)
                await set_connection(transaction, Connection(base_url=address, limits=limits), "crash")
                await set_credentials(transaction, Credentials(client_id="sandbox", client_secret="sandbox"), "crash")
                for job in ("pull.practice", "pull.patients", "pull.appointments", "feed.patients", "feed.appointments"):
                    await request_job(transaction, job)
            await drain(database, practice)
            await http.post("/control/faults", json={"rules": FAULTS})
            killer, stop = Killer(home, ledger, workers), asyncio.Event()
            lives = [asyncio.create_task(Life(database, practice, http, doors, ledger, lane).live(stop)) for lane in range(LIVES)]
            started = time.monotonic()
            for number in range(1, kills + 1):
                await asyncio.sleep(random.uniform(0.5, 1.5) * pause)
                await asyncio.to_thread(killer.kill, database=number % 5 == 0)
                if number % 20 == 0:
                    print(f"  {number} kills", flush=True)
            stop.set()
            await asyncio.gather(*lives)
            killer.end()
            await http.delete("/control/faults")
            seconds = time.monotonic() - started
            await asyncio.sleep(LEASE)
            await drain(database, practice)
            found = await verify(database, practice, http, ledger)
    print(
        f"{dict(ledger.kills)} killed in {seconds:.0f} s; ours: {len(ledger.phones)} patients changed, {len(ledger.created)} made,"
        f" {len(ledger.booked)} booked, {ledger.unsure} broken off; theirs: {ledger.theirs['move']} moved"
    )
    for what, count in found.checked.items():
        print(f"  {what}: {count} checked")
    print("lost or doubled or out of order:", len(found.wrong))
    print("\n".join(found.wrong[:20]))
    return len(found.wrong)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds-between", type=float, default=0.8)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    given = parser.parse_args()
    random.seed(given.seed)
    if given.work:
        asyncio.run(work(Path(given.work)))
    else:
        print(conditions())
        sys.exit(1 if asyncio.run(measure(given.kills, given.seconds_between, given.workers)) else 0)
