"""Which received field became what: a record beside the body it was read from, for whoever tries a mapping."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson

from practicestudio.mapping.findings import Finding, Report, Severity
from practicestudio.mapping.insurance_rows import INSURANCE
from practicestudio.mapping.overrides import CUSTOM, Override, overridden_rows
from practicestudio.mapping.patient_rows import PATIENT
from practicestudio.mapping.rows import FieldMap, Row
from practicestudio.records import Appointment, Coded, Contact, Insurance, Patient

Lines = dict[str, str]
"""Paths in a record, or fields of athenahealth, to their values in words."""

LONGEST_SHOWN = 2_000
_EMPTY: tuple[Any, ...] = (None, "", (), [], {})
_HELD = frozenset({"declined"})
"""Paths that no field of athenahealth stands for."""


@dataclass(frozen=True, slots=True)
class TraceLine:
    """One received field beside what became of it.

    field: its name, empty where a value came from the practice's default. received: as it came. ours: the path in the record, empty where it
    found no place. value: what stands there. note: why it is not kept. findings: what is to be known about it.
    """

    field: str
    received: str
    ours: str
    value: str
    note: str
    findings: tuple[Finding, ...]

    @property
    def lost(self) -> bool:
        """It found no place: neither a value nor a row that says why."""
        return bool(self.received) and not self.value and not self.note


def record_lines(record: Patient | Appointment | None, names: Mapping[UUID, str]) -> Lines:
    """A record's values in words by their paths; empty ones are left out. names: of places, providers and appointment types."""
    return {} if record is None else {path: words for path, words in _lines("", record, names) if path not in _HELD}


def _lines(path: str, value: Any, names: Mapping[UUID, str]) -> Iterator[tuple[str, str]]:
    if isinstance(value, Coded):
        yield path, f"{value.name} ({value.code})" if value.name != value.code else value.code
    elif is_dataclass(value):
        for one in fields(value):
            yield from _lines(f"{path}.{one.name}" if path else one.name, getattr(value, one.name), names)
    elif isinstance(value, dict):
        for name, one in value.items():
            yield from _lines(f"{path}.{name}", one, names)
    elif isinstance(value, tuple) and value and isinstance(value[0], (Insurance, Contact)):
        for place, one in enumerate(value, 1):
            kind = one.kind if isinstance(one, Contact) else place
            yield from (line for line in _lines(f"{path}.{kind}", one, names) if line[0] != f"{path}.{kind}.kind")
    elif value not in _EMPTY:
        yield path, _words(value, names)


def _words(value: Any, names: Mapping[UUID, str]) -> str:
    if isinstance(value, UUID):
        return names.get(value, str(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(next(iter(dict(_lines("", one, names)).values()), "") if isinstance(one, Coded) else str(one) for one in value)
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} UTC"
    return value.isoformat() if isinstance(value, date) else str(value)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a body is traced with. read: the record that it became, in lines; own_names: the practice's custom fields by athenahealth's ids."""

    overrides: Sequence[Override]
    read: Lines
    report: Report
    own_names: Mapping[str, str]


def trace(plan: FieldMap, body: Mapping[str, Any], tried: Tried) -> list[TraceLine]:
    """Every received field that has a value, in the order it came, then the values that no field gave, but for those that every record has."""
    found = list(_trace(plan, body, tried, ""))
    always = record_lines(Patient() if plan is PATIENT else Appointment(), {})
    shown = {line.ours for line in found} | {path for path, words in tried.read.items() if always.get(path) == words}
    given = [TraceLine("", "", path, value, "", _about(tried, path)) for path, value in tried.read.items() if path not in shown]
    told = {finding for line in (*found, *given) for finding in line.findings}
    rest = [TraceLine(finding.place, "", "", "", "", (finding,)) for finding in tried.report if finding not in told]
    return [*found, *given, *rest]


def _trace(plan: FieldMap, body: Mapping[str, Any], tried: Tried, path: str) -> Iterator[TraceLine]:
    rows = _by_field(overridden_rows(plan, tried.overrides))
    for field, raw in body.items():
        if raw in _EMPTY:
            continue
        if field == "insurances" and isinstance(raw, list) and plan is not INSURANCE:
            for place, item in enumerate((item for item in raw if isinstance(item, dict)), 1):
                yield from _trace(INSURANCE, item, tried, f"insurances.{place}.")
        elif field == "customfields" and isinstance(raw, list) and plan is PATIENT:
            yield from (_custom_field(item, tried) for item in raw if isinstance(item, dict))
        else:
            yield _line(plan, rows.get(field), field, raw, tried, path)


def _line(plan: FieldMap, row: Row | None, field: str, raw: Any, tried: Tried, path: str) -> TraceLine:
    kept = row if row is not None and row.direction in ("both", "in", "create") and row.via is not None else None
    ours = f"{path}{kept.ours}" if kept else ""
    note = row.note if row is not None and kept is None else ""
    return TraceLine(f"{path}{field}", _received(raw), ours, tried.read.get(ours, ""), note, _about(tried, plan.prefix + field, ours))


def _custom_field(item: Mapping[str, Any], tried: Tried) -> TraceLine:
    external_id, name = str(item.get("customfieldid") or ""), str(item.get("customfieldname") or "")
    given = next((item[one] for one in ("customfieldvalue", "optionid") if item.get(one) not in _EMPTY), "")
    path = f"{CUSTOM}{tried.own_names[external_id]}" if external_id in tried.own_names else ""
    field = f"customfields.{external_id}" + (f" ({name})" if name else "")
    return TraceLine(field, _received(given), path, tried.read.get(path, ""), "", _about(tried, f"customfields.{external_id}", path))


def _by_field(rows: Iterable[Row]) -> dict[str, Row]:
    """The row that reads each field, under whichever dialect's name."""
    found: dict[str, Row] = {}
    for row in rows:
        for name in (row.athena, row.guide):
            if name:
                found.setdefault(name, row)
    return found


def _about(tried: Tried, *places: str) -> tuple[Finding, ...]:
    return tuple(finding for finding in tried.report if finding.place and finding.place in places)


def _received(raw: Any) -> str:
    text = raw if isinstance(raw, str) else orjson.dumps(raw).decode()
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}… ({len(text):,} characters)"


def worst(findings: Iterable[Finding]) -> Severity | None:
    """The gravest of these, None where there are none."""
    found = {finding.severity for finding in findings}
    return next((severity for severity in ("error", "no_place", "warning") if severity in found), None)
