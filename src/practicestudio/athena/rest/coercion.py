"""athenahealth's types drift by endpoint and year ("1" and 1, "true" and true, "" and null and nothing): one value, whatever it came as."""

import re
from typing import Any

from practicestudio.errors import Unreadable

_WHOLE = re.compile(r"-?[0-9]{1,18}")
_TRUE = frozenset({"true", "1", "y", "yes"})
_FALSE = frozenset({"false", "0", "n", "no"})


def as_text(value: Any) -> str | None:
    """An id or a code as text: "1" for "1", 1 and 1.0; None for null, blank and nothing."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, str | int | float):
        return str(value).strip() or None
    raise Unreadable(f"A {type(value).__name__} came where a text or number is expected.")


def as_int(value: Any) -> int | None:
    """A whole number: 15 for 15, "15" and 15.0; None for null, blank and nothing. Raises Unreadable otherwise, without the value."""
    text = as_text(value)
    if text is None:
        return None
    if not _WHOLE.fullmatch(text):
        raise Unreadable("Something else came where a whole number is expected.")
    return int(text)


def as_bool(value: Any) -> bool | None:
    """True for true, "true", "TRUE", 1, "1", "Y"; None for null, blank and nothing. Raises Unreadable where it is neither yes nor no."""
    text = as_text(value)
    if text is None:
        return None
    if text.lower() in _TRUE:
        return True
    if text.lower() in _FALSE:
        return False
    raise Unreadable("Something else came where yes or no is expected.")
