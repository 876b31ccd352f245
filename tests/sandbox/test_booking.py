from typing import Any

import pytest

TAKEN = {
    "detailedmessage": "The appointment ID is already booked or is not marked as being available to be scheduled via the API.",
    "error": "That appointment time was already booked or not available for booking.",
}
GUIDE = {"patientid": 1, "providerid": 71, "appointmenttypeid": 82, "departmentid": 1, "starttime": "2026-12-07T09:00:00", "duration": 30}


async def slot(office: Any, rank: int = 0, **query: Any) -> int:
    answer = await office.get("appointments/open", **({"departmentid": 1, "reasonid": -1, "providerid": 71} | query))
    return int(answer.json()["appointments"][rank]["appointmentid"])


async def booked(office: Any, rank: int = 0, patient: int = 2) -> int:
    appointment = await slot(office, rank)
    answer = await office.put(f"appointments/{appointment}", patientid=patient, appointmenttypeid=82)
    assert answer.status_code == 200, answer.text
    return appointment


async def status_of(office: Any, appointment: int) -> str:
    return str((await office.get(f"appointments/{appointment}")).json()[0]["appointmentstatus"])


async def test_a_slot_is_booked_once(office: Any) -> None:
    appointment = await slot(office)
    answer = await office.put(f"appointments/{appointment}", patientid=2, reasonid=564, bookingnote="Has a cough")
    record = answer.json()[0]
    assert (record["appointmentid"], record["appointmentstatus"], record["patientid"]) == (str(appointment), "f", "2")
    assert record["supervisingproviderid"] == 0
    again = await office.put(f"appointments/{appointment}", patientid=3, appointmenttypeid=82)
    assert (again.status_code, again.json()) == (409, TAKEN)
    assert (await office.get(f"appointments/{appointment}/notes")).json()["notes"][0]["notetext"] == "Has a cough"
    assert appointment != await slot(office)


async def test_a_generic_slot_can_be_booked_as_another_type(office: Any) -> None:
    appointment = await slot(office, appointmenttypeid=82, reasonid="")
    record = (await office.put(f"appointments/{appointment}?appointmenttypeid=2&patientid=1")).json()[0]
    assert (record["appointmenttypeid"], record["appointmenttype"]) == ("2", "Follow Up")
    assert (await office.get(f"appointments/{appointment}")).json()[0]["templateappointmenttypeid"] in ("82", "2")


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"appointmenttypeid": 82}, "missingfields"),
        ({"patientid": 2}, "An appointment type or reason must be provided."),
        ({"patientid": 99999, "appointmenttypeid": 82}, "The patient ID is not valid."),
        ({"patientid": 2, "appointmenttypeid": 999}, "The appointment type ID is not valid."),
        ({"patientid": 2, "reasonid": 999}, "The reason ID is not valid."),
        ({"patientid": "two", "reasonid": 563}, "Expecting type integer, but value is two"),
    ],
)
async def test_a_booking_that_lacks_or_mistakes_something_is_refused(office: Any, form: dict[str, Any], words: str) -> None:
    answer = await office.put(f"appointments/{await slot(office)}", **form)
    assert answer.status_code == 400
    assert words in answer.text


async def test_a_slot_in_the_past_cannot_be_booked(office: Any) -> None:
    appointment = await slot(office)
    await office.control("POST", "clock", {"at": "2026-12-24T12:00:00Z"})
    await office.sign_in()
    assert (await office.put(f"appointments/{appointment}", patientid=2, appointmenttypeid=82)).status_code == 409


async def test_the_guides_booking_names_a_time_and_gets_an_appointment(office: Any) -> None:
    record = (await office.send_json("POST", "appointments/open", GUIDE)).json()[0]
    assert (record["date"], record["starttime"], record["duration"], record["patientid"]) == ("12/07/2026", "09:00", 30, "1")
    taken = await office.send_json("POST", "appointments/open", GUIDE | {"patientid": 2})
    assert (taken.status_code, taken.json()) == (409, TAKEN)


@pytest.mark.parametrize("provider", [71, 72, 73, 74, 75, 76])
async def test_any_provider_can_be_booked_on_a_weekday_at_nine_two_weeks_ahead(office: Any, provider: int) -> None:
    for practice in ("195900", "195901"):
        answer = await office.send_json("POST", "appointments/open", GUIDE | {"providerid": provider}, practice=practice)
        assert answer.status_code == 200, answer.text


