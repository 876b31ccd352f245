"""Entries as AuditEvent resources of FHIR R4, held to what BALP's profiles fix and require (IHE.BasicAudit, 1.1)."""

import base64
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.audit_actions import Action
from practicestudio.access.audit_fhir import BALP, audit_event
from practicestudio.access.audit_list import FullEntry, TrailEntry
from practicestudio.clock import moment_of, new_id

PATIENT, APPOINTMENT = UUID(int=1), UUID(int=2)
SOURCE, DESTINATION = "110153", "110152"
# Of each profile: the interaction, the action, the role of the client and of the server, and the user's types.
PROFILES = {
    "Create": ("create", "C", SOURCE, DESTINATION, {"AUT", "INF", "CST"}),
    "Read": ("read", "R", DESTINATION, SOURCE, {"IRCP"}),
    "Update": ("update", "U", SOURCE, DESTINATION, {"AUT", "INF", "CST"}),
    "Query": ("search", "E", SOURCE, DESTINATION, {"IRCP"}),
}


def event(action: Action, kind: str | None = "patient", record: UUID | None = PATIENT, **given: Any) -> dict[str, Any]:
    """The event of an action by a person at a browser."""
    one = new_id()
    entry = TrailEntry(
        id=one,
        at=moment_of(one),
        actor="person:7",
        action=action.value,
        record_kind=kind,
        record_id=record,
        message_id=None,
        patient_id=None,
        via="web",
        address="192.0.2.7",
        session_id=None,
        emergency=False,
    )
    full = FullEntry(replace(entry, **given), {"phone_home": ["+16175550100", "+16175550101"]}, "because", 1)
    return audit_event(full, "Ann Lee", "195900")


def codes(concept: dict[str, Any]) -> set[str]:
    return {coding["code"] for coding in concept["coding"]}


def check_resource(found: dict[str, Any]) -> None:
    """What FHIR R4 requires of every AuditEvent."""
    assert found["resourceType"] == "AuditEvent"
    assert {"system", "code"} <= found["type"].keys()
    assert found["action"] in "CRUDE"
    assert found["recorded"].endswith("Z")
    assert found["outcome"] in {"0", "4", "8", "12"}
    assert found["source"]["observer"]["display"]
    assert [type(agent["requestor"]) for agent in found["agent"]] == [bool] * len(found["agent"])
    assert sum(agent["requestor"] for agent in found["agent"]) == 1
    for entity in found.get("entity", []):
        assert "what" in entity or "query" in entity
        assert not {"name", "query"} <= entity.keys()


def check_balp(found: dict[str, Any], name: str) -> None:
    """What the profile of this name fixes and requires."""
    interaction, action, client_role, server_role, user_types = PROFILES[name]
    assert found["type"]["system"] == "http://terminology.hl7.org/CodeSystem/audit-event-type"
    assert found["type"]["code"] == "rest"
    assert [one["code"] for one in found["subtype"] if one["system"] == "http://hl7.org/fhir/restful-interaction"] == [interaction]
    assert (found["action"], found["outcome"]) == (action, "0")
    [client] = [agent for agent in found["agent"] if codes(agent["type"]) == {client_role}]
    [server] = [agent for agent in found["agent"] if codes(agent["type"]) == {server_role}]
    for agent in (client, server):
        assert agent["who"]
        assert agent["network"]
    for user in [agent for agent in found["agent"] if agent not in (client, server)]:
        assert codes(user["type"]) <= user_types
        assert user["who"]
        assert user["requestor"]
        assert "network" not in user
    check_entities(found, name)


def check_entities(found: dict[str, Any], name: str) -> None:
    persons = [entity for entity in found["entity"] if entity["type"]["code"] == "1"]
    [data] = [entity for entity in found["entity"] if entity["type"]["code"] == "2"]
    assert all(entity["type"]["system"] == "http://terminology.hl7.org/CodeSystem/audit-entity-type" for entity in found["entity"])
    if found["meta"]["profile"] == [f"{BALP}Patient{name}"]:
        [patient] = persons
        assert patient["role"]["code"] == "1"
        assert patient["what"]["reference"].startswith("Patient/")
    else:
        assert (found["meta"]["profile"], persons) == ([f"{BALP}{name}"], [])
    if name == "Query":
        assert data["role"]["code"] == "24"
        assert base64.b64decode(data["query"])
        assert not {"what", "detail", "lifecycle"} & data.keys()
    else:
        assert data["role"]["code"] in {"4", "3", "20"}
        assert data["what"]


