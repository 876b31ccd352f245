"""The shape of a mapping: rows of field maps and of code tables, declared once and read by code, docs and pages alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from practicestudio.mapping.findings import Finding
from practicestudio.mapping.references import References
from practicestudio.records import CustomField

Dialect = Literal["platform", "guide"]
Direction = Literal["both", "in", "create", "out", "not kept"]
Reader = Callable[[Any, list[Finding], str], Any]
Writer = Callable[[Any, list[Finding], str], str | None]

LONGEST_TEXT = 10_000
"""Characters taken from one field of athenahealth; a longer one is refused, because no such field is a page of text."""

LONGEST_NOTE = 250_000
"""Characters taken from notes."""


@dataclass(frozen=True, slots=True)
class CodeRow:
    """One code. athena: as athenahealth writes it; ours: as the record holds it; name: what a person reads; sent: in which dialects."""

    athena: str
    ours: str
    name: str = ""
    sent: Literal["both", "platform", "guide", "never"] = "both"


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The codes of one kind. source: the public page or standard that lists them. Reading ignores case; the first row that may be sent is sent.

    closed: the record has no other values than these.
    """

    name: str
    rows: tuple[CodeRow, ...]
    source: str
    closed: bool = False

    def read_codes(self) -> dict[str, CodeRow]:
        """By athenahealth's code, in the cases it is seen in."""
        found: dict[str, CodeRow] = {}
        for row in self.rows:
            for spelling in (row.athena, row.athena.upper(), row.athena.lower()):
                found.setdefault(spelling, row)
        return found

    def sent_codes(self, dialect: Dialect) -> dict[str, str]:
        """athenahealth's code by ours."""
        found: dict[str, str] = {}
        for row in self.rows:
            if row.sent in ("both", dialect):
                found.setdefault(row.ours, row.athena)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What conversions are compiled for: one practice, in one dialect.

    custom_fields: by athenahealth's id. compile_map: makes the reader of a list's items; it gives values by name, grouped by path.
    """

    dialect: Dialect
    references: References
    tables: Mapping[str, CodeTable]
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)
    compile_map: Callable[[FieldMap], Callable[[Any, list[Finding]], Mapping[str, dict[str, Any]]]]


class Conversion(Protocol):
    """How one value crosses. label: what the printed map says of it."""

    @property
    def label(self) -> str: ...

    def reader(self, context: Context) -> Reader:
        """A function from athenahealth's value to ours; None where there is none, which it has reported."""
        ...

    def writer(self, context: Context) -> Writer:
        """A function from our value to the text that is sent; None where there is none, which it has reported."""
        ...


@dataclass(frozen=True, slots=True)
class Row:
    """One field. athena: its name at athenahealth; ours: the path in the record, parts separated by dots; guide: its name in the guide's dialect.

    direction: `create` is sent when the record is made, never in a change; `not kept` is known and left out, and the note says why.
    part: the piece of `ours` that the field holds, where several fields make one value. fallback: read only where no earlier row gave a value.
    required: the record is refused without it. needed_to_create: athenahealth refuses to make the record without it.
    max_sent: characters that athenahealth takes. clearable: athenahealth takes an empty value as "no longer known".
    declinable: athenahealth takes and gives `declined`. sent_as: the name in a change, where it differs.
    number: a JSON number in the guide's dialect.
    """

    athena: str
    ours: str = ""
    via: Conversion | None = None
    direction: Direction = "both"
    note: str = ""
    guide: str = ""
    part: str = ""
    fallback: bool = False
    required: bool = False
    needed_to_create: bool = False
    max_sent: int | None = None
    clearable: bool = True
    declinable: bool = False
    sent_as: str = ""
    number: bool = False

    def wire(self, dialect: Dialect) -> str:
        """athenahealth's name of the field in that dialect."""
        return self.guide if self.guide and dialect == "guide" else self.athena


@dataclass(frozen=True, slots=True)
class FieldMap:
    """The fields of one kind of record. record: the class in `practicestudio.records`; prefix: what the places of its findings begin with."""

    name: str
    record: str
    rows: tuple[Row, ...]
    prefix: str = ""


def not_kept(reason: str, *fields: str) -> tuple[Row, ...]:
    """Rows of fields that are known and left out, all for the same reason."""
    return tuple(Row(name, direction="not kept", note=reason) for name in fields)
