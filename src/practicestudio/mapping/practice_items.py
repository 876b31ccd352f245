"""What a practice is made of, out of athenahealth's lists: locations, providers, appointment types and reasons, custom fields."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from practicestudio.mapping.codes import ALL_CODE_TABLES, STANDARD_TIME_ZONE, TIME_ZONE
from practicestudio.mapping.findings import Finding, Mapped
from practicestudio.mapping.inbound import ReadingPlan, compile_reading
from practicestudio.mapping.practice_rows import APPOINTMENT_REASON, APPOINTMENT_TYPE, CUSTOM_FIELD, LOCATION, PROVIDER
from practicestudio.mapping.references import References
from practicestudio.mapping.rows import Context

ItemKind = Literal["location", "provider", "appointment_type", "appointment_reason", "custom_field"]
Finish = Callable[[dict[str, Any], list[Finding]], None]

NO_SUCH_ZONE = "This is not a time zone."

_MAPS = {
    "location": LOCATION,
    "provider": PROVIDER,
    "appointment_type": APPOINTMENT_TYPE,
    "appointment_reason": APPOINTMENT_REASON,
    "custom_field": CUSTOM_FIELD,
}
_ZONES = {row.athena: row.ours for row in TIME_ZONE.rows}
_STANDARD_ZONES = {row.athena: row.ours for row in STANDARD_TIME_ZONE.rows}


def practice_item_in(kind: ItemKind, body: dict[str, Any]) -> Mapped[dict[str, Any]]:
    """The fields of a Location, Provider, AppointmentType, AppointmentReason or CustomField, all but its `id`, which is ours to give."""
    report: list[Finding] = []
    values = _plan(kind).read(body, report)[""]
    if not _refused(report):
        values.setdefault("name", values["external_id"])
        _FINISH.get(kind, _as_it_is)(values, report)
    return Mapped(None if _refused(report) else values, tuple(report), kind.replace("_", " "))


@lru_cache
def _plan(kind: ItemKind) -> ReadingPlan:
    context = Context(
        dialect="platform",
        references=References(),
        tables={table.name: table for table in ALL_CODE_TABLES},
        compile_map=lambda fields: compile_reading(fields, context).read,
    )
    return compile_reading(_MAPS[kind], context)


def _as_it_is(values: dict[str, Any], report: list[Finding]) -> None:
    """Nothing more to do."""


def _finish_location(values: dict[str, Any], report: list[Finding]) -> None:
    """The IANA zone: athenahealth's name for it and whether the place observes daylight saving decide together."""
    name, standard = values.pop("zone"), values.pop("standard", False)
    zone = _STANDARD_ZONES.get(name) if standard else None
    zone = zone or _ZONES.get(name, name)
    if not _exists(zone):
        report.append(Finding("timezonename", NO_SUCH_ZONE, "error"))
    values["time_zone"] = zone


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _finish_custom_field(values: dict[str, Any], report: list[Finding]) -> None:
    kind, select = values.pop("type", "TEXT"), values.pop("select", False)
    values["kind"] = "select" if select else "date" if kind.upper() == "DATE" else "text"
    values.setdefault("options", ())


def _refused(report: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in report)


_FINISH: dict[str, Finish] = {"location": _finish_location, "custom_field": _finish_custom_field}
