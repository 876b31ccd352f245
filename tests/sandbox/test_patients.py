from typing import Any

import orjson
import pytest

NEW = {"firstname": "Ada", "lastname": "Quill", "dob": "02/29/1988", "departmentid": "1", "zip": "02139"}


async def created(caller: Any, **fields: str) -> str:
    answer = await caller.post("patients", **(NEW | fields))
    assert answer.status_code == 200, answer.text
    return str(answer.json()[0]["patientid"])


async def test_one_patient_comes_as_an_array_of_one(caller: Any) -> None:
    body = (await caller.get("patients/1")).json()
    assert len(body) == 1
    assert body[0]["patientid"] == "1"


async def test_patient_1_and_department_1_exist_in_both_practices(caller: Any) -> None:
    for practice in ("195900", "195901"):
        assert (await caller.get("patients/1", practice=practice)).json()[0]["departmentid"] == "1"
        assert (await caller.get("departments/1", practice=practice)).json()[0]["departmentid"] == "1"
        assert (await caller.get("appointmenttypes/82", practice=practice)).json()[0]["appointmenttypeid"] == "82"


async def test_what_is_not_asked_for_is_not_shown(caller: Any) -> None:
    plain = (await caller.get("patients/1")).json()[0]
    assert plain["ssn"].startswith("*****")
    assert not {"insurances", "customfields", "portalstatus"} & plain.keys()
    full = (await caller.get("patients/1", showfullssn="true", showinsurance="true", showcustomfields="true", showportalstatus="true")).json()[0]
    assert full["ssn"].isdigit()
    assert full["insurances"][0]["insurancepackageid"]
    assert full["customfields"][0]["customfieldid"] == "22"
    assert full["portalstatus"]["status"] in ("REGISTERED", "NOTREGISTERED")


async def test_unknown_and_unreadable_ids_are_refused(caller: Any) -> None:
    assert (await caller.get("patients/100000")).status_code == 404
    answer = await caller.get("patients/abc")
    assert (answer.status_code, answer.json()["detailedmessage"]) == (400, "Expecting type integer, but value is abc")


async def test_creation_names_what_is_missing(caller: Any) -> None:
    answer = await caller.post("patients", departmentid="1")
    assert answer.status_code == 400
    assert answer.json() == {
        "invalidfields": [],
        "missingfields": ["lastname", "dob", "firstname"],
        "error": "Additional fields are required.",
    }


@pytest.mark.parametrize("dob", ["wrong date", "02/30/1980", "1980-02-01", "01/01/2999", "01/01/1492"])
async def test_an_impossible_birth_date_is_an_improper_dob(caller: Any, dob: str) -> None:
    answer = await caller.post("patients", **(NEW | {"dob": dob}))
    assert (answer.status_code, answer.json()) == (400, {"error": "Improper DOB."})


async def test_a_name_and_a_birth_date_are_not_enough(caller: Any) -> None:
    answer = await caller.post("patients", firstname="Ada", lastname="Quill", dob="02/29/1988", departmentid="1")
    assert answer.status_code == 400
    assert "email" in answer.json()["detailedmessage"]


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("homephone", "555-123-4567", "HOMEPHONE"),
        ("homephone", "6174444444", "HOMEPHONE"),
        ("mobilephone", "6174567890", "MOBILEPHONE"),
        ("workphone", "6179115555", "WORKPHONE"),
        ("firstname", "A" * 21, "FIRSTNAME"),
        ("lastname", "A" * 31, "LASTNAME"),
        ("city", "A" * 31, "CITY"),
        ("email", "not an address", "EMAIL"),
        ("sex", "Q", "SEX"),
        ("maritalstatus", "Q", "MARITALSTATUS"),
        ("language6392code", "qqq", "LANGUAGE6392CODE"),
        ("race", "9999-9", "RACE"),
        ("departmentid", "77", "DEPARTMENTID"),
        ("departmentid", "one", "integer"),
        ("primaryproviderid", "5", "PRIMARYPROVIDERID"),
        ("consenttocall", "maybe", "CONSENTTOCALL"),
    ],
)
async def test_a_value_against_the_rules_is_refused_by_its_name(caller: Any, field: str, value: str, words: str) -> None:
    answer = await caller.post("patients", **(NEW | {field: value}))
    assert answer.status_code == 400
    assert answer.json()["error"] == "The data provided is invalid."
    assert words in answer.json()["detailedmessage"]


async def test_phones_are_kept_as_ten_digits_and_declined_is_a_value(caller: Any) -> None:
    patient = await created(caller, homephone="(617) 482-0199", mobilephone="+1 617 482 0100", email="declined", race="declined")
    truth = await caller.control("GET", f"people/195900/{patient}")
    assert (truth["homephone"], truth["mobilephone"]) == ("6174820199", "6174820100")
    assert (truth["email"], truth["race"], truth["emailexists"]) == ("declined", ["declined"], False)


async def test_races_come_separated_by_tabs(caller: Any) -> None:
    patient = await created(caller, race="2106-3\t2028-9")
    assert (await caller.get(f"patients/{patient}")).json()[0]["race"] == ["2106-3", "2028-9"]


async def test_creating_somebody_who_is_there_answers_with_the_old_id_and_creates_nothing(caller: Any) -> None:
    first = await created(caller, homephone="6174820199")
    again = await created(caller, homephone="617-482-0199", zip="99999")
    assert first == again == "301"
    ledger = (await caller.control("GET", "ledger?what=patient created"))["entries"]
    assert [entry["patientid"] for entry in ledger] == ["301"]


