"""Audit entries as FHIR R4 AuditEvent resources, by IHE's Basic Audit Log Patterns (BALP) where a record was read, found or changed. Pure.

The values that changed are left out, and what was searched for: an export of the trail says who did what to whose record, and shows no
patient's data. What is not about records takes its codes from DICOM's audit events (PS3.16 CID 400 to 403, PS3.15 A.5).
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from practicestudio.access.audit import ATHENAHEALTH, SYSTEM
from practicestudio.access.audit_actions import Action
from practicestudio.access.audit_list import FullEntry, TrailEntry
from practicestudio.access.audit_order import words_of

BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
OURS = "urn:practicestudio:audit"
"""System of our own codes and identifiers: actions, actors, records."""

_HL7 = "http://terminology.hl7.org/CodeSystem"
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_INTERACTION = "http://hl7.org/fhir/restful-interaction"
_SOURCE, _DESTINATION = ("110153", "Source Role ID"), ("110152", "Destination Role ID")
_SUCCESS, _MINOR_FAILURE = "0", "4"

Coding = dict[str, str]


@dataclass(frozen=True, slots=True)
class _Event:
    """What an action is in FHIR's terms. profile: of BALP; empty where there is none for it."""

    type: Coding
    subtype: Coding | None
    action: str
    profile: str = ""
    outcome: str = _SUCCESS


def _coding(system: str, code: str, display: str) -> Coding:
    return {"system": system, "code": code, "display": display}


def _rest(interaction: str, action: str, profile: str) -> _Event:
    return _Event(_coding(f"{_HL7}/audit-event-type", "rest", "Restful Operation"), _coding(_INTERACTION, interaction, interaction), action, profile)


def _dicom(kind: tuple[str, str], detail: tuple[str, str] | None = None, action: str = "E", outcome: str = _SUCCESS) -> _Event:
    return _Event(_coding(_DCM, *kind), _coding(_DCM, *detail) if detail else None, action, "", outcome)


_CREATE, _READ, _UPDATE, _QUERY = (
    _rest("create", "C", "Create"),
    _rest("read", "R", "Read"),
    _rest("update", "U", "Update"),
    _rest("search", "E", "Query"),
)
_BY_VERB: Mapping[str, _Event] = {"create": _CREATE, "book": _CREATE, "view": _READ, "try": _READ, "search": _QUERY}

_SIGN_IN, _ALERT, _WORK = ("110114", "User Authentication"), ("110113", "Security Alert"), ("110100", "Application Activity")
_LOGIN, _LOGOUT = ("110122", "Login"), ("110123", "Logout")
_PEOPLE = _dicom(_ALERT, ("110137", "User Security Attributes Changed"), "U")
_ROLES = _dicom(_ALERT, ("110136", "Security Roles Changed"), "U")
_SECURITY = _dicom(_ALERT, ("110129", "Security Configuration"), "U")
_SETTINGS = _dicom(_ALERT, ("110131", "Software Configuration"), "U")
_TRAIL = _dicom(("110101", "Audit Log Used"), None, "R")
_EXPORT, _ACTIVITY = _dicom(("110106", "Export"), None, "R"), _dicom(_WORK)

_BY_SUBJECT: Mapping[str, _Event] = {
    **dict.fromkeys(("person", "password", "factor", "key"), _PEOPLE),
    **dict.fromkeys(("credentials", "keys", "provider"), _SECURITY),
    **dict.fromkeys(("settings", "practice", "alert"), _SETTINGS),
    **dict.fromkeys(("connection", "sync"), _ACTIVITY),
    "role": _ROLES,
    "audit": _TRAIL,
}
_BY_ACTION: Mapping[str, _Event] = {
    Action.PERSON_SESSION_BEGIN: _dicom(_SIGN_IN, _LOGIN),
    Action.PERSON_SESSION_REFUSE: _dicom(_SIGN_IN, _LOGIN, outcome=_MINOR_FAILURE),
    Action.PERSON_SESSION_END: _dicom(_SIGN_IN, _LOGOUT),
    Action.SYSTEM_SESSION_EXPIRE: _dicom(_SIGN_IN, _LOGOUT),
    Action.SYSTEM_SIGNIN_THROTTLE: _dicom(_ALERT, None, outcome=_MINOR_FAILURE),
    Action.PERSON_ACCESS_REFUSE: _dicom(_ALERT, ("110132", "Use of Restricted Function"), outcome=_MINOR_FAILURE),
    Action.PERSON_EMERGENCY_BEGIN: _dicom(_ALERT, ("110127", "Emergency Override Started")),
    Action.PERSON_EMERGENCY_END: _dicom(_ALERT, ("110138", "Emergency Override Stopped")),
    Action.PERSON_MESSAGE_EXPORT: _EXPORT,
    Action.PERSON_MAPPING_CHANGE: _SETTINGS,
}

_DOORS = {"web": "Browser", "api": "Program at the API", "cli": "Command line"}
_RESOURCES = {"patient": "Patient", "appointment": "Appointment"}


def event_of(action: str) -> _Event:
    """What an action is in FHIR's terms."""
    _, subject, verb = action.split(":")
    return _BY_ACTION.get(action) or _BY_SUBJECT.get(subject) or _BY_VERB.get(verb, _UPDATE)