async def test_a_long_booking_takes_the_slots_it_covers(office: Any) -> None:
    await office.send_json("POST", "appointments/open", GUIDE | {"duration": 90})
    for start in ("2026-12-07T09:30:00", "2026-12-07T10:00:00", "2026-12-07T08:45:00"):
        assert (await office.send_json("POST", "appointments/open", GUIDE | {"starttime": start})).status_code == 409
    assert (await office.send_json("POST", "appointments/open", GUIDE | {"starttime": "2026-12-07T10:30:00"})).status_code == 200
    window = {"startdate": "12/07/2026", "enddate": "12/07/2026", "departmentid": 1, "reasonid": -1, "providerid": 71}
    free = {one["starttime"] for one in (await office.get("appointments/open", **window)).json()["appointments"]}
    assert not {"09:00", "09:30", "10:00", "10:30"} & free
    assert "11:00" in free


@pytest.mark.parametrize(
    "changed",
    [
        {"starttime": "tomorrow"},
        {"starttime": None},
        {"departmentid": 9},
        {"providerid": 9},
        {"duration": 0.5},
        {"duration": -30},
        {"patientid": 0.5},
    ],
)
async def test_a_guide_booking_that_cannot_be_is_refused(office: Any, changed: dict[str, Any]) -> None:
    assert (await office.send_json("POST", "appointments/open", GUIDE | changed)).status_code == 400


async def test_the_guides_booking_into_the_past_is_refused(office: Any) -> None:
    assert (await office.send_json("POST", "appointments/open", GUIDE | {"starttime": "2023-06-15T09:00:00"})).status_code == 409


async def test_slots_are_created_by_the_form_and_carry_no_patient(office: Any) -> None:
    form = {"appointmentdate": "12/12/2026", "appointmenttime": "08:00,08:30", "departmentid": 1, "providerid": 71, "appointmenttypeid": 82}
    made = (await office.post("appointments/open", **form)).json()["appointmentids"]
    assert sorted(made.values()) == ["08:00", "08:30"]
    record = (await office.get(f"appointments/{min(made)}")).json()[0]
    assert (record["appointmentstatus"], record["duration"], "patientid" in record) == ("o", 30, False)
    assert int(min(made)) == await slot(office, startdate="12/12/2026", enddate="12/12/2026")


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("appointmentdate", "missingfields"),
        ("appointmenttypeid", "An appointment type or reason must be provided."),
        ("appointmenttime", "missingfields"),
    ],
)
async def test_creating_slots_says_what_is_missing(office: Any, left_out: str, words: str) -> None:
    form = {"appointmentdate": "12/12/2026", "appointmenttime": "08:00", "departmentid": 1, "providerid": 71, "appointmenttypeid": 82}
    del form[left_out]
    answer = await office.post("appointments/open", **form)
    assert (answer.status_code, words in answer.text) == (400, True)


async def test_a_cancelled_appointment_stays_and_its_time_opens_again(office: Any) -> None:
    appointment = await booked(office)
    before = (await office.get(f"appointments/{appointment}")).json()[0]
    answer = await office.put(f"appointments/{appointment}/cancel", patientid=2, cancellationreason="Feels better")
    assert answer.json() == {"status": "x"}
    record = (await office.get(f"appointments/{appointment}")).json()[0]
    assert (record["appointmentstatus"], record["cancelreasonid"], record["cancelreasonname"]) == ("x", "-5", "CANCELLED FROM API")
    assert "Feels better" in record["appointmentnotes"][0]["text"]
    again = await slot(office)
    fresh = (await office.get(f"appointments/{again}")).json()[0]
    assert again != appointment
    assert [fresh[name] for name in ("date", "starttime")] == [before[name] for name in ("date", "starttime")]
    assert (await office.put(f"appointments/{again}", patientid=3, appointmenttypeid=82)).status_code == 200


async def test_a_no_show_gives_no_time_back(office: Any) -> None:
    appointment = await booked(office)
    await office.put(f"appointments/{appointment}/cancel", patientid=2, appointmentcancelreasonid=2)
    record = (await office.get(f"appointments/{appointment}")).json()[0]
    assert (record["cancelreasonnoshow"], record["cancelreasonslotavailable"]) == (True, False)
    free = await slot(office)
    assert (await office.get(f"appointments/{free}")).json()[0]["starttime"] != record["starttime"]


