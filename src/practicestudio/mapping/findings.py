"""What a mapping gives back: the record or the wire values, and a report of everything that found no place or broke a rule."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Literal, TypeVar

from practicestudio.errors import InvalidValue

Severity = Literal["warning", "error", "no_place"]
T = TypeVar("T")

CANNOT_BE_TAKEN = "Correct it in athenahealth; the record is taken with its next change, or retry it from the error queue."
CANNOT_BE_SENT = "Correct it in Practice Studio, then retry it from the error queue."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know about a value. place: the field's name, never its value; problem: one sentence without the value.

    severity: `warning` the value was taken but looks wrong; `no_place` the value was left out; `error` the whole record is refused.
    """

    place: str
    problem: str
    severity: Severity


Report = tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Mapped(Generic[T]):
    """What came in. record is None exactly when the report has an error. what: the kind of record, for the sentence.

    unread: merge units that athenahealth has a value for which could not be read, so that their absence from the record means nothing.
    """

    record: T | None
    report: Report = ()
    what: str = "record"
    unread: frozenset[str] = frozenset()

    @property
    def refused(self) -> InvalidValue | None:
        """The error to raise when the record could not be taken."""
        if self.record is not None:
            return None
        return _refusal(f"The {self.what} was not taken because of", self.report, CANNOT_BE_TAKEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingInsurance:
    """One call about one insurance. action `create` has no external_id yet; `remove` has no values."""

    action: Literal["create", "update", "remove"]
    external_id: str | None = None
    values: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
    """What is to be sent, in athenahealth's words. values: form fields; numbers: which of them are numbers in a JSON body.

    custom_fields: the content of the `customfields` form field, which is a call of its own, as insurances are.
    """

    values: dict[str, str] = field(default_factory=dict)
    custom_fields: list[dict[str, str]] = field(default_factory=list)
    insurances: tuple[OutgoingInsurance, ...] = ()
    report: Report = ()
    numbers: frozenset[str] = frozenset()
    what: str = "record"

    @property
    def refused(self) -> InvalidValue | None:
        """The error to raise instead of sending, when a value breaks a rule of athenahealth or of the practice."""
        if not any(finding.severity == "error" for finding in self.report):
            return None
        return _refusal(f"The {self.what} was not sent because of", self.report, CANNOT_BE_SENT)

    @property
    def empty(self) -> bool:
        """Nothing is to be sent."""
        return not (self.values or self.custom_fields or self.insurances)

    def json_body(self) -> dict[str, str | int]:
        """The values as a JSON body, numbers as numbers."""
        return {name: int(value) if name in self.numbers and value.isdecimal() else value for name, value in self.values.items()}


def _refusal(opening: str, report: Iterable[Finding], advice: str) -> InvalidValue:
    errors = [finding for finding in report if finding.severity == "error"]
    reasons = "; ".join(f"{finding.place}: {finding.problem.rstrip('.')}" for finding in errors[:3]) or "a value that could not be read"
    return InvalidValue(f"{opening} {reasons}.", advice=advice)
