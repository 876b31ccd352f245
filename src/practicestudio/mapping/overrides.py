"""What a practice changes in the mapping: fields, defaults, codes, rules and names of custom fields, each a row that can be stored."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeVar

from practicestudio.errors import Misconfigured
from practicestudio.mapping.conversions import Text
from practicestudio.mapping.rows import CodeRow, CodeTable, FieldMap, Row
from practicestudio.records import CustomField

CUSTOM = "custom_fields."
"""What the path of a field of the practice's own begins with."""

BY_PRACTICE = "chosen by this practice"
"""The note of a row that a practice put in the place of a declared one."""

Way = Literal["both", "in", "out"]
O = TypeVar("O")  # noqa: E741


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldOverride:
    """Receive and send one of our fields as another field of athenahealth; without `athena` the field is left out.

    map: `patient`, `insurance` or `appointment`. ours: a path of that map, or `custom_fields.<name>` for a field of the practice's own.
    """

    map: str
    ours: str
    athena: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DefaultValue:
    """A value where there is none. value: in athenahealth's words, as it would be received."""

    map: str
    ours: str
    value: str
    way: Way = "in"


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeOverride:
    """One code of a table, read and sent otherwise. ours: as the record holds it; name: what a person reads.

    Where several codes are read as one value of ours, the first override is the one that is sent.
    """

    table: str
    athena: str
    ours: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationRule:
    """What the practice asks of a value. pattern: a regular expression that the whole value matches. severity: `error` refuses the record."""

    map: str
    ours: str
    required: bool = False
    pattern: str | None = None
    allowed: tuple[str, ...] = ()
    max_length: int | None = None
    severity: Literal["warning", "error"] = "error"
    way: Way = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomFieldOverride:
    """The name of one of athenahealth's custom fields in Practice Studio; without a name the field is left out. kind: where theirs is wrong."""

    external_id: str
    name: str | None = None
    kind: Literal["text", "date", "select"] | None = None


Override = FieldOverride | DefaultValue | CodeOverride | ValidationRule | CustomFieldOverride

_KINDS: dict[str, type[Any]] = {
    "field": FieldOverride,
    "default": DefaultValue,
    "code": CodeOverride,
    "rule": ValidationRule,
    "custom_field": CustomFieldOverride,
}
_NAMES = {kind: name for name, kind in _KINDS.items()}


def override_to_row(override: Override) -> dict[str, Any]:
    """A JSON object that `override_from_row` reads back; `override` says which of the five it is."""
    values = {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(override).items()}
    return {"override": _NAMES[type(override)], **values}


def override_from_row(row: Mapping[str, Any]) -> Override:
    """The override that a stored row holds. Raises Misconfigured where its kind or its fields are not known."""
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in row.items() if name != "override"}
    try:
        made: Override = _KINDS[row["override"]](**values)
    except (KeyError, TypeError) as error:
        raise Misconfigured("A mapping override of this practice has an unknown kind or field.") from error
    if isinstance(made, ValidationRule) and made.pattern is not None:
        compiled_pattern(made.pattern)
    return made


def compiled_pattern(pattern: str) -> re.Pattern[str]:
    """The pattern of a rule. Raises Misconfigured where it is no regular expression."""
    try:
        return re.compile(pattern)
    except re.error as error:
        raise Misconfigured("A validation rule of this practice is not a regular expression.") from error


def of_kind(overrides: Iterable[Override], kind: type[O]) -> tuple[O, ...]:
    """The overrides of one kind."""
    return tuple(one for one in overrides if isinstance(one, kind))


def overridden_tables(tables: Iterable[CodeTable], overrides: Iterable[Override]) -> dict[str, CodeTable]:
    """The code tables by name, the practice's own codes first. Raises Misconfigured for a table that does not exist."""
    found = {table.name: table for table in tables}
    for code in reversed(of_kind(overrides, CodeOverride)):
        table = found.get(code.table)
        if table is None:
            raise Misconfigured("A code override of this practice names a table that does not exist.")
        known = next((row for row in table.rows if row.ours == code.ours), None)
        if table.closed and known is None:
            raise Misconfigured("A code override of this practice names a value that the record does not have.")
        others = tuple(row for row in table.rows if row.athena.lower() != code.athena.lower())
        first = CodeRow(code.athena, code.ours, code.name or (known.name if known else code.ours))
        found[code.table] = replace(table, rows=(first, *others))
    return found


def named_custom_fields(fields: Iterable[CustomField], overrides: Iterable[Override]) -> dict[str, CustomField]:
    """The custom fields by athenahealth's id, under the names that the practice gave them."""
    found = {field.external_id: field for field in fields}
    for override in of_kind(overrides, CustomFieldOverride):
        known = found.pop(override.external_id, None)
        if override.name is not None:
            kind = override.kind or (known.kind if known else "text")
            known = known or CustomField(external_id=override.external_id, name=override.name, kind=kind)
            found[override.external_id] = replace(known, name=override.name, kind=kind)
    return found


def overridden_rows(fields: FieldMap, overrides: Iterable[Override]) -> tuple[Row, ...]:
    """The rows of a map with the practice's own fields in place. Raises Misconfigured for a field that the record does not have."""
    rows = list(fields.rows)
    for override in of_kind(overrides, FieldOverride):
        if override.map == fields.name:
            rows = _overridden(rows, override)
    return tuple(rows)


def _overridden(rows: list[Row], override: FieldOverride) -> list[Row]:
    own = [row for row in rows if row.ours == override.ours and row.direction != "not kept"]
    if not own and not override.ours.startswith(CUSTOM):
        raise Misconfigured("A field override of this practice names a field that the record does not have.")
    others = [row for row in rows if row not in own and row.athena != override.athena]
    left_out = [Row(row.athena, direction="not kept", note="left out by this practice") for row in own if row.athena != override.athena]
    if override.athena is None:
        return others + left_out
    main = own[0] if own else Row("", override.ours, Text())
    return [*others, replace(main, athena=override.athena, guide="", note=BY_PRACTICE), *left_out]
