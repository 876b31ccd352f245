"""Each field says by itself how two records agree, and why."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.matching import COMPARISONS, compare
from practicestudio.records import Address, Patient

JOHN = Patient(
    first_name="John",
    middle_name="Albert",
    last_name="Smith",
    suffix="Jr",
    date_of_birth=date(1980, 5, 12),
    gender="male",
    phone_home="+15555551234",
    email="john@example.com",
    address=Address(line1="12 Main St.", postal_code="62701"),
    ssn_last4="4321",
)
ROW = {row.field: row for row in COMPARISONS}
A_NAME = st.sampled_from([None, "", "John", "Jon", "J", "Mary Ann", "Maryann", "Bob", "Robert", "李", "Unknown"])
A_DATE = st.sampled_from([None, date(1980, 5, 12), date(1980, 12, 5), date(1980, 5, 13), date(1900, 1, 1), date(2001, 7, 7)])
SOMEBODY = st.builds(
    Patient,
    first_name=A_NAME,
    middle_name=A_NAME,
    preferred_name=A_NAME,
    last_name=st.sampled_from([None, "Smith", "Smyth", "Smith-Jones", "Jones Jr", "O'Neil"]),
    suffix=st.sampled_from([None, "Jr", "Sr", "MD"]),
    date_of_birth=A_DATE,
    gender=...,
    phone_home=st.sampled_from([None, "+15555551234", "+15551234567", "+19999999999"]),
    email=st.sampled_from([None, "a@example.com", "A@example.com", "noemail@x.org"]),
    address=st.builds(Address, line1=st.sampled_from([None, "1 Main St", "1 Main Street", "2 Oak"]), postal_code=st.sampled_from([None, "62701"])),
    ssn_last4=st.sampled_from([None, "1234", "4321"]),
)


def finding(field, one, other):
    row = ROW[field].evidence(one, other)
    return row.agreement


def changed(field, value):
    if field in ("street", "postal_code"):
        part = {"street": "line1"}.get(field, field)
        return replace(JOHN, address=replace(JOHN.address, **{part: value}))
    return replace(JOHN, **{{"phone": "phone_home"}.get(field, field): value})


@pytest.mark.parametrize(
    ("field", "value", "agreement"),
    [
        ("last_name", "SMITH", "agrees"),
        ("last_name", "Smyth", "similar"),
        ("last_name", "Smith-Jones", "similar"),
        ("last_name", "Smithe", "similar"),
        ("last_name", "Garcia", "differs"),
        ("last_name", "Unknown", "missing"),
        ("first_name", "JOHN", "agrees"),
        ("first_name", "John Paul", "similar"),
        ("first_name", "J.", "similar"),
        ("first_name", "Jack", "similar"),
        ("first_name", "Jon", "similar"),
        ("first_name", "Albert", "similar"),
        ("first_name", "June", "differs"),
        ("first_name", "Mary", "differs"),
        ("first_name", "Baby Boy", "missing"),
        ("middle_name", "A", "similar"),
        ("middle_name", "Bruce", "differs"),
        ("suffix", "Junior", "agrees"),
        ("suffix", "Sr.", "differs"),
        ("suffix", "MD", "missing"),
        ("date_of_birth", date(1980, 12, 5), "similar"),
        ("date_of_birth", date(1980, 5, 13), "similar"),
        ("date_of_birth", date(1980, 5, 21), "similar"),
        ("date_of_birth", date(1981, 5, 13), "differs"),
        ("date_of_birth", date(1984, 8, 30), "differs"),
        ("date_of_birth", date(1900, 1, 1), "missing"),
        ("gender", "female", "differs"),
        ("gender", "unknown", "missing"),
        ("phone", "+15551239999", "differs"),
        ("phone", "+19999999999", "missing"),
        ("email", "John@EXAMPLE.com", "agrees"),
        ("email", "j@example.com", "differs"),
        ("street", "12 MAIN ST", "agrees"),
        ("street", "12 Main Street", "similar"),
        ("street", "9 Oak Ave", "differs"),
        ("postal_code", "62701-0001", "agrees"),
        ("postal_code", "62702", "differs"),
        ("ssn_last4", "1234", "differs"),
    ],
)
def test_a_field_agrees_is_similar_differs_or_is_missing(field, value, agreement):
    assert finding(field, JOHN, changed(field, value)) == agreement


def test_a_suffix_written_into_the_last_name_counts():
    assert finding("suffix", replace(JOHN, suffix=None, last_name="Smith Sr."), JOHN) == "differs"


def test_any_shared_phone_agrees():
    other = Patient(phone_home="+15551112222", phone_work=JOHN.phone_home)
    assert finding("phone", JOHN, other) == "agrees"


def test_a_record_agrees_with_itself_in_every_field():
    assert {row.agreement for row in compare(JOHN, JOHN)} == {"agrees"}


@given(SOMEBODY, SOMEBODY)
def test_it_does_not_matter_which_record_came_first(one, other):
    assert compare(one, other) == compare(other, one)


@given(SOMEBODY)
def test_what_is_missing_on_one_side_weighs_nothing(somebody):
    assert {(row.agreement, row.weight) for row in compare(somebody, Patient())} == {("missing", 0)}


@given(SOMEBODY, SOMEBODY)
def test_a_note_never_tells_a_value(one, other):
    for row in compare(one, other):
        for value in ("john", "robert", "smith", "1980", "example", "555", "main"):
            assert value not in row.note.lower()
