from typing import Any

import pytest


async def test_ping_pongs(caller: Any) -> None:
    assert (await caller.get("ping")).json() == {"pong": "true"}


async def test_practice_1_lists_what_a_credential_may_use(open_sandbox: Any) -> None:
    caller = await open_sandbox(grants={"sandbox": ("195901",)})
    body = (await caller.get("practiceinfo", practice="1")).json()
    assert [one["practiceid"] for one in body["practiceinfo"]] == ["195901"]
    assert (await caller.get("practiceinfo", practice="195901")).json()["practiceinfo"][0]["hasclinicals"] == "true"
    assert (await caller.get("departments", practice="1")).status_code == 404


@pytest.mark.parametrize(
    ("practice", "month", "zones"),
    [
        ("195900", "07", {1: ("US/Eastern", -5, -4, False), 21: ("US/Central", -6, -5, False), 102: ("US/Eastern", -5, -4, False)}),
        ("195900", "01", {1: ("US/Eastern", -5, -5, False), 21: ("US/Central", -6, -6, False), 102: ("US/Eastern", -5, -5, False)}),
        ("195901", "07", {1: ("US/Pacific", -8, -7, False), 2: ("US/Arizona", -7, -7, True)}),
    ],
)
async def test_departments_tell_their_time_zone(caller: Any, practice: str, month: str, zones: dict[int, Any]) -> None:
    await caller.control("POST", "clock", {"at": f"2026-{month}-15T12:00:00Z"})
    await caller.sign_in()
    told = {
        int(one["departmentid"]): (one["timezonename"], one["timezoneoffset"], one["timezone"], one["doesnotobservedst"])
        for one in (await caller.get("departments", practice=practice)).json()["departments"]
    }
    assert told == zones


async def test_a_department_lists_its_providers_when_asked(caller: Any) -> None:
    body = (await caller.get("departments", providerlist="true")).json()
    assert body["departments"][0]["providerlist"] == ["71", "72", "75", "76"]
    assert (await caller.get("departments/9")).status_code == 404


async def test_providers_have_numbers_for_ids_and_a_name_for_their_home(caller: Any) -> None:
    providers = (await caller.get("providers")).json()["providers"]
    assert isinstance(providers[0]["providerid"], int)
    assert isinstance(providers[0]["npi"], int)
    assert providers[0]["homedepartment"] == "Boston Main Office"
    assert [one["entitytype"] for one in providers if "npi" not in one] == ["Non-Person"]
    assert (await caller.get("providers", name="kealoha")).json()["totalcount"] == 1
    assert (await caller.get("providers", providertype="MD")).json()["totalcount"] == 2
    assert (await caller.get("providers/71", showallproviderids="true")).json()[0]["displayname"] == "Adelaide Brennan, MD"
    assert (await caller.get("providers/1")).status_code == 404


async def test_appointment_types_hide_what_they_are_told_to(caller: Any) -> None:
    async def types(**query: str) -> list[str]:
        return [one["appointmenttypeid"] for one in (await caller.get("appointmenttypes", **query)).json()["appointmenttypes"]]

    assert await types() == ["82", "1", "2", "3", "4"]
    assert await types(hidenonpatient="false") == ["82", "1", "2", "3", "4", "5"]
    assert await types(hidegeneric="true") == ["1", "2", "3", "4"]
    assert await types(hidenongeneric="true") == ["82"]
    assert (await caller.get("appointmenttypes/99")).status_code == 404


async def test_reasons_are_for_new_or_existing_patients_or_all(caller: Any) -> None:
    where = {"departmentid": 1, "providerid": 71}
    everything = (await caller.get("patientappointmentreasons", **where)).json()["patientappointmentreasons"]
    assert {one["reasonid"] for one in everything} == {"563", "564", "565", "566", "123"}
    new = (await caller.get("patientappointmentreasons/newpatient", **where)).json()["patientappointmentreasons"]
    assert "565" in {one["reasonid"] for one in new}
    existing = (await caller.get("patientappointmentreasons/existingpatient", **where)).json()["patientappointmentreasons"]
    assert "565" not in {one["reasonid"] for one in existing}
    assert (await caller.get("patientappointmentreasons", departmentid=1)).json()["missingfields"] == ["providerid"]


async def test_custom_fields_are_a_bare_list_with_a_text_a_date_and_a_select(caller: Any) -> None:
    fields = (await caller.get("customfields")).json()
    assert [(one["type"], one["select"], one["disallowupdate"]) for one in fields] == [
        ("TEXT", False, False),
        ("DATE", False, False),
        ("TEXT", True, False),
        ("TEXT", False, True),
    ]
    assert fields[2]["selectlist"][0] == {"optionid": "61", "optionvalue": "Friend or family"}


@pytest.mark.parametrize(
    ("path", "name", "count"),
    [
        ("races", "races", 24),
        ("ethnicities", "ethnicities", 8),
        ("languages", "languages", 9),
        ("appointmentcancelreasons", "appointmentcancelreasons", 5),
    ],
)
async def test_code_lists_are_listed(caller: Any, path: str, name: str, count: int) -> None:
    body = (await caller.get(path)).json()
    assert len(body[name]) == body["totalcount"] == count
    assert len((await caller.get(path, limit=2, offset=1)).json()[name]) == 2


async def test_check_in_asks_for_fields(caller: Any) -> None:
    assert "dob" in (await caller.get("departments/1/checkinrequired")).json()["fieldlist"]
    assert (await caller.get("departments/9/checkinrequired")).status_code == 404
