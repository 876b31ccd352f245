"""What somebody entered, field by field, as text: read into values, with every fault noted, so that all are told at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import time
from typing import Any, TypeVar

from practicestudio.errors import FieldFault, InvalidFields

T = TypeVar("T")
Given = Mapping[str, str | Sequence[str]]


class Entries:
    """Fields to what was entered. A reading that finds no value gives a stand-in and notes the fault; `close` raises all of them."""

    def __init__(self, given: Given) -> None:
        self._given = given
        self.faults: list[FieldFault] = []

    def fault(self, field: str, sentence: str) -> None:
        """Note that a field is not right; of one field only the first fault is told."""
        if all(known.field != field for known in self.faults):
            self.faults.append(FieldFault(field, sentence))

    def close(self, found: Iterable[FieldFault] = ()) -> None:
        """Raise InvalidFields with every fault that was noted or is given here."""
        for fault in found:
            self.fault(fault.field, fault.sentence)
        if self.faults:
            raise InvalidFields(self.faults)

    def text(self, field: str) -> str:
        """What was entered, without the spaces around it."""
        given = self._given.get(field, "")
        return (given if isinstance(given, str) else next(iter(given), "")).strip()

    def needed(self, field: str, sentence: str) -> str:
        """Text that must not be empty."""
        found = self.text(field)
        if not found:
            self.fault(field, sentence)
        return found

    def several(self, field: str) -> tuple[str, ...]:
        """Every value of a field that may have more than one."""
        given = self._given.get(field, ())
        return tuple(one.strip() for one in ([given] if isinstance(given, str) else given) if one.strip())

    def ticked(self, field: str) -> bool:
        """Whether a box is ticked: one that is not is not sent at all."""
        return bool(self.several(field))

    def choice(self, field: str, choices: Sequence[Any], sentence: str = "This is not one of the choices. Choose one of them.") -> Any:
        """One of these."""
        found = self.text(field)
        if found in choices:
            return found
        self.fault(field, sentence)
        return choices[0]

    def number(self, field: str) -> float | None:
        """A number, or None where nothing was entered."""
        return self._read(field, _number, "This is not a number. Enter digits, such as 15 or 0.5.")

    def whole(self, field: str) -> int | None:
        """A whole number, or None where nothing was entered. Thousands may be marked by commas."""
        return self._read(field, _whole, "This is not a whole number. Enter digits only, such as 50000.")

    def part(self, field: str) -> float | None:
        """A part of the whole, entered in percent; None where nothing was entered."""
        percent = self._read(field, _percent, "This is not a percentage. Enter a number from 0 to 99.")
        return None if percent is None else round(percent / 100, 4)

    def clock(self, field: str) -> time | None:
        """A time of the day, HH:MM; None where nothing was entered."""
        return self._read(field, time.fromisoformat, "This is not a time of the day. Enter it as HH:MM, such as 08:00.")

    def _read(self, field: str, reader: Callable[[str], T], sentence: str) -> T | None:
        found = self.text(field)
        if not found:
            return None
        try:
            return reader(found)
        except ValueError:
            self.fault(field, sentence)
            return None


def _number(text: str) -> float:
    found = float(text.replace(",", ""))
    if not abs(found) < 1e12:  # also what is no number at all
        raise ValueError
    return found


def _whole(text: str) -> int:
    plain = text.replace(",", "")
    if len(plain) > 12 or not plain.removeprefix("-").isascii() or not plain.removeprefix("-").isdecimal():
        raise ValueError
    return int(plain)


def _percent(text: str) -> float:
    return _number(text.removesuffix("%").strip())
