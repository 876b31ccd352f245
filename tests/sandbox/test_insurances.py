from typing import Any

import pytest

HOLDER = {"insurancepolicyholderfirstname": "Ada", "insurancepolicyholderlastname": "Quill", "insurancepolicyholdersex": "F"}
POLICY = HOLDER | {"insurancepackageid": 1352, "sequencenumber": 1, "insuranceidnumber": "X1", "insurancepolicyholderdob": "02/29/1988"}


async def newcomer(caller: Any) -> str:
    form = {"firstname": "Ada", "lastname": "Quill", "dob": "02/29/1988", "departmentid": 1, "zip": "02139"}
    return str((await caller.post("patients", **form)).json()[0]["patientid"])


async def test_a_policy_is_created_changed_deleted_and_reactivated(caller: Any) -> None:
    patient = await newcomer(caller)
    made = (await caller.post(f"patients/{patient}/insurances", **POLICY)).json()[0]
    assert (made["insurancepackageid"], made["sequencenumber"], made["insurancepolicyholder"]) == (1352, 1, "ADA QUILL")
    path = f"patients/{patient}/insurances/{made['insuranceid']}"
    assert (await caller.put(path, insuranceidnumber="X2")).json() == {"success": True, "message": ""}
    listed = (await caller.get(f"patients/{patient}/insurances")).json()
    assert (listed["totalcount"], listed["insurances"][0]["insuranceidnumber"]) == (1, "X2")
    assert (await caller.delete(path)).json() == {"success": True, "message": ""}
    assert (await caller.get(f"patients/{patient}/insurances")).json()["totalcount"] == 0
    assert (await caller.get(f"patients/{patient}/insurances", showcancelled="true")).json()["totalcount"] == 1
    await caller.post(f"{path}/reactivate")
    assert (await caller.get(f"patients/{patient}/insurances")).json()["totalcount"] == 1


async def test_a_second_policy_needs_a_first_and_each_number_comes_once(caller: Any) -> None:
    patient = await newcomer(caller)
    second = await caller.post(f"patients/{patient}/insurances", **(POLICY | {"sequencenumber": 2}))
    assert (second.status_code, second.json()) == (400, {"error": "Secondary insurance without primary."})
    await caller.post(f"patients/{patient}/insurances", **POLICY)
    assert (await caller.post(f"patients/{patient}/insurances", **POLICY)).status_code == 400
    assert (await caller.post(f"patients/{patient}/insurances", **(POLICY | {"sequencenumber": 2}))).status_code == 200


async def test_self_pay_needs_no_policy_holder(caller: Any) -> None:
    patient = await newcomer(caller)
    assert (await caller.post(f"patients/{patient}/insurances", insurancepackageid=0, sequencenumber=1)).status_code == 200


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"insurancepackageid": 5}, 400),
        ({"insurancepackageid": "x"}, 400),
        ({"insurancepolicyholdersex": ""}, 400),
        ({"insurancepolicyholderdob": "x"}, 400),
    ],
)
async def test_what_a_policy_cannot_be_is_refused(caller: Any, changed: dict[str, Any], status: int) -> None:
    patient = await newcomer(caller)
    assert (await caller.post(f"patients/{patient}/insurances", **(POLICY | changed))).status_code == status


async def test_the_older_way_names_the_policy_by_its_sequence_number(caller: Any) -> None:
    patient = await newcomer(caller)
    await caller.post(f"patients/{patient}/insurances", **POLICY)
    assert (await caller.put(f"patients/{patient}/insurances", sequencenumber=1, insuranceidnumber="X3")).json()["success"] is True
    assert (await caller.delete(f"patients/{patient}/insurances", sequencenumber=1)).json()["success"] is True
    assert (await caller.delete(f"patients/{patient}/insurances", sequencenumber=1)).status_code == 404


async def test_the_first_peoples_policies_can_be_changed_too(caller: Any) -> None:
    policies = (await caller.get("patients/1/insurances")).json()["insurances"]
    await caller.put(f"patients/1/insurances/{policies[0]['insuranceid']}", insuranceidnumber="CHANGED")
    assert (await caller.get("patients/1", showinsurance="true")).json()[0]["insurances"][0]["insuranceidnumber"] == "CHANGED"


async def test_packages_are_found_by_their_plans_name(caller: Any) -> None:
    body = (await caller.get("insurancepackages", insuranceplanname="medicare")).json()
    assert [package["insurancepackageid"] for package in body["insurancepackages"]] == [90283]
