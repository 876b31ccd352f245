"""Records at rest: what goes in comes out, is found by what it is found by, and tells nothing to who only reads the table."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from practicestudio.clock import new_id, now
from practicestudio.merging import units
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.records import Address, Appointment, Coded, Contact, Guarantor, Insurance, Patient
from practicestudio.store import records
from practicestudio.store.database import Database, Transaction
from practicestudio.store.records import Link, Stored, Touched
from practicestudio.store.sealing import BrokenSeal

ADA = Patient(
    external_id="31014",
    first_name="Ada",
    middle_name="Augusta",
    last_name="Lovelace-Byron",
    preferred_name="Addie",
    date_of_birth=date(1985, 12, 10),
    gender="female",
    address=Address(line1="12 St James Square", city="Boston", state="MA", postal_code="02110"),
    phone_mobile="+16175550142",
    email="Ada@Example.org",
    race=(Coded("2106-3", "White"),),
    insurances=(Insurance(external_id="7", sequence=1, member_id="X 1", effective_from=date(2020, 1, 1)),),
    contacts=(Contact(kind="emergency", name="Grace", phone="+16175550143"),),
    guarantor=Guarantor(first_name="Anne", date_of_birth=date(1960, 5, 17)),
    custom_fields={"shoe size": "38"},
    notes="quotes \"' \\ and a null \0, ümläuts, 漢字 and 🩺",
)
NINE = datetime(2031, 3, 9, 14, 0, tzinfo=UTC)


def visit(start: datetime = NINE, **given: Any) -> Stored[Appointment]:
    values = {"start_time": start, "end_time": start + timedelta(minutes=20), "notes": "bring the notes", **given}
    return Stored(new_id(), Appointment(**values))


def person(**given: Any) -> Stored[Patient]:
    return Stored(new_id(), replace(ADA, **given))


async def columns(transaction: Transaction, table: str, row: UUID) -> dict[str, Any]:
    cursor = await transaction.connection.execute(f"select * from {table} where id = %s", [row])
    assert cursor.description
    return dict(zip([column.name for column in cursor.description], await cursor.fetchone() or (), strict=True))


patients = st.builds(
    Patient,
    first_name=st.none() | st.text(max_size=30),
    last_name=st.none() | st.text(max_size=30),
    date_of_birth=st.none() | st.dates(),
    gender=st.sampled_from(["male", "female", "other", "unknown"]),
    status=st.sampled_from(["active", "inactive", "prospective", "deleted"]),
    address=st.builds(Address, line1=st.none() | st.text(max_size=20), postal_code=st.none() | st.text(max_size=9)),
    phone_home=st.none() | st.from_regex(r"\+1[2-9][0-9]{9}", fullmatch=True),
    email=st.none() | st.emails() | st.text(max_size=10),
    insurances=st.lists(st.builds(Insurance, external_id=st.none() | st.text(max_size=3), sequence=st.none() | st.integers(0, 9)), max_size=3).map(
        tuple
    ),
    custom_fields=st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3),
    previous_external_ids=st.lists(st.text(max_size=5), max_size=2).map(tuple),
    primary_location_id=st.none() | st.uuids(),
    notes=st.none() | st.text(),
)


@settings(max_examples=15, deadline=None)
@given(several=st.lists(patients, min_size=1, max_size=20))
async def test_any_patient_comes_back_as_it_went_in(database: Database, home: Practice, several: list[Patient]) -> None:
    stored = {one.id: one for one in (Stored(new_id(), patient) for patient in several)}
    async with database.practice(home.id) as transaction:
        await records.add_patients(transaction, list(stored.values()))
        assert {key: one.record for key, one in (await records.read_patients(transaction, list(stored))).items()} == {
            key: one.record for key, one in stored.items()
        }
        links = [Link(new_id(), key, units(one.record), now()) for key, one in stored.items()]
        await records.put_links(transaction, "patient", links)
        found = await records.find_links(transaction, "patient", [link.identity for link in links])
        assert [found[link.identity].base for link in links] == [link.base for link in links]


@pytest.fixture(scope="session")
async def home(database: Database) -> Practice:
    """One practice for all examples of a test."""
    return await add_practice(database, "777001", "Of many examples", "UTC")


async def test_a_patient_begins_at_version_one_and_goes_up_with_each_change(database: Database, practice: Practice) -> None:
    ada = person()
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [ada])
        read = (await records.read_patients(transaction, [ada.id]))[ada.id]
        assert (read.version, read.record, read.changed, read.merged_into) == (1, ADA, {}, None)
        at = now().replace(microsecond=5)
        await records.change_patients(transaction, [read.having(replace(ADA, email="new@example.org"), ["email"], at, "grace")])
        read = (await records.read_patients(transaction, [ada.id], lock=True))[ada.id]
        assert (read.version, read.record.email, dict(read.changed)) == (2, "new@example.org", {"email": Touched(at, "grace")})


async def test_what_is_not_there_is_not_read_and_nothing_is_a_fine_number_of_records(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        for write in (records.add_patients, records.change_patients, records.add_appointments, records.change_appointments):
            await write(transaction, [])  # type: ignore[operator]
        await records.put_links(transaction, "patient", [])
        for lock in (False, True):
            assert await records.read_patients(transaction, [new_id()], lock=lock) == {}
            assert await records.read_patients(transaction, [], lock=lock) == {}
            assert await records.read_appointments(transaction, [new_id()], lock=lock) == {}


async def test_a_row_tells_no_more_than_status_and_times(database: Database, practice: Practice) -> None:
    ada, one = person(), visit(patient_id=new_id(), provider_id=new_id())
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [ada])
        await records.add_appointments(transaction, [one])
        row = await columns(transaction, "patients", ada.id)
        assert {name for name, value in row.items() if isinstance(value, str)} == {"status"}
        row = await columns(transaction, "appointments", one.id)
        assert {name for name, value in row.items() if isinstance(value, str)} == {"status"}
        assert (row["start_time"], row["patient_id"], row["provider_id"]) == (NINE, one.record.patient_id, one.record.provider_id)


async def test_a_value_put_into_another_row_does_not_open(database: Database, practice: Practice) -> None:
    one, two = person(), person()
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [one, two])
        await transaction.connection.execute("update patients set sealed = (select sealed from patients where id = %s)", [one.id])
        assert await records.read_patients(transaction, [one.id])
        with pytest.raises(BrokenSeal, match=str(two.id)):
            await records.read_patients(transaction, [two.id])


@pytest.mark.parametrize(
    "typed",
    ["Ada", "ada lovelace", "LOVE", "byron ada", "Addie", "lovelacebyron", "12/10/1985", "1985-12-10 love", "617-555-0142", "5550142", "0142 ada"],
)
async def test_a_patient_is_found_by_what_a_person_types(database: Database, practice: Practice, typed: str) -> None:
    ada, other = (
        person(),
        person(first_name="Zoe", preferred_name=None, last_name="Quux", date_of_birth=date(1999, 9, 9), phone_mobile="+12125550999"),
    )
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [ada, other])
        assert [found.id for found in await records.search_patients(transaction, typed)] == [ada.id]


@pytest.mark.parametrize("typed", ["", "a", "zzz", "ada zoe", "12/11/1985", "0143", "%", "'; drop table patients"])
async def test_nobody_is_found_by_what_does_not_fit(database: Database, practice: Practice, typed: str) -> None:
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [person()])
        assert await records.search_patients(transaction, typed) == []


async def test_a_search_ends_at_its_limit_and_at_the_wall(database: Database, practice: Practice, home: Practice) -> None:
    several = [person(last_name="Wallace") for _ in range(5)]
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, several)
        assert [one.id for one in await records.search_patients(transaction, "wallace", limit=3)] == sorted(one.id for one in several)[:3]
    async with database.practice(home.id) as transaction:
        assert await records.search_patients(transaction, "wallace") == []


async def test_a_changed_name_is_found_and_the_former_one_is_not(database: Database, practice: Practice) -> None:
    ada = person()
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [ada])
        before = records.blind_match_keys(transaction, ada.record)
        await records.change_patients(transaction, [replace(ada, record=replace(ADA, last_name="King", phone_mobile=None, email=None))])
        assert [one.id for one in await records.search_patients(transaction, "king")] == [ada.id]
        assert await records.search_patients(transaction, "lovelace") == []
        candidates = await records.find_candidates(transaction, before)
        assert len(candidates) == 1  # date of birth with the first name's sound is all that is left of them
        assert set(await records.find_candidates(transaction, records.blind_match_keys(transaction, replace(ADA, last_name="King")))) > set(
            candidates
        )


async def test_the_deleted_are_not_found_and_the_merged_lead_nowhere(database: Database, practice: Practice) -> None:
    gone, merged, stays = person(status="deleted"), person(), person()
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [gone, merged, stays])
        await records.change_patients(transaction, [replace(merged, merged_into=stays.id)])
        assert [one.id for one in await records.search_patients(transaction, "ada")] == [stays.id]
        found = await records.find_candidates(transaction, records.blind_match_keys(transaction, ADA))
        assert all(merged.id not in ids and stays.id in ids for ids in found.values())
        assert (await records.read_patients(transaction, [merged.id]))[merged.id].merged_into == stays.id


async def test_candidates_come_by_key(database: Database, practice: Practice) -> None:
    one, two = person(), person(first_name="Zoe", last_name="Quux", phone_mobile="+12125550999", email="ada@example.org", date_of_birth=None)
    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [one, two])
        email = transaction.sealer.index("email", "ada@example.org")
        phone = transaction.sealer.index("phone", "+12125550999")
        assert await records.find_candidates(transaction, [email, phone, email, 1]) == {email: {one.id, two.id}, phone: {two.id}}
        assert await records.find_candidates(transaction, []) == {}


async def test_two_that_are_about_to_make_the_same_person_wait_for_each_other(database: Database, practice: Practice) -> None:
    order: list[str] = []

    async def make(name: str, keys: list[int], pause: float) -> None:
        async with database.practice(practice.id) as transaction:
            await records.lock_keys(transaction, dict.fromkeys(keys, "dob_sound_last"))
            order.append(f"{name} in")
            await asyncio.sleep(pause)
            order.append(f"{name} out")

    first = asyncio.create_task(make("first", [3, 1, 2, 1], 0.1))
    await asyncio.sleep(0.05)
    await asyncio.gather(first, make("second", [2, 9], 0), make("third", [7], 0))
    assert [step for step in order if not step.startswith("third")] == ["first in", "first out", "second in", "second out"]
    assert order.index("third out") < order.index("first out")


async def test_a_link_is_found_by_the_blind_identity_and_takes_the_newest_base(database: Database, practice: Practice, home: Practice) -> None:
    ada, message = new_id(), new_id()
    at = now().replace(microsecond=0)
    async with database.practice(practice.id) as transaction:
        identity = records.identity_of(transaction, "patient", "31014")
        assert identity != records.identity_of(transaction, "appointment", "31014")
        await records.put_links(transaction, "patient", [Link(identity, ada, None, at)])
        assert await records.find_links(transaction, "patient", [identity, new_id()]) == {identity: Link(identity, ada, None, at)}
        assert await records.find_links(transaction, "appointment", [identity]) == {}
        link = Link(identity, ada, units(ADA), at + timedelta(hours=1), message, 7)
        await records.put_links(transaction, "patient", [link])
        assert await records.find_links(transaction, "patient", [identity]) == {identity: replace(link, message_id=None)}
    async with database.practice(home.id) as transaction:
        assert records.identity_of(transaction, "patient", "31014") != identity
        assert await records.find_links(transaction, "patient", [identity]) == {}


async def test_links_move_with_a_merge(database: Database, practice: Practice) -> None:
    gone, stays = new_id(), new_id()
    async with database.practice(practice.id) as transaction:
        links = [Link(new_id(), gone, {"first_name": "Ada"}, now()), Link(new_id(), new_id(), None, now())]
        await records.put_links(transaction, "patient", links)
        await records.put_links(transaction, "appointment", [Link(new_id(), gone, None, now())])
        await records.move_links(transaction, "patient", gone, stays)
        found = await records.find_links(transaction, "patient", [link.identity for link in links])
        assert {link.record_id for link in found.values()} == {stays, links[1].record_id}
        assert found[links[0].identity].base == {"first_name": "Ada"}


async def test_an_appointment_comes_back_as_it_went_in_and_changes_with_its_columns(database: Database, practice: Practice) -> None:
    one = visit(
        external_id="907", patient_id=new_id(), provider_id=new_id(), location_id=new_id(), appointment_type=new_id(), reason="cough",
        checked_in_at=NINE, rescheduled_to="908",
    )  # fmt: skip
    async with database.practice(practice.id) as transaction:
        await records.add_appointments(transaction, [one])
        assert (await records.read_appointments(transaction, [one.id]))[one.id] == replace(one, version=1)
        moved = replace(one.record, start_time=NINE + timedelta(days=1), status="cancelled", no_show=True, cancel_reason="ill")
        await records.change_appointments(transaction, [one.having(moved, ["start_time"], NINE, "ada")])
        read = (await records.read_appointments(transaction, [one.id], lock=True))[one.id]
        assert (read.version, read.record, dict(read.changed)) == (2, moved, {"start_time": Touched(NINE, "ada")})
        row = await columns(transaction, "appointments", one.id)
        assert (row["status"], row["no_show"], row["start_time"]) == ("cancelled", True, moved.start_time)


async def test_a_day_holds_what_starts_in_it(database: Database, practice: Practice) -> None:
    provider, patient = new_id(), new_id()
    end = NINE + timedelta(hours=24)
    before, first, last, after = (visit(at) for at in (NINE - timedelta(microseconds=1), NINE, end - timedelta(microseconds=1), end))
    mine = visit(NINE + timedelta(hours=1), provider_id=provider, patient_id=patient)
    async with database.practice(practice.id) as transaction:
        await records.add_appointments(transaction, [after, last, mine, first, before])
        between = records.appointments_between
        assert [one.id for one in await between(transaction, NINE, end)] == [first.id, mine.id, last.id]
        assert [one.id for one in await between(transaction, NINE, end, provider_id=provider)] == [mine.id]
        assert [one.id for one in await between(transaction, NINE, end, patient_id=patient)] == [mine.id]
        assert await between(transaction, NINE, end, provider_id=provider, patient_id=new_id()) == []


async def test_appointments_that_athenahealth_does_not_know_are_told_apart(database: Database, practice: Practice) -> None:
    patient = new_id()
    known, unknown, cancelled = visit(patient_id=patient), visit(patient_id=patient), visit(patient_id=patient, status="cancelled")
    async with database.practice(practice.id) as transaction:
        await records.add_appointments(transaction, [known, unknown, cancelled, visit(patient_id=new_id())])
        await records.put_links(transaction, "appointment", [Link(new_id(), known.id, None, now())])
        assert [one.id for one in await records.unlinked_appointments(transaction, [patient])] == [unknown.id]
        assert [one.id for one in await records.appointments_of_patient(transaction, patient)] == sorted([known.id, unknown.id, cancelled.id])


async def test_whoever_locks_a_record_keeps_others_from_changing_it(database: Database, practice: Practice) -> None:
    ada = person(notes="")

    async def add(letter: str) -> None:
        async with database.practice(practice.id) as transaction:
            found = (await records.read_patients(transaction, [ada.id], lock=True))[ada.id]
            await asyncio.sleep(0.01)
            await records.change_patients(transaction, [replace(found, record=replace(found.record, notes=f"{found.record.notes}{letter}"))])

    async with database.practice(practice.id) as transaction:
        await records.add_patients(transaction, [ada])
    await asyncio.gather(*map(add, "abcdefgh"))
    async with database.practice(practice.id) as transaction:
        found = (await records.read_patients(transaction, [ada.id]))[ada.id]
    assert (sorted(found.record.notes or ""), found.version) == (list("abcdefgh"), 9)
