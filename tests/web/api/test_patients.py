"""Patients, as programs find, register and change them."""

import asyncio
from typing import Any

import pytest

from practicestudio.access.rights import Right
from practicestudio.clock import new_id
from practicestudio.records import Patient
from tests.sync.conftest import Clinic
from tests.web.api.conftest import MakeProgram, Program, Register, trail


def match(version: int) -> dict[str, dict[str, str]]:
    return {"headers": {"If-Match": f'"{version}"'}}


async def test_a_registered_patient_reaches_athenahealth(desk: Program, register: Register, clinic: Clinic) -> None:
    made = await register(first_name="Zoë", consent_to_text=True)
    assert (made["version"], made["external_id"], made["first_name"]) == (1, None, "Zoë")
    await clinic.work()
    read = await desk.get(f"/patients/{made['id']}")
    assert read.status_code == 200
    assert read.headers["etag"] == f'"{read.json()["version"]}"'
    assert (await clinic.truth(read.json()["external_id"]))["firstname"] == "Zoë"


async def test_a_patient_is_found_by_words_and_by_athenahealths_id(desk: Program, clinic: Clinic) -> None:
    external_id, known = next(iter((await clinic.patients()).items()))
    by_id = (await desk.post("/patients/search", {"external_id": external_id})).json()
    by_words = (await desk.post("/patients/search", {"text": f"{known.record.last_name} {known.record.date_of_birth}"[:50]})).json()
    assert [one["id"] for one in by_id["items"]] == [str(known.id)]
    assert str(known.id) in [one["id"] for one in by_words["items"]]
    both = (await desk.post("/patients/search", {"external_id": external_id, "text": "nobodyatall"})).json()
    assert both == {"items": [], "next_cursor": None}


async def test_every_page_comes_once_whoever_is_registered_meanwhile(desk: Program, register: Register) -> None:
    name = f"Ordway{new_id().hex[-6:]}"
    made = [(await register(last_name=name))["id"] for _ in range(5)]
    asked: dict[str, Any] = {"text": name, "limit": 2}
    seen, cursor = [], None
    while True:
        page = (await desk.post("/patients/search", {**asked, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
        made.append((await register(last_name=name))["id"]) if len(made) < 7 else None
    assert seen == made


async def test_a_cursor_is_good_for_its_query_only(desk: Program, register: Register, make_program: MakeProgram) -> None:
    name = f"Pelham{new_id().hex[-6:]}"
    for _ in range(2):
        await register(last_name=name)
    cursor = (await desk.post("/patients/search", {"text": name, "limit": 1})).json()["next_cursor"]
    other = await make_program()
    for program, body in ((desk, {"text": "Rosa"}), (other, {"text": name}), (desk, {"external_id": "1"})):
        answer = await program.post("/patients/search", {**body, "cursor": cursor})
        assert (answer.status_code, answer.json()["code"]) == (400, "malformed")
    assert (await desk.post("/patients/search", {"text": name, "cursor": cursor[:-1] + ("A" if cursor[-1] != "A" else "B")})).status_code == 400


async def test_too_little_to_look_for_is_said(desk: Program) -> None:
    for body in ({}, {"text": "x"}, {"text": "%"}):
        answer = await desk.post("/patients/search", body)
        assert (answer.status_code, answer.json()["faults"][0]["place"]) == (422, "/text")


async def test_a_merge_patch_changes_what_it_names(desk: Program, register: Register) -> None:
    address = {"line1": "12 Harbor St", "city": "Boston", "state": "MA", "postal_code": "02110"}
    made = await register(email="rosa@example.com", address=address, notes="first")
    patch = {"email": None, "address": {"line1": "40 Elm St"}, "race": [{"code": "2106-3", "name": "White"}]}
    for kind in ("application/merge-patch+json", "application/json"):
        answer = await desk.ask("PATCH", f"/patients/{made['id']}", json=patch, headers={"If-Match": f'"{made["version"]}"', "Content-Type": kind})
        assert answer.status_code == 200, answer.text
        made = answer.json()
    assert made["email"] is None
    assert made["address"] == {**address, "line1": "40 Elm St", "line2": None, "country": None}
    assert (made["race"], made["notes"], made["version"]) == (patch["race"], "first", 2)
    assert answer.headers["etag"] == '"2"'


async def test_of_two_changes_of_one_version_one_is_refused(desk: Program, register: Register) -> None:
    made = await register()
    changes = [desk.ask("PATCH", f"/patients/{made['id']}", json={"notes": f"by {at}"}, **match(1)) for at in range(5)]
    answers = await asyncio.gather(*changes)
    assert sorted(one.status_code for one in answers) == [200, 412, 412, 412, 412]
    refused = next(one for one in answers if one.status_code == 412)
    assert (refused.headers["etag"], refused.json()["code"]) == ('"2"', "changed_meanwhile")
    won = next(one for one in answers if one.status_code == 200)
    assert (await desk.get(f"/patients/{made['id']}")).json()["notes"] == won.json()["notes"]


@pytest.mark.parametrize(
    ("header", "status"), [(None, 428), ("1", 400), ("*", 400), ('W/"1"', 412), ('"9", "1"', 200), ('"9"', 412), ("x" * 500, 400)]
)
async def test_a_change_names_its_version(desk: Program, register: Register, header: str | None, status: int) -> None:
    made = await register()
    headers = {} if header is None else {"If-Match": header}
    answer = await desk.ask("PATCH", f"/patients/{made['id']}", json={"notes": "changed"}, headers=headers)
    assert answer.status_code == status


async def test_what_athenahealth_would_refuse_is_refused_at_once(desk: Program, location: str) -> None:
    person = {"first_name": "R" * 40, "last_name": "Delgado", "date_of_birth": "1984-03-09"}
    answer = await desk.post("/patients", {**person, "registration_location_id": location, "phone_home": "+16175550100"})
    assert (answer.status_code, answer.json()["faults"][0]["place"]) == (422, "/first_name")
    assert "R" * 40 not in answer.text


async def test_what_athenahealth_does_not_take_is_remarked(desk: Program, register: Register) -> None:
    made = await register()
    answer = await desk.ask("PATCH", f"/patients/{made['id']}", json={"custom_fields": {"Nickname": "Rosie"}}, **match(1))
    assert answer.status_code == 200
    assert [one["place"] for one in answer.json()["remarks"]] == ["custom_fields.Nickname"]
    taken_away = await desk.ask("PATCH", f"/patients/{made['id']}", json={"custom_fields": {"Nickname": None}}, **match(2))
    assert taken_away.json()["custom_fields"] == {}


async def test_an_insurance_of_somebody_else_is_refused(desk: Program, register: Register) -> None:
    made = await register()
    answer = await desk.ask("PATCH", f"/patients/{made['id']}", json={"insurances": [{"external_id": "61", "sequence": 1}]}, **match(1))
    assert (answer.status_code, answer.json()["faults"][0]["place"]) == (422, "/insurances/0/external_id")


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"first_name": None}, "/first_name"),
    ({"first_name": " Rosa"}, "/first_name"),
    ({"first_name": "Ro\u0000sa"}, "/first_name"),
    ({"first_name": 7}, "/first_name"),
    ({"date_of_birth": "03/09/1984"}, "/date_of_birth"),
    ({"date_of_birth": "1984-02-30"}, "/date_of_birth"),
    ({"date_of_birth": 450_000_000}, "/date_of_birth"),
    ({"date_of_birth": "2190-01-01"}, "/date_of_birth"),
    ({"consent_to_text": "yes"}, "/consent_to_text"),
    ({"consent_to_text": 1}, "/consent_to_text"),
    ({"phone_home": "617-555-0123"}, "/phone_home"),
    ({"gender": "f"}, "/gender"),
    ({"address": "12 Harbor St"}, "/address"),
    ({"address": {"street": "x"}}, "/address/street"),
    ({"primary_provider_id": "71"}, "/primary_provider_id"),
    ({"insurances": [{"sequence": 1.5}]}, "/insurances/0/sequence"),
    ({"external_id": "5"}, "/external_id"),
    ({"version": 5}, "/version"),
    ({"a/b~c": 5}, "/a~1b~0c"),
]


