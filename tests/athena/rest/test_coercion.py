"""One value, whatever type it came as."""

from typing import Any

import pytest

from practicestudio.athena.rest import as_bool, as_int, as_text
from practicestudio.errors import Unreadable


@pytest.mark.parametrize(("came", "is_"), [("1", "1"), (1, "1"), (1.0, "1"), (" 7 ", "7"), ("", None), (None, None), (True, "true")])
def test_an_id_is_text(came: Any, is_: str | None) -> None:
    assert as_text(came) == is_


@pytest.mark.parametrize(("came", "is_"), [("15", 15), (15, 15), (15.0, 15), ("-5", -5), ("", None), (None, None)])
def test_a_count_is_a_number(came: Any, is_: int | None) -> None:
    assert as_int(came) == is_


@pytest.mark.parametrize(
    ("came", "is_"), [("true", True), (True, True), ("TRUE", True), (1, True), ("1", True), ("false", False), (0, False), ("N", False), ("", None)]
)
def test_yes_and_no_are_booleans(came: Any, is_: bool | None) -> None:
    assert as_bool(came) is is_


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (as_int, "Zebulon"),
        (as_int, 1.5),
        (as_bool, "Zebulon"),
        (as_text, ["Zebulon"]),
        (as_int, "１２"),
        pytest.param(as_int, "9" * 5000, id="too long"),
    ],
)
def test_anything_else_is_unreadable_and_not_repeated(read: Any, value: Any) -> None:
    with pytest.raises(Unreadable) as caught:
        read(value)
    assert "Zebulon" not in caught.value.sentence
