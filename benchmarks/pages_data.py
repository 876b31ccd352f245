"""Fills a store for the benchmarks of the pages: a million messages of thirty days, and a hundred thousand patients with appointments.

    python benchmarks/pages_data.py --home DIR [--messages 1000000] [--patients 100000]

The mix is that of a busy practice: a first pull on the first day, feeds every five minutes, more by day than by night, one in fifty not done.
Everything is sealed as the program seals it, in rows as the program writes them; only faster, straight in the state where they ended.
"""

import argparse
import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from uuid import UUID

import orjson
from pages_people import People, add_people

from practicestudio.access import audit
from practicestudio.access.audit import AuditEntry
from practicestudio.access.audit_actions import Action
from practicestudio.app import open_database
from practicestudio.clock import first_id_at, now
from practicestudio.delivery.counts import fold_counts
from practicestudio.practices.practice import Practice, add_practice, list_practices
from practicestudio.settings import Settings
from practicestudio.store.database import Database, Transaction

PRACTICE = "195900"
DAYS = 30
BATCH = 5000
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "8GB", "autovacuum_naptime": "5s"}

KINDS = {  # kind: direction, share, operation of its call
    "patient": ("in", 42.0, None),
    "appointment": ("in", 38.0, None),
    "patient.update": ("out", 6.0, ("patient.update", "PUT", "/v1/{practiceid}/patients/{patientid}")),
    "patient.fetch": ("out", 5.0, ("patient.get", "GET", "/v1/{practiceid}/patients/{patientid}")),
    "appointment.fetch": ("out", 3.5, ("appointment.get", "GET", "/v1/{practiceid}/appointments/{appointmentid}")),
    "feed.patients": ("out", 2.0, ("feed.changed", "GET", "/v1/{practiceid}/patients/changed")),
    "feed.appointments": ("out", 2.0, ("feed.changed", "GET", "/v1/{practiceid}/appointments/changed")),
    "appointment.book": ("out", 0.8, ("appointment.book", "PUT", "/v1/{practiceid}/appointments/{appointmentid}")),
    "appointment.cancel": ("out", 0.4, ("appointment.cancel", "PUT", "/v1/{practiceid}/appointments/{appointmentid}/cancel")),
    "patient.create": ("out", 0.29, ("patient.create", "POST", "/v1/{practiceid}/patients")),
    "pull.practice": ("out", 0.01, ("department.list", "GET", "/v1/{practiceid}/departments")),
}
STATES = {"done": 96.4, "filtered": 1.0, "failed": 1.2, "discarded": 0.8, "parked": 0.4, "waiting": 0.2}
ERRORS = [
    (
        "invalid_value",
        "The patient was not taken because of its date of birth. Correct it in athenahealth; the record is taken with its next change.",
    ),
    ("invalid_value", "The patient was not taken because of its phone number. Correct it in athenahealth; the record is taken with its next change."),
    ("refused", "athenahealth refused it: The appointment is not open. Mend the cause and retry it from the error queue."),
    ("server_fault", "athenahealth answered with 503. It was tried 12 times; retry it from the error queue."),
    ("access_denied", "athenahealth does not accept the credentials. Check the connection's credentials and practice id, then test the connection."),
    ("not_yet", "The appointment's patient is not known yet. It was tried 12 times; retry it from the error queue."),
    ("unreadable", "The answer is not what its format says. Mend the cause and retry it from the error queue."),
]
INSERT_MESSAGES = """
insert into messages (practice_id, id, received_at, direction, door, kind, lane, urgency, state, tries, due_at, finished_at, error_code, error,
                      record_id, run_id, cause_id)
select %(practice)s, id, at, direction, 'rest', kind, lane, urgency, state, 1, case when state = 'waiting' then now() + interval '1 day' end, at,
       error_code, error, record_id, run_id, cause_id
from unnest(%(ids)s::uuid[], %(ats)s::timestamptz[], %(directions)s::text[], %(kinds)s::text[], %(lanes)s::bigint[], %(urgencies)s::smallint[],
            %(states)s::text[], %(error_codes)s::text[], %(errors)s::text[], %(record_ids)s::uuid[], %(run_ids)s::uuid[], %(cause_ids)s::uuid[])
     as t (id, at, direction, kind, lane, urgency, state, error_code, error, record_id, run_id, cause_id)"""
