"""What a content search seeks, and finding it in a body."""

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from itertools import accumulate

from practicestudio.errors import InvalidValue

SHORTEST = 2
_ASCII = re.compile(r"[\x00-\x7f]+")
_AROUND = 60  # bytes of an excerpt on either side


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Where it was found, with what stands around it: patient data."""

    before: str
    found: str
    after: str


class Needle:
    """A text to find in bodies, upper and lower case alike. Its longest part of ASCII is sought in the bytes, then the whole in the text."""

    def __init__(self, text: str) -> None:
        if len(text) < SHORTEST:
            raise InvalidValue("What is searched for is too short.", advice=f"Give at least {SHORTEST} characters.")
        self._folded = None if text.isascii() else text.casefold()
        self._plain = max(_ASCII.findall(text), key=len, default="").lower().encode()

    def find(self, body: bytes) -> Excerpt | None:
        """Its first place in the body, None where it is not there."""
        at = body.lower().find(self._plain)
        if at < 0:
            return None
        return _excerpt(body, at, at + len(self._plain)) if self._folded is None else self._find_folded(body, self._folded)

    def _find_folded(self, body: bytes, wanted: str) -> Excerpt | None:
        """Fold each character by itself, so that a place in the folded text is one in the text."""
        text = body.decode("utf-8", "replace")
        folded = [one.casefold() for one in text]
        at = "".join(folded).find(wanted)
        if at < 0:
            return None
        ends = list(accumulate(map(len, folded)))
        first, last = bisect_right(ends, at), bisect_left(ends, at + len(wanted))
        start = len(text[:first].encode())
        return _excerpt(text.encode(), start, start + len(text[first : last + 1].encode()))


def _excerpt(body: bytes, start: int, end: int) -> Excerpt:
    parts = body[max(0, start - _AROUND) : start], body[start:end], body[end : end + _AROUND]
    return Excerpt(*(part.decode("utf-8", "ignore") for part in parts))
