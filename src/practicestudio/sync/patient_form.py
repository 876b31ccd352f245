"""A patient as people type one: every field read, checked and told about at once; and what athenahealth would say of it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from email_validator import EmailNotValidError, validate_email

from practicestudio.errors import FieldFault, InvalidFields, InvalidValue
from practicestudio.mapping.codes import CONTACT_PREFERENCE, MARITAL_STATUS, PATIENT_STATUS, RELATIONSHIP, SEX
from practicestudio.mapping.findings import Finding
from practicestudio.mapping.languages import read_language
from practicestudio.mapping.phones import e164
from practicestudio.mapping.rows import CodeTable
from practicestudio.merging import units
from practicestudio.records import Contact, Patient
from practicestudio.sync.setup import Setup

NEEDED = {
    "first_name": "A patient needs a first name.",
    "last_name": "A patient needs a last name.",
    "date_of_birth": "A patient needs a date of birth.",
}
CONTACT_KINDS = ("emergency", "next_of_kin")
EARLIEST = 1875
_FLAGS = {"yes": True, "no": False}
_DATES = ("%m/%d/%Y", "%Y-%m-%d", "%m%d%Y", "%m-%d-%Y", "%m.%d.%Y", "%b %d %Y", "%B %d %Y", "%d %b %Y", "%d %B %Y")
_NANP = re.compile(r"\+1\d{10}", re.ASCII)
_US_ZIP = re.compile(r"(\d{5})(?:[- ]?(\d{4}))?", re.ASCII)

Read = Callable[[str], Any]


def read_day(text: str) -> date:
    """A date as people write it: 5/15/1980, 1980-05-15, 05151980, May 15, 1980."""
    plain = " ".join(text.replace(",", " ").split())
    for form in _DATES:
        try:
            found = datetime.strptime(plain, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        if EARLIEST <= found.year <= date.today().year + 1:  # noqa: DTZ011 - a bound, a day more or less does not matter
            return found
    raise InvalidValue("This is not a date.", advice="Write month, day and year, such as 5/15/1980.")


def _past(text: str) -> date:
    found = read_day(text)
    if found > date.today():  # noqa: DTZ011 - a birth of today may be entered where it is tomorrow already
        raise InvalidValue("This day is still to come.", advice="Check the year.")
    return found


def _phone(text: str) -> str:
    value, problem = e164(text)
    if value is None:
        raise InvalidValue(problem or "This is not a phone number.", advice="Write ten digits, or + and the country's code.")
    return value


def _email(text: str) -> str:
    try:
        return validate_email(text, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        raise InvalidValue("This is not an e-mail address.", advice="It looks like name@example.com.") from None


def _last_four(text: str) -> str:
    if not re.fullmatch(r"\d{4}", text, re.ASCII):
        raise InvalidValue("These are not the last four digits of a social security number.", advice="Write four digits.")
    return text


def _postal_code(text: str) -> str:
    match = _US_ZIP.fullmatch(text)
    if match:
        return match[1] + match[2] if match[2] else match[1]
    if text.isdigit():
        raise InvalidValue("A ZIP code has five or nine digits.", advice="Write it like 01970 or 01970-1234.")
    return text


def _flag(text: str) -> bool:
    return _FLAGS[text]


def _language(text: str) -> Any:
    found = read_language(text)
    if found is None:
        raise InvalidValue("This language is not known.", advice="Write its English name, such as Spanish.")
    return found


def _code(table: CodeTable) -> Read:
    known = {row.ours for row in table.rows}

    def read(text: str) -> str:
        if text not in known:
            raise InvalidValue("This is none of the values to choose from.", advice="Choose one of the list.")
        return text

    return read


READS: Mapping[str, Read] = {
    "date_of_birth": _past, "deceased_on": _past, "gender": _code(SEX), "marital_status": _code(MARITAL_STATUS), "status": _code(PATIENT_STATUS),
    "ssn_last4": _last_four, "address.state": str.upper, "address.postal_code": _postal_code, "address.country": str.upper,
    "phone_home": _phone, "phone_mobile": _phone, "phone_work": _phone, "email": _email, "contact_preference": _code(CONTACT_PREFERENCE),
    "consent_to_call": _flag, "consent_to_text": _flag, "preferred_language": _language,
    "primary_provider_id": UUID, "primary_location_id": UUID, "registration_location_id": UUID,
    **{f"contacts.{kind}.{name}": _phone for kind in CONTACT_KINDS for name in ("phone", "phone_mobile")},
    **{f"contacts.{kind}.relationship": _code(RELATIONSHIP) for kind in CONTACT_KINDS},
}  # fmt: skip
"""How each field is read; the others are text."""

TYPED = (
    "first_name", "middle_name", "last_name", "suffix", "preferred_name", "date_of_birth", "deceased_on", "gender", "marital_status", "ssn_last4",
    "status", "address.line1", "address.line2", "address.city", "address.state", "address.postal_code", "address.country", "phone_home",
    "phone_mobile", "phone_work", "email", "contact_preference", "consent_to_call", "consent_to_text", "preferred_language",
    "primary_provider_id", "primary_location_id", "registration_location_id", "notes",
    *(f"contacts.{kind}.{name}" for kind in CONTACT_KINDS for name in ("name", "relationship", "phone", "phone_mobile")),
)  # fmt: skip
"""The fields of the form."""


def as_typed(patient: Patient) -> dict[str, str]:
    """The patient's values as they stand in the form."""
    return {name: _text(_get(patient, name)) for name in TYPED}