INSERT_BODIES = """
insert into message_bodies (practice_id, message_id, part, sealed)
select %(practice)s, t.* from unnest(%(ids)s::uuid[], %(parts)s::text[], %(sealed)s::bytea[]) as t"""
INSERT_TRIES = """
insert into tries (practice_id, id, message_id, operation, method, path_template, status, duration_ms, error_code, request_id, urgency)
select %(practice)s, id, message_id, operation, method, path, status, duration, error_code, 'made-up', 'feed'
from unnest(%(ids)s::uuid[], %(message_ids)s::uuid[], %(operations)s::text[], %(methods)s::text[], %(paths)s::text[], %(statuses)s::smallint[],
            %(durations)s::real[], %(error_codes)s::text[]) as t (id, message_id, operation, method, path, status, duration, error_code)"""


@dataclass(frozen=True, slots=True)
class Made:
    """A message as it will stand in the log."""

    id: UUID
    at: datetime
    kind: str
    state: str
    error_code: str | None
    error: str | None
    number: int
    record_id: UUID | None
    run_id: UUID | None
    cause_id: UUID | None


def moments(messages: int, today: datetime, random: Random) -> Iterator[tuple[datetime, bool]]:
    """When they came, oldest first, and whether in the first pull: a tenth of all within an hour of the first day."""
    first = today - timedelta(days=DAYS)
    burst = messages // 10
    for n in range(burst):
        yield first + timedelta(seconds=3600 * n / burst), True
    spread = sorted(_by_day(random) for _ in range(messages - burst))
    for day in spread:
        yield first + timedelta(seconds=3600 + day * (DAYS * 86_400 - 3700)), False


def _by_day(random: Random) -> float:
    """A place in the whole time, three times as likely by day."""
    while True:
        place = random.random()
        if 0.5 < (place * DAYS) % 1 < 0.92 or random.random() < 0.33:
            return place


def made_up(messages: int, people: People, today: datetime, random: Random) -> Iterator[Made]:
    """All messages, oldest first."""
    kinds, shares = list(KINDS), [share for _, share, _ in KINDS.values()]
    states, likely = list(STATES), list(STATES.values())
    run, cause = _id_at(today - timedelta(days=DAYS), random), None
    for at, pulled in moments(messages, today, random):
        kind = "patient" if pulled else random.choices(kinds, shares)[0]
        state = "done" if pulled and random.random() < 0.995 else random.choices(states, likely)[0]
        code, error = random.choice(ERRORS) if state in ("failed", "waiting", "discarded") else (None, None)
        if state == "parked":
            code, error = "unsure_match", "It may or may not be a patient that is known. Decide it in the review queue."
        number = random.randrange(len(people.patients))
        records = people.patients if kind.startswith("patient") else people.appointments if kind.startswith("appointment") else None
        message_id = _id_at(at, random)
        caused = cause if kind in ("patient", "appointment") and not pulled else None
        yield Made(message_id, at, kind, state, code, error, number, records[number] if records else None, run if pulled else None, caused)
        if kind.startswith("feed"):
            cause = message_id


def _id_at(at: datetime, random: Random) -> UUID:
    return UUID(int=first_id_at(at).int | 0x7 << 76 | random.getrandbits(70))


def body_of(made: Made) -> bytes:
    """What crossed the wall, about 1.2 kB of JSON."""
    values = {
        "patientid": str(10_000 + made.number),
        "firstname": "Ada",
        "lastname": "Turner",
        "dob": "05/15/1980",
        "note": "needle" if made.number == 4711 else "hay",
    }
    filler = {f"field{n}": "a value of some length" for n in range(24)}
    return orjson.dumps({**values, **filler, "number": made.number})


async def insert(transaction: Transaction, batch: list[Made], random: Random) -> None:
    """Messages with their bodies, tries and audit entries."""
    connection, practice, seal = transaction.connection, transaction.practice_id, transaction.sealer.seal
    await connection.execute(
        INSERT_MESSAGES,
        {
            "practice": practice,
            "ids": [one.id for one in batch],
            "ats": [one.at for one in batch],
            "directions": [KINDS[one.kind][0] for one in batch],
            "kinds": [one.kind for one in batch],
            "lanes": [one.number for one in batch],
            "urgencies": [2 if one.run_id else 1 for one in batch],
            "states": [one.state for one in batch],
            "error_codes": [one.error_code for one in batch],
            "errors": [one.error for one in batch],
            "record_ids": [one.record_id for one in batch],
            "run_ids": [one.run_id for one in batch],
            "cause_ids": [one.cause_id for one in batch],
        },
    )
    bodies = [(one.id, "received" if KINDS[one.kind][0] == "in" else "sent", body_of(one)) for one in batch]
    bodies += [(one.id, "answer", b'{"patientid":"1"}') for one in batch if KINDS[one.kind][0] == "out"]
    bodies += [(one.id, "report", b'[{"place":"homephone","severity":"warning"}]') for one in batch if one.number % 20 == 0]
    parts = {"ids": [one[0] for one in bodies], "parts": [one[1] for one in bodies]}
    await connection.execute(
        INSERT_BODIES, {"practice": practice, **parts, "sealed": [seal(f"message_bodies.{part}", one, body) for one, part, body in bodies]}
    )
    await _insert_tries(transaction, batch, random)
    await _insert_audit(transaction, [one for one in batch if one.kind in ("patient", "appointment") and one.number % 2], random)