@pytest.mark.parametrize(("fields", "place"), WRONG, ids=lambda value: value if isinstance(value, str) else "")
async def test_a_fault_is_told_by_its_place(desk: Program, fields: dict[str, Any], place: str) -> None:
    answer = await desk.ask("PATCH", f"/patients/{new_id()}", json=fields, **match(1))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [(one["place"], one["within"]) for one in answer.json()["faults"]] == [(place, "body")]


async def test_a_merged_patient_leads_to_the_other(desk: Program, register: Register, clinic: Clinic) -> None:
    made, other = await register(), await register()

    async def merge(transaction: Any) -> None:
        await transaction.connection.execute("update patients set merged_into = %s where id = %s", [other["id"], made["id"]])

    await clinic.do(merge)
    assert (await desk.get(f"/patients/{made['id']}")).json()["merged_into"] == other["id"]
    answer = await desk.ask("PATCH", f"/patients/{made['id']}", json={"notes": "x"}, **match(1))
    assert answer.status_code == 409
    assert other["id"] in answer.json()["advice"]


async def test_a_patient_of_another_practice_is_not_there(desk: Program, register: Register, make_program: MakeProgram) -> None:
    made, foreign = await register(), await make_program()
    assert (await foreign.get(f"/patients/{made['id']}")).status_code == 404
    assert (await foreign.ask("PATCH", f"/patients/{made['id']}", json={"notes": "x"}, **match(1))).status_code == 404
    assert (await desk.get(f"/patients/{made['id']}")).json()["version"] == 1


async def test_every_look_stands_in_the_trail_under_the_key(make_program: MakeProgram, clinic: Clinic, clinic_app: Any, register: Register) -> None:
    made = await register()
    program = await make_program(Right.PATIENTS_VIEW, Right.PATIENTS_CHANGE, at=clinic.practice, app=clinic_app)
    await program.post("/patients/search", {"text": made["last_name"]})
    await program.get(f"/patients/{made['id']}")
    await program.ask("PATCH", f"/patients/{made['id']}", json={"notes": "x"}, **match(1))
    found = [(action, str(whose) if whose else None, via) for action, whose, via in await trail(clinic, program.key)]
    assert found == [
        ("person:patient:search", None, "api"),
        ("person:patient:view", made["id"], "api"),
        ("person:patient:view", made["id"], "api"),
        ("person:patient:change", made["id"], "api"),
    ]


def test_the_shapes_have_every_field_of_a_patient() -> None:
    from practicestudio.web.api.shapes.patient import PATIENT, NewPatient, PatientChange, PatientShown

    fields = set(Patient.__dataclass_fields__)
    assert set(PatientShown.model_fields) == fields | {"id", "version", "merged_into"} == set(PATIENT)
    assert set(NewPatient.model_fields) == fields - {"external_id", "previous_external_ids", "status", "deceased_on"}
    assert set(PatientChange.model_fields) == fields - {"external_id", "previous_external_ids"}
