from typing import Any

import pytest

OF_PATIENTS = ["move", "marry", "phone", "birth", "duplicate", "merge", "delete", "set"]
OF_APPOINTMENTS = ["book", "cancel", "reschedule", "no_show", "check_in"]


async def happen(caller: Any, **wish: Any) -> list[dict[str, Any]]:
    happened: list[dict[str, Any]] = (await caller.control("POST", "people", wish))["happened"]
    return happened


async def truth(caller: Any, patient: Any) -> dict[str, Any]:
    record: dict[str, Any] = await caller.control("GET", f"people/195900/{patient}")
    return record


@pytest.mark.parametrize("action", [*OF_PATIENTS, *OF_APPOINTMENTS])
async def test_whatever_people_do_the_feeds_hear_of_it(office: Any, action: str) -> None:
    for feed in ("patients", "appointments"):
        await office.post(f"{feed}/changed/subscription")
    done = (await happen(office, action=action))[0]
    feed, key = ("patients", "patientid") if action in OF_PATIENTS else ("appointments", "appointmentid")
    body = (await office.get(f"{feed}/changed")).json()
    assert done[key] in [str(record[key]) for record in body[feed]]
    assert (await office.control("GET", "ledger"))["entries"][0]["by"] == "control"


async def test_moving_marrying_and_a_new_phone_change_what_they_should(caller: Any) -> None:
    before = await truth(caller, 5)
    for action, names in (("move", {"address1", "zip"}), ("marry", {"lastname"}), ("phone", {"mobilephone"})):
        await happen(caller, action=action, patientid=5)
        after = await truth(caller, 5)
        assert names <= {name for name in after if after[name] != before.get(name)}, action
        before = after
    assert (await happen(caller, action="marry", patientid=5, lastname="Okafor-Quill"))[0]["fields"]["lastname"] == "Okafor-Quill"


async def test_a_child_is_born_into_its_family(caller: Any) -> None:
    born = (await happen(caller, action="birth", patientid=3))[0]
    child, parent = await truth(caller, born["patientid"]), await truth(caller, 3)
    assert (child["lastname"], child["address1"], child["guarantorfirstname"]) == (parent["lastname"], parent["address1"], parent["firstname"])
    assert child["dob"] == child["registrationdate"]


async def test_a_second_registration_agrees_in_full_or_in_part(caller: Any) -> None:
    one = await truth(caller, 3)
    full = await truth(caller, (await happen(caller, action="duplicate", patientid=3))[0]["patientid"])
    part = await truth(caller, (await happen(caller, action="duplicate", patientid=3, agree="partial"))[0]["patientid"])
    for other in (full, part):
        assert [other[name] for name in ("firstname", "lastname", "dob")] == [one[name] for name in ("firstname", "lastname", "dob")]
    assert full["zip"] == one["zip"]
    assert not {"email", "mobilephone"} & part.keys()
    assert part["zip"] != one["zip"]


async def test_a_merge_takes_the_appointments_over(office: Any) -> None:
    gone = (await happen(office, action="duplicate", patientid=3))[0]["patientid"]
    booked = (await happen(office, action="book", patientid=int(gone)))[0]["appointmentid"]
    await happen(office, action="merge", patientid=3, gone=int(gone))
    assert (await office.get(f"appointments/{booked}")).json()[0]["patientid"] == "3"
    assert (await truth(office, gone))["status"] == "deleted"


async def test_a_visit_is_checked_in_and_out_and_a_no_show_is_none(office: Any) -> None:
    visit = (await happen(office, action="check_in"))[0]["appointmentid"]
    assert (await office.get(f"appointments/{visit}")).json()[0]["appointmentstatus"] == "2"
    await happen(office, action="check_out", appointmentid=int(visit))
    assert (await office.get(f"appointments/{visit}")).json()[0]["appointmentstatus"] == "3"
    missed = (await happen(office, action="no_show"))[0]["appointmentid"]
    assert (await office.get(f"appointments/{missed}")).json()[0]["cancelreasonnoshow"] is True


async def test_random_things_happen_the_same_way_after_a_reset(office: Any) -> None:
    first = await happen(office, action="random", count=20)
    await office.control("POST", "reset", {"at": "2026-11-18T15:00:00Z"})
    assert [one["action"] for one in await happen(office, action="random", count=20)] == [one["action"] for one in first]


async def test_impossible_records_can_be_made(caller: Any) -> None:
    await happen(caller, action="set", patientid=2, fields={"dob": "02/31/2001", "sex": "?", "patientid": "1"}, remove=["homephone"])
    await happen(caller, action="set", patientid=3, fields={"notes": {"repeat": "x", "times": 100_000}}, remove=["dob"])
    listed = (await caller.get("patients", departmentid=1, limit=3)).json()["patients"]
    assert [one["patientid"] for one in listed] == ["1", "1", "3"]
    assert (listed[1]["dob"], "homephone" in listed[1]) == ("02/31/2001", False)
    assert ("dob" in listed[2], len(listed[2]["notes"])) == (False, 100_000)