async def _insert_tries(transaction: Transaction, batch: list[Made], random: Random) -> None:
    calls: list[tuple[Made, tuple[str, str | None, str | None]]] = [(one, call) for one in batch if (call := KINDS[one.kind][2])]
    calls += [(one, ("process", None, None)) for one in batch if one.error_code]
    statuses = [None if call[1] is None else 503 if one.error_code == "server_fault" else 400 if one.error_code else 200 for one, call in calls]
    await transaction.connection.execute(
        INSERT_TRIES,
        {
            "practice": transaction.practice_id,
            "ids": [_id_at(one.at + timedelta(milliseconds=300), random) for one, _ in calls],
            "message_ids": [one.id for one, _ in calls],
            "operations": [call[0] for _, call in calls],
            "methods": [call[1] for _, call in calls],
            "paths": [call[2] for _, call in calls],
            "statuses": statuses,
            "durations": [float(random.randint(20, 900)) for _ in calls],
            "error_codes": [one.error_code for one, _ in calls],
        },
    )


async def _insert_audit(transaction: Transaction, changed: list[Made], random: Random) -> None:
    """Entries of the time of their messages, as the program would have written them then."""
    changes = {"phone_home": ("+12175550100", "+12175550101")}
    for start in range(0, len(changed), 500):
        part = changed[start : start + 500]
        actions = {"patient": Action.ATHENA_PATIENT_CHANGE, "appointment": Action.ATHENA_APPOINTMENT_CHANGE}
        entries = [AuditEntry(actions[one.kind], audit.ATHENAHEALTH, one.kind, one.record_id, one.id, changes) for one in part]
        ids = [_id_at(one.at + timedelta(milliseconds=500), random) for one in part]
        await audit._insert(replace(transaction, began=part[0].at), list(zip(ids, entries, strict=True)))


async def fill(database: Database, practice: Practice, messages: int, patients: int) -> None:
    """Everything, with a line now and then."""
    random, today, started = Random(1), now().replace(minute=0, second=0, microsecond=0), time.monotonic()
    await database.make_days((today - timedelta(days=DAYS)).date(), DAYS + 2)
    people = await add_people(database, practice, patients, today.date(), random)
    print(f"{patients} patients with appointments in {time.monotonic() - started:.0f} s", flush=True)
    batch: list[Made] = []
    stored = 0
    for one in made_up(messages, people, today, random):
        batch.append(one)
        if len(batch) == BATCH:
            stored += await _store(database, practice, batch, random)
            batch = []
            if stored % 100_000 == 0:
                print(f"{stored} messages in {time.monotonic() - started:.0f} s", flush=True)
    await _store(database, practice, batch, random)
    await fold_counts(database)


async def _store(database: Database, practice: Practice, batch: list[Made], random: Random) -> int:
    if batch:
        async with database.practice(practice.id) as transaction:
            await insert(transaction, batch, random)
    return len(batch)


async def prepare(database: Database, messages: int, patients: int) -> Practice:
    """The practice of the benchmarks, filled unless it is there already."""
    for one in await list_practices(database):
        if one.athena_id == PRACTICE:
            return one
    practice = await add_practice(database, PRACTICE, "Springfield Family Medicine", "America/New_York")
    await fill(database, practice, messages, patients)
    return practice


async def main(home: Path, messages: int, patients: int) -> None:
    """Fill, and collect statistics."""
    home.mkdir(parents=True, exist_ok=True)
    async with open_database(Settings(home=home), server_settings=FAST) as database:
        await prepare(database, messages, patients)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--patients", type=int, default=100_000)
    given = parser.parse_args()
    asyncio.run(main(given.home, given.messages, given.patients))
