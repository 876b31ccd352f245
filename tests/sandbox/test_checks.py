import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.sandbox.checks import is_nanp


@pytest.mark.parametrize(
    ("digits", "taken"),
    [
        ("6174820199", True),
        ("16174820199", True),
        ("5555551234", True),
        ("1174820199", False),
        ("6171820199", False),
        ("9114820199", False),
        ("6174110199", False),
        ("6179110199", False),
        ("6172222222", False),
        ("6174567890", False),
        ("617482019", False),
        ("", False),
    ],
)
def test_a_phone_is_taken_as_the_numbering_plan_and_athenahealth_have_it(digits: str, taken: bool) -> None:
    assert is_nanp(digits) is taken


@given(st.text(alphabet="0123456789", max_size=12))
def test_only_ten_digits_or_eleven_from_one_are_ever_a_phone(digits: str) -> None:
    if is_nanp(digits):
        assert len(digits) == 10 or (len(digits) == 11 and digits[0] == "1")
