"""Every setting of a practice as the docs print it: from the same rows as the pages."""

from collections.abc import Iterable

from practicestudio.practices.fields import Field
from practicestudio.practices.forms import conflict_rules as conflict_rules_form
from practicestudio.practices.forms import connection, credentials, lane_policy, practice, schedules, scheduling, sync_rules

SECTIONS: tuple[tuple[str, tuple[Field, ...]], ...] = (
    ("Practice", practice.FIELDS),
    ("Connection", connection.FIELDS),
    ("Credentials", credentials.FIELDS),
    ("Limits", connection.LIMITS),
    ("Schedules", schedules.FIELDS),
    ("Sync rules", sync_rules.FIELDS),
    ("Scheduling rules", scheduling.FIELDS),
)
CHOICES = (("Conflict rules", conflict_rules_form.RULES), ("Lane policy", lane_policy.WORDS))


def markdown() -> str:
    """All of it as Markdown."""
    lines = [line for title, fields in SECTIONS for line in _section(title, fields)]
    for title, choices in CHOICES:
        lines += [f"#### {title}", "", *(f"- `{value}`: {words}" for value, words in choices), ""]
    return "\n".join(lines)


def _section(title: str, fields: Iterable[Field]) -> list[str]:
    heads = [f"#### {title}", "", "| setting | stored as | what it is | choices |", "| --- | --- | --- | --- |"]
    return [*heads, *(f"| {field.label} | `{field.name}` | {field.help} | {_choices(field)} |" for field in fields), ""]


def _choices(field: Field) -> str:
    return "; ".join(f"`{value}`: {words}" for value, words in field.choices if value)
