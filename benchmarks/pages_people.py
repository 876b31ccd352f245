"""Made-up people for the benchmarks of the pages: a practice's items, its patients, and an appointment for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from uuid import UUID

from practicestudio.clock import new_id
from practicestudio.practices.items import put_items, read_items
from practicestudio.practices.practice import Practice
from practicestudio.records import Address, Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Database, Transaction
from practicestudio.store.records import Link, Stored

FIRST = [
    "Ada",
    "Ben",
    "Carla",
    "Dan",
    "Elena",
    "Farid",
    "Gwen",
    "Hugo",
    "Irene",
    "Jamal",
    "Kira",
    "Liam",
    "Mona",
    "Noah",
    "Olga",
    "Pavel",
    "Quinn",
    "Rosa",
    "Sven",
    "Tara",
    "Uma",
    "Victor",
    "Wanda",
    "Xenia",
    "Yusuf",
    "Zoe",
]
LAST = [
    "Abbott",
    "Baker",
    "Castro",
    "Dunn",
    "Ellis",
    "Foster",
    "Garcia",
    "Hayes",
    "Ibarra",
    "Jensen",
    "Kim",
    "Lopez",
    "Moore",
    "Novak",
    "Ortiz",
    "Price",
    "Quinn",
    "Reed",
    "Silva",
    "Turner",
    "Usman",
    "Vance",
    "Walsh",
    "Young",
]
BATCH = 1000


@dataclass(frozen=True, slots=True)
class People:
    """Ids of the patients and of their appointments, the n-th appointment being the n-th patient's."""

    patients: Sequence[UUID]
    appointments: Sequence[UUID]


async def add_people(database: Database, practice: Practice, number: int, today: date, random: Random) -> People:
    """Store them, sealed, with their keys and links."""
    async with database.practice(practice.id) as transaction:
        await _add_items(transaction)
        items = await read_items(transaction)
    patients: list[UUID] = []
    appointments: list[UUID] = []
    providers, kinds = list(items.providers.values()), list(items.appointment_types.values())
    [location] = items.locations.values()
    for start in range(0, number, BATCH):
        batch = [Stored(new_id(), _patient(random, n)) for n in range(start, min(start + BATCH, number))]
        booked = []
        for n, patient in enumerate(batch, start):
            begins = datetime.combine(today + timedelta(days=random.randint(-30, 30)), time(13), UTC) + timedelta(minutes=15 * random.randint(0, 35))
            record = Appointment(
                external_id=str(900_000 + n),
                patient_id=patient.id,
                provider_id=random.choice(providers).id,
                location_id=location.id,
                appointment_type=random.choice(kinds).id,
                start_time=begins,
                end_time=begins + timedelta(minutes=15),
                status="booked" if begins.date() >= today else "checked_out",
            )
            booked.append(Stored(new_id(), record))
        async with database.practice(practice.id) as transaction:
            await store.add_patients(transaction, batch)
            await store.add_appointments(transaction, booked)
            await store.put_links(transaction, "patient", [_link(transaction, "patient", one) for one in batch])
            await store.put_links(transaction, "appointment", [_link(transaction, "appointment", one) for one in booked])
        patients += [one.id for one in batch]
        appointments += [one.id for one in booked]
    return People(patients, appointments)


async def _add_items(transaction: Transaction) -> None:
    await put_items(transaction, "location", [{"external_id": "1", "name": "Main Street Clinic", "time_zone": "America/New_York"}])
    await put_items(transaction, "provider", [{"external_id": str(n), "name": f"Dr. {LAST[n]}", "npi": None, "schedulable": True} for n in range(12)])
    kinds = [("82", "Follow-up", 15), ("83", "New patient", 30), ("84", "Annual physical", 45)]
    await put_items(transaction, "appointment_type", [{"external_id": key, "name": name, "duration": minutes} for key, name, minutes in kinds])


def _patient(random: Random, number: int) -> Patient:
    first, last = random.choice(FIRST), f"{random.choice(LAST)}-{random.choice(LAST)}" if number % 3 == 0 else random.choice(LAST)
    return Patient(
        external_id=str(10_000 + number),
        first_name=first,
        last_name=last,
        date_of_birth=date(1935, 1, 1) + timedelta(days=random.randint(0, 32_000)),
        gender=random.choice(["male", "female"]),
        address=Address(line1=f"{random.randint(1, 999)} Oak Ave", city="Springfield", state="IL", postal_code="62701"),
        phone_home=f"+1217555{number % 10_000:04d}",
        email=f"{first}.{last}.{number}@example.com".lower(),
    )


def _link(transaction: Transaction, kind: store.RecordKind, stored: "Stored[Patient] | Stored[Appointment]") -> Link:
    identity = store.identity_of(transaction, kind, stored.record.external_id or "")
    return Link(identity, stored.id, None, datetime.now(UTC))
