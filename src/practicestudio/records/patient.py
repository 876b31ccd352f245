"""A patient, with the insurances, contacts and guarantor that belong to the person."""

from dataclasses import dataclass, field
from datetime import date
from typing import Literal
from uuid import UUID

from practicestudio.records.coded import Coded

Gender = Literal["male", "female", "other", "unknown"]
PatientStatus = Literal["active", "inactive", "prospective", "deleted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; merged as one value, because half of an old address and half of a new one is no address."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    state: str | None = None
    postal_code: str | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Insurance:
    """One policy. sequence: 1 primary, 2 secondary, …; external_id: athenahealth's insuranceid."""

    external_id: str | None = None
    sequence: int | None = None
    package_id: str | None = None
    plan_name: str | None = None
    member_id: str | None = None
    group_number: str | None = None
    relationship: str | None = None
    policy_holder_first_name: str | None = None
    policy_holder_middle_name: str | None = None
    policy_holder_last_name: str | None = None
    policy_holder_suffix: str | None = None
    policy_holder_date_of_birth: date | None = None
    policy_holder_gender: Gender | None = None
    policy_holder_address: Address = Address()
    effective_from: date | None = None
    effective_to: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody to call: kind is `emergency` or `next_of_kin`. Phones are E.164; `phone` is the one at home where both are known."""

    kind: str
    name: str | None = None
    relationship: str | None = None
    phone: str | None = None
    phone_mobile: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantor:
    """Who pays what insurance does not."""

    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    suffix: str | None = None
    date_of_birth: date | None = None
    relationship: str | None = None
    address: Address = Address()
    phone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A person of the practice. Phones are E.164; external_id is athenahealth's patientid.

    previous_external_ids: athenahealth's ids of the records that were merged into this one.
    registration_location_id: where the person was registered; primary_location_id: where they are seen now.
    consent_to_call, consent_to_text: None where nobody asked. contact_preference: how the person wants to be reached, as a word.
    declined: names of the fields that the patient chose not to give, which is another thing than not knowing them.
    custom_fields: by the name that the practice gave the field in Practice Studio.
    """

    external_id: str | None = None
    previous_external_ids: tuple[str, ...] = ()
    status: PatientStatus = "active"
    first_name: str | None = None
    middle_name: str | None = None
    last_name: str | None = None
    suffix: str | None = None
    preferred_name: str | None = None
    alternate_first_name: str | None = None
    date_of_birth: date | None = None
    deceased_on: date | None = None
    gender: Gender = "unknown"
    marital_status: str | None = None
    ssn_last4: str | None = None
    address: Address = Address()
    phone_home: str | None = None
    phone_mobile: str | None = None
    phone_work: str | None = None
    email: str | None = None
    contact_preference: str | None = None
    consent_to_call: bool | None = None
    consent_to_text: bool | None = None
    preferred_language: Coded | None = None
    race: tuple[Coded, ...] = ()
    ethnicity: Coded | None = None
    registration_location_id: UUID | None = None
    primary_location_id: UUID | None = None
    primary_provider_id: UUID | None = None
    insurances: tuple[Insurance, ...] = ()
    contacts: tuple[Contact, ...] = ()
    guarantor: Guarantor | None = None
    notes: str | None = None
    custom_fields: dict[str, str] = field(default_factory=dict)
    declined: tuple[str, ...] = ()
