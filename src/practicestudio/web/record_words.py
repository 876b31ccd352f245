"""How the values of patients and appointments are read by people: what each field is called, and its value in words."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

import phonenumbers
from jinja2 import pass_context
from jinja2.runtime import Context

from practicestudio.records import Address, Coded, Contact, Guarantor, Insurance, Patient
from practicestudio.web.shown import moment_words

LABELS: Mapping[str, str] = {
    "first_name": "First name", "middle_name": "Middle name", "last_name": "Last name", "suffix": "Suffix", "preferred_name": "Preferred name",
    "alternate_first_name": "Alternate first name", "date_of_birth": "Date of birth", "deceased_on": "Date of death", "gender": "Gender",
    "marital_status": "Marital status", "ssn_last4": "SSN, last four", "address": "Address", "phone_home": "Home phone",
    "phone_mobile": "Mobile phone", "phone_work": "Work phone", "email": "E-mail", "contact_preference": "Prefers to be reached by",
    "consent_to_call": "May be called", "consent_to_text": "May be texted", "preferred_language": "Language", "race": "Race",
    "ethnicity": "Ethnicity", "registration_location_id": "Registered at", "primary_location_id": "Seen at", "primary_provider_id": "Provider",
    "guarantor": "Guarantor", "contacts": "Contacts", "notes": "Notes", "status": "Status", "declined": "Declined to give",
    "previous_external_ids": "Earlier athenahealth ids", "external_id": "athenahealth id", "phone": "Phones", "street": "Street",
    "postal_code": "City and ZIP code", "patient_id": "Patient", "provider_id": "Provider", "location_id": "Location",
    "appointment_type": "Type", "start_time": "Start", "end_time": "End", "no_show": "Did not come", "reason": "Reason",
    "cancel_reason": "Cancelled because", "checked_in_at": "Checked in", "checked_out_at": "Checked out", "rescheduled_to": "Moved to",
}  # fmt: skip


def label(unit: str) -> str:
    """What a field or merge unit is called."""
    group, dot, name = unit.partition(".")
    if group == "insurances":
        return f"Insurance {name}" if not name.startswith("sequence-") else f"Insurance, {name.removeprefix('sequence-')} in order"
    return name if dot else LABELS.get(unit, unit.replace("_", " ").capitalize())


WORDS = frozenset({"gender", "marital_status", "contact_preference", "status"})
"""Fields whose values are words of ours."""


@pass_context
def lines(context: Context, value: Any, unit: str = "") -> list[str]:
    """A value as lines of text; none where it says nothing. Ids of the practice's items are named by the context's `names`."""
    if unit in WORDS and value:
        return [words_of(value).capitalize()]
    return lines_of(value, context.get("names") or {}, context.get("zone"))


def lines_of(value: Any, names: Mapping[Any, str], zone: Any) -> list[str]:
    """As `lines`, outside of a template."""
    if value is None or value in ("", ()):
        return []
    if isinstance(value, bool):
        return ["Yes" if value else "No"]
    if isinstance(value, tuple | list):
        return [line for one in value for line in lines_of(one, names, zone)]
    if isinstance(value, datetime):
        return [moment_words(value, zone)]
    return _lines(value, names)


def _lines(value: Any, names: Mapping[Any, str]) -> list[str]:
    match value:
        case date():
            return [f"{value:%b} {value.day}, {value:%Y}"]
        case Coded():
            return [value.name]
        case Address():
            return _stated(value.line1, value.line2, " ".join(_stated(_listed(value.city, value.state), value.postal_code)), value.country)
        case Contact():
            return _stated(_listed(value.name, words_of(value.kind)), value.relationship, _phone(value.phone), _phone(value.phone_mobile))
        case Guarantor():
            return _stated(
                " ".join(_stated(value.first_name, value.middle_name, value.last_name, value.suffix)), value.relationship, _phone(value.phone)
            )
        case Insurance():
            member = value.member_id and f"Member {value.member_id}"
            return _stated(value.plan_name, member, value.group_number and f"Group {value.group_number}", value.relationship)
        case UUID():
            return [names.get(value, "not listed any more")]
        case _:
            return [_phone(str(value)) or str(value)]


def words_of(text: str) -> str:
    """A word of ours as people write it: `next_of_kin` is `next of kin`."""
    return text.replace("_", " ")


def _stated(*parts: str | None) -> list[str]:
    return [part for part in parts if part]


def _listed(*parts: str | None) -> str:
    return ", ".join(_stated(*parts))


def _phone(text: str | None) -> str | None:
    """A phone as people in its country write it; None for what is no phone."""
    if not text or not text.startswith("+"):
        return None
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    national = number.country_code == 1
    style = phonenumbers.PhoneNumberFormat.NATIONAL if national else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return str(phonenumbers.format_number(number, style))


def full_name(patient: Patient | None) -> str:
    """`Jean A. Hill Jr.`: as a person is called."""
    if patient is None:
        return "Unknown person"
    return " ".join(_stated(patient.first_name, patient.middle_name, patient.last_name, patient.suffix)) or "Without a name"


def listed_name(patient: Patient | None) -> str:
    """`Hill, Jean A.`: as a list is ordered by."""
    if patient is None:
        return "Unknown person"
    return (
        _listed(" ".join(_stated(patient.last_name, patient.suffix)), " ".join(_stated(patient.first_name, patient.middle_name))) or "Without a name"
    )


FILTERS = {"label": label, "lines": lines, "full_name": full_name, "listed_name": listed_name}
