"""Patients as programs send and see them."""

from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, create_model

from practicestudio.records.patient import Gender, PatientStatus
from practicestudio.web.api.shapes.scalars import (
    Cursor,
    Day,
    Email,
    Flag,
    FourDigits,
    Given,
    Id,
    Limit,
    Name,
    Note,
    Number,
    PastDay,
    Phone,
    Reason,
    Shown,
    Word,
)

MaritalStatus = Literal["divorced", "married", "partner", "single", "unknown", "widowed", "separated"]
ContactPreference = Literal["home_phone", "mail", "mobile_phone", "portal", "work_phone"]

PATIENT_ID = "01a20e44-cda9-7c5c-9f3f-0b37415bc8fa"
PROVIDER_ID = "01a20e44-ce02-7f10-8a55-5f9d1b6f3c21"
LOCATION_ID = "01a20e44-ce02-7f10-8a55-61aa03d7e9b4"
REGISTRATION: dict[str, Any] = {
    "first_name": "Rosa",
    "last_name": "Delgado",
    "date_of_birth": "1984-03-09",
    "gender": "female",
    "phone_mobile": "+16175550123",
    "email": "rosa.delgado@example.com",
    "address": {"line1": "12 Harbor St", "city": "Boston", "state": "MA", "postal_code": "02110", "country": "US"},
    "registration_location_id": LOCATION_ID,
    "consent_to_text": True,
}


class Address(Given):
    """A postal address, which changes as one value."""

    line1: Name | None = None
    line2: Name | None = None
    city: Name | None = None
    state: Word | None = Field(None, description="Two letters in the United States.")
    postal_code: Word | None = None
    country: Word | None = Field(None, description="ISO 3166-1, two letters.")


class Coded(Given):
    """A value from a code system, with its words."""

    code: Word
    name: Name


class Insurance(Given):
    """One policy."""

    external_id: Word | None = Field(None, description="athenahealth's id of it. Leave it out for a new policy; send it back for one that is there.")
    sequence: Number | None = Field(None, ge=1, le=9, description="1 is the primary one.")
    package_id: Word | None = Field(None, description="athenahealth's id of the insurance package.")
    plan_name: Name | None = None
    member_id: Word | None = None
    group_number: Word | None = None
    relationship: Word | None = Field(None, description="What the patient is to the policy holder: `self`, `spouse`, `child`, …")
    policy_holder_first_name: Name | None = None
    policy_holder_middle_name: Name | None = None
    policy_holder_last_name: Name | None = None
    policy_holder_suffix: Word | None = None
    policy_holder_date_of_birth: PastDay | None = None
    policy_holder_gender: Gender | None = None
    policy_holder_address: Address = Address()
    effective_from: Day | None = None
    effective_to: Day | None = None


class Contact(Given):
    """Somebody to call."""

    kind: Literal["emergency", "next_of_kin"]
    name: Name | None = None
    relationship: Word | None = None
    phone: Phone | None = None
    phone_mobile: Phone | None = None


class Guarantor(Given):
    """Who pays what insurance does not."""

    first_name: Name | None = None
    middle_name: Name | None = None
    last_name: Name | None = None
    suffix: Word | None = None
    date_of_birth: PastDay | None = None
    relationship: Word | None = None
    address: Address = Address()
    phone: Phone | None = None
    email: Email | None = None


class NewPatient(Given):
    """A patient to register."""

    model_config = ConfigDict(json_schema_extra={"examples": [REGISTRATION]})

    first_name: Name
    last_name: Name
    date_of_birth: PastDay
    middle_name: Name | None = None
    suffix: Word | None = None
    preferred_name: Name | None = None
    alternate_first_name: Name | None = None
    gender: Gender = "unknown"
    marital_status: MaritalStatus | None = None
    ssn_last4: FourDigits | None = Field(None, description="Kept here; athenahealth is not told.")
    address: Address = Address()
    phone_home: Phone | None = Field(None, description="E.164.")
    phone_mobile: Phone | None = None
    phone_work: Phone | None = None
    email: Email | None = None
    contact_preference: ContactPreference | None = None
    consent_to_call: Flag | None = Field(None, description="null where nobody asked.")
    consent_to_text: Flag | None = None
    preferred_language: Coded | None = Field(None, description="ISO 639.")
    race: list[Coded] = Field([], max_length=20, description="CDC Race and Ethnicity codes, the main one first.")
    ethnicity: Coded | None = None
    registration_location_id: Id | None = Field(None, description="Where the patient is registered: the id of one of the practice's locations.")
    primary_location_id: Id | None = Field(None, description="Where the patient is seen.")
    primary_provider_id: Id | None = None
    insurances: list[Insurance] = Field([], max_length=20)
    contacts: list[Contact] = Field([], max_length=10)
    guarantor: Guarantor | None = None
    notes: Note | None = None
    custom_fields: dict[Name, Reason] = Field({}, max_length=100, description="By the name that the practice gave the field.")
    declined: list[Word] = Field([], max_length=20, description="Names of the fields that the patient chose not to give.")


_CHANGEABLE_ONLY: dict[str, Any] = {
    "status": (PatientStatus, "active"),
    "deceased_on": (PastDay | None, None),
    "custom_fields": (dict[Name, Reason | None], Field({}, max_length=100, description="Each by its name; null takes one away.")),
}
_NEVER_EMPTY: dict[str, Any] = {"first_name": (Name, ""), "last_name": (Name, ""), "date_of_birth": (PastDay, None)}


