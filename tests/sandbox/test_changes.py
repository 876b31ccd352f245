from typing import Any

import pytest

NOT_SET_UP = {"error": "Changed messages require setup (subscription) that has not been done."}


async def changed(caller: Any, feed: str = "patients", **query: Any) -> list[str]:
    answer = await caller.get(f"{feed}/changed", **query)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["totalcount"] == len(body[feed])
    return [str(record[f"{feed[:-1]}id"]) for record in body[feed]]


@pytest.fixture
async def listener(office: Any) -> Any:
    """Subscribed to everything, at once."""
    for feed in ("patients", "appointments", "providers"):
        assert (await office.post(f"{feed}/changed/subscription")).json() == {"success": True}
    return office


async def test_a_feed_nobody_subscribed_to_is_forbidden(caller: Any) -> None:
    for feed in ("patients", "appointments", "providers"):
        answer = await caller.get(f"{feed}/changed")
        assert (answer.status_code, answer.json()) == (403, NOT_SET_UP)


async def test_a_subscription_takes_its_time_to_act(open_sandbox: Any) -> None:
    caller = await open_sandbox(activation_delay=300)
    await caller.post("patients/changed/subscription")
    assert (await caller.get("patients/changed")).status_code == 403
    assert (await caller.get("patients/changed/subscription")).json() == {"status": "INACTIVE", "subscriptions": []}
    await caller.put("patients/1", address2="Too early")
    await caller.control("POST", "clock", {"advance": 301})
    assert await changed(caller) == []
    assert (await caller.get("patients/changed/subscription")).json()["status"] == "ACTIVE"
    await caller.put("patients/1", address2="In time")
    assert await changed(caller) == ["1"]


async def test_reading_empties_the_queue(listener: Any) -> None:
    for patient in (3, 1, 2, 3):
        await listener.put(f"patients/{patient}", address2="New")
    assert await changed(listener, leaveunprocessed="true") == ["3", "1", "2"]
    assert await changed(listener, limit=2) == ["3", "1"]
    assert await changed(listener) == ["2"]
    assert await changed(listener) == []


async def test_a_feed_shows_the_record_as_it_is_now(listener: Any) -> None:
    await listener.put("patients/1", address2="First")
    await listener.put("patients/1", address2="Second")
    body = (await listener.get("patients/changed", showinsurance="true")).json()
    assert [record["address2"] for record in body["patients"]] == ["Second"]
    assert "insurances" in body["patients"][0]


async def test_what_was_read_is_shown_again_by_its_window_in_eastern_time(listener: Any) -> None:
    await listener.put("patients/1", address2="New")
    await listener.control("POST", "clock", {"at": "2026-11-18T15:30:00Z"})
    assert await changed(listener) == ["1"]
    window = {"showprocessedstartdatetime": "11/18/2026 10:30:00", "showprocessedenddatetime": "11/18/2026 10:31:00"}
    assert await changed(listener, **window) == ["1"]
    assert await changed(listener, **window) == ["1"]
    assert await changed(listener, showprocessedstartdatetime="11/18/2026 10:32:00") == []
    assert await changed(listener, showprocessedenddatetime="11/18/2026 10:29:59") == []
    wrong = await listener.get("patients/changed", showprocessedstartdatetime="2026-11-18T10:30:00")
    assert wrong.status_code == 400


async def test_what_was_read_long_ago_is_gone_for_good(open_sandbox: Any) -> None:
    caller = await open_sandbox(processed_retention=3600, token_seconds=100_000)
    await caller.post("patients/changed/subscription")
    await caller.put("patients/1", address2="New")
    assert await changed(caller) == ["1"]
    await caller.control("POST", "clock", {"advance": 3700})
    assert await changed(caller, showprocessedstartdatetime="01/01/2020 00:00:00") == []


async def test_queues_belong_to_a_client_and_a_practice(open_sandbox: Any) -> None:
    caller = await open_sandbox(clients={"sandbox": "sandbox", "other": "secret"})
    await caller.post("patients/changed/subscription")
    await caller.sign_in("other", "secret")
    assert (await caller.get("patients/changed")).status_code == 403
    await caller.post("patients/changed/subscription")
    await caller.put("patients/1", address2="New")
    assert await changed(caller) == ["1"]
    await caller.sign_in()
    assert await changed(caller) == ["1"]
    assert (await caller.get("patients/changed", practice="195901")).status_code == 403


