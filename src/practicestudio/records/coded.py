"""A value from a code system, with the words a person reads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Coded:
    """code: in the standard system of its field (CDC race and ethnicity, ISO 639-3, …); name: what a person reads."""

    code: str
    name: str
