"""What a practice changes in its mapping."""

import json
from datetime import date
from typing import Any

import pytest

from practicestudio.errors import Misconfigured
from practicestudio.mapping import (
    CodeOverride,
    CustomFieldOverride,
    DefaultValue,
    FieldOverride,
    Override,
    PracticeMapping,
    ValidationRule,
    override_from_row,
    override_to_row,
)
from practicestudio.records import Coded, Patient

EVERY_KIND: list[Override] = [
    FieldOverride(map="patient", ours="preferred_name", athena="altfirstname"),
    DefaultValue(map="patient", ours="address.state", value="MA", way="both"),
    CodeOverride(table="race", athena="R5", ours="2106-3"),
    ValidationRule(map="patient", ours="email", required=True, pattern=r".+@example\.com", allowed=("a@example.com",), max_length=50, way="out"),
    CustomFieldOverride(external_id="22", name="file number"),
]


def patient(mapping: PracticeMapping, body: Any) -> Patient:
    mapped = mapping.patient_in(body)
    assert mapped.record is not None, mapped.report
    return mapped.record


@pytest.mark.parametrize("override", EVERY_KIND)
def test_an_override_is_a_row_that_can_be_stored(override: Override) -> None:
    assert override_from_row(json.loads(json.dumps(override_to_row(override)))) == override


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"override": "wish"},
        {"override": "field", "map": "patient"},
        {"override": "code", "colour": "red"},
        {"override": "rule", "map": "p", "ours": "q", "pattern": "("},
    ],
)
def test_a_row_that_is_no_override_is_a_wrong_setting(row: dict[str, Any]) -> None:
    with pytest.raises(Misconfigured):
        override_from_row(row)


