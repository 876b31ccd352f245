"""Reading by rows: a field map and a practice's overrides, compiled once into one pass over a received object."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import compress
from typing import Any, NamedTuple

from practicestudio.errors import Misconfigured
from practicestudio.mapping.conversions import DECLINED
from practicestudio.mapping.findings import Finding
from practicestudio.mapping.overrides import CUSTOM, DefaultValue, Override, ValidationRule, of_kind, overridden_rows
from practicestudio.mapping.rows import Context, FieldMap, Reader, Row
from practicestudio.mapping.rules import Check, compiled_check

NO_ROW = "athenahealth sent a field that the mapping has no row for."
MORE = "athenahealth sent more fields that the mapping has no row for than are listed here."
MISSING = "This is missing, and the record cannot be taken without it."
NOT_AN_OBJECT = "What came is not an object."
EVERY = "*"
"""The last part of a path whose value is a whole group of values."""

_LONGEST_PLACE = 60
_MOST_REPORTED = 100
_EMPTY: tuple[Any, ...] = (None, "", [], {})

Groups = Mapping[str, dict[str, Any]]


class Step(NamedTuple):
    """One field to read. group: the position of its path among the groups; name: of the value there; place: what findings call the field."""

    field: str
    group: int
    name: str
    read: Reader
    place: str


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """A field map compiled for one practice.

    fields: those of the steps; paths: those of the groups, the record itself first; units: the merge unit of each field; custom: the number of
    the custom fields' group.
    """

    steps: tuple[Step, ...]
    fields: tuple[str, ...]
    paths: tuple[str, ...]
    known: frozenset[str]
    required: tuple[tuple[int, str, str], ...]
    defaults: tuple[tuple[int, str, Any], ...]
    checks: tuple[tuple[int, str, Check], ...]
    prefix: str
    units: Mapping[str, str]
    custom: int | None

    def read(self, body: Any, report: list[Finding]) -> Groups:
        """The values by name, grouped by path; what is wrong goes to the report. Of two fields for one value the first that has one counts."""
        groups: list[dict[str, Any]] = [{} for _ in self.paths]
        if not isinstance(body, dict):
            report.append(Finding(self.prefix.rstrip(".") or "record", NOT_AN_OBJECT, "error"))
            return dict(zip(self.paths, groups, strict=True))
        declined = False
        # Only the steps whose field is there, picked without a loop of our own: half of a patient's rows are empty.
        for field, group, name, read, place in compress(self.steps, map(body.__contains__, self.fields)):
            raw = body[field]
            if raw is None or raw == "" or name in (values := groups[group]):
                continue
            value = read(raw, report, place)
            if value is not None:
                values[name] = value
                declined = declined or value is DECLINED
        if declined:
            _set_declined(groups[0])
        if not body.keys() <= self.known:
            self._report_unknown(body, report)
        if self.custom is not None:
            _spread(groups[self.custom])
        if self.defaults or self.checks:
            self._apply_practice_rows(groups, report)
        for group, name, place in self.required:
            if name not in groups[group] and not any(one.place == place and one.severity == "error" for one in report):
                report.append(Finding(place, MISSING, "error"))
        return dict(zip(self.paths, groups, strict=True))

    def _report_unknown(self, body: dict[str, Any], report: list[Finding]) -> None:
        unknown = [field for field in sorted(body.keys() - self.known) if body[field] not in _EMPTY]
        if len(unknown) > _MOST_REPORTED:
            report.append(Finding(self.prefix + "further fields", MORE, "no_place"))
        for field in unknown[:_MOST_REPORTED]:
            named = field.isidentifier() and len(field) <= _LONGEST_PLACE
            report.append(Finding(self.prefix + (field if named else "a field without a proper name"), NO_ROW, "no_place"))

    def _apply_practice_rows(self, groups: list[dict[str, Any]], report: list[Finding]) -> None:
        declined = groups[0].get("declined", ())
        for group, name, value in self.defaults:
            if name not in declined:
                groups[group].setdefault(name, value)
        for group, name, check in self.checks:
            if name not in declined:
                check(groups[group].get(name), report)


def _set_declined(values: dict[str, Any]) -> None:
    """Moves the names of declined values to a value of their own."""
    names = tuple(sorted(name for name, value in values.items() if value is DECLINED))
    for name in names:
        del values[name]
    values["declined"] = names


def _spread(values: dict[str, Any]) -> None:
    """Puts the values of a field that holds a whole group beside those of single fields, which come first."""
    for name, value in values.pop(EVERY, {}).items():
        values.setdefault(name, value)


def compile_reading(fields: FieldMap, context: Context, overrides: Iterable[Override] = ()) -> ReadingPlan:
    """The plan for one practice. Raises Misconfigured where an override names what does not exist."""
    overrides = tuple(overrides)
    rows = overridden_rows(fields, overrides)
    read = [row for row in rows if row.via is not None and row.direction in ("both", "in", "create")]
    paths = tuple(dict.fromkeys(("", *(_place_of(row)[0] for row in read))))
    index = {path: number for number, path in enumerate(paths)}
    steps = tuple(step for row in read for step in _steps(row, index, context, fields.prefix))
    return ReadingPlan(
        steps=steps,
        fields=tuple(step.field for step in steps),
        paths=paths,
        known=frozenset(name for row in rows for name in (row.athena, row.guide) if name),
        required=tuple(
            (index[path], name, fields.prefix + row.wire(context.dialect)) for row in read if row.required for path, name in (_place_of(row),)
        ),
        defaults=tuple(
            _default(one, read, index, context) for one in of_kind(overrides, DefaultValue) if one.map == fields.name and one.way != "out"
        ),
        checks=tuple(
            (*_found(one.ours, read, index), compiled_check(one, fields.prefix))
            for one in of_kind(overrides, ValidationRule)
            if one.map == fields.name and one.way != "out"
        ),
        prefix=fields.prefix,
        units={name: unit_of(row.ours) for row in read for name in (row.athena, row.guide) if name},
        custom=index.get(CUSTOM[:-1]),
    )


def unit_of(ours: str) -> str:
    """The merge unit that a path belongs to: its first part, or the custom field."""
    return ours if ours.startswith(CUSTOM) else ours.partition(".")[0]


def split_path(ours: str) -> tuple[str, str]:
    """The group and the name of a path: `address.line1` is `line1` in `address`."""
    if ours.startswith(CUSTOM):
        return CUSTOM[:-1], ours[len(CUSTOM) :]
    path, _, name = ours.rpartition(".")
    return path, name


def _place_of(row: Row) -> tuple[str, str]:
    path, name = split_path(row.ours)
    return path, row.part or name


def _steps(row: Row, index: Mapping[str, int], context: Context, prefix: str) -> list[Step]:
    """A row's steps: its field in this dialect first, then under the other dialect's name, which is read too."""
    path, name = _place_of(row)
    read = row.via.reader(context) if row.via else None
    if read is None:
        return []
    if row.declinable:
        read = _declinable(read)
    wire = row.wire(context.dialect)
    names = dict.fromkeys((wire, row.athena, row.guide))
    return [Step(field, index[path], name, read, prefix + field) for field in names if field]


def _declinable(read: Reader) -> Reader:
    def read_declinable(raw: Any, report: list[Finding], place: str) -> Any:
        return DECLINED if raw == "declined" or raw == ["declined"] else read(raw, report, place)

    return read_declinable


def _default(default: DefaultValue, rows: list[Row], index: Mapping[str, int], context: Context) -> tuple[int, str, Any]:
    row = next((row for row in rows if row.ours == default.ours and not row.part), None)
    report: list[Finding] = []
    value = row.via.reader(context)(default.value, report, default.ours) if row is not None and row.via is not None else default.value
    if value is None or report:
        raise Misconfigured("A default of this practice is not a value that the field can have.")
    return (*_found(default.ours, rows, index), value)


def _found(ours: str, rows: list[Row], index: Mapping[str, int]) -> tuple[int, str]:
    path, name = split_path(ours)
    if path not in index or not (ours.startswith(CUSTOM) or any(row.ours == ours for row in rows)):
        raise Misconfigured("A default or a rule of this practice names a field that the record does not have.")
    return index[path], name
