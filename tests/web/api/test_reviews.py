"""Questions for a person, as programs list, read, decide and take back."""

from typing import Any

from practicestudio.clock import new_id
from practicestudio.sync.change_patient import change_patient
from tests.sync.conftest import Clinic
from tests.web.api.conftest import MakeProgram, Program, trail

OURS, THEIRS = "+16175550111", "+16175550122"


async def conflict(clinic: Clinic, desk: Program) -> dict[str, Any]:
    """A question whose mobile number of a patient stands."""
    external_id, known = next((one, stored) for one, stored in (await clinic.patients()).items() if one.isdigit() and int(one) < 100)
    await clinic.happens("phone", patientid=int(external_id), mobilephone=THEIRS[2:])
    await clinic.do(lambda transaction: change_patient(transaction, known.id, {"phone_mobile": OURS}, "ann"))
    await clinic.work()
    await clinic.feed()
    [found] = [one for one in (await desk.get("/reviews?kind=conflict")).json()["items"] if one["record_id"] == str(known.id)]
    return found  # type: ignore[no-any-return]


async def test_a_conflict_is_decided_and_taken_back(desk: Program, clinic: Clinic, make_program: MakeProgram) -> None:
    review = await conflict(clinic, desk)
    path = f"/reviews/{review['id']}"
    whole = (await desk.get(path)).json()
    assert [(one["unit"], one["ours"], one["theirs"]) for one in whole["units"]] == [("phone_mobile", OURS, THEIRS)]
    assert (whole["state"], whole["candidates"], whole["cannot_be_undone"]) == ("open", [], None)
    assert (await desk.post(f"{path}/decide", {"decision": "new"})).json()["faults"][0]["place"] == "/decision"
    assert (await desk.post(f"{path}/undo", {"why": "x"})).status_code == 409
    assert (await (await make_program()).get(path)).status_code == 404
    decided = await desk.post(f"{path}/decide", {"decision": "theirs", "why": "They asked the patient."})
    assert (decided.status_code, decided.json()["state"], decided.json()["decision"]) == (200, "decided", "theirs")
    assert (await desk.get(f"/patients/{review['record_id']}")).json()["phone_mobile"] == THEIRS
    assert (await desk.post(f"{path}/decide", {"decision": "ours"})).status_code == 409
    assert (await desk.get("/reviews?state=decided&limit=1")).json()["items"][0]["id"] == review["id"]
    undone = await desk.post(f"{path}/undo", {"why": "It was ours after all."})
    assert (undone.status_code, undone.json()["state"]) == (200, "undone")
    assert (await desk.get(f"/patients/{review['record_id']}")).json()["phone_mobile"] == OURS
    actions = [action for action, _, _ in await trail(clinic, desk.key)]
    assert {"person:review:search", "person:review:view", "person:conflict:decide", "person:review:undo"} <= set(actions)


async def test_who_somebody_is_is_decided(desk: Program, clinic: Clinic) -> None:
    external_id = next(one for one in await clinic.patients() if one.isdigit() and int(one) < 100)
    await clinic.happens("duplicate", patientid=int(external_id), agree="partial")
    await clinic.feed()
    page = (await desk.get("/reviews?kind=match")).json()
    assert page["total"] == len(page["items"]) >= 1
    review = page["items"][-1]
    [candidate, *_] = (await desk.get(f"/reviews/{review['id']}")).json()["candidates"]
    assert {one["field"] for one in candidate["fields"]} >= {"last_name", "date_of_birth"}
    assert (await desk.post(f"/reviews/{review['id']}/decide", {"decision": str(new_id())})).status_code == 422
    answer = await desk.post(f"/reviews/{review['id']}/decide", {"decision": "new"}, headers={"Idempotency-Key": "d1"})
    assert (answer.status_code, answer.json()["decision"]) == (200, "new")
    assert (await desk.post(f"/reviews/{review['id']}/decide", {"decision": "new"}, headers={"Idempotency-Key": "d1"})).json() == answer.json()
    await clinic.work()


async def test_there_is_no_such_question(desk: Program) -> None:
    assert (await desk.get(f"/reviews/{new_id()}")).status_code == 404
    assert (await desk.post(f"/reviews/{new_id()}/decide", {"decision": "new"})).status_code == 404
    assert (await desk.post(f"/reviews/{new_id()}/decide", {"decision": "maybe"})).status_code == 422
