"""What a practice is made of: ping, practiceinfo, departments, providers, appointment types and reasons, custom fields, code lists."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import (
    APPOINTMENT_TYPES,
    CANCEL_REASONS,
    CUSTOM_FIELDS,
    ETHNICITIES,
    LANGUAGES,
    RACES,
    REASONS,
    AppointmentType,
    CustomField,
    Department,
    Provider,
    Reason,
    Record,
)
from practicestudio.sandbox.parameters import Parameters
from practicestudio.sandbox.practice import Practice
from practicestudio.sandbox.refusals import not_found
from practicestudio.sandbox.wire import Window, page

_SPECIALTIES = {
    "Family Medicine": ("001", "207Q00000X"),
    "Internal Medicine": ("002", "207R00000X"),
    "Pediatrics": ("003", "208000000X"),
    "Nursing": ("004", "163W00000X"),
}


def _paged(call: Call, name: str, records: list[Record], **limits: int) -> Record:
    window = Window.read(call.parameters, **limits)
    return page(name, window.cut(records), len(records), window, call.path, call.parameters)


def ping(call: Call) -> Record:
    return {"pong": "true"}


def list_practices(practices: Iterable[Practice], parameters: Parameters) -> Record:
    """practiceinfo: the practices that a credential may use."""
    listed = [_practice(one) for one in practices]
    window = Window.read(parameters)
    return page("practiceinfo", window.cut(listed), len(listed), window, "/v1/1/practiceinfo", parameters)


def practice_info(call: Call) -> Record:
    return list_practices((call.practice,), call.parameters)


def _practice(practice: Practice) -> Record:
    return {
        "practiceid": practice.id,
        "name": practice.catalogue.name,
        "publicnames": [practice.catalogue.name],
        "hascollector": "true",
        "hasclinicals": "true",
        "hascommunicator": "false",
        "iscoordinatorsender": "false",
        "iscoordinatorreceiver": "false",
    }


def departments(call: Call) -> Record:
    listed = [_department(one, call) for one in call.practice.catalogue.departments]
    if call.parameters.flag("providerlist"):
        for record in listed:
            record["providerlist"] = [str(one.id) for one in call.practice.catalogue.providers if int(record["departmentid"]) in one.departments]
    return _paged(call, "departments", listed)


def department(call: Call) -> list[Record]:
    found = call.practice.catalogue.department(call.id("departmentid"))
    if found is None:
        raise not_found("department")
    return [_department(found, call)]


def _department(department: Department, call: Call) -> Record:
    zone = ZoneInfo(department.zone)
    now = call.practice.now().astimezone(zone)
    current = now.utcoffset() or timedelta()
    standard = current - (now.dst() or timedelta())
    return {
        "departmentid": str(department.id),
        "name": department.name,
        "patientdepartmentname": department.name,
        "address": department.street,
        "city": department.town.name.title(),
        "state": department.town.state,
        "zip": f"{department.town.zip3}10",
        "phone": department.phone,
        "timezonename": department.zone,
        "timezoneoffset": int(standard.total_seconds() // 3600),
        "timezone": int(current.total_seconds() // 3600),
        "doesnotobservedst": not department.daylight_saving,
        "providergroupid": "1",
        "providergroupname": call.practice.catalogue.name,
        "chartsharinggroupid": "1",
        "communicatorbrandid": "1",
        "clinicals": "ON",
        "servicedepartment": True,
        "ishospitaldepartment": False,
        "medicationhistoryconsent": False,
        "placeofservicefacility": False,
        "placeofservicetypeid": "11",
        "placeofservicetypename": "OFFICE",
    }


def check_in_required(call: Call) -> Record:
    if call.practice.catalogue.department(call.id("departmentid")) is None:
        raise not_found("department")
    return {"fieldlist": ["dob", "sex", "address1", "homephone"]}


def provider_record(practice: Practice, provider: Provider) -> Record:
    """A provider as lists and feeds show it; ids are numbers here."""
    name = f"{provider.first_name} {provider.last_name}"
    number, taxonomy = _SPECIALTIES[provider.specialty]
    home = practice.catalogue.department(provider.departments[0])
    record: Record = {
        "providerid": provider.id,
        "firstname": provider.first_name,
        "lastname": provider.last_name,
        "displayname": f"{name}, {provider.kind}" if provider.entity == "Person" else name,
        "schedulingname": f"{provider.last_name}_{provider.first_name}",
        "providerusername": f"{provider.first_name[0]}{provider.last_name}".lower(),
        "providertype": provider.kind,
        "providertypeid": provider.kind,
        "specialty": provider.specialty,
        "specialtyid": number,
        "ansinamecode": provider.specialty,
        "ansispecialtycode": taxonomy,
        "homedepartment": home.name if home else "",
        "entitytype": provider.entity,
        "billable": provider.entity == "Person",
        "hideinportal": provider.entity != "Person",
        "createencounteroncheckin": provider.entity == "Person",
        "supervisingproviderid": provider.id,
        "acceptingnewpatients": True,
    }
    if provider.entity == "Person":
        record["npi"], record["sex"] = provider.npi, provider.sex
    return record | practice.providers.get(provider.id, {})


def providers(call: Call) -> Record:
    wanted = (call.parameters.text("name") or "").lower()
    kind = call.parameters.text("providertype")
    listed = [provider_record(call.practice, one) for one in call.practice.catalogue.providers if kind in (None, one.kind)]
    listed = [record for record in listed if wanted in str(record["displayname"]).lower()]
    if call.parameters.flag("showallproviderids"):
        for record in listed:
            record["provideridlist"] = [{"providerid": record["providerid"]}]
    return _paged(call, "providers", listed)


def provider(call: Call) -> list[Record]:
    found = call.practice.catalogue.provider(call.id("providerid"))
    if found is None:
        raise not_found("provider")
    return [provider_record(call.practice, found)]


def appointment_types(call: Call) -> Record:
    parameters = call.parameters
    no_generic, no_other = parameters.flag("hidegeneric"), parameters.flag("hidenongeneric")
    no_staff = parameters.flag("hidenonpatient", default=True)
    listed = [
        _type(kind)
        for kind in APPOINTMENT_TYPES
        if not ((kind.generic and no_generic) or (not kind.generic and no_other) or (not kind.patient and no_staff))
    ]
    return _paged(call, "appointmenttypes", listed)


def appointment_type(call: Call) -> list[Record]:
    wanted = call.id("appointmenttypeid")
    found = [_type(kind) for kind in APPOINTMENT_TYPES if kind.id == wanted]
    if not found:
        raise not_found("appointment type")
    return found


def _type(kind: AppointmentType) -> Record:
    return {
        "appointmenttypeid": str(kind.id),
        "name": kind.name,
        "shortname": kind.short_name,
        "duration": str(kind.duration),
        "patient": "true" if kind.patient else "false",
        "generic": "true" if kind.generic else "false",
        "templatetypeonly": "false",
    }


def _reasons(call: Call, *kinds: str) -> Record:
    call.parameters.require("departmentid", "providerid")
    for name in ("departmentid", "providerid"):
        call.parameters.integer(name)
    listed = [_reason(one) for one in REASONS if one.kind in kinds]
    return _paged(call, "patientappointmentreasons", listed)


def _reason(reason: Reason) -> Record:
    return {
        "reasonid": str(reason.id),
        "reason": reason.name,
        "description": reason.name,
        "reasontype": reason.kind,
        "schedulingminhours": "24",
        "schedulingmaxdays": "90",
    }


def reasons(call: Call) -> Record:
    return _reasons(call, "all", "new", "existing")


def new_patient_reasons(call: Call) -> Record:
    return _reasons(call, "all", "new")


def existing_patient_reasons(call: Call) -> Record:
    return _reasons(call, "all", "existing")


def cancel_reasons(call: Call) -> Record:
    return _paged(call, "appointmentcancelreasons", [dict(reason) for reason in CANCEL_REASONS])


def custom_fields(call: Call) -> list[Record]:
    return [_custom_field(one) for one in CUSTOM_FIELDS]


def _custom_field(field: CustomField) -> Record:
    record: Record = {
        "customfieldid": str(field.id),
        "name": field.name,
        "type": field.kind,
        "select": bool(field.options),
        "searchable": True,
        "disallowupdate": field.read_only,
        "casesensitive": False,
    }
    if field.options:
        record["selectlist"] = [{"optionid": str(option), "optionvalue": words} for option, words in field.options]
    return record


def _codes(name: str, code: str, rows: tuple[tuple[str, str], ...]) -> Any:
    def listed(call: Call) -> Record:
        return _paged(call, name, [{code: value, "name": words} for value, words in rows])

    return listed


OPERATIONS = (
    Operation("ping", "GET", "ping", ping),
    Operation("practiceinfo", "GET", "practiceinfo", practice_info),
    Operation("list_departments", "GET", "departments", departments),
    Operation("get_department", "GET", "departments/{departmentid}", department),
    Operation("check_in_required", "GET", "departments/{departmentid}/checkinrequired", check_in_required),
    Operation("list_providers", "GET", "providers", providers),
    Operation("get_provider", "GET", "providers/{providerid}", provider),
    Operation("list_appointment_types", "GET", "appointmenttypes", appointment_types),
    Operation("get_appointment_type", "GET", "appointmenttypes/{appointmenttypeid}", appointment_type),
    Operation("list_reasons", "GET", "patientappointmentreasons", reasons),
    Operation("list_new_patient_reasons", "GET", "patientappointmentreasons/newpatient", new_patient_reasons),
    Operation("list_existing_patient_reasons", "GET", "patientappointmentreasons/existingpatient", existing_patient_reasons),
    Operation("list_cancel_reasons", "GET", "appointmentcancelreasons", cancel_reasons),
    Operation("list_custom_fields", "GET", "customfields", custom_fields),
    Operation("list_races", "GET", "races", _codes("races", "racecode", RACES)),
    Operation("list_ethnicities", "GET", "ethnicities", _codes("ethnicities", "ethnicitycode", ETHNICITIES)),
    Operation("list_languages", "GET", "languages", _codes("languages", "language6392code", LANGUAGES)),
)
