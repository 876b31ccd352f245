"""Settings as people see them: each one's label, help and way of being said, declared once for pages, docs and history."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["text", "lines", "choice", "number", "percent", "flag", "seconds", "days", "hours"]
Choices = tuple[tuple[str, str], ...]

_UNITS: Mapping[Kind, str] = {"seconds": " seconds", "days": " days", "hours": " hours"}
NOT_SET = "not set"


@dataclass(frozen=True, slots=True)
class Field:
    """One setting. name: its path in the stored value and its name in a form; parts are separated by dots.

    choices: each value with its words. none: how it is said that there is no value.
    """

    name: str
    label: str
    help: str = ""
    kind: Kind = "text"
    choices: Choices = ()
    none: str = NOT_SET

    def words(self, value: Any) -> str:
        """A stored value as people read it; one that is not what it should be as it stands."""
        if value is None or value == "" or value == []:
            return self.none
        if self.kind == "choice":
            return next((words for choice, words in self.choices if choice == value), str(value))
        if self.kind == "flag":
            return "yes" if value else "no"
        if isinstance(value, (list, tuple)):
            return ", ".join(map(str, value))
        if isinstance(value, (int, float)):
            return self._number(value)
        return str(value)

    def _number(self, value: float) -> str:
        if self.kind == "percent":
            return f"{100 * value:g} %"
        text = f"{value:,}" if isinstance(value, int) else f"{value:g}"
        return text + _UNITS.get(self.kind, "")

    def entered(self, value: Any) -> str:
        """A stored value as it stands in the form."""
        if value is None:
            return ""
        if self.kind == "percent":
            return f"{100 * value:g}"
        if self.kind == "flag":
            return "on" if value else ""
        if isinstance(value, (list, tuple)):
            return "\n".join(map(str, value))
        return f"{value:g}" if isinstance(value, float) else str(value)


def part(value: Any, path: str) -> Any:
    """What stands at a path of a stored value, None where nothing does."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def lines(fields: Iterable[Field], value: Any) -> dict[str, str]:
    """A stored value in words, by the labels of its fields. Nothing is said of a value that is not there at all."""
    return {} if value is None else {field.label: field.words(part(value, field.name)) for field in fields}


def entered(fields: Iterable[Field], value: Any) -> dict[str, str]:
    """A stored value as it stands in the form, by the names of its fields."""
    return {field.name: field.entered(part(value, field.name)) for field in fields}


def as_words(name: str) -> str:
    """A name of the code as a person reads it: `date_of_birth` is “Date of birth”."""
    text = name.replace("_", " ").replace(".", " ")
    return text[:1].upper() + text[1:]
