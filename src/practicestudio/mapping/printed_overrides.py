"""What a practice changes in the mapping, as people read it: for the page, and for the history of its settings."""

from collections.abc import Iterable, Mapping
from functools import singledispatch
from typing import Any, NamedTuple

from practicestudio.errors import Misconfigured
from practicestudio.mapping.overrides import (
    CodeOverride,
    CustomFieldOverride,
    DefaultValue,
    FieldOverride,
    Override,
    ValidationRule,
    Way,
    override_from_row,
)

WAYS: Mapping[Way, str] = {"in": "when received", "out": "when sent", "both": "when received and when sent"}


class PrintedOverride(NamedTuple):
    """One override, in words. about: which field or code; does: what becomes of it."""

    about: str
    does: str


@singledispatch
def printed_override(override: Override, names: Mapping[str, str]) -> PrintedOverride:
    """An override in words. names: of athenahealth's custom fields, as `custom field:22`."""
    raise TypeError(override)


@printed_override.register
def _(override: FieldOverride, names: Mapping[str, str]) -> PrintedOverride:
    does = f"is athenahealth's `{override.athena}`" if override.athena else "is left out"
    return PrintedOverride(f"{override.map.capitalize()}: {override.ours}", does)


@printed_override.register
def _(override: DefaultValue, names: Mapping[str, str]) -> PrintedOverride:
    return PrintedOverride(f"{override.map.capitalize()}: {override.ours}, where there is none", f"`{override.value}` {WAYS[override.way]}")


@printed_override.register
def _(override: CodeOverride, names: Mapping[str, str]) -> PrintedOverride:
    does = f"is `{override.ours}`" + (f", “{override.name}”" if override.name else "")
    return PrintedOverride(f"Code of {override.table}: {override.athena}", does)


@printed_override.register
def _(override: ValidationRule, names: Mapping[str, str]) -> PrintedOverride:
    asked = [
        "must be there" if override.required else "",
        f"has the form `{override.pattern}`" if override.pattern is not None else "",
        f"is one of {', '.join(override.allowed)}" if override.allowed else "",
        f"has at most {override.max_length} characters" if override.max_length is not None else "",
    ]
    else_ = "else refused" if override.severity == "error" else "else a warning"
    about = f"{override.map.capitalize()}: {override.ours}, rule"
    return PrintedOverride(about, f"{' and '.join(filter(None, asked)) or 'nothing'} {WAYS[override.way]}, {else_}")


@printed_override.register
def _(override: CustomFieldOverride, names: Mapping[str, str]) -> PrintedOverride:
    known = names.get(f"custom field:{override.external_id}")
    about = f"Custom field {override.external_id}" + (f", “{known}”" if known else "")
    if override.name is None:
        return PrintedOverride(about, "is left out")
    return PrintedOverride(about, f"is kept as “{override.name}”" + (f", a {override.kind}" if override.kind else ""))


def override_lines(rows: Iterable[Mapping[str, Any]], names: Mapping[str, str]) -> dict[str, str]:
    """Stored overrides in words: what each is about to what it does; several about the same stand together."""
    found: dict[str, list[str]] = {}
    for row in rows:
        try:
            about, does = printed_override(override_from_row(row), names)
        except Misconfigured:
            about, does = "A row that cannot be read", ", ".join(f"{name}: {value}" for name, value in row.items())
        found.setdefault(about, []).append(does)
    return {about: "; ".join(told) for about, told in found.items()}