async def test_only_the_patients_own_booked_appointment_is_cancelled(office: Any) -> None:
    appointment = await booked(office)
    assert (await office.put(f"appointments/{appointment}/cancel")).json()["missingfields"] == ["patientid"]
    assert (await office.put(f"appointments/{appointment}/cancel", patientid=3)).status_code == 400
    assert (await office.put(f"appointments/{await slot(office)}/cancel", patientid=2)).status_code == 400
    assert (await office.put(f"appointments/{appointment}/cancel", patientid=2, appointmentcancelreasonid=77)).status_code == 400
    assert await status_of(office, appointment) == "f"


async def test_rescheduling_books_the_new_slot_and_points_to_it_from_the_old(office: Any) -> None:
    old, new = await booked(office), await slot(office, 5)
    answer = (await office.put(f"appointments/{old}/reschedule", patientid=2, newappointmentid=new, reschedulereason="Car trouble")).json()[0]
    assert (answer["appointmentid"], answer["appointmentstatus"], answer["providerid"]) == (str(new), "f", "")
    record = (await office.get(f"appointments/{old}")).json()[0]
    assert (record["appointmentstatus"], record["rescheduledappointmentid"]) == ("x", str(new))
    assert (await office.get(f"appointments/{new}")).json()[0]["patientid"] == "2"


async def test_rescheduling_to_a_taken_slot_leaves_everything_as_it_was(office: Any) -> None:
    old, other = await booked(office), await booked(office, 4, patient=3)
    answer = await office.put(f"appointments/{old}/reschedule", patientid=2, newappointmentid=other)
    assert (answer.status_code, answer.json()) == (409, TAKEN)
    assert await status_of(office, old) == "f"


async def test_updating_a_booked_appointment_answers_a_bare_1_or_a_bare_sentence(office: Any) -> None:
    appointment = await booked(office)
    answer = await office.put(f"appointments/booked/{appointment}", providerid=72, appointmenttypeid=2)
    assert (answer.status_code, answer.text) == (200, "1")
    record = (await office.get(f"appointments/{appointment}")).json()[0]
    assert (record["providerid"], record["appointmenttypeid"]) == ("72", "2")
    wrong = await office.put(f"appointments/booked/{appointment}", providerid=999)
    assert (wrong.status_code, wrong.json()) == (200, "Invalid PROVIDERID input")


async def test_freezing_twice_fails_with_status_200(office: Any) -> None:
    appointment = await slot(office)
    path = f"appointments/{appointment}/freeze"
    assert (await office.put(path, freeze="true")).json() == {"success": True, "errormessage": ""}
    again = await office.put(path, freeze="true")
    assert (again.status_code, again.json()) == (200, {"success": False, "errormessage": "Appointment is already frozen."})
    assert (await office.put(f"appointments/{appointment}", patientid=2, appointmenttypeid=82)).status_code == 409
    assert await slot(office) != appointment
    assert await slot(office, showfrozenslots="true") == appointment
    assert (await office.put(path, freeze="false")).json()["success"] is True
    assert await slot(office) == appointment


async def test_only_open_slots_are_deleted(office: Any) -> None:
    appointment = await slot(office, 2)
    assert (await office.delete(f"appointments/{await booked(office)}")).status_code == 400
    assert (await office.delete(f"appointments/{appointment}")).json() == {"success": "true"}
    assert (await office.get(f"appointments/{appointment}")).status_code == 404
    assert (await office.put(f"appointments/{appointment}", patientid=2, appointmenttypeid=82)).status_code == 409


async def test_a_visit_goes_from_check_in_to_check_out(office: Any) -> None:
    appointment = await booked(office)
    path = f"appointments/{appointment}"
    assert (await office.get(f"{path}/checkin")).json()["fields"][0] == {"fieldname": "dob", "complete": True}
    assert (await office.post(f"{path}/checkout")).json()["success"] == "false"
    assert (await office.post(f"{path}/startcheckin")).json()["success"] == "true"
    started = (await office.get(path)).json()[0]
    assert (started["appointmentstatus"], started["startcheckin"]) == ("f", "11/18/2026 10:00:00")
    await office.post(f"{path}/checkin")
    assert await status_of(office, appointment) == "2"
    assert (await office.post(f"{path}/checkin")).json()["success"] == "false"
    await office.post(f"{path}/cancelcheckin")
    assert await status_of(office, appointment) == "f"
    assert (await office.post(f"{path}/cancelcheckin")).json()["success"] == "false"
    await office.post(f"{path}/checkin")
    assert (await office.post(f"{path}/checkout")).json()["success"] == "true"
    assert await status_of(office, appointment) == "3"
    assert (await office.post(f"{path}/startcheckin")).json()["success"] == "false"
