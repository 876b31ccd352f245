"""Patients: found as one types, shown with the origin of each value, registered and changed without overwriting anybody."""

import re
from dataclasses import replace
from datetime import date
from html import unescape
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.rights import Role
from practicestudio.clock import new_id
from practicestudio.practices.items import put_items
from practicestudio.practices.practice import Practice
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Database
from practicestudio.sync.change_patient import create_patient
from practicestudio.sync.setup import setup_of

PERSON = Patient(first_name="Jean", last_name="Hillcanary", date_of_birth=date(1980, 5, 15), phone_mobile="+16175550123")
TYPED = {"first_name": "Ada", "last_name": "Newcanary", "date_of_birth": "5/15/1980", "phone_mobile": "617-555-0199", "gender": "female"}


def home(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/patients"


@pytest.fixture
async def patient(database: Database, practice: Practice) -> UUID:
    async with database.practice(practice.id) as transaction:
        await put_items(transaction, "location", [{"external_id": "1", "name": "Main Office", "time_zone": "America/New_York"}])
        return await create_patient(transaction, PERSON, "test")


async def read(database: Database, practice: Practice, patient_id: UUID) -> Patient:
    async with database.practice(practice.id) as transaction:
        return (await store.read_patients(transaction, [patient_id]))[patient_id].record


def form(page: str, **given: str) -> dict[str, str]:
    """What a browser sends of a form, with some fields typed."""
    inputs = re.findall(r'<input [^>]*?name="([^"]+)"[^>]*?value="([^"]*)"', page)
    return {**{name: unescape(value) for name, value in inputs}, **given}


async def test_patients_are_found_by_words_and_nothing_of_them_stands_in_the_address(sign_in: Any, practice: Practice, patient: UUID) -> None:
    person = await sign_in(Role.CLINICIAN)
    part = await person.post(f"{home(practice)}/search", {"query": "hill je"}, headers={"HX-Request": "true"})
    assert "Hillcanary, Jean" in part.text
    assert "<html" not in part.text
    assert "…0123" in part.text
    assert "Nobody fits" in (await person.post(f"{home(practice)}/search", {"query": "zebu"})).text
    assert "Whom are you looking for?" in (await person.post(f"{home(practice)}/search", {"query": "h"})).text
    assert (await person.get(f"{home(practice)}/search?query=hill")).status_code in (404, 405, 422)


async def test_a_patient_is_shown_with_where_each_value_comes_from(sign_in: Any, practice: Practice, patient: UUID) -> None:
    person = await sign_in(Role.CLINICIAN)
    shown = (await person.get(f"{home(practice)}/{patient}")).text
    assert "Jean Hillcanary" in shown
    assert "(617) 555-0123" in shown
    assert "only here" in shown
    assert "There is no such patient." in (await person.get(f"{home(practice)}/{new_id()}")).text


async def test_a_patient_is_registered_after_whoever_may_be_the_same_was_shown(
    sign_in: Any, database: Database, practice: Practice, patient: UUID
) -> None:
    person = await sign_in(Role.FRONT_DESK)
    assert "Register a patient" in (await person.get(f"{home(practice)}/new")).text
    async with database.practice(practice.id) as transaction:
        [location] = (await setup_of(transaction)).items.locations.values()
    typed = {**TYPED, "registration_location_id": str(location.id)}
    wrong = await person.post(f"{home(practice)}/new", {**typed, "date_of_birth": "2/30/1980", "phone_mobile": "555"})
    assert wrong.status_code == 422
    assert "This is not a date." in wrong.text
    assert "This phone number has too few or too many digits." in wrong.text
    alike = await person.post(f"{home(practice)}/new", {**typed, "first_name": "Jean", "last_name": "Hillcanary"})
    assert (alike.status_code, "Is it one of these?" in alike.text) == (409, True)
    made = await person.post(f"{home(practice)}/new", typed)
    assert made.status_code == 303
    assert (await read(database, practice, UUID(made.headers["location"].rpartition("/")[2]))).phone_mobile == "+16175550199"


async def test_a_change_over_somebody_elses_shows_what_differs(sign_in: Any, database: Database, practice: Practice, patient: UUID) -> None:
    ann, bob = await sign_in(Role.FRONT_DESK), await sign_in(Role.FRONT_DESK)
    page = (await bob.get(f"{home(practice)}/{patient}/edit")).text
    await ann.post(f"{home(practice)}/{patient}/edit", form(page, email="ann@example.org", csrf=ann.csrf))
    late = await bob.post(f"{home(practice)}/{patient}/edit", form(page, email="bob@example.org", suffix="Jr"))
    assert late.status_code == 409
    assert "ann@example.org" in late.text
    assert "changed by somebody else meanwhile" in late.text
    assert (await read(database, practice, patient)).email == "ann@example.org"
    again = await bob.post(f"{home(practice)}/{patient}/edit", form(late.text))
    assert again.status_code == 303
    record = await read(database, practice, patient)
    assert (record.email, record.suffix) == ("bob@example.org", "Jr")


async def test_who_may_only_look_may_not_change(sign_in: Any, practice: Practice, patient: UUID) -> None:
    biller, auditor = await sign_in(Role.BILLER), await sign_in(Role.AUDITOR)
    assert "/edit" not in (await biller.get(f"{home(practice)}/{patient}")).text
    assert (await biller.post(f"{home(practice)}/{patient}/edit", {"first_name": "X"})).status_code == 403
    assert (await auditor.get(f"{home(practice)}/{patient}")).status_code == 403


async def test_two_records_of_one_person_are_compared_and_joined(sign_in: Any, database: Database, practice: Practice, patient: UUID) -> None:
    async with database.practice(practice.id) as transaction:
        twice = replace(PERSON, email="jean@example.org", phone_mobile="+16175550188")
        other = await create_patient(transaction, twice, "test")
    person = await sign_in(Role.FRONT_DESK)
    found = await person.post(f"{home(practice)}/{patient}/join/search", {"query": "hillcanary"})
    assert f"{patient}/join/{other}" in found.text
    compared = (await person.get(f"{home(practice)}/{patient}/join/{other}")).text
    assert "(617) 555-0188" in compared
    assert "nothing, and gains it" in compared
    assert (await person.post(f"{home(practice)}/{patient}/join/{other}", {"why": ""})).status_code == 422
    done = await person.post(f"{home(practice)}/{patient}/join/{other}", {"unit.phone_mobile": "taken_in", "why": "same card"})
    assert done.status_code == 303
    record = await read(database, practice, patient)
    assert (record.email, record.phone_mobile) == ("jean@example.org", "+16175550188")
    assert "was merged into another" in (await person.get(f"{home(practice)}/{other}")).text
