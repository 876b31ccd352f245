"""The rules that athenahealth holds patient fields to, before it stores them."""

import re
from datetime import date
from functools import lru_cache

from practicestudio.sandbox.catalogue import ETHNICITIES, RACES, Catalogue, Record
from practicestudio.sandbox.parameters import Parameters, read_date, us_date
from practicestudio.sandbox.refusals import improper_dob, invalid

# Field lengths: athenahealth, best practices and troubleshooting; fields that are not named there take 20 characters.
LENGTHS = {
    "lastname": 30,
    "guarantorlastname": 30,
    "address1": 100,
    "address2": 100,
    "guarantoraddress1": 100,
    "guarantoraddress2": 100,
    "city": 30,
    "guarantorcity": 30,
    "state": 10,
    "guarantorstate": 10,
    "zip": 10,
    "guarantorzip": 10,
    "ssn": 13,
    "guarantorssn": 13,
    "suffix": 10,
    "employername": 100,
    "employercity": 40,
    "employeraddress": 80,
    "contactname": 50,
    "nextkinname": 50,
    "email": 50,
    "guarantoremail": 50,
    "notes": 4000,
}
_RELATIONSHIPS = frozenset(("CHILD", "COUSIN", "FRIEND", "GUARDIAN", "OTHER", "PARENT", "SIBLING", "SPOUSE"))
ENUMS = {
    "sex": frozenset("MF"),
    "maritalstatus": frozenset("DMPXSUW"),
    "contactpreference": frozenset(("HOMEPHONE", "MAIL", "MOBILEPHONE", "PORTAL", "WORKPHONE")),
    "contactrelationship": _RELATIONSHIPS,
    "nextkinrelationship": _RELATIONSHIPS,
    "status": frozenset(("a", "i", "p", "d", "active", "inactive", "prospective", "deleted")),
    "ethnicitycode": frozenset(code for code, _ in ETHNICITIES),
}
STATUSES = {"a": "active", "i": "inactive", "p": "prospective", "d": "deleted"}
PHONES = frozenset(
    ("homephone", "mobilephone", "workphone", "guarantorphone", "contacthomephone", "contactmobilephone", "nextkinphone", "employerphone")
)
FLAGS = frozenset(("consenttocall", "consenttotext", "portalaccessgiven", "homebound", "privacyinformationverified", "guarantoraddresssameaspatient"))
TWINS = {"hasmobileyn": "hasmobile", "homeboundyn": "homebound", "onlinestatementonlyyn": "onlinestatementonly"}
# What the guide calls them, in JSON bodies.
GUIDE_NAMES = {"language": "language6392code", "ethnicity": "ethnicitycode"}
TEXTS = frozenset(
    (
        *("firstname", "middlename", "preferredname", "altfirstname", "employerid", "mobilecarrierid", "referralsourceid"),
        *("guarantorfirstname", "guarantormiddlename", "guarantorsuffix", "guarantorrelationshiptopatient", "guarantorcountrycode3166"),
        *("countrycode3166", "caresummarydeliverypreference", "occupationcode", "industrycode"),
    )
)
IDS = frozenset(("departmentid", "primarydepartmentid", "primaryproviderid"))


def is_nanp(digits: str) -> bool:
    """A number that athenahealth takes: ten digits, area and exchange from 2 and no N11, not seven equal digits, no 4567890."""
    found = re.fullmatch(r"1?([2-9]\d\d)([2-9]\d\d)(\d{4})", digits)
    if found is None:
        return False
    area, exchange, line = found.groups()
    local = exchange + line
    return "11" not in (area[1:], exchange[1:]) and len(set(local)) > 1 and "4567890" not in digits


def patient_fields(parameters: Parameters, catalogue: Catalogue, today: date) -> Record:
    """The fields of a patient that a caller sent, checked and in the form they are kept in; what is no patient field is let by."""
    fields: Record = {}
    for sent in parameters.names():
        value = parameters.sent(sent)
        name = GUIDE_NAMES.get(sent, sent) if parameters.json else sent
        if name in PHONES:
            fields[name] = _phone(name, value)
        elif name == "dob" or (value and name in ("guarantordob", "deceaseddate")):
            fields[name] = _birth(value, today, iso=parameters.json)
        elif name == "language6392code":
            fields[name] = _language(value)
        elif name in IDS:
            fields[name] = _id(name, value, catalogue)
        elif name == "race":
            fields |= _races(value)
        elif name in ENUMS:
            fields[name] = _enum(name, value, also="OU" if name == "sex" and parameters.json else "")
        elif name in FLAGS or name in TWINS or name.startswith("contactpreference_"):
            fields[TWINS.get(name, name)] = parameters.flag(sent)
        elif name in TEXTS or name in LENGTHS or name in ("guarantordob", "deceaseddate"):
            fields[name] = _text(name, value)
    if "email" in fields:
        fields["emailexists"] = bool(fields["email"]) and fields["email"] != "declined"
    return fields


def _text(name: str, value: str) -> str:
    longest = LENGTHS.get(name, 20)
    if len(value) > longest:
        raise invalid(f"The value for {name.upper()} is longer than {longest} characters.")
    if name in ("email", "guarantoremail") and value and value != "declined" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        raise invalid(f"The value for {name.upper()} is not a valid email address.")
    return value


def _phone(name: str, value: str) -> str:
    if value in ("", "declined"):
        return value
    digits = re.sub(r"\D", "", value)
    if not is_nanp(digits):
        raise invalid(f"The value for {name.upper()} is not a valid phone number.")
    return digits[-10:]


def _birth(value: str, today: date, *, iso: bool) -> str:
    day = read_date(value, iso=iso)
    if day is None or day > today or day.year < 1880:
        raise improper_dob()
    return us_date(day)


def _language(code: str) -> str:
    if code in ("", "declined") or code in _languages():
        return code
    raise invalid(f"The value '{code}' did not match any of the enum values for LANGUAGE6392CODE")


@lru_cache(maxsize=1)
def _languages() -> frozenset[str]:
    """All codes of ISO 639-2, of either kind. The list takes a while to load, so it waits until somebody writes a language."""
    from iso639 import ALL_LANGUAGES

    return frozenset(code for language in ALL_LANGUAGES for code in (language.part2t, language.part2b) if code)


def _id(name: str, value: str, catalogue: Catalogue) -> str:
    if not value and name == "primaryproviderid":
        return value
    if not value.isdigit():
        raise invalid(f"Expecting type integer, but value is {value}")
    known = catalogue.provider(int(value)) if name == "primaryproviderid" else catalogue.department(int(value))
    if known is None:
        raise invalid(f"The {name.upper()} is not valid for this practice.")
    return value


def _enum(name: str, value: str, also: str) -> str:
    if value and value not in ENUMS[name] and value not in also:
        raise invalid(f"The value '{value}' did not match any of the enum values for {name.upper()}")
    return STATUSES.get(value, value) if name == "status" else value


def _races(value: str) -> Record:
    """Codes separated by tabs; several stand for one person."""
    names = dict(RACES)
    codes = [code for code in re.split(r"[\t,]", value.strip('[]"').replace('","', "\t")) if code]
    for code in codes:
        if code not in names:
            raise invalid(f"The value '{code}' did not match any of the enum values for RACE")
    return {"race": codes, "racename": names[codes[0]] if codes else ""}
