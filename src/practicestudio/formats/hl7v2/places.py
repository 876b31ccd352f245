"""Where a value stands: `PID-5`, `PID-5.1`, `PID-3[2].4.1`, `OBX[3]-5`; all counted from one, as the standard does."""

import re
from functools import lru_cache
from typing import NamedTuple

from practicestudio.errors import InvalidValue

_PLACE = re.compile(r"([A-Z][A-Z0-9]{2})(?:\[(\d{1,5})\])?-(\d{1,3})(?:\[(\d{1,5})\])?(?:\.(\d{1,3})(?:\.(\d{1,3}))?)?")


class Place(NamedTuple):
    """component, subcomponent: 0 where the place is the whole field or the whole component."""

    segment: str
    occurrence: int
    field: int
    repetition: int
    component: int
    subcomponent: int

    def __str__(self) -> str:
        occurrence = f"[{self.occurrence}]" if self.occurrence > 1 else ""
        repetition = f"[{self.repetition}]" if self.repetition > 1 else ""
        parts = "".join(f".{part}" for part in (self.component, self.subcomponent) if part)
        return f"{self.segment}{occurrence}-{self.field}{repetition}{parts}"


@lru_cache(maxsize=4096)
def place(text: str) -> Place:
    """Read a place. Raises InvalidValue where it is none."""
    found = _PLACE.fullmatch(text)
    if found is None or "0" in found.groups():
        raise InvalidValue(f"{text[:40]!r} is no place in a message.", advice="Write it as PID-5.1, PID-3[2].1 or OBX[3]-5.")
    segment, occurrence, field, repetition, component, subcomponent = found.groups()
    return Place(segment, int(occurrence or 1), int(field), int(repetition or 1), int(component or 0), int(subcomponent or 0))
