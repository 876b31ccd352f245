from typing import Any

import pytest

FORTNIGHT = {"startdate": "11/01/2026", "enddate": "12/31/2026"}


def states(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {record["appointmentstatus"] for record in answer.json()["appointments"]}


async def open_slots(office: Any, **query: Any) -> list[dict[str, Any]]:
    answer = await office.get("appointments/open", **({"departmentid": 1, "reasonid": -1} | query))
    assert answer.status_code == 200, answer.text
    slots: list[dict[str, Any]] = answer.json()["appointments"]
    return slots


async def test_booked_appointments_need_dates_and_a_place_or_provider(office: Any) -> None:
    assert (await office.get("appointments/booked")).json()["missingfields"] == ["startdate", "enddate", "departmentid"]
    assert (await office.get("appointments/booked", **FORTNIGHT)).json()["missingfields"] == ["departmentid"]
    assert (await office.get("appointments/booked", **FORTNIGHT, providerid=71)).json()["totalcount"] > 0


async def test_cancelled_ones_are_shown_when_asked_for(office: Any) -> None:
    assert states(await office.get("appointments/booked", **FORTNIGHT, departmentid=1)) == {"f", "3", "4"}
    everything = await office.get("appointments/booked", **FORTNIGHT, departmentid=1, showcancelled="true")
    assert states(everything) == {"f", "3", "4", "x"}
    no_shows = [record for record in everything.json()["appointments"] if record.get("cancelreasonnoshow")]
    assert no_shows
    assert all(record["appointmentstatus"] == "x" for record in no_shows)


async def test_a_window_that_is_too_long_is_cut_without_a_word(open_sandbox: Any) -> None:
    caller = await open_sandbox(booked_window_days=7)
    await caller.control("POST", "reset", {"at": "2026-11-18T15:00:00Z"})
    body = (await caller.get("appointments/booked", startdate="11/10/2026", enddate="11/30/2026", departmentid=1)).json()
    assert {record["date"] for record in body["appointments"]} <= {f"11/{day}/2026" for day in range(10, 17)}
    assert body["totalcount"] == len(body["appointments"])
    assert "next" not in body


async def test_booked_pages_meet_every_appointment_once(office: Any) -> None:
    seen: list[str] = []
    path: str | None = "/v1/195900/appointments/booked?departmentid=1&startdate=11/01/2026&enddate=12/31/2026&limit=100"
    while path:
        body = (await office.http.get(path, headers=office.headers)).json()
        seen += [record["appointmentid"] for record in body["appointments"]]
        path = body.get("next")
    assert len(seen) == len(set(seen)) == body["totalcount"] > 200


async def test_several_departments_are_asked_at_once(office: Any) -> None:
    both = await office.get("appointments/booked/multipledepartment", **FORTNIGHT, departmentid="1,21")
    assert {record["departmentid"] for record in both.json()["appointments"]} == {"1", "21"}
    assert (await office.get("appointments/booked/multipledepartment", **FORTNIGHT, providerid=71)).status_code == 400


async def test_appointments_are_narrowed_to_a_patient_a_type_and_a_last_modification(office: Any) -> None:
    everything = (await office.get("appointments/booked", **FORTNIGHT, departmentid=1)).json()["appointments"]
    patient = everything[0]["patientid"]
    theirs = (await office.get("appointments/booked", **FORTNIGHT, departmentid=1, patientid=patient)).json()["appointments"]
    assert {record["patientid"] for record in theirs} == {patient}
    chosen = next(record for record in everything if record["appointmentstatus"] == "f")
    await office.put(f"appointments/{chosen['appointmentid']}/cancel", patientid=chosen["patientid"])
    changed = await office.get("appointments/booked", departmentid=1, startlastmodified="11/18/2026 10:00:00", showcancelled="true")
    assert chosen["appointmentid"] in {record["appointmentid"] for record in changed.json()["appointments"]}
    later = await office.get("appointments/booked", departmentid=1, startlastmodified="11/18/2026 10:30:00", showcancelled="true")
    assert later.json()["totalcount"] == 0


async def test_patient_and_insurance_come_along_when_asked_for(office: Any) -> None:
    body = (await office.get("appointments/booked", **FORTNIGHT, departmentid=1, showpatientdetail="true", showinsurance="true")).json()
    assert all(record["patient"]["patientid"] == record["patientid"] for record in body["appointments"])
    assert any(record["insurances"] for record in body["appointments"])


@pytest.mark.parametrize("query", [{"startdate": "13/45/2026"}, {"enddate": "soon"}])
async def test_a_date_that_is_none_is_refused(office: Any, query: dict[str, str]) -> None:
    answer = await office.get("appointments/booked", **(FORTNIGHT | query), departmentid=1)
    assert answer.status_code == 400
    assert answer.json()["detailedmessage"].startswith("Expecting format date, but value is")


async def test_open_slots_without_a_reason_or_provider_are_none_and_no_error(office: Any) -> None:
    for query in ({}, {"reasonid": 563}, {"appointmenttypeid": 82}):
        answer = await office.get("appointments/open", departmentid=1, **query)
        assert (answer.status_code, answer.json()["totalcount"]) == (200, 0)
    assert (await office.get("appointments/open")).json()["missingfields"] == ["departmentid"]


async def test_open_slots_begin_a_day_ahead_unless_the_check_is_bypassed(office: Any) -> None:
    slots = await open_slots(office)
    assert slots
    assert min((slot["date"], slot["starttime"]) for slot in slots) >= ("11/19/2026", "10:00")
    assert {slot["date"] for slot in slots} <= {f"11/{day}/2026" for day in range(19, 26)}
    now = await open_slots(office, bypassscheduletimechecks="true")
    assert min((slot["date"], slot["starttime"]) for slot in now) == ("11/18/2026", "10:30")


async def test_open_slots_end_after_ninety_days_unless_the_check_is_bypassed(office: Any) -> None:
    window = {"startdate": "02/10/2027", "enddate": "02/28/2027"}
    assert max(slot["date"] for slot in await open_slots(office, **window)) == "02/16/2027"
    assert max(slot["date"] for slot in await open_slots(office, **window, bypassscheduletimechecks="true")) == "02/26/2027"


async def test_open_slots_are_of_the_provider_the_type_and_the_reason(office: Any) -> None:
    slots = await open_slots(office, reasonid=564, providerid=71)
    assert {slot["providerid"] for slot in slots} == {71}
    assert {slot["appointmenttypeid"] for slot in slots} == {2, 82}
    assert {tuple(slot["reasonid"]) for slot in slots} == {("564",)}
    typed = await open_slots(office, reasonid="", appointmenttypeid=1, providerid=71)
    assert {slot["appointmenttypeid"] for slot in typed} == {1, 82}


async def test_open_slots_carry_numbers_for_ids(office: Any) -> None:
    slot = (await open_slots(office))[0]
    assert all(isinstance(slot[name], int) for name in ("appointmentid", "departmentid", "providerid", "appointmenttypeid", "duration"))


async def test_one_appointment_comes_as_an_array_of_one(office: Any) -> None:
    slot = (await open_slots(office))[0]
    body = (await office.get(f"appointments/{slot['appointmentid']}")).json()
    assert [(record["appointmentid"], record["appointmentstatus"]) for record in body] == [(str(slot["appointmentid"]), "o")]
    assert (await office.get("appointments/1")).status_code == 404


async def test_a_patients_appointments_are_those_to_come_unless_more_is_asked_for(office: Any) -> None:
    booked = (await office.get("appointments/booked", **FORTNIGHT, departmentid=1, showcancelled="true")).json()["appointments"]
    past = next(record for record in booked if record["appointmentstatus"] == "4")
    path = f"patients/{past['patientid']}/appointments"
    everything = (await office.get(path, showpast="true", showcancelled="true")).json()["appointments"]
    mine = {record["appointmentid"] for record in booked if record["patientid"] == past["patientid"]}
    assert {record["appointmentid"] for record in everything} == mine
    assert past["appointmentid"] not in {record["appointmentid"] for record in (await office.get(path)).json()["appointments"]}


async def test_notes_are_written_changed_and_deleted(office: Any) -> None:
    slot = (await open_slots(office))[0]["appointmentid"]
    path = f"appointments/{slot}/notes"
    assert (await office.post(path, notetext="Bring the old chart", displayonschedule="true")).json() == {"success": "true"}
    note = (await office.get(path)).json()["notes"][0]
    assert (note["notetext"], note["displayonschedule"], note["created"]) == ("Bring the old chart", True, "11/18/2026 10:00:00")
    assert note["createdby"].startswith("API-")
    await office.put(f"{path}/{note['noteid']}", notetext="Bring nothing")
    assert (await office.get(f"appointments/{slot}")).json()[0]["appointmentnotes"][0]["text"] == "Bring nothing"
    await office.delete(f"{path}/{note['noteid']}")
    assert (await office.get(path)).json() == {"notes": [], "totalcount": 0}
    assert (await office.get(path, showdeleted="true")).json()["totalcount"] == 1
    assert (await office.post(path)).json()["missingfields"] == ["notetext"]
    assert (await office.put(f"{path}/{note['noteid']}", notetext="x")).status_code == 404
