"""Phone numbers."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.mapping.phones import EXTENSION, NOT_A_NUMBER, NOT_POSSIBLE, NOT_VALID, e164, extension, nanp_problem, to_athena


@pytest.mark.parametrize("text", ["6175550123", "(617) 555-0123", "617.555.0123", "1 617 555 0123", "+1 617-555-0123"])
def test_any_way_of_writing_a_number_becomes_e164(text: str) -> None:
    assert e164(text) == ("+16175550123", None)


def test_the_guides_example_numbers_are_kept_with_a_warning() -> None:
    assert e164("(555)555-1234") == ("+15555551234", NOT_VALID)
    assert e164("5551234567") == ("+15551234567", NOT_VALID)


@pytest.mark.parametrize(
    ("text", "why"), [("555-1234", NOT_POSSIBLE), ("call her sister", NOT_A_NUMBER), ("", NOT_A_NUMBER), ("6" * 60, NOT_A_NUMBER)]
)
def test_what_cannot_be_a_number_is_not_kept(text: str, why: str) -> None:
    assert e164(text) == (None, why)


def test_a_number_of_another_country_keeps_its_country() -> None:
    assert e164("+44 20 7946 0958") == ("+442079460958", None)


def test_an_extension_is_told_and_the_number_kept() -> None:
    assert e164("617-555-0123 x12") == ("+16175550123", EXTENSION)
    assert extension("617-555-0123 x12") == "12"
    assert extension("617-555-0123") is None
    assert extension("no number") is None


@given(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True))
def test_the_fast_way_says_what_the_library_says(digits: str) -> None:
    number = phonenumbers.parse(digits, "US")
    assert e164(digits) == ("+1" + digits, None if phonenumbers.is_valid_number(number) else NOT_VALID)


@given(st.text(max_size=80))
def test_no_text_raises(text: str) -> None:
    value, problem = e164(text)
    assert value is not None or problem is not None


@given(st.from_regex(r"[2-9][0-9]{9}", fullmatch=True))
def test_ten_digits_come_back(digits: str) -> None:
    assert to_athena("+1" + digits) == digits


@pytest.mark.parametrize("value", ["+442079460958", "+1617555012", "6175550123", "+1617555012x"])
def test_only_numbers_of_the_north_american_plan_go_out(value: str) -> None:
    assert to_athena(value) is None


@pytest.mark.parametrize("digits", ["1175550123", "6171550123", "9115550123", "6174110123", "6175555555", "6174567890"])
def test_what_athenahealth_refuses_has_a_sentence(digits: str) -> None:
    assert nanp_problem(digits) is not None


@pytest.mark.parametrize("digits", ["6175550123", "8605551234", "5552345678", "2125555556"])
def test_what_athenahealth_takes_has_none(digits: str) -> None:
    assert nanp_problem(digits) is None
