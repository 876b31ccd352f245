"""Units and records are two forms of the same thing."""

from dataclasses import fields
from datetime import UTC

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.merging import is_missing, rebuild, units
from practicestudio.merging.record_units import stated
from practicestudio.records import Address, Appointment, Insurance, Patient

MOMENTS = st.none() | st.datetimes(timezones=st.just(UTC))
ANY_INSURANCE = st.builds(Insurance, **{f.name: ... for f in fields(Insurance)})
ANY_PATIENT = st.builds(Patient, **{f.name: ... for f in fields(Patient)} | {"insurances": st.lists(ANY_INSURANCE).map(tuple)})
ANY_APPOINTMENT = st.builds(
    Appointment,
    **{f.name: ... for f in fields(Appointment)} | dict.fromkeys(["start_time", "end_time", "checked_in_at", "checked_out_at"], MOMENTS),
)


@given(ANY_PATIENT)
def test_a_patient_is_rebuilt_from_its_units(patient):
    assert rebuild(Patient, units(patient), patient.external_id) == patient


@given(ANY_APPOINTMENT)
def test_an_appointment_is_rebuilt_from_its_units(appointment):
    assert rebuild(Appointment, units(appointment), appointment.external_id) == appointment


def test_each_insurance_and_each_custom_field_is_a_unit_of_its_own():
    insured, unnumbered = Insurance(external_id="77", sequence=1), Insurance(sequence=2)
    found = units(Patient(insurances=(insured, unnumbered), custom_fields={"Shoe size": "43"}))
    assert found["insurances.77"] == insured
    assert found["insurances.sequence-2"] == unnumbered
    assert found["custom_fields.Shoe size"] == "43"
    assert "insurances" not in found
    assert "custom_fields" not in found


def test_two_insurances_with_one_number_are_both_kept():
    first, second = Insurance(sequence=1, member_id="A"), Insurance(sequence=1, member_id="B")
    found = units(Patient(insurances=(first, second)))
    assert [value for name, value in found.items() if name.startswith("insurances.")] == [first, second]


def test_the_external_id_is_no_unit():
    assert "external_id" not in units(Patient(external_id="1"))


def test_units_that_are_absent_leave_the_records_defaults():
    assert rebuild(Patient, {"last_name": "Okafor"}) == Patient(last_name="Okafor")


@pytest.mark.parametrize(
    ("unit", "value"),
    [("first_name", None), ("first_name", ""), ("race", ()), ("address", Address()), ("gender", "unknown"), ("guarantor", None)],
)
def test_a_value_that_says_nothing_is_missing(unit, value):
    assert is_missing(unit, value)


@pytest.mark.parametrize(
    ("unit", "value"),
    [("no_show", False), ("status", "active"), ("address", Address(city="Salem")), ("custom_fields.Mood", "unknown"), ("notes", "0")],
)
def test_a_value_that_says_something_is_not_missing(unit, value):
    assert not is_missing(unit, value)


@given(ANY_PATIENT)
def test_what_is_stated_is_what_is_not_missing(patient):
    found = units(patient)
    assert stated(found) == {unit: value for unit, value in found.items() if not is_missing(unit, value)}
