from typing import Any

import pytest


def ids(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [patient["patientid"] for patient in answer.json()["patients"]]


async def test_a_list_without_a_filter_is_refused(caller: Any) -> None:
    for query in ({}, {"limit": 5}, {"zip": "02139"}, {"patientid": "1,2,3"}):
        answer = await caller.get("patients", **query)
        assert (answer.status_code, answer.json()["error"]) == (400, "Additional fields are required.")


async def test_pages_follow_next_through_a_department_and_meet_everybody_once(caller: Any) -> None:
    seen: list[str] = []
    path: str | None = "/v1/195900/patients?departmentid=1&limit=17"
    while path:
        body = (await caller.http.get(path, headers=caller.headers)).json()
        seen += [patient["patientid"] for patient in body["patients"]]
        path = body.get("next")
    assert len(seen) == len(set(seen)) == body["totalcount"]
    assert seen == sorted(seen, key=int)


async def test_next_and_previous_echo_the_parameters_in_upper_case(caller: Any) -> None:
    body = (await caller.get("patients", departmentid=1, showinsurance="true", limit=10, offset=10)).json()
    assert body["next"] == "/v1/195900/patients?DEPARTMENTID=1&SHOWINSURANCE=true&limit=10&offset=20"
    assert body["previous"] == "/v1/195900/patients?DEPARTMENTID=1&SHOWINSURANCE=true&limit=10&offset=0"
    last = (await caller.get("patients", departmentid=1)).json()
    assert not {"next", "previous"} & last.keys()


async def test_a_limit_beyond_the_most_is_the_most(open_sandbox: Any) -> None:
    caller = await open_sandbox(patients=15_000)
    assert len(ids(await caller.get("patients", departmentid=1, limit=9000))) == 5000
    assert len(ids(await caller.get("patients", departmentid=1))) == 1500


async def test_several_departments_are_one_list(caller: Any) -> None:
    everybody = [await caller.get("patients", departmentid=department, limit=5000) for department in (1, 21)]
    both = [one for answer in everybody for one in ids(answer)]
    assert ids(await caller.get("patients", departmentid="1,21", limit=5000)) == both
    assert ids(await caller.get("patients", departmentid="1,21", limit=20, offset=len(both) - 10)) == both[-10:]


async def test_the_list_follows_who_comes_goes_and_changes_department(caller: Any) -> None:
    await caller.put("patients/2", departmentid=21)
    await caller.put("patients/3", status="d")
    await caller.post("patients", firstname="N", lastname="N", dob="01/01/2000", departmentid=1, zip="02139")
    first = ids(await caller.get("patients", departmentid=1, limit=5000))
    assert first[:2] == ["1", "4"]
    assert first[-1] == "301"
    assert ids(await caller.get("patients", departmentid=1, limit=2, offset=1)) == first[1:3]
    assert ids(await caller.get("patients", departmentid=1, limit=2, offset=len(first) - 1)) == ["301"]
    assert "2" in ids(await caller.get("patients", departmentid=21, limit=5000))
    await caller.put("patients/2", departmentid=1)
    assert ids(await caller.get("patients", departmentid=1, limit=2)) == ["1", "2"]


@pytest.mark.parametrize("size", [300, 5000])
async def test_people_are_found_by_what_is_known_of_them(open_sandbox: Any, size: int) -> None:
    caller = await open_sandbox(patients=size)
    truth = await caller.control("GET", "people/195900/7")
    for query in (
        {"lastname": truth["lastname"].upper()},
        {"dob": truth["dob"]},
        {"firstname": truth["firstname"], "lastname": truth["lastname"]},
        {"firstname": truth["firstname"], "zip": truth["zip"]},
        {"mobilephone": truth["mobilephone"]},
        {"anyphone": f"({truth['mobilephone'][:3]}) {truth['mobilephone'][3:6]}-{truth['mobilephone'][6:]}"},
        {"email": truth["email"]},
        {"ssn": truth["ssn"]},
        {"guarantorlastname": truth["guarantorlastname"]},
        {"lastname": truth["lastname"], "departmentid": 1},
    ):
        found = ids(await caller.get("patients", **query))
        assert "7" in found, query
        assert len(found) < size / 4


async def test_people_are_found_by_what_they_became_and_not_by_what_they_were(caller: Any) -> None:
    before = await caller.control("GET", "people/195900/7")
    await caller.put("patients/7", lastname="Zzyzx", email="new@example.com", mobilephone="6174820177", dob="01/02/1950")
    for old in ({"lastname": before["lastname"]}, {"email": before["email"]}, {"mobilephone": before["mobilephone"]}, {"dob": before["dob"]}):
        assert "7" not in ids(await caller.get("patients", **old))
    for new in ({"lastname": "zzyzx"}, {"email": "new@example.com"}, {"mobilephone": "6174820177"}, {"dob": "01/02/1950"}):
        assert ids(await caller.get("patients", **new)) == ["7"]


async def test_the_guides_search_takes_first_and_last_name(caller: Any) -> None:
    truth = await caller.control("GET", "people/195900/7")
    answer = await caller.get("patients/search", firstname=truth["firstname"], lastname=truth["lastname"])
    assert "7" in ids(answer)
    assert answer.json()["totalcount"] == len(ids(answer))


async def test_a_search_term_is_part_of_a_name_or_a_whole_id(caller: Any) -> None:
    truth = await caller.control("GET", "people/195900/7")
    assert ids(await caller.get("patients/search", searchterm="7")) == ["7"]
    assert "7" in ids(await caller.get("patients/search", searchterm=f"{truth['lastname'][:4]}, {truth['firstname'][:3]}"))
    assert len(ids(await caller.get("patients/search", searchterm="a", maxresults=3))) == 3
    assert (await caller.get("patients/search")).json()["missingfields"] == ["searchterm"]


async def test_best_match_wants_a_proof_beside_name_and_birth_date(caller: Any) -> None:
    truth = await caller.control("GET", "people/195900/7")
    who = {name: truth[name] for name in ("lastname", "firstname", "dob")}
    assert (await caller.get("patients/bestmatch", **who)).json() == []
    assert (await caller.get("patients/bestmatch", **who, zip=truth["zip"])).json()[0]["patientid"] == "7"
    assert (await caller.get("patients/bestmatch", lastname="A")).json()["missingfields"] == ["dob"]
    wrong = await caller.get("patients/bestmatch", lastname="A", firstname="B", dob="01/01/   1")
    assert wrong.json()["detailedmessage"] == "Expecting format date, but value is 01/01/   1"


async def test_enhanced_best_match_scores_and_stops_at_sixteen(caller: Any) -> None:
    truth = await caller.control("GET", "people/195900/7")
    who = {name: truth[name] for name in ("lastname", "firstname", "dob")}
    best = (await caller.get("patients/enhancedbestmatch", **who, mobilephone=truth["mobilephone"], zip=truth["zip"])).json()
    assert [(one["patientid"], one["score"]) for one in best] == [("7", "23")]
    assert (await caller.get("patients/enhancedbestmatch", **(who | {"firstname": "Nobody", "lastname": "Else"}))).json() == []
    assert (await caller.get("patients/enhancedbestmatch", **who, minscore=20)).json() == []
    missing = await caller.get("patients/enhancedbestmatch", lastname="A", dob="01/01/1990")
    assert missing.json() == {"missingfields": ["firstname"], "error": "Additional fields are required."}


async def test_enhanced_best_match_shows_up_to_five_when_asked(caller: Any) -> None:
    truth = await caller.control("GET", "people/195900/7")
    for _ in range(6):
        await caller.control("POST", "people", {"action": "duplicate", "patientid": 7})
    who = {name: truth[name] for name in ("lastname", "firstname", "dob")}
    assert len((await caller.get("patients/enhancedbestmatch", **who, returnbestmatches="true")).json()) == 5
