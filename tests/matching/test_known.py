"""Placeholders say nothing about a person."""

from datetime import date

import pytest

from practicestudio.matching import known
from practicestudio.records import Address, Patient


@pytest.mark.parametrize("born", [None, date(1900, 1, 1), date(1901, 1, 1), date(1753, 1, 1), date(1111, 11, 11), date(9999, 12, 31)])
def test_a_placeholder_date_is_not_known(born):
    assert known.birth_date(Patient(date_of_birth=born)) is None


@pytest.mark.parametrize("born", [date(1901, 1, 2), date(1970, 1, 1), date(2000, 1, 1)])
def test_a_likely_date_is_known(born):
    assert known.birth_date(Patient(date_of_birth=born)) == born


@pytest.mark.parametrize(
    "phone", ["+10000000000", "+19999999999", "+15555555555", "+16175555555", "+11234567890", "+18005551212", "0000000000", "5", ""]
)
def test_a_placeholder_phone_is_not_known(phone):
    assert known.phones(Patient(phone_home=phone)) == []


def test_each_phone_is_named_once_and_in_order():
    patient = Patient(phone_home="+15555551234", phone_mobile="+15551234567", phone_work="+15555551234")
    assert known.phones(patient) == ["+15555551234", "+15551234567"]


@pytest.mark.parametrize(
    "text", [None, "", "noemail@example.com", "no-email@gmail.com", "none@none.com", "N/A", "declined@x.org", "jane@noemail.com", "@x.org", "x@"]
)
def test_a_placeholder_address_is_not_known(text):
    assert known.email(Patient(email=text)) is None


def test_an_address_is_compared_in_lower_case():
    assert known.email(Patient(email=" Jane.Smith@Example.com ")) == "jane.smith@example.com"


@pytest.mark.parametrize(
    ("text", "found"),
    [("62701", "62701"), ("62701-1234", "62701"), ("627011234", "62701"), ("k1a 0b1", "K1A0B1"), ("00000", None), ("", None), ("-", None)],
)
def test_a_postal_code_is_its_first_five_digits_or_a_foreign_code(text, found):
    assert known.postal_code(Patient(address=Address(postal_code=text))) == found


@pytest.mark.parametrize(("digits", "found"), [("1234", "1234"), ("0000", None), ("9999", None), (None, None), ("", None)])
def test_a_placeholder_social_security_number_is_not_known(digits, found):
    assert known.ssn_last4(Patient(ssn_last4=digits)) == found
