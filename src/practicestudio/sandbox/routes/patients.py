"""Patients: list, get, create with its silent match, update, custom fields, and their appointments."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import CUSTOM_FIELDS, CustomField, Record
from practicestudio.sandbox.checks import patient_fields
from practicestudio.sandbox.matching import best_match
from practicestudio.sandbox.parameters import Parameters, read_date, us_date
from practicestudio.sandbox.people import People
from practicestudio.sandbox.practice import Practice
from practicestudio.sandbox.refusals import additional, improper_dob, invalid, missing
from practicestudio.sandbox.wire import Window, page

# One of these is needed beside a name and a date of birth (athenahealth, patient reference).
_WAYS_TO_REACH = ("email", "guarantoremail", "ssn", "homephone", "mobilephone", "workphone", "zip")
_WRITTEN_SSN = ("ssn", "guarantorssn")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a call wants to see of a patient: the SSN masked or full, and what the show flags add."""

    full_ssn: bool
    previous_ids: bool
    insurance: bool
    custom_fields: bool
    portal: bool
    statuses: bool

    @classmethod
    def read(cls, parameters: Parameters) -> "Shown":
        names = ("showfullssn", "showpreviouspatientids", "showinsurance", "showcustomfields", "showportalstatus", "showallpatientdepartmentstatus")
        return cls(*(parameters.flag(name) for name in names))

    def apply(self, people: People, patient: int, record: Record) -> Record:
        """The record as it is answered."""
        if not self.full_ssn:
            for name in _WRITTEN_SSN:
                if value := record.get(name):
                    record[name] = f"*****{str(value)[-4:]}"
        if not self.previous_ids:
            record.pop("previouspatientids", None)
        if self.insurance:
            record["insurances"] = [policy for policy in people.insurances(patient) if "cancelled" not in policy]
        if self.custom_fields:
            record["customfields"] = people.custom_fields(patient)
        if self.portal:
            registered = bool(record.get("portalaccessgiven"))
            record["portalstatus"] = {"status": "REGISTERED" if registered else "NOTREGISTERED", "registered": registered, "noportal": False}
        if self.statuses:
            record["allpatientstatuses"] = [{"departmentid": record.get("departmentid"), "status": record.get("status")}]
        return record


def shown(practice: Practice, patient: int, record: Record, parameters: Parameters) -> Record:
    """One patient as it is answered."""
    return Shown.read(parameters).apply(practice.people, patient, record)


def shown_all(practice: Practice, patients: Iterable[int], parameters: Parameters) -> list[Record]:
    wanted, people = Shown.read(parameters), practice.people
    found = ((patient, people.record(patient)) for patient in patients)
    return [wanted.apply(people, patient, record) for patient, record in found if record is not None]


def get_patient(call: Call) -> list[Record]:
    patient, record = call.patient()
    return [shown(call.practice, patient, record, call.parameters)]


def create_patient(call: Call) -> list[Record]:
    """A new patient, or silently an existing one that matches: the answer is the same."""
    parameters = call.parameters
    today = call.practice.now().date()
    absent = [name for name in ("lastname", "dob", "firstname", "departmentid") if parameters.text(name) is None]
    if parameters.text("dob") is not None and read_date(parameters.sent("dob"), iso=parameters.json) is None:
        raise improper_dob()
    if absent:
        refusal = missing(absent)
        refusal.body = {"invalidfields": [], **refusal.body}
        raise refusal
    fields = patient_fields(parameters, call.practice.catalogue, today)
    if not any(fields.get(name) for name in _WAYS_TO_REACH):
        raise additional(f"One of these fields is required: {', '.join(_WAYS_TO_REACH)}.")
    if not parameters.flag("bypasspatientmatching") and (found := best_match(call.practice.people, fields)) is not None:
        return [{"patientid": str(found)}]
    return [{"patientid": str(call.practice.create_patient(_new_record(fields, us_date(today)), call.actor))}]


def _new_record(fields: Record, today: str) -> Record:
    defaults: Record = {
        "status": "active",
        "registrationdate": today,
        "primarydepartmentid": fields["departmentid"],
        "countrycode": "USA",
        "countrycode3166": "US",
        "guarantorfirstname": fields["firstname"],
        "guarantorlastname": fields["lastname"],
        "guarantordob": fields["dob"],
        "guarantorrelationshiptopatient": "1",
        "guarantoraddresssameaspatient": True,
        "emailexists": False,
        "hasmobile": bool(fields.get("mobilephone")),
        "consenttocall": True,
        "portalaccessgiven": False,
        "privacyinformationverified": False,
        "balances": [],
    }
    return defaults | {name: value for name, value in fields.items() if value != ""}


def update_patient(call: Call) -> list[Record]:
    """Any subset of fields; an empty value takes a field away."""
    patient, _ = call.patient()
    fields = patient_fields(call.parameters, call.practice.catalogue, call.practice.now().date())
    for name in ("firstname", "lastname"):
        if fields.get(name) == "":
            raise missing([name])
    emptied = [name for name, value in fields.items() if value == ""]
    kept = {name: value for name, value in fields.items() if value != ""}
    if "mobilephone" in fields:
        kept["hasmobile"] = bool(fields["mobilephone"])
    call.practice.update_patient(patient, kept, call.actor, absent=emptied)
    return [{"patientid": str(patient)}]