async def test_the_silent_match_finds_the_first_population_too(caller: Any) -> None:
    known = (await caller.control("GET", "people/195900/8")) | {}
    form = {name: known[name] for name in ("firstname", "lastname", "dob", "departmentid", "zip")}
    assert await created(caller, **form) == "8"


async def test_it_needs_more_than_name_and_birth_date_to_be_the_same(caller: Any) -> None:
    first = await created(caller, zip="02139")
    assert await created(caller, zip="02140") != first


async def test_bypassing_the_match_makes_a_second_registration(caller: Any) -> None:
    assert await created(caller) != await created(caller, bypasspatientmatching="true")


async def test_an_update_changes_what_is_sent_and_leaves_the_rest(caller: Any) -> None:
    before = await caller.control("GET", "people/195900/4")
    answer = await caller.put("patients/4", address1="1 Elm Row", status="i")
    assert answer.json() == [{"patientid": "4"}]
    after = await caller.control("GET", "people/195900/4")
    assert {name for name in after if after[name] != before.get(name)} == {"address1", "status"}
    assert after["status"] == "inactive"


async def test_an_empty_value_takes_a_field_away_but_not_a_name(caller: Any) -> None:
    await caller.put("patients/4", email="")
    truth = await caller.control("GET", "people/195900/4")
    assert "email" not in truth
    assert truth["emailexists"] is False
    assert (await caller.put("patients/4", lastname="")).status_code == 400


async def test_deleting_is_a_status(caller: Any) -> None:
    await caller.put("patients/4", status="deleted")
    assert (await caller.get("patients/4")).json()[0]["status"] == "deleted"
    listed = (await caller.get("patients", departmentid=1, limit=5000)).json()["patients"]
    assert "4" not in {patient["patientid"] for patient in listed}


async def test_json_bodies_with_iso_dates_are_as_good_as_forms(caller: Any) -> None:
    body = NEW | {"dob": "1988-02-29", "departmentid": 1, "consenttotext": True, "homephone": "6174820199"}
    answer = await caller.send_json("POST", "patients", body)
    assert answer.json() == [{"patientid": "301"}]
    assert (await caller.get("patients/301")).json()[0]["dob"] == "02/29/1988"
    guides_words = {"sex": "O", "language": "fra", "ethnicity": "2148-5"}
    assert (await caller.send_json("PUT", "patients/301", guides_words)).status_code == 200
    record = (await caller.get("patients/301")).json()[0]
    assert [record[name] for name in ("sex", "language6392code", "ethnicitycode")] == ["O", "fra", "2148-5"]


async def test_what_may_be_unknown_can_be_emptied(caller: Any) -> None:
    emptied = ("primaryproviderid", "guarantordob", "language6392code", "ethnicitycode", "race", "contactname", "homephone")
    assert (await caller.put("patients/2", **dict.fromkeys(emptied, ""))).status_code == 200
    truth = await caller.control("GET", "people/195900/2")
    assert not any(truth.get(name) for name in emptied)
    assert (await caller.put("patients/2", dob="")).json() == {"error": "Improper DOB."}


async def test_custom_fields_are_text_date_and_select(caller: Any) -> None:
    values = [
        {"customfieldid": "22", "customfieldvalue": "A-1"},
        {"customfieldid": "41", "customfieldvalue": "2026-01-31"},
        {"customfieldid": "323", "optionid": "62"},
        {"customfieldid": "324", "customfieldvalue": "not allowed"},
    ]
    answer = await caller.put("patients/5/customfields", departmentid=1, customfields=orjson.dumps(values).decode())
    assert answer.json() == {"success": True, "updatedcount": 3, "disallowedcount": 1}
    assert (await caller.get("patients/5/customfields")).json() == [
        {"customfieldid": "22", "customfieldvalue": "A-1"},
        {"customfieldid": "41", "customfieldvalue": "01/31/2026"},
        {"customfieldid": "323", "customfieldvalue": "Web search", "optionid": "62"},
    ]


@pytest.mark.parametrize(
    "values",
    [
        "not json",
        "{}",
        '[{"customfieldid":"999","customfieldvalue":"x"}]',
        '[{"customfieldid":"323","optionid":"1"}]',
        '[{"customfieldid":"41","customfieldvalue":"soon"}]',
    ],
)
async def test_custom_fields_that_cannot_be_are_refused(caller: Any, values: str) -> None:
    assert (await caller.put("patients/5/customfields", departmentid=1, customfields=values)).status_code == 400


async def test_an_empty_custom_field_is_gone_and_a_value_finds_its_patient(caller: Any) -> None:
    found = (await caller.get("patients/customfields/22/c-100009")).json()
    assert [patient["patientid"] for patient in found["patients"]] == ["9"]
    await caller.put("patients/9/customfields", departmentid=1, customfields='[{"customfieldid":"22","customfieldvalue":""}]')
    assert (await caller.get("patients/customfields/22/c-100009")).json()["totalcount"] == 0


async def test_verified_privacy_is_remembered(caller: Any) -> None:
    form = {"departmentid": 1, "signaturename": "A", "signaturedatetime": "11/20/2026 10:00:00"}
    assert (await caller.post("patients/6/privacyinformationverified", **form)).json() == [{"success": "true", "patientid": "6"}]
    assert (await caller.control("GET", "people/195900/6"))["privacyinformationverified"] is True
