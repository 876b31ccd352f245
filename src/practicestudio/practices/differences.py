"""A change of a setting as people read it: field by field, with the value before and after, and never a secret."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from practicestudio.mapping.printed_overrides import override_lines
from practicestudio.practices import alert_rules, connection, credentials, practice, schedule, scheduling, sync_rules
from practicestudio.practices.fields import Field, lines
from practicestudio.practices.forms import conflict_rules, lane_policy, schedules
from practicestudio.practices.forms import connection as connection_form
from practicestudio.practices.forms import practice as practice_form
from practicestudio.practices.forms import scheduling as scheduling_form
from practicestudio.practices.forms import sync_rules as sync_rules_form

Names = Mapping[str, str]
"""What athenahealth's ids stand for: `provider:71`, `type:82`, `custom field:22`."""

NOTHING = "—"
PROOF = Field("proof", "Credentials", kind="choice", choices=(("client secret", "a client secret"), ("private key", "a private key")))


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that changed. before, after: in words; `—` where there was nothing."""

    field: str
    before: str
    after: str


def differences(section: str, name: str, before: Any, after: Any, names: Names | None = None) -> tuple[Difference, ...]:
    """What differs between two stored values of a setting, in the order of the form."""
    if section == credentials.SECTION:
        said = lines([PROOF], before), lines([PROOF], after)
        return (Difference(PROOF.label, said[0].get(PROOF.label, NOTHING), f"{said[1].get(PROOF.label, NOTHING)}, set anew"),)
    one, other = in_words(section, name, before, names), in_words(section, name, after, names)
    return tuple(
        Difference(label, one.get(label, NOTHING), other.get(label, NOTHING)) for label in {**one, **other} if one.get(label) != other.get(label)
    )


def in_words(section: str, name: str, value: Any, names: Names | None = None) -> dict[str, str]:
    """A stored value of a setting: each field's label to its value in words. What cannot be read is told by its parts."""
    say = _SAY.get(section)
    try:
        return say(name, value, names or {}) if say is not None else dict(_parts(value, name))
    except (AttributeError, KeyError, TypeError, ValueError):
        return dict(_parts(value, name))


def _parts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _parts(inner, f"{path}.{name}")
    elif value is not None:
        yield path, str(value)


_SAY: Mapping[str, Callable[[str, Any, Names], dict[str, str]]] = {
    practice.SECTION: lambda _, value, __: lines(practice_form.FIELDS, value),
    connection.SECTION: lambda _, value, __: lines((*connection_form.FIELDS, *connection_form.LIMITS), value),
    schedule.SECTION: lambda name, value, _: schedules.lines(name, value),
    sync_rules.SECTION: lambda _, value, __: lines(sync_rules_form.FIELDS, value),
    "merge_rule": lambda name, value, _: conflict_rules.lines(name, value),
    "lane_policy": lambda name, value, _: lane_policy.lines(name, value),
    scheduling.SECTION: lambda _, value, names: scheduling_form.lines(value, names),
    "mapping": lambda _, value, names: override_lines(value or (), names),
    alert_rules.SECTION: lambda name, value, _: alert_rules.words_of(name, value),
}
