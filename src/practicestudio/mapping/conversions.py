"""How one value crosses, in both directions: text, dates, phones, codes, flags, numbers, references."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from practicestudio.mapping.findings import Finding, Severity
from practicestudio.mapping.phones import e164, nanp_problem, to_athena
from practicestudio.mapping.references import References
from practicestudio.mapping.rows import LONGEST_TEXT, Context, Reader, Writer
from practicestudio.mapping.times import iso_date, read_date, read_eastern_stamp, us_date
from practicestudio.mapping.values import as_flag, as_number, as_text

_PLAIN = (str, int)
"""Types whose values are looked up as they are; a bool is not among them, for true equals 1."""

DECLINED = object()
"""What a reader gives for `declined`: the patient chose not to say."""

NO_SUCH_DATE = "There is no such date."
UNKNOWN_CODE = "This code is not in the table of {table}, so it was not guessed."
NO_CODE = "athenahealth has no code for this {table} here, so it was not sent."
NOT_A_STAMP = "This is not a date and time."
UNKNOWN_REFERENCE = "This {kind} is not known here; read the practice's {kind}s from athenahealth again."
NOT_NANP = "athenahealth takes only phone numbers of the North American Numbering Plan."


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it is. limit: characters taken."""

    limit: int = LONGEST_TEXT
    label: str = "text"

    def reader(self, context: Context) -> Reader:
        limit = self.limit

        def read(raw: Any, report: list[Finding], place: str) -> str | None:
            # The plain case is spelled out, because a page of records has some ten thousand of them.
            if type(raw) is str and len(raw) <= limit and raw.isprintable():
                return raw.strip() or None
            return as_text(raw, report, place, limit)

        return read

    def writer(self, context: Context) -> Writer:
        return lambda value, report, place: str(value)


@dataclass(frozen=True, slots=True)
class Date:
    """MM/DD/YYYY at athenahealth, YYYY-MM-DD in the guide; both are read. impossible: how grave a date is that does not exist."""

    impossible: Severity = "no_place"
    label: str = "date"

    def reader(self, context: Context) -> Reader:
        severity = self.impossible

        def read(raw: Any, report: list[Finding], place: str) -> Any:
            day = read_date(raw) if type(raw) is str and len(raw) == 10 else None
            if day is not None:
                return day
            text = as_text(raw, report, place, LONGEST_TEXT)
            day = read_date(text) if text else None
            if text and day is None:
                report.append(Finding(place, NO_SUCH_DATE, severity))
            return day

        return read

    def writer(self, context: Context) -> Writer:
        write = us_date if context.dialect == "platform" else iso_date
        return lambda value, report, place: write(value)


@dataclass(frozen=True, slots=True)
class Phone:
    """Any way of writing a phone number at athenahealth, E.164 here, ten digits back."""

    label: str = "phone, E.164"

    def reader(self, context: Context) -> Reader:
        def read(raw: Any, report: list[Finding], place: str) -> str | None:
            text = raw if type(raw) is str and raw.isdecimal() else as_text(raw, report, place, LONGEST_TEXT)
            if text is None:
                return None
            value, problem = e164(text)
            if problem is not None:
                report.append(Finding(place, problem, "no_place" if value is None else "warning"))
            return value

        return read

    def writer(self, context: Context) -> Writer:
        def write(value: Any, report: list[Finding], place: str) -> str | None:
            digits = to_athena(value)
            problem = NOT_NANP if digits is None else nanp_problem(digits)
            if problem is not None:
                report.append(Finding(place, problem, "error"))
                return None
            return digits

        return write


@dataclass(frozen=True, slots=True)
class Code:
    """A code of a table. unknown: how grave a code is that the table does not have."""

    table: str
    unknown: Severity = "no_place"

    @property
    def label(self) -> str:
        return f"code: {self.table}"

    def reader(self, context: Context) -> Reader:
        ours: dict[Any, str] = {spelling: row.ours for spelling, row in context.tables[self.table].read_codes().items()}
        ours |= {int(spelling): value for spelling, value in ours.items() if spelling.isdecimal()}
        problem, severity = UNKNOWN_CODE.format(table=self.table), self.unknown

        def read(raw: Any, report: list[Finding], place: str) -> Any:
            found = ours.get(raw) if type(raw) in _PLAIN else None
            if found is not None:
                return found
            text = as_text(raw, report, place, LONGEST_TEXT)
            found = ours.get(text, ours.get(text.lower())) if text else None
            if text and found is None:
                report.append(Finding(place, problem, severity))
            return found

        return read

    def writer(self, context: Context) -> Writer:
        athena = context.tables[self.table].sent_codes(context.dialect)
        problem = NO_CODE.format(table=self.table)

        def write(value: Any, report: list[Finding], place: str) -> str | None:
            code = athena.get(value)
            if code is None:
                report.append(Finding(place, problem, "no_place"))
            return code

        return write