def audit_event(full: FullEntry, name: str, site: str) -> dict[str, Any]:
    """An entry as an AuditEvent. name: what the actor is called; site: the practice's id at athenahealth."""
    entry = full.entry
    event = event_of(entry.action)
    profile = event.profile and f"{BALP}{'Patient' if entry.about_patient else ''}{event.profile}"
    resource: dict[str, Any] = {
        "resourceType": "AuditEvent",
        "id": str(entry.id),
        **({"meta": {"profile": [profile]}} if profile else {}),
        "type": event.type,
        "subtype": [*([event.subtype] if event.subtype else []), _coding(OURS, entry.action, words_of(entry.action))],
        "action": event.action,
        "recorded": entry.at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "outcome": event.outcome,
        **_purpose(full),
        "agent": _agents(entry, event, name),
        "source": {
            "site": site,
            "observer": {"display": "Practice Studio"},
            "type": [_coding(f"{_HL7}/security-source-type", "4", "Application Server")],
        },
    }
    entities = _entities(full, event)
    return {**resource, "entity": entities} if entities else resource


def _purpose(full: FullEntry) -> dict[str, Any]:
    emergency = {"coding": [_coding(f"{_HL7}/v3-ActReason", "BTG", "break the glass")]} if full.entry.emergency else {}
    purpose = {**emergency, **({"text": full.purpose} if full.purpose else {})}
    return {"purposeOfEvent": [purpose]} if purpose else {}


def _agents(entry: TrailEntry, event: _Event, name: str) -> list[dict[str, Any]]:
    """The program that asked, Practice Studio, and the person. BALP has a read flow from its source, and all else to its destination."""
    by_person = entry.actor not in (ATHENAHEALTH, SYSTEM)
    asks, answers = (_DESTINATION, _SOURCE) if event is _READ else (_SOURCE, _DESTINATION)
    client = "athenahealth" if entry.actor == ATHENAHEALTH else _DOORS.get(entry.via, f"Practice Studio, {entry.via}")
    network = {"address": entry.address, "type": "2"} if entry.address else {"address": "localhost", "type": "1"}
    agents = [
        {"type": _concept(_DCM, *asks), "who": {"display": client}, "requestor": not by_person, "network": network},
        {
            "type": _concept(_DCM, *answers),
            "who": {"display": "Practice Studio"},
            "requestor": False,
            "network": {"address": "practicestudio", "type": "1"},
        },
    ]
    return [*agents, _user(entry, event, name)] if by_person else agents


def _user(entry: TrailEntry, event: _Event, name: str) -> dict[str, Any]:
    if event in (_READ, _QUERY):
        role = _concept(f"{_HL7}/v3-ParticipationType", "IRCP", "information recipient")
    elif event.profile:
        role = _concept(f"{_HL7}/v3-ParticipationType", "AUT", "Author")
    else:
        role = _concept(f"{_HL7}/extra-security-role-type", "humanuser", "human user")
    who = {"identifier": {"system": OURS, "value": entry.actor}, "display": name}
    return {"type": role, "who": who, "name": name, "requestor": True}


def _concept(system: str, code: str, display: str) -> dict[str, Any]:
    return {"coding": [_coding(system, code, display)]}


def _entities(full: FullEntry, event: _Event) -> list[dict[str, Any]]:
    entry = full.entry
    entities = [_patient(entry.about_patient)] if entry.about_patient else []
    if event is _QUERY:
        return [*entities, _query(entry)]
    if what := _what(entry, event):
        fields = [{"type": "field", "valueString": name} for name in full.changes or {}]
        data = {"what": what, "type": _coding(f"{_HL7}/audit-entity-type", "2", "System Object"), "role": _role("4", "Domain Resource")}
        entities.append({**data, **({"detail": fields} if fields else {})})
    return entities


def _patient(patient_id: UUID) -> dict[str, Any]:
    reference = {"reference": f"Patient/{patient_id}"}
    return {"what": reference, "type": _coding(f"{_HL7}/audit-entity-type", "1", "Person"), "role": _role("1", "Patient")}


def _query(entry: TrailEntry) -> dict[str, Any]:
    """What was looked through; the words that were looked for stay sealed."""
    asked = base64.b64encode(f"{entry.action.split(':')[1]}?".encode()).decode()
    return {"type": _coding(f"{_HL7}/audit-entity-type", "2", "System Object"), "role": _role("24", "Query"), "query": asked}


def _what(entry: TrailEntry, event: _Event) -> dict[str, Any] | None:
    """The record, by reference where it is a resource of FHIR, else by our id; else the message."""
    if entry.record_id is not None and entry.record_kind in _RESOURCES:
        return {"reference": f"{_RESOURCES[entry.record_kind]}/{entry.record_id}"}
    if entry.record_id is not None:
        return {"identifier": {"system": f"{OURS}:{entry.record_kind or 'record'}", "value": str(entry.record_id)}}
    if entry.message_id is not None:
        return {"identifier": {"system": f"{OURS}:message", "value": str(entry.message_id)}}
    return {"display": words_of(entry.action)} if event.profile else None


def _role(code: str, display: str) -> Coding:
    return _coding(f"{_HL7}/object-role", code, display)
