"""The audit trail at length: what writing, sealing and verifying an entry takes, and the first page of it in every order and under every filter.

    python benchmarks/audit.py [--entries 1000000]

The entries are spread over ninety days and forty people; PostgreSQL runs with fsync off while they are made, and on afterwards.
"""

import argparse
import asyncio
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from random import Random
from statistics import median
from uuid import UUID

from conditions import conditions, peak_megabytes

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.audit_list import TrailFilter, list_trail
from practicestudio.access.audit_order import COLUMNS, Order
from practicestudio.access.audit_sealer import seal_batch
from practicestudio.access.audit_verify import verify
from practicestudio.app import open_database
from practicestudio.clock import first_id_at, new_id, now
from practicestudio.practices.practice import add_practice
from practicestudio.redact import configure_logging
from practicestudio.settings import Settings
from practicestudio.store.database import Database, Origin

DAYS, PEOPLE, AT_A_TIME, LOOKS = 90, 40, 500, 5
BY_PEOPLE = (
    Action.PERSON_PATIENT_VIEW, Action.PERSON_PATIENT_SEARCH, Action.PERSON_APPOINTMENT_SEARCH, Action.PERSON_APPOINTMENT_BOOK,
    Action.PERSON_PATIENT_CHANGE, Action.PERSON_MESSAGE_VIEW, Action.PERSON_BODY_VIEW, Action.PERSON_MESSAGE_RETRY,
)  # fmt: skip
BY_ATHENA = (Action.ATHENA_PATIENT_CHANGE, Action.ATHENA_APPOINTMENT_CHANGE, Action.ATHENA_APPOINTMENT_CREATE)
CHANGES = {"phone_home": ("+16175550100", "+16175550101")}


class Past:
    """Ids as of the last ninety days, evenly."""

    def __init__(self, entries: int) -> None:
        self._next, self._step = now() - timedelta(days=DAYS), timedelta(days=DAYS) / entries

    def __call__(self) -> UUID:
        self._next += self._step
        return UUID(int=first_id_at(self._next).int | new_id().int % 2**60)


@contextmanager
def as_of_the_past(entries: int) -> Iterator[None]:
    """Have the trail's entries made with ids of the past."""
    audit.new_id, before = Past(entries), audit.new_id  # type: ignore[attr-defined]
    try:
        yield
    finally:
        audit.new_id = before  # type: ignore[attr-defined]


def an_entry(random: Random, patients: list[UUID]) -> AuditEntry:
    """Two of five by people, the others by athenahealth."""
    patient = random.choice(patients)
    if random.random() < 0.4:
        return AuditEntry(random.choice(BY_PEOPLE), f"person:{UUID(int=random.randrange(PEOPLE))}", "patient", patient)
    action = random.choice(BY_ATHENA)
    if action.subject == "patient":
        return AuditEntry(action, audit.ATHENAHEALTH, "patient", patient, new_id(), CHANGES)
    return AuditEntry(action, audit.ATHENAHEALTH, "appointment", new_id(), new_id(), CHANGES, patient)


async def fill(database: Database, practice_id: UUID, entries: int) -> float:
    """Microseconds an entry."""
    random, started = Random(1), time.monotonic()
    patients = [new_id() for _ in range(max(1, entries // 10))]
    with as_of_the_past(entries):
        for batch in range(entries // AT_A_TIME):
            origin = Origin("web", f"192.0.2.{batch % 250}", emergency=batch % 400 == 7)
            async with database.practice(practice_id, origin) as transaction:
                await write(transaction, [an_entry(random, patients) for _ in range(AT_A_TIME)])
    return (time.monotonic() - started) / entries * 1e6


async def look(database: Database, practice_id: UUID) -> None:
    """Print what the first page takes, the median and the worst of a few looks."""
    day = now() - timedelta(days=30)
    filters = {
        "everything": TrailFilter(),
        "a day": TrailFilter(since=day, until=day + timedelta(days=1)),
        "a month": TrailFilter(since=day),
        "a person": TrailFilter(actor=f"person:{UUID(int=7)}"),
        "views": TrailFilter(actions=frozenset({Action.PERSON_PATIENT_VIEW, Action.PERSON_BODY_VIEW})),
        "what nobody did": TrailFilter(actions=frozenset({Action.PERSON_AUDIT_EXPORT})),
        "emergency": TrailFilter(emergency=True),
    }
    print(f"{'first page of':<18}{'by':<9}{'median':>8}{'worst':>8}   total")
    for name, chosen in filters.items():
        for by in COLUMNS:
            took, total = [], 0
            for turn in range(2 * LOOKS):
                started = time.monotonic()
                async with database.practice(practice_id) as transaction:
                    total = (await list_trail(transaction, chosen, Order(by, turn % 2 == 0))).total
                took.append((time.monotonic() - started) * 1000)
            print(f"{name:<18}{by:<9}{median(took):>5.0f} ms{max(took):>5.0f} ms   {total}")


async def measure(entries: int) -> None:
    """Run and print."""
    print(conditions())
    configure_logging("warning")
    with tempfile.TemporaryDirectory(prefix="practicestudio-bench-") as folder:
        Path(folder).chmod(0o711)
        settings = Settings(home=Path(folder) / "home")
        async with open_database(settings, server_settings={"fsync": "off", "synchronous_commit": "off"}) as database:
            practice = await add_practice(database, "195900", "Bench", "America/New_York")
            print(f"written: {await fill(database, practice.id, entries):.0f} us an entry, {AT_A_TIME} at a time")
            started, sealed = time.monotonic(), 0
            while count := await seal_batch(database, practice.id):
                sealed += count
            print(f"sealed: {sealed} entries, {sealed / (time.monotonic() - started):.0f} a second")
        async with open_database(settings) as database:
            found = await verify(database, practice.id)
            assert found.is_sound
            print(f"verified: {found.entries} entries in {found.batches} batches, {found.per_second:.0f} a second")
            print(f"peak memory {peak_megabytes(os.getpid()):.0f} MB")
            await look(database, practice.id)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--entries", type=int, default=1_000_000)
    asyncio.run(measure(parser.parse_args().entries))