@pytest.mark.parametrize("action", list(Action))
def test_every_action_is_an_event_that_keeps_to_its_profile(action: Action) -> None:
    for kind, record in (("patient", PATIENT), ("appointment", APPOINTMENT), ("setting", UUID(int=3)), (None, None)):
        found = event(action, kind, record)
        check_resource(found)
        if "meta" in found:
            check_balp(found, found["meta"]["profile"][0].removeprefix(BALP).removeprefix("Patient"))


@pytest.mark.parametrize(
    ("action", "profile"),
    [
        (Action.PERSON_PATIENT_VIEW, "PatientRead"),
        (Action.PERSON_PATIENT_CREATE, "PatientCreate"),
        (Action.PERSON_PATIENT_CHANGE, "PatientUpdate"),
        (Action.PERSON_PATIENT_SEARCH, "PatientQuery"),
        (Action.ATHENA_PATIENT_CREATE, "PatientCreate"),
        (Action.SYSTEM_PATIENT_SEND, "PatientUpdate"),
    ],
)
def test_what_is_done_to_a_patient_has_the_profile_of_patients(action: Action, profile: str) -> None:
    assert event(action)["meta"]["profile"] == [BALP + profile]


@pytest.mark.parametrize(
    ("action", "kind", "detail", "outcome"),
    [
        (Action.PERSON_SESSION_BEGIN, "110114", "110122", "0"),
        (Action.PERSON_SESSION_REFUSE, "110114", "110122", "4"),
        (Action.PERSON_SESSION_END, "110114", "110123", "0"),
        (Action.PERSON_ROLE_GRANT, "110113", "110136", "0"),
        (Action.PERSON_KEY_CREATE, "110113", "110137", "0"),
        (Action.PERSON_CREDENTIALS_CHANGE, "110113", "110129", "0"),
        (Action.PERSON_EMERGENCY_BEGIN, "110113", "110127", "0"),
        (Action.PERSON_EMERGENCY_END, "110113", "110138", "0"),
        (Action.PERSON_ACCESS_REFUSE, "110113", "110132", "4"),
    ],
)
def test_what_is_about_access_has_the_codes_of_dicom(action: Action, kind: str, detail: str, outcome: str) -> None:
    found = event(action, None, None)
    assert (found["type"]["code"], found["subtype"][0]["code"], found["outcome"]) == (kind, detail, outcome)


def test_the_trail_used_and_the_log_exported_have_the_codes_of_dicom() -> None:
    assert event(Action.PERSON_AUDIT_EXPORT, None, None)["type"]["code"] == "110101"
    assert event(Action.PERSON_MESSAGE_EXPORT, None, None)["type"]["code"] == "110106"


def test_an_event_says_who_why_and_whence() -> None:
    found = event(Action.PERSON_PATIENT_VIEW, emergency=True)
    [user] = [agent for agent in found["agent"] if agent["requestor"]]
    assert (user["name"], user["who"]["identifier"]["value"]) == ("Ann Lee", "person:7")
    assert found["agent"][0]["network"] == {"address": "192.0.2.7", "type": "2"}
    [purpose] = found["purposeOfEvent"]
    assert (codes(purpose), purpose["text"]) == ({"BTG"}, "because")
    assert found["source"]["site"] == "195900"


def test_an_appointments_event_names_its_patient() -> None:
    found = event(Action.PERSON_APPOINTMENT_CHANGE, "appointment", APPOINTMENT, patient_id=PATIENT)
    assert {entity["what"]["reference"] for entity in found["entity"]} == {f"Patient/{PATIENT}", f"Appointment/{APPOINTMENT}"}


def test_what_athenahealth_did_has_no_person() -> None:
    found = event(Action.ATHENA_PATIENT_CHANGE, actor="athenahealth", via="worker", address=None)
    assert [(agent["who"]["display"], agent["requestor"]) for agent in found["agent"]] == [("athenahealth", True), ("Practice Studio", False)]


def test_fields_are_named_and_their_values_left_out() -> None:
    found = event(Action.PERSON_PATIENT_CHANGE)
    assert [one["valueString"] for entity in found["entity"] for one in entity.get("detail", [])] == ["phone_home"]
    assert "1617555" not in str(found)