class _Change(NewPatient):
    model_config = ConfigDict(json_schema_extra={"examples": [{"phone_mobile": "+16175550199", "address": {"line1": "40 Elm St"}, "email": None}]})


PatientChange = create_model(
    "PatientChange",
    __base__=_Change,
    __doc__="What changes of a patient, as a merge patch (RFC 7396): what is left out stays, null takes a value away, a list is replaced whole.",
    **_NEVER_EMPTY,
    **_CHANGEABLE_ONLY,
)


class PatientShown(Shown):
    """A patient. `version` is also the ETag."""

    id: UUID
    version: int
    merged_into: UUID | None = Field(description="The patient that goes on in this one's place, where it was merged.")
    external_id: str | None = Field(description="athenahealth's id; null until athenahealth has registered the patient.")
    previous_external_ids: list[str]
    status: PatientStatus
    first_name: str | None
    middle_name: str | None
    last_name: str | None
    suffix: str | None
    preferred_name: str | None
    alternate_first_name: str | None
    date_of_birth: date | None
    deceased_on: date | None
    gender: Gender
    marital_status: str | None
    ssn_last4: str | None
    address: "AddressShown"
    phone_home: str | None
    phone_mobile: str | None
    phone_work: str | None
    email: str | None
    contact_preference: str | None
    consent_to_call: bool | None
    consent_to_text: bool | None
    preferred_language: "CodedShown | None"
    race: list["CodedShown"]
    ethnicity: "CodedShown | None"
    registration_location_id: UUID | None
    primary_location_id: UUID | None
    primary_provider_id: UUID | None
    insurances: list["InsuranceShown"]
    contacts: list["ContactShown"]
    guarantor: "GuarantorShown | None"
    notes: str | None
    custom_fields: dict[str, str]
    declined: list[str]


class AddressShown(Shown):
    """A postal address."""

    line1: str | None
    line2: str | None
    city: str | None
    state: str | None
    postal_code: str | None
    country: str | None


class CodedShown(Shown):
    """A value from a code system, with its words."""

    code: str
    name: str


class InsuranceShown(Shown):
    """One policy."""

    external_id: str | None
    sequence: int | None
    package_id: str | None
    plan_name: str | None
    member_id: str | None
    group_number: str | None
    relationship: str | None
    policy_holder_first_name: str | None
    policy_holder_middle_name: str | None
    policy_holder_last_name: str | None
    policy_holder_suffix: str | None
    policy_holder_date_of_birth: date | None
    policy_holder_gender: Gender | None
    policy_holder_address: AddressShown
    effective_from: date | None
    effective_to: date | None


class ContactShown(Shown):
    """Somebody to call."""

    kind: str
    name: str | None
    relationship: str | None
    phone: str | None
    phone_mobile: str | None


class GuarantorShown(Shown):
    """Who pays what insurance does not."""

    first_name: str | None
    middle_name: str | None
    last_name: str | None
    suffix: str | None
    date_of_birth: date | None
    relationship: str | None
    address: AddressShown
    phone: str | None
    email: str | None


class Remark(Shown):
    """Something to know about a value that was taken."""

    place: str
    says: str


class PatientTaken(PatientShown):
    """A patient as registered or changed. athenahealth is told by a worker right after."""

    remarks: list[Remark] = Field(description="What athenahealth will not take or looks wrong, though it was taken here.")


class PatientSearch(Given):
    """Whom to look for: `text`, `external_id`, or both. In the body, for an address must not name a patient."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "delgado rosa 1984-03-09", "limit": 20}]})

    text: Word | None = Field(None, description="Beginnings of names, a date of birth, the last 4, 7 or 10 digits of a phone; all must fit.")
    external_id: Word | None = Field(None, description="athenahealth's id of the patient.")
    limit: Limit = 20
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")


class PatientsPage(Shown):
    """A page of patients, in the order in which they came to be here. It may hold fewer than `limit` though there are more."""

    items: list[PatientShown]
    next_cursor: str | None = Field(description="For the next page; null behind the last.")


PATIENT: dict[str, Any] = {
    "id": PATIENT_ID, "version": 3, "merged_into": None, "external_id": "31014", "previous_external_ids": [], "status": "active",
    "first_name": "Rosa", "middle_name": None, "last_name": "Delgado", "suffix": None, "preferred_name": None, "alternate_first_name": None,
    "date_of_birth": "1984-03-09", "deceased_on": None, "gender": "female", "marital_status": "married", "ssn_last4": None,
    "address": {"line1": "12 Harbor St", "line2": None, "city": "Boston", "state": "MA", "postal_code": "02110", "country": "US"},
    "phone_home": None, "phone_mobile": "+16175550123", "phone_work": None, "email": "rosa.delgado@example.com",
    "contact_preference": "mobile_phone", "consent_to_call": None, "consent_to_text": True,
    "preferred_language": {"code": "spa", "name": "Spanish"}, "race": [], "ethnicity": {"code": "2135-2", "name": "Hispanic or Latino"},
    "registration_location_id": LOCATION_ID, "primary_location_id": LOCATION_ID, "primary_provider_id": PROVIDER_ID,
    "insurances": [], "contacts": [], "guarantor": None, "notes": None, "custom_fields": {}, "declined": [],
}  # fmt: skip
TAKEN = {**PATIENT, "remarks": [{"place": "ssn_last4", "says": "Nothing of this is sent to athenahealth."}]}