@dataclass(frozen=True, slots=True)
class Flag:
    """true or false."""

    label: str = "true or false"

    def reader(self, context: Context) -> Reader:
        return as_flag

    def writer(self, context: Context) -> Writer:
        return lambda value, report, place: "true" if value else "false"


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number."""

    label: str = "whole number"

    def reader(self, context: Context) -> Reader:
        return as_number

    def writer(self, context: Context) -> Writer:
        return lambda value, report, place: str(value)


@dataclass(frozen=True, slots=True)
class Stamp:
    """A date and time in Eastern time, `MM/DD/YYYY HH24:MI:SS`; only ever read."""

    label: str = "Eastern date and time to UTC"

    def reader(self, context: Context) -> Reader:
        def read(raw: Any, report: list[Finding], place: str) -> Any:
            text = as_text(raw, report, place, LONGEST_TEXT)
            moment = read_eastern_stamp(text) if text else None
            if text and moment is None:
                report.append(Finding(place, NOT_A_STAMP, "no_place"))
            return moment

        return read

    def writer(self, context: Context) -> Writer:
        return not_sent


@dataclass(frozen=True, slots=True)
class LocalStart:
    """A date and time as the clocks of the place show it; only ever sent, because reading it takes the place's zone."""

    label: str = "local date and time, ISO 8601"

    def reader(self, context: Context) -> Reader:
        return lambda raw, report, place: as_text(raw, report, place, 40)

    def writer(self, context: Context) -> Writer:
        return lambda value, report, place: str(value.replace(tzinfo=None).isoformat(timespec="seconds"))


@dataclass(frozen=True, slots=True)
class LastFour:
    """The last four digits of a social security number, masked or not; the rest is not kept, and nothing is sent."""

    label: str = "last four digits"

    def reader(self, context: Context) -> Reader:
        def read(raw: Any, report: list[Finding], place: str) -> str | None:
            text = as_text(raw, report, place, LONGEST_TEXT)
            if text is None:
                return None
            last = text[-4:]
            if len(last) == 4 and last.isascii() and last.isdecimal():
                return last
            report.append(Finding(place, "This does not end in four digits.", "no_place"))
            return None

        return read

    def writer(self, context: Context) -> Writer:
        return not_sent


@dataclass(frozen=True, slots=True)
class Ids:
    """A list of athenahealth's ids; only ever read."""

    label: str = "list of ids"

    def reader(self, context: Context) -> Reader:
        def read(raw: Any, report: list[Finding], place: str) -> tuple[str, ...] | None:
            given = raw if isinstance(raw, list) else as_pieces(raw, report, place, ",")
            ids = (as_text(one, report, place, 100) for one in given[:1_000])
            return tuple(one for one in ids if one) or None

        return read

    def writer(self, context: Context) -> Writer:
        return not_sent


ReferenceKind = Literal["location", "provider", "appointment type"]
_BY_EXTERNAL_ID: dict[ReferenceKind, Callable[[References], Any]] = {
    "location": lambda references: references.locations,
    "provider": lambda references: references.providers,
    "appointment type": lambda references: references.appointment_types,
}
_BY_ID: dict[ReferenceKind, Callable[[References], Any]] = {
    "location": lambda references: references.locations_by_id,
    "provider": lambda references: references.providers_by_id,
    "appointment type": lambda references: references.appointment_types_by_id,
}


@dataclass(frozen=True, slots=True)
class Reference:
    """athenahealth's id of something of the practice, our own id of it. whole: give the record itself instead of its id."""

    kind: ReferenceKind
    unknown: Severity = "no_place"
    whole: bool = False

    @property
    def label(self) -> str:
        return f"{self.kind}, by id"

    def reader(self, context: Context) -> Reader:
        known = _BY_EXTERNAL_ID[self.kind](context.references)
        found = dict(known) if self.whole else {external_id: one.id for external_id, one in known.items()}
        problem, severity = UNKNOWN_REFERENCE.format(kind=self.kind), self.unknown

        def read(raw: Any, report: list[Finding], place: str) -> Any:
            text = raw if type(raw) is str else as_text(raw, report, place, 100)
            one = found.get(text)
            # 0 is how athenahealth says "none" where an id is a number.
            if one is None and text and text.strip() not in ("", "0"):
                one = found.get(text.strip())
                if one is None:
                    report.append(Finding(place, problem, severity))
            return one

        return read

    def writer(self, context: Context) -> Writer:
        known = _BY_ID[self.kind](context.references)
        problem = UNKNOWN_REFERENCE.format(kind=self.kind)

        def write(value: Any, report: list[Finding], place: str) -> str | None:
            one = known.get(value)
            if one is None:
                report.append(Finding(place, problem, "error"))
                return None
            return str(one.external_id)

        return write


def not_sent(value: Any, report: list[Finding], place: str) -> None:
    """The writer of what athenahealth alone decides."""
    return


def as_pieces(raw: Any, report: list[Finding], place: str, separator: str) -> list[str]:
    """The pieces of a list written as one text."""
    text = as_text(raw, report, place, LONGEST_TEXT)
    return text.split(separator) if text else []
