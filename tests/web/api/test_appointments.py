"""Appointments, as programs find, book and change them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.rights import Right
from practicestudio.clock import new_id
from practicestudio.records import Appointment
from practicestudio.store import records as store
from practicestudio.store.records import Stored
from practicestudio.web.api.shapes.appointment import APPOINTMENT, AppointmentShown
from practicestudio.web.api.slots import GOOD_FOR
from tests.sync.conftest import SANDBOX, Clinic
from tests.web.api.conftest import MakeProgram, Program, Register, trail

FAR = datetime(2150, 3, 1, 9, tzinfo=UTC)
"""Where no other test has an appointment."""


async def free_times(desk: Program, clinic: Clinic, location: str) -> list[dict[str, Any]]:
    start = clinic.sandbox.clock.now() + timedelta(days=2)
    answer = await desk.post("/slots/search", {"location_id": location, "start": start.isoformat(), "end": (start + timedelta(days=7)).isoformat()})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def version_of(desk: Program, appointment_id: str) -> dict[str, str]:
    return {"If-Match": (await desk.get(f"/appointments/{appointment_id}")).headers["etag"]}


async def test_an_appointment_from_the_free_time_to_the_check_out(desk: Program, register: Register, clinic: Clinic, location: str) -> None:
    patient, (first, *_, last) = await register(), await free_times(desk, clinic, location)
    booked = await desk.post("/appointments", {"patient_id": patient["id"], "slot": first["slot"], "reason": "Annual physical"})
    assert (booked.status_code, booked.headers["etag"]) == (201, '"1"')
    assert booked.json() | {"status": "booked", "start_time": first["start_time"], "reason": "Annual physical"} == booked.json()
    await clinic.work()
    old = booked.json()["id"]
    moved = await desk.post(f"/appointments/{old}/reschedule", {"slot": last["slot"], "reason": "later"}, headers=await version_of(desk, old))
    assert moved.status_code == 201
    assert moved.headers["location"].endswith(moved.json()["id"])
    assert (await desk.get(f"/appointments/{old}")).json()["status"] == "cancelled"
    await clinic.work()
    new = moved.json()["id"]
    early = await desk.post(f"/appointments/{new}/check-out", headers=await version_of(desk, new))
    assert (early.status_code, early.json()["code"]) == (409, "conflict")
    assert (await desk.post(f"/appointments/{new}/check-in", headers=await version_of(desk, new))).json()["status"] == "checked_in"
    await clinic.work()
    assert (await desk.post(f"/appointments/{new}/check-out", headers=await version_of(desk, new))).json()["status"] == "checked_out"
    await clinic.work()
    external_id = (await desk.get(f"/appointments/{new}")).json()["external_id"]
    assert (await clinic.true_appointment(external_id))["appointmentstatus"] == "3"


async def test_a_booking_can_be_cancelled(desk: Program, register: Register, clinic: Clinic, location: str) -> None:
    patient, [slot, *_] = await register(), await free_times(desk, clinic, location)
    booked = (await desk.post("/appointments", {"patient_id": patient["id"], "slot": slot["slot"]})).json()
    path = f"/appointments/{booked['id']}/cancel"
    assert (await desk.post(path, {"reason": "ill"})).status_code == 428
    assert (await desk.post(path, {"reason": "ill"}, headers={"If-Match": '"7"'})).status_code == 412
    answer = await desk.post(path, {"reason": "ill"}, headers={"If-Match": '"1"'})
    assert (answer.json()["status"], answer.json()["cancel_reason"], answer.headers["etag"]) == ("cancelled", "ill", '"2"')


async def test_only_a_free_time_that_was_found_can_be_booked(
    desk: Program, register: Register, clinic: Clinic, location: str, make_program: MakeProgram, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient, [slot, *_] = await register(), await free_times(desk, clinic, location)
    flipped = slot["slot"][:-5] + ("A" if slot["slot"][-5] != "A" else "B") + slot["slot"][-4:]
    for token in ("AAAA", flipped):
        answer = await desk.post("/appointments", {"patient_id": patient["id"], "slot": token})
        assert (answer.status_code, answer.json()["faults"][0]["place"]) == (422, "/slot")
    foreign = await make_program()
    assert (await foreign.post("/appointments", {"patient_id": patient["id"], "slot": slot["slot"]})).json()["faults"][0]["place"] == "/slot"
    monkeypatch.setattr("practicestudio.web.api.slots.GOOD_FOR", -GOOD_FOR)
    assert (await desk.post("/appointments", {"patient_id": patient["id"], "slot": slot["slot"]})).status_code == 409


async def test_nobody_is_booked_who_is_not_there(desk: Program, clinic: Clinic, location: str) -> None:
    [slot, *_] = await free_times(desk, clinic, location)
    answer = await desk.post("/appointments", {"patient_id": str(new_id()), "slot": slot["slot"]})
    assert (answer.status_code, answer.json()["faults"][0]["place"]) == (422, "/patient_id")


@pytest.mark.parametrize("days", [0, -1, 32])
async def test_the_time_to_search_for_free_times_has_an_end(desk: Program, location: str, days: int) -> None:
    end = (FAR + timedelta(days=days)).isoformat()
    assert (await desk.post("/slots/search", {"location_id": location, "start": FAR.isoformat(), "end": end})).status_code == 422


@pytest.mark.parametrize(
    ("fault", "status", "code"), [("503", 502, "server_fault"), ("drop_before", 503, "unreachable"), ("malformed", 502, "bad_answer")]
)
async def test_athenahealth_being_away_is_told(desk: Program, clinic: Clinic, location: str, fault: str, status: int, code: str) -> None:
    await clinic.fault(fault, "appointments/open", times=None)
    try:
        answer = await desk.post("/slots/search", {"location_id": location, "start": FAR.isoformat(), "end": (FAR + timedelta(days=1)).isoformat()})
    finally:
        await clinic.http.delete(f"{SANDBOX}/control/faults")
    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def add(clinic: Clinic, *starts: datetime, provider: UUID | None = None, patient: UUID | None = None, status: Any = "booked") -> list[str]:
    made = [
        Stored(new_id(), Appointment(start_time=at, end_time=at + timedelta(minutes=30), provider_id=provider, patient_id=patient, status=status))
        for at in starts
    ]
    await clinic.do(lambda transaction: store.add_appointments(transaction, made))
    return [str(one.id) for one in made]


async def pages(desk: Program, **asked: Any) -> list[str]:
    seen, cursor = [], None
    while True:
        page = (await desk.post("/appointments/search", {**asked, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return seen


async def test_pages_go_by_start_also_of_appointments_at_the_same_time(desk: Program, clinic: Clinic) -> None:
    day = FAR + timedelta(days=3)
    made = await add(clinic, *[day] * 5, day + timedelta(hours=1))
    before, after = await add(clinic, day - timedelta(seconds=1)), await add(clinic, day + timedelta(hours=2))
    window = {"start": day.isoformat(), "end": (day + timedelta(hours=2)).isoformat()}
    assert await pages(desk, **window, limit=2) == made
    assert (
        await pages(desk, start=(day - timedelta(seconds=1)).isoformat(), end=(day + timedelta(hours=3)).isoformat(), limit=3)
        == before + made + after
    )


async def test_appointments_are_found_by_provider_patient_and_status(desk: Program, clinic: Clinic) -> None:
    day, one, other, patient = FAR + timedelta(days=9), new_id(), new_id(), new_id()
    [a] = await add(clinic, day, provider=one, patient=patient)
    [b] = await add(clinic, day, provider=other, patient=patient, status="cancelled")
    [c] = await add(clinic, day, provider=one, patient=new_id(), status="cancelled")
    assert await pages(desk, provider_id=str(one)) == [a, c]
    assert await pages(desk, patient_id=str(patient)) == [a, b]
    assert await pages(desk, patient_id=str(patient), provider_id=str(other)) == [b]
    assert await pages(desk, provider_id=str(one), statuses=["cancelled"], start=day.isoformat()) == [c]
    assert await pages(desk, patient_id=str(patient), end=day.isoformat()) == []


async def test_every_look_at_an_appointment_stands_in_the_trail(make_program: MakeProgram, clinic: Clinic, clinic_app: Any) -> None:
    [made] = await add(clinic, FAR + timedelta(days=20))
    program = await make_program(Right.APPOINTMENTS_VIEW, at=clinic.practice, app=clinic_app)
    await program.get(f"/appointments/{made}")
    day = FAR + timedelta(days=20)
    await program.post("/appointments/search", {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()})
    assert [(action, str(whose) if whose else None) for action, whose, _ in await trail(clinic, program.key)] == [
        ("person:appointment:view", made),
        ("person:appointment:search", None),
        ("person:appointment:view", made),
    ]


async def test_an_appointment_of_another_practice_is_not_there(desk: Program, clinic: Clinic, make_program: MakeProgram) -> None:
    [made] = await add(clinic, FAR + timedelta(days=30))
    foreign = await make_program()
    assert (await desk.get(f"/appointments/{made}")).status_code == 200
    assert (await foreign.get(f"/appointments/{made}")).status_code == 404
    for action in ("cancel", "check-in", "check-out"):
        body = {"reason": "x"} if action == "cancel" else None
        assert (await foreign.post(f"/appointments/{made}/{action}", body, headers={"If-Match": '"1"'})).status_code == 404


def test_the_shape_has_every_field_of_an_appointment() -> None:
    assert set(AppointmentShown.model_fields) == set(Appointment.__dataclass_fields__) | {"id", "version"} == set(APPOINTMENT)