def test_a_field_is_received_and_sent_as_another(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(overrides=[FieldOverride(map="patient", ours="preferred_name", athena="altfirstname")])
    mapped = mapping.patient_in(patient_body(altfirstname="Immy", preferredname="Gen"))
    assert mapped.report == ()
    assert mapped.record.preferred_name == "Immy"
    assert mapped.record.alternate_first_name is None
    assert mapping.patient_out(mapped.record, ["preferred_name"]).values == {"altfirstname": "Immy"}


def test_a_field_is_left_out(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(overrides=[FieldOverride(map="patient", ours="ssn_last4")])
    mapped = mapping.patient_in(patient_body(ssn="*****4181"))
    assert mapped.report == ()
    assert mapped.record.ssn_last4 is None


def test_a_field_of_athenahealth_becomes_a_custom_field(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(overrides=[FieldOverride(map="patient", ours="custom_fields.pronouns", athena="preferredpronouns")])
    record = patient(mapping, patient_body(preferredpronouns="she/her", customfields=[{"customfieldid": "22", "customfieldvalue": "C-7"}]))
    assert record.custom_fields == {"pronouns": "she/her", "chart number": "C-7"}
    outgoing = mapping.patient_out(record, ["custom_fields.pronouns", "custom_fields.chart number"])
    assert outgoing.values == {"preferredpronouns": "she/her"}
    assert outgoing.custom_fields == [{"customfieldid": "22", "customfieldvalue": "C-7"}]


def test_a_default_fills_in_what_is_missing_and_nothing_else(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(
        overrides=[
            DefaultValue(map="patient", ours="address.state", value="MA"),
            DefaultValue(map="patient", ours="preferred_language", value="eng"),
            DefaultValue(map="patient", ours="deceased_on", value="01/01/2001"),
        ]
    )
    record = patient(mapping, patient_body(state="NH", language6392code="declined"))
    assert (record.address.state, record.preferred_language, record.deceased_on) == ("NH", None, date(2001, 1, 1))
    assert patient(mapping, patient_body()).preferred_language == Coded("eng", "English")


def test_a_default_is_sent_where_there_is_no_value(make_mapping: Any) -> None:
    mapping = make_mapping(overrides=[DefaultValue(map="patient", ours="consent_to_call", value="false", way="out")])
    assert mapping.patient_out(Patient()).values["consenttocall"] == "false"
    assert mapping.patient_out(Patient(consent_to_call=True)).values["consenttocall"] == "true"


def test_a_code_of_the_practice_goes_both_ways(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(overrides=[CodeOverride(table="race", athena="R5", ours="2106-3"), CodeOverride(table="sex", athena="X", ours="other")])
    record = patient(mapping, patient_body(race=["r5", "2028-9"], sex="X"))
    assert record.race == (Coded("2106-3", "White"), Coded("2028-9", "Asian"))
    assert record.gender == "other"
    assert mapping.patient_out(record, ["race", "gender"]).values == {"race": "R5\t2028-9", "sex": "X"}


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ({"ours": "email", "required": True}, {}),
        ({"ours": "email", "pattern": r".+@example\.com"}, {"email": "i@elsewhere.com"}),
        ({"ours": "address.state", "allowed": ("MA", "NH")}, {"state": "VT"}),
        ({"ours": "first_name", "max_length": 3}, {}),
        ({"ours": "race", "allowed": ("2106-3",)}, {"race": ["2106-3", "2028-9"]}),
        ({"ours": "custom_fields.chart number", "pattern": r"C-\d+"}, {"customfields": [{"customfieldid": "22", "customfieldvalue": "77"}]}),
        ({"ours": "date_of_birth", "pattern": "19.*"}, {"dob": "01/01/2001"}),
    ],
)
def test_a_rule_refuses_or_warns(rule: dict[str, Any], body: dict[str, Any], make_mapping: Any, patient_body: Any) -> None:
    strict = make_mapping(overrides=[ValidationRule(map="patient", **rule)])
    mild = make_mapping(overrides=[ValidationRule(map="patient", severity="warning", **rule)])
    assert strict.patient_in(patient_body(**body)).record is None
    warned = mild.patient_in(patient_body(**body))
    assert warned.record is not None
    assert [(finding.place, finding.severity) for finding in warned.report] == [(rule["ours"], "warning")]


def test_a_rule_that_is_kept_says_nothing(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(overrides=[ValidationRule(map="patient", ours="email", required=True, pattern=r".+@example\.com")])
    assert mapping.patient_in(patient_body(email="i@example.com")).report == ()
    assert mapping.patient_in(patient_body(email="declined")).report == ()


def test_a_rule_for_what_is_sent_refuses_the_change_of_that_field_only(make_mapping: Any) -> None:
    mapping = make_mapping(overrides=[ValidationRule(map="patient", ours="email", required=True, way="out")])
    assert mapping.patient_out(Patient(), ["email"]).refused is not None
    assert mapping.patient_out(Patient(last_name="Tarrant"), ["last_name"]).refused is None


def test_a_rule_for_insurances_names_the_list(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(overrides=[ValidationRule(map="insurance", ours="member_id", pattern="[A-Z]+", severity="warning")])
    report = mapping.patient_in(patient_body(insurances=[{"insuranceid": "1", "insuranceidnumber": "77"}])).report
    assert [finding.place for finding in report] == ["insurances.member_id"]


def test_a_custom_field_is_renamed_left_out_or_made_known(make_mapping: Any, patient_body: Any) -> None:
    mapping = make_mapping(
        overrides=[
            CustomFieldOverride(external_id="22", name="file number"),
            CustomFieldOverride(external_id="41"),
            CustomFieldOverride(external_id="900", name="first visit", kind="date"),
        ]
    )
    values = [("22", "C-7"), ("41", "03/04/2020"), ("900", "05/06/2021")]
    mapped = mapping.patient_in(patient_body(customfields=[{"customfieldid": one, "customfieldvalue": value} for one, value in values]))
    assert mapped.record.custom_fields == {"file number": "C-7", "first visit": "2021-05-06"}
    assert [finding.place for finding in mapped.report] == ["customfields.41"]


@pytest.mark.parametrize(
    "override",
    [
        FieldOverride(map="patient", ours="shoe_size", athena="shoesize"),
        DefaultValue(map="patient", ours="shoe_size", value="44"),
        DefaultValue(map="patient", ours="deceased_on", value="someday"),
        DefaultValue(map="patient", ours="ssn_last4", value="1234", way="out"),
        CodeOverride(table="shoes", athena="1", ours="boots"),
        CodeOverride(table="sex", athena="X", ours="purple"),
        ValidationRule(map="patient", ours="shoe_size", required=True),
        ValidationRule(map="patient", ours="email", pattern="("),
    ],
)
def test_an_override_of_what_does_not_exist_is_a_wrong_setting(override: Override, make_mapping: Any) -> None:
    with pytest.raises(Misconfigured):
        make_mapping(overrides=[override])