async def test_one_event_makes_a_partial_subscription_and_can_be_taken_back(caller: Any) -> None:
    await caller.post("patients/changed/subscription", eventname="AddPatient")
    body = (await caller.get("patients/changed/subscription")).json()
    assert body == {"status": "PARTIAL", "subscriptions": [{"eventname": "AddPatient"}]}
    await caller.put("patients/1", address2="Not heard of")
    await caller.post("patients", firstname="N", lastname="N", dob="01/01/2000", departmentid=1, zip="02139")
    assert await changed(caller) == ["301"]
    await caller.delete("patients/changed/subscription", eventname="AddPatient")
    assert (await caller.get("patients/changed")).json() == NOT_SET_UP
    assert (await caller.post("patients/changed/subscription", eventname="Nonsense")).status_code == 400


async def test_the_possible_events_are_listed(caller: Any) -> None:
    events = (await caller.get("appointments/changed/subscription/events")).json()["subscriptions"]
    assert {"eventname": "UpdateReminderCall"} in events
    assert len(events) == 11


async def test_reminder_events_come_only_when_asked_for(caller: Any) -> None:
    await caller.post("appointments/changed/subscription", includeremindercall="true")
    names = {one["eventname"] for one in (await caller.get("appointments/changed/subscription")).json()["subscriptions"]}
    assert "UpdateReminderCall" in names
    assert "UpdateSuggestedOverbooking" not in names


async def test_a_subscription_to_departments_hears_of_no_other(caller: Any) -> None:
    await caller.post("patients/changed/subscription", departmentids="21,102")
    in_1, in_21 = 1, int((await caller.get("patients", departmentid=21, limit=1)).json()["patients"][0]["patientid"])
    for patient in (in_1, in_21):
        await caller.put(f"patients/{patient}", address2="New")
    assert await changed(caller) == [str(in_21)]


async def test_every_change_of_an_appointment_is_announced(listener: Any) -> None:
    slots = (await listener.get("appointments/open", departmentid=1, reasonid=-1)).json()["appointments"]
    one, two, three = (slot["appointmentid"] for slot in slots[:3])
    steps = (
        ("PUT", f"appointments/{one}", {"patientid": 2, "appointmenttypeid": 82}),
        ("POST", f"appointments/{one}/notes", {"notetext": "x"}),
        ("POST", f"appointments/{one}/checkin", {}),
        ("POST", f"appointments/{one}/checkout", {}),
        ("PUT", f"appointments/{two}/freeze", {"freeze": "true"}),
        ("PUT", f"appointments/{two}/freeze", {"freeze": "false"}),
        ("DELETE", f"appointments/{three}", {}),
    )
    for method, path, form in steps:
        await listener.http.request(method, f"/v1/195900/{path}", data=form, headers=listener.headers)
        assert await changed(listener, "appointments") == [path.split("/")[1]], path


async def test_a_cancellation_announces_the_old_and_the_reopened_slot(listener: Any) -> None:
    slot = (await listener.get("appointments/open", departmentid=1, reasonid=-1)).json()["appointments"][0]["appointmentid"]
    await listener.put(f"appointments/{slot}", patientid=2, appointmenttypeid=82)
    await changed(listener, "appointments")
    await listener.put(f"appointments/{slot}/cancel", patientid=2)
    body = (await listener.get("appointments/changed")).json()["appointments"]
    assert [record["appointmentstatus"] for record in body] == ["x", "o"]


async def test_custom_fields_and_insurances_announce_their_patient(listener: Any) -> None:
    await listener.put("patients/1/customfields", departmentid=1, customfields='[{"customfieldid":"22","customfieldvalue":"Z"}]')
    assert await changed(listener) == ["1"]
    policy = (await listener.get("patients/1/insurances")).json()["insurances"][0]["insuranceid"]
    await listener.put(f"patients/1/insurances/{policy}", insuranceidnumber="N")
    assert await changed(listener) == ["1"]


async def test_a_merge_shows_both_and_the_survivor_knows_the_other(listener: Any) -> None:
    made = (await listener.control("POST", "people", {"action": "duplicate", "patientid": 7}))["happened"][0]
    await changed(listener)
    await listener.control("POST", "people", {"action": "merge", "patientid": 7, "gone": made["patientid"]})
    body = (await listener.get("patients/changed", showpreviouspatientids="true")).json()["patients"]
    assert [(record["patientid"], record["status"]) for record in body] == [("7", "active"), (made["patientid"], "deleted")]
    assert body[0]["previouspatientids"] == [made["patientid"]]
    assert "previouspatientids" not in (await listener.get("patients/7")).json()[0]


async def test_providers_have_a_feed_too(listener: Any) -> None:
    await listener.control("POST", "people", {"action": "provider", "providerid": 73, "fields": {"lastname": "Sandström-Lee"}})
    body = (await listener.get("providers/changed")).json()["providers"]
    assert [(record["providerid"], record["lastname"]) for record in body] == [(73, "Sandström-Lee")]
    assert (await listener.get("providers/73")).json()[0]["lastname"] == "Sandström-Lee"
