"""Reading single JSON values whose types drift: text, numbers and flags come as any of them."""

from typing import Any

from practicestudio.mapping.findings import Finding

NOT_TEXT = "This is not a single value, so it was left out."
NOT_CHARACTERS = "This holds something that is not text, so it was left out."
TOO_LONG = "This is longer than the {limit:,} characters that are taken from this field."
NOT_A_FLAG = "This is neither true nor false."
NOT_A_NUMBER = "This is not a whole number."

_LARGEST = 10**18
_TRUE = frozenset(("true", "y", "yes", "1"))
_FALSE = frozenset(("false", "n", "no", "0"))


def as_text(raw: Any, report: list[Finding], place: str, limit: int) -> str | None:
    """The value as text without the blanks around it; None where it is empty or is no single value, which is reported.

    A value over the limit is an error: it is not cut, because half a value is a wrong one.
    """
    if type(raw) is int and -_LARGEST < raw < _LARGEST:
        return str(raw)
    if type(raw) is not str:
        if raw == [] or raw == {}:
            return None
        raw = _drifted(raw)
        if raw is None:
            report.append(Finding(place, NOT_TEXT, "no_place"))
            return None
    if len(raw) > limit:
        report.append(Finding(place, TOO_LONG.format(limit=limit), "error"))
        return None
    text = raw.strip()
    if not text:
        return None
    return text if text.isprintable() or _is_text(text, report, place) else None


def as_flag(raw: Any, report: list[Finding], place: str) -> bool | None:
    """true and false as JSON has them, or as the words, letters and digits athenahealth writes for them."""
    if raw is True or raw is False:
        return bool(raw)
    word = raw.strip().lower() if type(raw) is str else str(raw) if raw in (0, 1) else None
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    if word != "":
        report.append(Finding(place, NOT_A_FLAG, "no_place"))
    return None


def as_number(raw: Any, report: list[Finding], place: str) -> int | None:
    """A whole number, written as one or as text."""
    if type(raw) is int and -_LARGEST < raw < _LARGEST:
        return raw
    text = as_text(raw, report, place, 100)
    if text is None:
        return None
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        report.append(Finding(place, NOT_A_NUMBER, "no_place"))
        return None
    return int(text)


def _drifted(raw: Any) -> str | None:
    if isinstance(raw, float) and raw.is_integer() and abs(raw) < _LARGEST:
        return str(int(raw))
    return str(raw) if isinstance(raw, float) and abs(raw) < _LARGEST else None


def _is_text(text: str, report: list[Finding], place: str) -> bool:
    # A lone surrogate cannot be stored or sent, and a NUL is refused by PostgreSQL and by athenahealth.
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        report.append(Finding(place, NOT_CHARACTERS, "no_place"))
        return False
    return True