def _get(patient: Patient, name: str) -> Any:
    first, _, rest = name.partition(".")
    if first == "contacts":
        kind, _, rest = rest.partition(".")
        return next((getattr(one, rest) for one in patient.contacts if one.kind == kind), None)
    return getattr(patient.address, rest) if rest else getattr(patient, first)


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, date):
        return f"{value.month:02d}/{value.day:02d}/{value.year:04d}"
    text = str(getattr(value, "name", value))
    return f"({text[2:5]}) {text[5:8]}-{text[8:]}" if _NANP.fullmatch(text) else text


def read_patient(typed: Mapping[str, str], before: Patient, setup: Setup) -> Patient:
    """The patient as the form says; a field that the form does not have stays. Raises InvalidFields with every fault at once.

    setup: of the practice, whose mapping tells what athenahealth would refuse; where before says nothing, the patient is about to be registered.
    """
    values: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name in (one for one in TYPED if one in typed):
        text = typed[name].strip()
        if text == as_typed(before)[name]:
            continue
        try:
            values[name] = READS.get(name, str)(text) if text else None
        except InvalidValue as fault:
            faults[name] = fault.sentence
        except (KeyError, ValueError):
            faults[name] = "This is none of the values to choose from. Choose one of the list."
    record = _with(before, values)
    faults |= {name: words for name, words in NEEDED.items() if name not in faults and not getattr(record, name)}
    faults |= {fault.place: fault.problem for fault in findings(record, before, setup) if fault.severity == "error" and fault.place not in faults}
    if faults:
        raise InvalidFields(FieldFault(name, sentence) for name, sentence in faults.items())
    return record


def findings(record: Patient, before: Patient, setup: Setup) -> tuple[Finding, ...]:
    """What athenahealth would refuse or leave out of this patient, or of what changed."""
    if before == Patient():
        return setup.mapping.patient_out(record).report
    old, new = units(before), units(record)
    changed = [unit for unit in {**old, **new} if old.get(unit) != new.get(unit)]
    return setup.mapping.patient_out(record, changed, before).report


def _with(before: Patient, values: Mapping[str, Any]) -> Patient:
    """The patient with these values. An empty gender is unknown; an empty status stays as it was."""
    plain = {name: value for name, value in values.items() if "." not in name}
    if plain.get("gender", "male") is None:
        plain["gender"] = "unknown"
    if plain.get("status", "active") is None:
        del plain["status"]
    address = {name.removeprefix("address."): value for name, value in values.items() if name.startswith("address.")}
    return replace(before, **plain, address=replace(before.address, **address), contacts=_contacts(before, values))


def _contacts(before: Patient, values: Mapping[str, Any]) -> tuple[Contact, ...]:
    made = []
    for kind in CONTACT_KINDS:
        known = next((one for one in before.contacts if one.kind == kind), Contact(kind=kind))
        given = {name.removeprefix(f"contacts.{kind}."): value for name, value in values.items() if name.startswith(f"contacts.{kind}.")}
        contact = replace(known, **given)
        if contact != Contact(kind=kind):
            made.append(contact)
    firsts = {kind: next((one for one in before.contacts if one.kind == kind), None) for kind in CONTACT_KINDS}
    others = [one for one in before.contacts if one not in firsts.values()]
    return (*made, *others)


def changed_fields(before: Patient, after: Patient) -> dict[str, Any]:
    """The fields of the record that differ, for `change_patient`."""
    return {one.name: getattr(after, one.name) for one in fields(Patient) if getattr(before, one.name) != getattr(after, one.name)}
