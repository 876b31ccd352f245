"""What a practice is made of, received."""

from typing import Any, get_args
from uuid import UUID

import pytest

from practicestudio.mapping import ItemKind, practice_item_in
from practicestudio.records import AppointmentReason, AppointmentType, CustomField, Location, Provider


def item(kind: ItemKind, body: dict[str, Any]) -> dict[str, Any]:
    mapped = practice_item_in(kind, body)
    assert mapped.report == ()
    assert mapped.record is not None
    return mapped.record


def test_a_department_becomes_a_location_with_an_iana_zone() -> None:
    body = {"departmentid": 1, "name": "Harbor_St", "patientdepartmentname": "Harbor Street", "timezonename": "US/Eastern", "timezone": -4}
    assert Location(id=UUID(int=1), **item("location", body)) == Location(
        id=UUID(int=1), external_id="1", name="Harbor Street", time_zone="America/New_York"
    )


@pytest.mark.parametrize(
    ("name", "standard", "zone"),
    [
        ("US/Mountain", False, "America/Denver"),
        ("US/Mountain", True, "America/Phoenix"),
        ("US/Eastern", "true", "Etc/GMT+5"),
        ("US/Hawaii", True, "Pacific/Honolulu"),
        ("America/Chicago", False, "America/Chicago"),
        ("America/Puerto_Rico", True, "America/Puerto_Rico"),
    ],
)
def test_a_place_may_stay_on_standard_time(name: str, standard: Any, zone: str) -> None:
    assert item("location", {"departmentid": "1", "name": "x", "timezonename": name, "doesnotobservedst": standard})["time_zone"] == zone


@pytest.mark.parametrize("zone", [None, "", "US/Atlantis", "../etc"])
def test_a_place_without_a_zone_is_refused(zone: str | None) -> None:
    mapped = practice_item_in("location", {"departmentid": "1", "name": "x", "timezonename": zone})
    assert mapped.refused is not None
    assert "timezonename" in mapped.refused.what


def test_a_provider_has_the_name_that_people_see() -> None:
    body = {"providerid": 71, "firstname": "Ada", "lastname": "Quimby", "displayname": "Ada Quimby, MD", "npi": 1234567893, "otherproviderids": []}
    assert item("provider", body) == {"external_id": "71", "name": "Ada Quimby, MD", "npi": "1234567893"}
    assert item("provider", {"providerid": 71}) == {"external_id": "71", "name": "71"}


def test_an_appointment_type_and_a_reason_come_from_drifting_types() -> None:
    body = {"appointmenttypeid": 82, "name": "Any 15", "shortname": "A15", "duration": "15", "generic": "true", "patient": "true"}
    made = AppointmentType(id=UUID(int=2), **item("appointment_type", body))
    assert (made.external_id, made.duration, made.generic) == ("82", 15, True)
    reason = {"reasonid": 563, "reason": "Cough", "description": "A cough", "schedulingminhours": "48", "schedulingmaxdays": 90}
    assert AppointmentReason(id=UUID(int=3), **item("appointment_reason", reason)).min_hours == 48


@pytest.mark.parametrize(
    ("changes", "kind"), [({"type": "TEXT"}, "text"), ({"type": "DATE"}, "date"), ({"type": "TEXT", "select": "true"}, "select"), ({}, "text")]
)
def test_a_custom_field_has_its_kind(changes: dict[str, Any], kind: str) -> None:
    options = [{"optionvalue": "Yes", "optionid": 63}, {"optionvalue": "", "optionid": "64"}]
    made = CustomField(**item("custom_field", {"customfieldid": "323", "name": "Consent", "selectlist": options, "disallowupdate": True} | changes))
    assert (made.kind, made.options, made.read_only) == (kind, (("63", "Yes"),), True)


@pytest.mark.parametrize("kind", get_args(ItemKind))
def test_an_item_without_its_id_is_refused(kind: ItemKind) -> None:
    assert practice_item_in(kind, {"name": "x", "timezonename": "US/Eastern"}).refused is not None


def test_a_provider_is_made_of_its_item() -> None:
    assert Provider(id=UUID(int=4), **item("provider", {"providerid": "7", "schedulingname": "Quimby_Ada"})).name == "Quimby_Ada"
