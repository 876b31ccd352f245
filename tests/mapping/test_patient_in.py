"""Patients received."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from practicestudio.errors import InvalidValue
from practicestudio.mapping import Finding, Mapped, PracticeMapping
from practicestudio.mapping.conversions import NO_SUCH_DATE, UNKNOWN_CODE
from practicestudio.mapping.inbound import MISSING, NO_ROW
from practicestudio.mapping.phones import NOT_A_NUMBER
from practicestudio.records import Address, Coded, Contact, Guarantor, Insurance, Patient

EAST, PROVIDER = UUID(int=1), UUID(int=10)


def taken(mapped: Mapped[Patient]) -> Patient:
    assert mapped.record is not None, mapped.report
    return mapped.record


def places(mapped: Mapped[Patient]) -> dict[str, str]:
    return {finding.place: finding.severity for finding in mapped.report}


def test_a_whole_patient_finds_its_place(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(
        patient_body(
            middlename="Rose",
            suffix="Jr",
            preferredname="Immy",
            ssn="*****4181",
            address1="20 Wharf Rd",
            city="SALEM",
            state="MA",
            zip="01970",
            countrycode="USA",
            countrycode3166="US",
            homephone="6175550123",
            email="imogen@example.com",
            maritalstatus="X",
            maritalstatusname="SEPARATED",
            contactpreference="PORTAL",
            consenttotext="false",
            language6392code="por",
            race=["2106-3", "2028-9"],
            racename="White",
            ethnicitycode="2186-5",
            primaryproviderid=71,
            contactname="Otis Tarrant",
            contactrelationship="SPOUSE",
            contacthomephone="6175550125",
            contactmobilephone="6175550124",
            nextkinname="Vera Tarrant",
            guarantorfirstname="Otis",
            guarantordob="01/02/1980",
            guarantorrelationshiptopatient="2",
            guarantoraddress1="20 Wharf Rd",
            portalstatus={"status": "NOTREGISTERED"},
            balances=[{"balance": "-25.15"}],
            previouspatientids=["88", 91],
        )
    )
    assert mapped.report == ()
    assert taken(mapped) == Patient(
        external_id="5309",
        previous_external_ids=("88", "91"),
        first_name="Imogen",
        middle_name="Rose",
        last_name="Tarrant",
        suffix="Jr",
        preferred_name="Immy",
        date_of_birth=date(1984, 2, 29),
        gender="female",
        marital_status="separated",
        ssn_last4="4181",
        address=Address(line1="20 Wharf Rd", city="SALEM", state="MA", postal_code="01970", country="US"),
        phone_home="+16175550123",
        email="imogen@example.com",
        contact_preference="portal",
        consent_to_text=False,
        preferred_language=Coded("por", "Portuguese"),
        race=(Coded("2106-3", "White"), Coded("2028-9", "Asian")),
        ethnicity=Coded("2186-5", "Not Hispanic or Latino"),
        registration_location_id=EAST,
        primary_location_id=EAST,
        primary_provider_id=PROVIDER,
        contacts=(
            Contact(kind="emergency", name="Otis Tarrant", relationship="spouse", phone="+16175550125", phone_mobile="+16175550124"),
            Contact(kind="next_of_kin", name="Vera Tarrant"),
        ),
        guarantor=Guarantor(first_name="Otis", date_of_birth=date(1980, 1, 2), relationship="spouse", address=Address(line1="20 Wharf Rd")),
    )


def test_types_that_drift_say_the_same(mapping: PracticeMapping, patient_body: Any) -> None:
    one = mapping.patient_in(patient_body(consenttocall="true", departmentid=1, patientid=5309, zip=12345, middlename="", suffix=None))
    other = mapping.patient_in(patient_body(consenttocall=True, departmentid="1", patientid="5309", zip="12345") | {"suffix": None})
    assert one == other
    assert one.report == ()


@pytest.mark.parametrize("field", ["patientid", "lastname", "dob"])
@pytest.mark.parametrize("gone", [None, "", "  "])
def test_without_what_it_needs_a_patient_is_refused_in_one_sentence(
    field: str, gone: str | None, mapping: PracticeMapping, patient_body: Any
) -> None:
    mapped = mapping.patient_in(patient_body() | {field: gone})
    assert mapped.record is None
    assert mapped.report == (Finding(field, MISSING, "error"),)
    assert isinstance(mapped.refused, InvalidValue)
    assert mapped.refused.what == f"The patient was not taken because of {field}: This is missing, and the record cannot be taken without it."


def test_an_impossible_date_of_birth_refuses_and_is_not_in_the_sentence(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(dob="02/30/1980"))
    assert mapped.refused is not None
    assert "dob" in mapped.refused.sentence
    assert "1980" not in mapped.refused.sentence


def test_an_impossible_date_elsewhere_is_left_out(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(deceaseddate="15/04/1995"))
    assert taken(mapped).deceased_on is None
    assert mapped.report == (Finding("deceaseddate", NO_SUCH_DATE, "no_place"),)
    assert mapped.unread == {"deceased_on"}


def test_thirty_megabytes_of_notes_are_refused(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(notes="x" * 30_000_000))
    assert mapped.refused is not None
    assert (
        mapped.refused.what
        == "The patient was not taken because of notes: This is longer than the 250,000 characters that are taken from this field."
    )


def test_an_unknown_code_is_told_and_not_guessed(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(sex="Q", race=["2106-3", "123"]))
    assert taken(mapped).gender == "unknown"
    assert taken(mapped).race == (Coded("2106-3", "White"),)
    assert mapped.report == (
        Finding("sex", UNKNOWN_CODE.format(table="sex"), "no_place"),
        Finding("race", UNKNOWN_CODE.format(table="race"), "no_place"),
    )
    assert mapped.unread == {"gender"}


def test_a_standard_code_without_a_name_is_kept_with_a_warning(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(race=["1586-7"]))
    assert taken(mapped).race == (Coded("1586-7", "1586-7"),)
    assert places(mapped) == {"race": "warning"}


def test_an_unknown_status_refuses_because_every_status_means_something(mapping: PracticeMapping, patient_body: Any) -> None:
    assert mapping.patient_in(patient_body(status="merged")).record is None


@pytest.mark.parametrize(("word", "status"), [("a", "active"), ("Inactive", "inactive"), ("p", "prospective"), ("DELETED", "deleted")])
def test_statuses_come_as_letters_and_as_words(word: str, status: str, mapping: PracticeMapping, patient_body: Any) -> None:
    assert taken(mapping.patient_in(patient_body(status=word))).status == status


def test_declined_is_another_thing_than_unknown(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(
        patient_body(email="declined", race=["declined"], racename="Patient Declined", ethnicitycode="declined", language6392code="declined")
    )
    patient = taken(mapped)
    assert patient.declined == ("email", "ethnicity", "preferred_language", "race")
    assert (patient.email, patient.race, patient.ethnicity, patient.preferred_language) == (None, (), None, None)
    assert mapped.report == ()


def test_a_field_without_a_row_is_reported_by_its_name(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(shoesize="44", emptyone="", nothing=[]))
    assert mapped.report == (Finding("shoesize", NO_ROW, "no_place"),)


def test_many_faults_of_a_kind_are_told_once_and_many_fields_in_part(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(race=["123"] * 50, **{f"unknown{n}": 1 for n in range(1_000)}))
    assert [finding.place for finding in mapped.report].count("race") == 1
    assert len(mapped.report) < 110


def test_a_field_whose_name_is_no_name_is_reported_without_it(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(**{"Imogen Tarrant, 20 Wharf Rd": "x"}))
    assert places(mapped) == {"a field without a proper name": "no_place"}


def test_what_is_no_phone_number_leaves_ours_alone(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(homephone="ask her sister"))
    assert mapped.report == (Finding("homephone", NOT_A_NUMBER, "no_place"),)
    assert mapped.unread == {"phone_home"}


def test_an_unknown_department_is_told(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(primarydepartmentid="77"))
    assert taken(mapped).primary_location_id is None
    assert places(mapped) == {"primarydepartmentid": "no_place"}


def test_insurances_come_with_the_patient(mapping: PracticeMapping, patient_body: Any) -> None:
    insurance = {
        "insuranceid": 7990,
        "sequencenumber": "1",
        "insurancepackageid": 159571,
        "insuranceplanname": "Granite HMO",
        "insuranceidnumber": "GH-22",
        "policynumber": "G7",
        "relationshiptoinsuredid": 2,
        "relationshiptoinsured": "Spouse",
        "insurancepolicyholderfirstname": "OTIS",
        "insurancepolicyholdersex": "M",
        "insurancepolicyholderdob": "01/02/1980",
        "insurancepolicyholderzip": "01970",
        "insurancepolicyholderssn": "111223333",
        "eligibilitystatus": "Unverified",
        "expirationdate": "12/31/2030",
    }
    mapped = mapping.patient_in(patient_body(insurances=[insurance]))
    assert mapped.report == ()
    assert taken(mapped).insurances == (
        Insurance(
            external_id="7990",
            sequence=1,
            package_id="159571",
            plan_name="Granite HMO",
            member_id="GH-22",
            group_number="G7",
            relationship="spouse",
            policy_holder_first_name="OTIS",
            policy_holder_gender="male",
            policy_holder_date_of_birth=date(1980, 1, 2),
            policy_holder_address=Address(postal_code="01970"),
            effective_to=date(2030, 12, 31),
        ),
    )


def test_the_words_stand_in_for_a_relationship_without_an_id(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(insurances=[{"insuranceid": "1", "relationshiptoinsured": "Life Partner"}]))
    assert taken(mapped).insurances[0].relationship == "life partner"


def test_an_insurance_that_cannot_be_told_from_others_is_left_out(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(insurances=[{"insuranceplanname": "Granite HMO"}, "what"]))
    assert taken(mapped).insurances == ()
    assert mapped.unread == {"insurances.*"}


def test_a_finding_in_an_insurance_names_the_list(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(patient_body(insurances=[{"insuranceid": "1", "expirationdate": "99/99/9999", "colour": "red"}]))
    assert places(mapped) == {"insurances.expirationdate": "no_place", "insurances.colour": "no_place"}
    assert mapped.unread == frozenset()


def test_custom_fields_come_by_the_practices_names(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(
        patient_body(
            customfields=[
                {"customfieldid": 22, "customfieldvalue": "C-7", "optionid": "1"},
                {"customfieldid": "41", "customfieldvalue": "03/04/2020"},
                {"customfieldid": "323", "optionid": 62},
            ]
        )
    )
    assert mapped.report == ()
    assert taken(mapped).custom_fields == {"chart number": "C-7", "consent date": "2020-03-04", "heard of us": "The web"}


def test_custom_fields_that_cannot_be_read_are_told(mapping: PracticeMapping, patient_body: Any) -> None:
    mapped = mapping.patient_in(
        patient_body(
            customfields=[
                {"customfieldid": "999", "customfieldvalue": "x"},
                {"customfieldid": "41", "customfieldvalue": "soon"},
                {"customfieldid": "323", "optionid": "77"},
                {"customfieldid": "22", "customfieldvalue": ""},
            ]
        )
    )
    assert taken(mapped).custom_fields == {}
    assert places(mapped) == {"customfields.999": "no_place", "custom_fields.consent date": "no_place", "custom_fields.heard of us": "no_place"}
    assert mapped.unread == {"custom_fields.consent date", "custom_fields.heard of us"}


@pytest.mark.parametrize("body", [None, [], "patient", 7, [{"patientid": "1"}]])
def test_what_is_no_object_is_refused(body: Any, mapping: PracticeMapping) -> None:
    assert mapping.patient_in(body).record is None


def test_ids_are_read_whatever_their_type(mapping: PracticeMapping) -> None:
    assert mapping.patient_external_id({"patientid": 1}) == mapping.patient_external_id({"patientid": " 1 "}) == "1"
    assert mapping.appointment_external_id({"appointmentid": 2204083}) == "2204083"
    assert (
        mapping.patient_external_id({}) is mapping.patient_external_id({"patientid": ""}) is mapping.patient_external_id({"patientid": [1]}) is None
    )
