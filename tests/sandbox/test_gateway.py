from typing import Any

import pytest


async def test_without_a_token_the_developer_is_inactive(caller: Any) -> None:
    caller.headers = {}
    answer = await caller.get("ping")
    assert (answer.status_code, answer.text) == (401, "Developer Inactive")


async def test_an_unknown_practice_is_not_found(caller: Any) -> None:
    answer = await caller.get("ping", practice="999999")
    assert answer.status_code == 404
    assert answer.json() == {"error": "Invalid practice.", "detailedmessage": "The practice ID does not exist."}


async def test_a_practice_that_is_not_granted_is_bad_auth(open_sandbox: Any) -> None:
    caller = await open_sandbox(grants={"sandbox": ("195901",)})
    answer = await caller.get("ping")
    assert (answer.status_code, answer.json()) == (401, {"detailedmessage": "Bad auth.", "error": "Incorrect permissions."})
    assert (await caller.get("ping", practice="195901")).status_code == 200


async def test_an_unknown_path_of_a_practice_says_so(caller: Any) -> None:
    answer = await caller.get("practices")
    assert (answer.status_code, answer.json()["error"]) == (404, "An unknown API path was called")


@pytest.mark.parametrize("path", ["/", "/v2/195900/ping", "/oauth/token", "/.well-known/openid-configuration"])
async def test_a_path_outside_the_api_is_plain_text_that_calls_itself_json(caller: Any, path: str) -> None:
    answer = await caller.http.get(path)
    assert (answer.status_code, answer.text) == (404, "Service not registered with API gateway.")
    assert answer.headers["content-type"] == "application/json"


async def test_error_bodies_begin_with_two_newlines(caller: Any) -> None:
    for answer in (await caller.get("patients"), await caller.get("patients/changed"), await caller.get("patients/99999")):
        assert answer.content.startswith(b"\n\n{")


async def test_slashes_are_escaped(caller: Any) -> None:
    assert b'"dob":"05\\/11\\/1942"' in (await caller.get("patients/1")).content


async def test_the_habits_of_the_headers_are_kept(caller: Any) -> None:
    headers = (await caller.get("ping")).headers
    assert headers["expires"] == "Mon, 06 Jan 1975 16:00:00 GMT"
    assert headers["cneonction"] == "close"
    assert headers["server"] == "Apache"
    assert headers["x-request-id"].startswith("rrt-")


async def test_a_request_id_that_was_sent_comes_back(caller: Any) -> None:
    caller.headers["x-request-id"] = "mine-1"
    assert (await caller.get("ping")).headers["x-request-id"] == "mine-1"


async def test_the_date_header_follows_the_sandboxs_clock(caller: Any) -> None:
    await caller.control("POST", "clock", {"at": "2030-01-02T03:04:05Z"})
    await caller.sign_in()
    assert (await caller.get("ping")).headers["date"].startswith("Wed, 02 Jan 2030 03:04:")


async def test_preview_has_patients_and_appointments_and_nothing_clinical_or_financial(open_sandbox: Any) -> None:
    caller = await open_sandbox(versions={"195900": "preview"})
    assert (await caller.get("patients/1")).status_code == 200
    assert (await caller.get("appointments/open", departmentid=1, reasonid=-1)).status_code == 200
    for path in ("insurancepackages", "chart/1/medications", "claims", "documents"):
        answer = await caller.get(path)
        assert (answer.status_code, answer.json()["error"]) == (403, "Incorrect permissions.")
    assert (await caller.get("insurancepackages", practice="195901")).status_code == 200


async def test_parameters_are_read_in_any_case_from_query_and_form_together(caller: Any) -> None:
    answer = await caller.http.put("/v1/195900/patients/1?HOMEPHONE=6174825555", data={"Address2": "Floor 2"}, headers=caller.headers)
    assert answer.json() == [{"patientid": "1"}]
    truth = await caller.control("GET", "people/195900/1")
    assert (truth["homephone"], truth["address2"]) == ("6174825555", "Floor 2")


@pytest.mark.parametrize("types", ["strings", "numbers", "mixed"])
async def test_types_are_written_as_the_settings_say(open_sandbox: Any, types: str) -> None:
    caller = await open_sandbox(string_types=types)
    patients = (await caller.get("patients", departmentid=1, limit=60)).json()["patients"]
    kinds = {type(patient["patientid"]) for patient in patients}
    flags = {type(patient["hasmobile"]) for patient in patients}
    assert kinds == {"strings": {str}, "numbers": {int}, "mixed": {str, int}}[types]
    assert flags == ({bool, str} if types == "mixed" else {bool})
    assert [int(patient["patientid"]) for patient in patients[:3]] == [1, 2, 3]


async def test_broken_json_is_refused(caller: Any) -> None:
    headers = caller.headers | {"content-type": "application/json"}
    for body in (b"{", b"[1]"):
        answer = await caller.http.post("/v1/195900/patients", content=body, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (400, "The data provided is invalid.")
