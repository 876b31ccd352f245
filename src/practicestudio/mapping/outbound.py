"""Writing by rows: a field map and a practice's overrides, compiled once into what is sent for each merge unit."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from practicestudio.errors import Misconfigured
from practicestudio.mapping.findings import Finding
from practicestudio.mapping.inbound import EVERY, unit_of
from practicestudio.mapping.overrides import CUSTOM, DefaultValue, Override, ValidationRule, of_kind, overridden_rows
from practicestudio.mapping.rows import Context, Dialect, FieldMap, Row, Writer
from practicestudio.mapping.rules import Check, compiled_check

NOT_SENT = "Nothing of this is sent to athenahealth."
NOT_CLEARED = "athenahealth does not take an empty value here, so the old one stays there."
TOO_LONG = "This is longer than the {limit} characters that athenahealth takes."
NEEDED = "athenahealth does not make the record without it."
DECLINED_WORD = "declined"

Get = Callable[[Any], Any]


class SendStep(NamedTuple):
    """One field to send. changed_field: its name in a change; default: the text that is sent where there is no value."""

    row: Row
    field: str
    changed_field: str
    get: Get
    write: Writer
    default: str | None


@dataclass(frozen=True, slots=True)
class SendingPlan:
    """A field map compiled for one practice: the steps of every merge unit, in the order of the rows."""

    by_unit: Mapping[str, tuple[SendStep, ...]]
    checks: tuple[tuple[str, Check], ...]
    numbers: frozenset[str]
    prefix: str

    def to_create(self, record: Any, report: list[Finding]) -> dict[str, str]:
        """Every value that athenahealth takes of a new record."""
        values: dict[str, str] = {}
        for step in (step for steps in self.by_unit.values() for step in steps):
            text = self._text(step, record, report)
            if text is not None:
                values[step.field] = text
            elif step.row.needed_to_create and not self._reported(step, report):
                report.append(Finding(self.prefix + step.row.ours, NEEDED, "error"))
        self._check(record, self.by_unit, report)
        return values

    def to_change(self, record: Any, previous: Any, units: Collection[str], report: list[Finding]) -> dict[str, str]:
        """The values of the named units, with "" for what is gone.

        previous: the last state that both sides know, so that only what was there is cleared; None where it is not known.
        """
        values: dict[str, str] = {}
        for unit in units:
            steps = [step for step in self.by_unit.get(unit, ()) if step.row.direction != "create"]
            if not steps:
                report.append(Finding(self.prefix + unit, NOT_SENT, "no_place"))
            for step in steps:
                text = self._changed_text(step, record, previous, report)
                if text is not None:
                    values[step.changed_field] = text
        self._check(record, units, report)
        return values

    def _check(self, record: Any, units: Collection[str], report: list[Finding]) -> None:
        declined = getattr(record, "declined", ())
        for ours, check in self.checks:
            if unit_of(ours) in units and ours not in declined:
                check(getter(ours)(record), report)

    def _text(self, step: SendStep, record: Any, report: list[Finding]) -> str | None:
        """The value as athenahealth takes it; None where there is none or it must not be sent, which is reported."""
        if step.row.declinable and step.row.ours in record.declined:
            return DECLINED_WORD
        value = step.get(record)
        if _nothing(value):
            return step.default
        place, limit = self.prefix + step.row.ours, step.row.max_sent
        text = step.write(value, report, place)
        if text is not None and limit is not None and len(text) > limit:
            report.append(Finding(place, TOO_LONG.format(limit=limit), "error"))
            return None
        return text

    def _changed_text(self, step: SendStep, record: Any, previous: Any, report: list[Finding]) -> str | None:
        row = step.row
        if row.sent_as and (previous is None or step.get(record) == step.get(previous)):
            return None
        text = self._text(step, record, report)
        if text is not None or not _nothing(step.get(record)) or not _was_known(step, previous):
            return text
        if row.clearable:
            return ""
        report.append(Finding(self.prefix + row.ours, NOT_CLEARED, "no_place"))
        return None

    def _reported(self, step: SendStep, report: list[Finding]) -> bool:
        return any(finding.place == self.prefix + step.row.ours and finding.severity == "error" for finding in report)


def compile_sending(fields: FieldMap, context: Context, overrides: Iterable[Override] = ()) -> SendingPlan:
    """The plan for one practice. Raises Misconfigured where an override names what does not exist."""
    overrides = tuple(overrides)
    defaults = {one.ours: one.value for one in of_kind(overrides, DefaultValue) if one.map == fields.name and one.way != "in"}
    by_unit: dict[str, list[SendStep]] = {}
    for row in overridden_rows(fields, overrides):
        if row.via is not None and row.direction in ("both", "create", "out") and not row.ours.endswith("." + EVERY) and not row.fallback:
            get, write, default = getter(row.ours), row.via.writer(context), defaults.pop(row.ours, None)
            steps = [SendStep(row, field, row.sent_as or field, get, write, default) for field in _names(row, context.dialect)]
            by_unit.setdefault(unit_of(row.ours), []).extend(steps)
    if defaults:
        raise Misconfigured("A default of this practice names a field that is not sent to athenahealth.")
    rules = [one for one in of_kind(overrides, ValidationRule) if one.map == fields.name and one.way != "in"]
    return SendingPlan(
        by_unit={unit: tuple(steps) for unit, steps in by_unit.items()},
        checks=tuple((rule.ours, compiled_check(rule, fields.prefix)) for rule in rules),
        numbers=frozenset(row.athena for row in fields.rows if row.number),
        prefix=fields.prefix,
    )


def _names(row: Row, dialect: Dialect) -> tuple[str, ...]:
    """What a field is sent as. The guide lists names of its own but prints no call that writes them, so there both names are sent."""
    return (row.guide, row.athena) if row.guide and dialect == "guide" else (row.athena,)


def getter(ours: str) -> Get:
    """A function from a record to the value of a path, None where a part of the path is not there."""
    if ours.startswith(CUSTOM):
        name = ours.removeprefix(CUSTOM)
        return lambda record: record.custom_fields.get(name)
    first, _, rest = ours.partition(".")
    if first == "contacts":
        kind, _, field = rest.partition(".")
        return lambda record: next((getattr(one, field) for one in record.contacts if one.kind == kind), None)
    if not rest:
        return attrgetter(ours)
    part, whole = attrgetter(first), attrgetter(ours)
    return lambda record: None if part(record) is None else whole(record)


def _nothing(value: Any) -> bool:
    return value is None or value == () or value == ""


def _was_known(step: SendStep, previous: Any) -> bool:
    if previous is None:
        return True
    return not _nothing(step.get(previous)) or (step.row.declinable and step.row.ours in previous.declined)
