"""At rest nothing can be read: after all kinds of work, no name, phone, e-mail or id of a patient stands in the data folder, or in a log."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from practicestudio.app import embedded_server, load_keyring
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.practices import configuration
from practicestudio.records import Address, Contact
from practicestudio.settings import Settings
from practicestudio.sync.change_appointment import book, cancel
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.find_slots import Wish, find_slots
from practicestudio.sync.setup import setup_of

CONTROL = b"Controlcanaria"
CANARIES = (
    *(b"Zebulonqa", b"Quillfeatherby", b"Canarywharf Lane", b"Ostrichville", b"canary.bird@nest.example", b"6175559871", b"Nestor Featherkin"),
    *(b"Wingspania", b"Beakley", b"617-555-9871", b"Feathernote", b"perched badly", b"987654321", b"Plumagepolicy"),
)
# Not behind the length byte that PostgreSQL puts before the bare word: there the word is a column of its own, and the random bytes of the next
# column may begin like this by chance.
OF_A_LANE = (rb"(?<!\x11)patient:(?:\d|ours:)", rb"(?<!\x19)appointment:(?:\d|ours:)")


def readable(home: Path) -> dict[bytes, str]:
    """What of all that stands in the data folder as it is, in whatever case, and where."""
    found: dict[bytes, str] = {}
    for file in home.rglob("*"):
        if file.is_file():
            found.update(dict.fromkeys(told_by(file.read_bytes()), str(file.relative_to(home))))
    return found


def told_by(data: bytes) -> list[bytes]:
    lower = data.lower()
    names = [one for one in (*CANARIES, CONTROL) if one.lower() in lower]
    return [*names, *(found for pattern in OF_A_LANE for found in re.findall(pattern, lower))]


async def checkpoint(settings: Settings) -> None:
    keyring = load_keyring(settings)
    server = embedded_server(settings, keyring)
    assert server is not None
    server.ensure_running()
    try:
        admin = server.conninfo("postgres", keyring.password_for("postgres"), "postgres")
        async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
            assert await (await connection.execute("show wal_compression")).fetchone() == ("off",), "or the search would look past it"
            await connection.execute("checkpoint")
    finally:
        server.leave()


def their_canary(place: int) -> dict[str, str]:
    return {
        "firstname": "Zebulonqa",
        "lastname": f"Quillfeatherby{'abcdefgh'[place]}",
        "address1": "9 Canarywharf Lane",
        "city": "Ostrichville",
        "email": "canary.bird@nest.example",
        "mobilephone": "6175559871",
        "contactname": "Nestor Featherkin",
        "notes": "Feathernote",
        "ssn": "987654321",
    }


async def live(clinic: Any) -> None:
    """Good and bad days of patients whose every value is a canary."""
    for place, patient in enumerate((3, 4, 5, 6)):
        await clinic.happens("set", patientid=patient, fields=their_canary(place))
    await clinic.pull()
    await clinic.happens("set", patientid=3, fields={**their_canary(0), "dob": "99/99/Zebulonqa"})  # cannot be taken
    await clinic.happens("duplicate", patientid=4, agree="partial")  # is asked about
    await clinic.happens("merge", patientid=5, gone=6)
    await clinic.happens("phone", patientid=4, mobilephone="6175550000")
    patient = (await clinic.patients())["4"]
    ours = {"phone_mobile": "+16175559871", "last_name": "Beakley", "address": Address(line1="9 Canarywharf Lane", postal_code="02115")}
    contact = Contact(kind="emergency", name="Wingspania", phone="+16175559871")
    await clinic.do(lambda transaction: change_patient(transaction, patient.id, {**ours, "contacts": (contact,)}, "ann"))
    await clinic.fault("500", "update_patient", body="json")
    await clinic.work()
    await clinic.feed()
    await clinic.happens("set", patientid=7, fields={"patientid": "3", "firstname": "Beakley"})
    await clinic.run("pull.patients")


async def book_and_break(clinic: Any) -> None:
    """A booking with words, a taken time, messages that nobody can read, an edit, and a failure in the middle of our own program."""
    patient = (await clinic.patients())["4"].id
    items = (await clinic.do(setup_of)).items
    start = clinic.sandbox.clock.now()
    wish = Wish(location_id=items.locations["1"].id, start=start, end=start + timedelta(days=10))
    first, second, *_ = await find_slots(clinic.doors, clinic.database, clinic.practice.id, wish)
    booked = await clinic.do(lambda transaction: book(transaction, patient, first, "ann", notes="Feathernote, perched badly"))
    await clinic.do(lambda transaction: book(transaction, patient, second, "ann", notes="Feathernote"))
    await clinic.happens("book", patientid=7, appointmentid=int(second.external_id))
    await clinic.work()
    await clinic.do(lambda transaction: cancel(transaction, booked, "ann", reason="perched badly"))
    broken = [b'{"patientid": "3", "lastname": "Quillfeatherby', b'["Zebulonqa"]', b'{"patientid": "Zebulonqa", "lastname": {"Beakley": []}}']
    news = [NewMessage(direction="in", door="rest", kind="patient", about="patient:3", body=body) for body in broken]
    await clinic.do(lambda transaction: accept(transaction, news))
    strange = NewMessage(direction="in", door="rest", kind="unknown", about="patient:3", body=b"Wingspania")
    await clinic.do(lambda transaction: accept(transaction, [strange]))
    await clinic.work()
    failed = next(one for one in await clinic.errors() if one.direction == "in")
    await clinic.do(lambda transaction: error_queue.edit_and_retry(transaction, failed.id, b'{"patientid": "Beakley"}', "ann"))
    await clinic.work()
    with pytest.raises(psycopg.Error):
        await clinic.do(_fails_in_the_database)


async def _fails_in_the_database(transaction: Any) -> None:
    await transaction.connection.execute("select %s::text, 1 / (select count(*) from patients where false)", ["Zebulonqa"])


async def test_no_canary_sings(platform: Any, settings: Settings, capfd: pytest.CaptureFixture[str]) -> None:
    await platform.do(lambda transaction: configuration.put(transaction, "matching", CONTROL.decode(), {}, "ann"))
    await live(platform)
    await book_and_break(platform)
    assert {one.state for one in await platform.errors()} == {"failed", "parked"}
    assert len(await platform.reviews()) >= 2
    before = readable(settings.home)
    await checkpoint(settings)
    after = readable(settings.home)
    assert CONTROL in before, "the search finds what is written plainly"
    assert CONTROL in after
    assert {one: where for one, where in {**before, **after}.items() if one != CONTROL} == {}
    assert told_by("".join(capfd.readouterr()).encode()) == []