async def test_impossible_appointments_can_be_made_and_the_lists_survive_them(office: Any) -> None:
    window = {"departmentid": 1, "startdate": "11/18/2026", "enddate": "11/27/2026"}
    booked = (await office.get("appointments/booked", **window)).json()["appointments"]
    for record, fields in zip(booked, ({"date": "13/45/2026"}, {"starttime": "25:99"}, {"duration": "long"}, {"patientid": "x"}), strict=False):
        await happen(office, action="set", appointmentid=int(record["appointmentid"]), fields=fields)
    await happen(office, action="set", appointmentid=int(booked[4]["appointmentid"]), remove=["providerid", "appointmenttypeid"])
    shown = (await office.get("appointments/booked", **window)).json()["appointments"]
    assert "13/45/2026" in {record["date"] for record in shown}
    assert (await office.get("appointments/open", departmentid=1, reasonid=-1)).status_code == 200


@pytest.mark.parametrize(
    "wish",
    [
        {"action": "fly"},
        {"action": "move", "patientid": 99999},
        {"action": "move", "patientid": "x"},
        {"action": "cancel", "appointmentid": 1},
        {"action": "book", "patientid": 1, "appointmentid": 1},
        {"action": "merge", "patientid": 1, "gone": 99999},
        {"action": "provider", "providerid": 1},
        {"action": "set", "appointmentid": 1, "fields": {}},
        {"action": "move", "practice": "1"},
        {"count": "many"},
        ["not an object"],
    ],
)
async def test_a_wish_that_cannot_be_is_refused_with_a_reason(caller: Any, wish: Any) -> None:
    answer = await caller.http.post("/control/people", json=wish)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("clock", {"at": "tomorrow"}),
        ("clock", {"advance": "a while"}),
        ("limits", {"calls_per_year": 1}),
        ("faults", {"kind": "meteor"}),
        ("reset", {"at": 5}),
        ("limits", {"calls_per_second": "five"}),
        ("limits", {"body": "xml"}),
        ("faults", {"rules": "500"}),
        ("faults", {"kind": "500", "times": "often"}),
    ],
)
async def test_settings_that_make_no_sense_are_refused(caller: Any, path: str, body: Any) -> None:
    assert (await caller.http.post(f"/control/{path}", json=body)).status_code == 400


async def test_the_clock_jumps_moves_on_and_comes_back(caller: Any) -> None:
    assert (await caller.control("POST", "clock", {"at": "2030-06-01T12:00:00+02:00"}))["now"].startswith("2030-06-01T10:00:00")
    assert (await caller.control("POST", "clock", {"advance": 3600}))["now"].startswith("2030-06-01T11:00:0")
    await caller.control("POST", "clock", {"at": None})
    assert (await caller.control("GET", "state"))["now"] < "2030"


async def test_the_ledger_holds_every_write_that_took_effect_and_no_other(office: Any) -> None:
    office.headers["x-request-id"] = "try-1"
    slot = (await office.get("appointments/open", departmentid=1, reasonid=-1)).json()["appointments"][0]["appointmentid"]
    for _ in range(2):
        await office.put(f"appointments/{slot}", patientid=2, appointmenttypeid=82)
    await office.put("patients/2", homephone="911")
    await office.put("patients/2", address2="B", practice="195901")
    entries = (await office.control("GET", "ledger"))["entries"]
    assert [(entry["what"], entry["practice"], entry["request_id"]) for entry in entries] == [
        ("booked", "195900", "try-1"),
        ("patient updated", "195901", "try-1"),
    ]
    assert (entries[0]["appointmentid"], entries[0]["patientid"], entries[0]["operation"]) == (str(slot), "2", "book_appointment")
    assert entries[1]["fields"] == ["address2"]
    assert (await office.control("GET", "ledger?since=1&practice=195901"))["entries"] == entries[1:]


async def test_the_state_counts_calls_and_changes(office: Any) -> None:
    await office.post("patients/changed/subscription")
    await happen(office, action="move", patientid=1)
    await office.get("ping")
    state = await office.control("GET", "state")
    assert state["calls"]["by_operation"]["ping"] == 1
    assert state["practices"]["195900"] == {
        "patients": 300,
        "patients_changed": 1,
        "appointments_changed": 0,
        "waiting": {"patients": {"sandbox": 1}},
    }


async def test_a_reset_forgets_everything_but_the_tokens(office: Any) -> None:
    await office.put("patients/1", address2="B")
    await office.control("POST", "faults", {"kind": "500"})
    await office.control("POST", "reset", {"at": "2026-11-18T15:30:00Z"})
    assert (await truth(office, 1)).get("address2") != "B"
    assert (await office.get("ping")).status_code == 200
    assert (await office.control("GET", "ledger"))["entries"] == []


async def test_the_truth_of_an_appointment_has_its_notes(office: Any) -> None:
    slot = (await office.get("appointments/open", departmentid=1, reasonid=-1)).json()["appointments"][0]["appointmentid"]
    await office.post(f"appointments/{slot}/notes", notetext="N")
    record = await office.control("GET", f"appointments/195900/{slot}")
    assert (record["notes"][0]["notetext"], record["deleted"]) == ("N", False)
    assert (await office.http.get("/control/appointments/195900/1")).status_code == 400
    assert (await office.http.get("/control/people/195900/99999")).status_code == 400
