"""What the demo does on Practice Studio's side, by the same use cases as everybody: connect a practice, and let its staff work."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from practicestudio.clock import now
from practicestudio.errors import Misconfigured
from practicestudio.mapping import Dialect
from practicestudio.practices import schedule
from practicestudio.practices.connection import Connection
from practicestudio.practices.credentials import Credentials
from practicestudio.practices.practice import Practice
from practicestudio.records import Address, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Database, Transaction
from practicestudio.store.records import RecordKind
from practicestudio.sync.add_practice import add_practice
from practicestudio.sync.change_appointment import book, cancel
from practicestudio.sync.change_patient import change_patient, create_patient
from practicestudio.sync.change_settings import Wanted, change_settings
from practicestudio.sync.doors import Doors
from practicestudio.sync.find_slots import Slot, Wish, find_slots
from practicestudio.sync.set_up_connection import set_up_connection
from practicestudio.sync.setup import setup_of

STAFF = "front desk"
EVERY_MINUTE = "* * * * *"

NEWCOMER = Patient(
    first_name="Rosalind",
    last_name="Okonkwo-Hale",
    date_of_birth=date(1984, 2, 29),
    gender="female",
    address=Address(line1="12 Harbor View Rd", city="Boston", state="MA", postal_code="02118", country="US"),
    phone_mobile="+16175550143",
    email="rosalind.okonkwo-hale@example.org",
)


@dataclass(frozen=True, slots=True)
class Errands:
    """Whom the staff has to do with: athenahealth's ids of patients, and of one appointment."""

    new_phone: str
    new_email: str
    wants_appointment: str
    in_conflict: str
    cancelled_appointment: str


async def connect(database: Database, athena_id: str, name: str, time_zone: str, base_url: str, dialect: Dialect) -> Practice:
    """Add a practice and connect it to the bundled athenahealth, its feeds read every minute."""
    practice = await add_practice(database, athena_id, name, time_zone, STAFF)
    credentials = Credentials(client_id="sandbox", client_secret="sandbox")  # noqa: S106 - the sandbox's, in its docs
    await set_up_connection(database, practice, Connection(base_url=base_url, dialect=dialect), credentials, STAFF)
    every_minute = [Wanted(schedule.SECTION, job, {"cron": EVERY_MINUTE}, None) for job in ("feed.patients", "feed.appointments")]
    async with database.practice(practice.id) as transaction:
        await change_settings(transaction, every_minute, STAFF)
    return practice


async def do_errands(database: Database, doors: Doors, practice: Practice, errands: Errands) -> None:
    """Staff changes two patients and one whom athenahealth has changed too, registers a newcomer, books a time and cancels another."""
    slot = await _some_free_slot(database, doors, practice.id)
    async with database.practice(practice.id) as transaction:
        await change_patient(transaction, await _known(transaction, "patient", errands.in_conflict), {"phone_mobile": "+16175550100"}, STAFF)
        await change_patient(transaction, await _known(transaction, "patient", errands.new_phone), {"phone_home": "+16175550111"}, STAFF)
        await change_patient(transaction, await _known(transaction, "patient", errands.new_email), {"email": "new.address@example.org"}, STAFF)
        await create_patient(transaction, await _newcomer(transaction), STAFF)
        await book(transaction, await _known(transaction, "patient", errands.wants_appointment), slot, STAFF, notes="Prefers the morning.")
        await cancel(transaction, await _known(transaction, "appointment", errands.cancelled_appointment), STAFF, reason="Patient called.")


async def change_phone(database: Database, practice: Practice, external_id: str, phone: str) -> bool:
    """Staff notes a new mobile phone (E.164); False where that patient is not known here."""
    async with database.practice(practice.id) as transaction:
        patient_id = await _find(transaction, "patient", external_id)
        if patient_id is None:
            return False
        await change_patient(transaction, patient_id, {"phone_mobile": phone}, STAFF)
    return True


async def _newcomer(transaction: Transaction) -> Patient:
    location = await _first_location(transaction)
    return replace(NEWCOMER, registration_location_id=location, primary_location_id=location)


async def _first_location(transaction: Transaction) -> UUID:
    locations = (await setup_of(transaction)).items.locations
    return locations[min(locations, key=int)].id


async def _some_free_slot(database: Database, doors: Doors, practice_id: UUID) -> Slot:
    async with database.practice(practice_id) as transaction:
        location = await _first_location(transaction)
    start = now() + timedelta(days=2)
    slots = await find_slots(doors, database, practice_id, Wish(location_id=location, start=start, end=start + timedelta(days=12)))
    if not slots:
        raise Misconfigured("The bundled athenahealth has no free time to book.", advice="Start the demo with fewer patients.")
    return slots[len(slots) // 2]


async def _known(transaction: Transaction, kind: RecordKind, external_id: str) -> UUID:
    found = await _find(transaction, kind, external_id)
    if found is None:
        raise Misconfigured(f"A {kind} that the demo counts on was not pulled.", advice="See the error queue: practicestudio messages errors.")
    return found


async def _find(transaction: Transaction, kind: RecordKind, external_id: str) -> UUID | None:
    """Our record of athenahealth's id."""
    identity = store.identity_of(transaction, kind, external_id)
    link = (await store.find_links(transaction, kind, [identity])).get(identity)
    return link.record_id if link else None