# Custom fields.


def get_custom_fields(call: Call) -> list[Record]:
    patient, _ = call.patient()
    return call.practice.people.custom_fields(patient)


def put_custom_fields(call: Call) -> Record:
    patient, _ = call.patient()
    call.parameters.require("departmentid", "customfields")
    wanted = _read_values(call.parameters.sent("customfields"))
    values = {value["customfieldid"]: value for value in call.practice.people.custom_fields(patient)}
    disallowed = 0
    for value in wanted:
        field = _field(str(value.get("customfieldid", "")))
        if field.read_only:
            disallowed += 1
            continue
        if read := _checked(field, value):
            values[str(field.id)] = read
        else:
            values.pop(str(field.id), None)
    if updated := len(wanted) - disallowed:
        call.practice.set_custom_fields(patient, [values[key] for key in sorted(values, key=int)], call.actor)
    return {"success": True, "updatedcount": updated, "disallowedcount": disallowed}


def _read_values(text: str) -> list[Record]:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise invalid("CUSTOMFIELDS is not valid JSON.") from error
    if not isinstance(read, list) or not all(isinstance(value, dict) for value in read):
        raise invalid("CUSTOMFIELDS must be a JSON array of objects.")
    return read


def _field(wanted: str) -> CustomField:
    field = next((one for one in CUSTOM_FIELDS if str(one.id) == wanted), None)
    if field is None:
        raise invalid(f"The custom field {wanted} does not exist.")
    return field


def _checked(field: CustomField, value: Record) -> Record | None:
    """A value as it is kept; None empties the field."""
    text, option = str(value.get("customfieldvalue") or ""), str(value.get("optionid") or "")
    if not text and not option:
        return None
    if field.options:
        chosen = next(((key, words) for key, words in field.options if option == str(key) or (not option and text == words)), None)
        if chosen is None:
            raise invalid(f"The option for custom field {field.id} does not exist.")
        return {"customfieldid": str(field.id), "customfieldvalue": chosen[1], "optionid": str(chosen[0])}
    if field.kind == "DATE":
        day = read_date(text, iso=True)
        if day is None:
            raise invalid(f"Expecting format date, but value is {text}")
        text = us_date(day)
    return {"customfieldid": str(field.id), "customfieldvalue": text}


def find_by_custom_field(call: Call) -> Record:
    """Patients who have a value in a custom field; looks through everybody."""
    field, wanted = _field(call.arguments["customfieldid"]), call.arguments["customfieldvalue"].lower()
    people = call.practice.people
    found = [patient for patient in range(1, len(people) + 1) if _has(people, patient, str(field.id), wanted)]
    window = Window.read(call.parameters)
    listed = shown_all(call.practice, window.cut(found), call.parameters)
    return page("patients", listed, len(found), window, call.path, call.parameters)


def _has(people: People, patient: int, field: str, wanted: str) -> bool:
    return any(
        value["customfieldid"] == field and wanted in (str(value.get("customfieldvalue", "")).lower(), str(value.get("optionid", "")))
        for value in people.custom_fields(patient)
    )


# Their appointments.


def get_appointments(call: Call) -> Record:
    patient, _ = call.patient()
    now, diary = call.practice.now(), call.practice.diary
    past, cancelled = call.parameters.flag("showpast"), call.parameters.flag("showcancelled")
    listed = []
    for record in diary.of_patient(patient).values():
        span = diary.span(record)
        if (cancelled or record.get("appointmentstatus") != "x") and (past or span is None or span[0] >= now):
            listed.append(record)
    window = Window.read(call.parameters)
    return page("appointments", window.cut(listed), len(listed), window, call.path, call.parameters)


def verify_privacy(call: Call) -> list[Record]:
    patient, _ = call.patient()
    call.parameters.require("departmentid", "signaturename", "signaturedatetime")
    call.practice.update_patient(patient, {"privacyinformationverified": True}, call.actor)
    return [{"success": "true", "patientid": str(patient)}]


OPERATIONS = (
    Operation("create_patient", "POST", "patients", create_patient),
    Operation("get_patient", "GET", "patients/{patientid}", get_patient),
    Operation("update_patient", "PUT", "patients/{patientid}", update_patient),
    Operation("get_patient_custom_fields", "GET", "patients/{patientid}/customfields", get_custom_fields),
    Operation("update_patient_custom_fields", "PUT", "patients/{patientid}/customfields", put_custom_fields),
    Operation("find_by_custom_field", "GET", "patients/customfields/{customfieldid}/{customfieldvalue}", find_by_custom_field),
    Operation("list_patient_appointments", "GET", "patients/{patientid}/appointments", get_appointments),
    Operation("verify_privacy", "POST", "patients/{patientid}/privacyinformationverified", verify_privacy),
)
