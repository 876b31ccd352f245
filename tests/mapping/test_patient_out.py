"""Patients sent."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from practicestudio.mapping import OutgoingInsurance, PracticeMapping
from practicestudio.records import Address, Coded, Contact, Guarantor, Insurance, Patient

EAST, PROVIDER = UUID(int=1), UUID(int=10)


def a_patient(**changes: Any) -> Patient:
    known: dict[str, Any] = {
        "first_name": "Imogen",
        "last_name": "Tarrant",
        "date_of_birth": date(1984, 2, 29),
        "gender": "female",
        "phone_home": "+16175550123",
        "primary_location_id": EAST,
    }
    return Patient(**(known | changes))


def problems(outgoing: Any) -> dict[str, str]:
    return {finding.place: finding.severity for finding in outgoing.report}


def test_a_new_patient_is_sent_with_what_athenahealth_needs(mapping: PracticeMapping) -> None:
    outgoing = mapping.patient_out(a_patient())
    assert outgoing.refused is None
    assert outgoing.values == {
        "status": "a",
        "firstname": "Imogen",
        "lastname": "Tarrant",
        "dob": "02/29/1984",
        "sex": "F",
        "homephone": "6175550123",
        "departmentid": "1",
        "primarydepartmentid": "1",
    }


@pytest.mark.parametrize("field", ["first_name", "last_name", "date_of_birth", "primary_location_id"])
def test_a_new_patient_without_what_it_needs_is_refused(field: str, mapping: PracticeMapping) -> None:
    refused = mapping.patient_out(a_patient(**{field: None})).refused
    assert refused is not None
    assert field.replace("primary", "registration") in refused.what


def test_a_new_patient_whom_nobody_could_reach_is_refused(mapping: PracticeMapping) -> None:
    assert mapping.patient_out(a_patient(phone_home=None)).refused is not None
    assert mapping.patient_out(a_patient(phone_home=None, address=Address(postal_code="01970"))).refused is None


def test_only_what_changed_is_sent(mapping: PracticeMapping) -> None:
    outgoing = mapping.patient_out(a_patient(email="i@example.com"), fields=["email", "last_name"])
    assert outgoing.values == {"email": "i@example.com", "lastname": "Tarrant"}


def test_an_address_goes_as_one_value_and_clears_what_was_there(mapping: PracticeMapping) -> None:
    before = a_patient(address=Address(line1="1 Elm St", line2="Apt 2", city="Salem", state="MA"))
    now = replace(before, address=Address(line1="20 Wharf Rd", city="Salem", state="MA"))
    assert mapping.patient_out(now, ["address"], before).values == {"address1": "20 Wharf Rd", "address2": "", "city": "Salem", "state": "MA"}


def test_without_a_known_state_everything_that_is_gone_is_cleared(mapping: PracticeMapping) -> None:
    assert mapping.patient_out(a_patient(address=Address(city="Salem")), ["address"]).values["zip"] == ""


def test_what_athenahealth_cannot_clear_is_told(mapping: PracticeMapping) -> None:
    outgoing = mapping.patient_out(a_patient(primary_location_id=None), ["primary_location_id"], a_patient())
    assert outgoing.values == {}
    assert problems(outgoing) == {"primary_location_id": "no_place"}


def test_what_is_never_sent_is_told(mapping: PracticeMapping) -> None:
    outgoing = mapping.patient_out(a_patient(ssn_last4="4181"), ["ssn_last4", "no_such_unit"])
    assert outgoing.empty
    assert problems(outgoing) == {"ssn_last4": "no_place", "no_such_unit": "no_place"}


def test_declining_and_no_longer_declining_are_sent(mapping: PracticeMapping) -> None:
    declining = a_patient(declined=("email", "race"))
    telling = a_patient(declined=("email",), race=(Coded("2106-3", "White"), Coded("2028-9", "Asian")))
    assert mapping.patient_out(declining, ["declined"], a_patient()).values == {"email": "declined", "race": "declined"}
    assert mapping.patient_out(telling, ["declined", "race"], declining).values == {"race": "2106-3\t2028-9"}
    assert mapping.patient_out(a_patient(), ["declined"], declining).values == {"email": "", "race": ""}


@pytest.mark.parametrize(
    ("unit", "value", "place"),
    [
        ("first_name", "I" * 21, "first_name"),
        ("last_name", "T" * 31, "last_name"),
        ("suffix", "the Younger", "suffix"),
        ("email", "i" * 45 + "@a.com", "email"),
        ("address", Address(line1="x" * 101), "address.line1"),
        ("address", Address(city="x" * 31), "address.city"),
        ("address", Address(state="Massachusetts"), "address.state"),
        ("address", Address(postal_code="01970-12345"), "address.postal_code"),
        ("contacts", (Contact(kind="emergency", name="x" * 51),), "contacts.emergency.name"),
    ],
)
def test_what_is_longer_than_athenahealth_takes_is_refused_and_not_cut(unit: str, value: Any, place: str, mapping: PracticeMapping) -> None:
    outgoing = mapping.patient_out(a_patient(**{unit: value}), [unit], a_patient())
    assert problems(outgoing) == {place: "error"}
    assert outgoing.values == {}


@pytest.mark.parametrize("phone", ["+16175555555", "+16174567890", "+19115550123", "+442079460958"])
def test_a_phone_number_that_athenahealth_would_ignore_is_refused(phone: str, mapping: PracticeMapping) -> None:
    refused = mapping.patient_out(a_patient(phone_mobile=phone), ["phone_mobile"]).refused
    assert refused is not None
    assert phone[2:] not in refused.sentence


def test_contacts_and_guarantor_go_to_their_fields(mapping: PracticeMapping) -> None:
    patient = a_patient(
        contacts=(Contact(kind="next_of_kin", name="Vera", relationship="parent"), Contact(kind="emergency", phone_mobile="+16175550124")),
        guarantor=Guarantor(first_name="Otis", relationship="spouse", address=Address(line1="20 Wharf Rd")),
    )
    assert mapping.patient_out(patient, ["contacts", "guarantor"], a_patient()).values == {
        "contactmobilephone": "6175550124",
        "nextkinname": "Vera",
        "nextkinrelationship": "PARENT",
        "guarantorfirstname": "Otis",
        "guarantorrelationshiptopatient": "2",
        "guarantoraddress1": "20 Wharf Rd",
    }


def test_a_second_emergency_contact_has_no_place(mapping: PracticeMapping) -> None:
    contacts = (Contact(kind="emergency", name="Otis"), Contact(kind="emergency", name="Vera"))
    outgoing = mapping.patient_out(a_patient(contacts=contacts), ["contacts"])
    assert outgoing.values["contactname"] == "Otis"
    assert problems(outgoing) == {"contacts": "no_place"}


def test_custom_fields_go_in_a_call_of_their_own(mapping: PracticeMapping) -> None:
    patient = a_patient(custom_fields={"chart number": "C-7", "consent date": "2020-03-04", "heard of us": "The web"})
    units = ["custom_fields.chart number", "custom_fields.consent date", "custom_fields.heard of us"]
    assert mapping.patient_out(patient, units).custom_fields == [
        {"customfieldid": "22", "customfieldvalue": "C-7"},
        {"customfieldid": "41", "customfieldvalue": "03/04/2020"},
        {"customfieldid": "323", "optionid": "62"},
    ]
    assert mapping.patient_out(a_patient(), units[:1], patient).custom_fields == [{"customfieldid": "22", "customfieldvalue": ""}]


def test_custom_fields_that_cannot_be_sent_are_told(mapping: PracticeMapping) -> None:
    patient = a_patient(custom_fields={"shoe size": "44", "migrated from": "paper", "consent date": "soon", "heard of us": "A dream"})
    outgoing = mapping.patient_out(patient)
    assert outgoing.custom_fields == []
    assert problems(outgoing) == {
        "custom_fields.shoe size": "no_place",
        "custom_fields.migrated from": "no_place",
        "custom_fields.consent date": "error",
        "custom_fields.heard of us": "error",
    }


POLICY = Insurance(
    sequence=1,
    package_id="1352",
    member_id="GH-22",
    relationship="self",
    policy_holder_first_name="Imogen",
    policy_holder_last_name="Tarrant",
    policy_holder_gender="female",
)
NUMBERED = replace(POLICY, external_id="82")


def test_an_insurance_is_added_changed_and_removed_by_calls_of_its_own(mapping: PracticeMapping) -> None:
    added = mapping.patient_out(a_patient(insurances=(POLICY,)), ["insurances.sequence-1"], a_patient())
    assert added.insurances == (
        OutgoingInsurance(
            action="create",
            values={
                "sequencenumber": "1",
                "insurancepackageid": "1352",
                "insuranceidnumber": "GH-22",
                "relationshiptoinsuredid": "1",
                "insurancepolicyholderfirstname": "Imogen",
                "insurancepolicyholderlastname": "Tarrant",
                "insurancepolicyholdersex": "F",
            },
        ),
    )
    before = a_patient(insurances=(NUMBERED,))
    now = a_patient(insurances=(replace(NUMBERED, sequence=2, member_id=None),))
    (changed,) = mapping.patient_out(now, ["insurances.82"], before).insurances
    assert (changed.action, changed.external_id) == ("update", "82")
    assert changed.values["newsequencenumber"] == "2"
    assert changed.values["insuranceidnumber"] == ""
    assert "insurancepackageid" not in changed.values
    removed = mapping.patient_out(a_patient(), ["insurances.82"], before).insurances
    assert removed == (OutgoingInsurance(action="remove", external_id="82"),)


def test_a_new_patients_primary_insurance_goes_first(mapping: PracticeMapping) -> None:
    outgoing = mapping.patient_out(a_patient(insurances=(replace(POLICY, sequence=2), POLICY)))
    assert [call.values["sequencenumber"] for call in outgoing.insurances] == ["1", "2"]


def test_an_insurance_without_a_holder_is_refused_unless_the_patient_pays(mapping: PracticeMapping) -> None:
    assert mapping.patient_out(a_patient(insurances=(Insurance(sequence=1, package_id="1352"),))).refused is not None
    assert mapping.patient_out(a_patient(insurances=(Insurance(sequence=1, package_id="0"),))).refused is None


def test_the_package_of_an_insurance_stays(mapping: PracticeMapping) -> None:
    now = a_patient(insurances=(replace(NUMBERED, package_id="9"),))
    assert mapping.patient_out(now, ["insurances.82"], a_patient(insurances=(NUMBERED,))).refused is not None
    gone = mapping.patient_out(a_patient(), ["insurances.7"], a_patient())
    assert gone.insurances == ()
    assert problems(gone) == {"insurances.7": "no_place"}


def test_a_place_of_another_practice_is_refused(mapping: PracticeMapping) -> None:
    assert mapping.patient_out(a_patient(primary_provider_id=UUID(int=77)), ["primary_provider_id"]).refused is not None


def test_a_language_without_an_iso_639_2_code_is_not_sent(mapping: PracticeMapping) -> None:
    outgoing = mapping.patient_out(a_patient(preferred_language=Coded("yue", "Yue Chinese")), ["preferred_language"])
    assert outgoing.values == {}
    assert problems(outgoing) == {"preferred_language": "no_place"}
