"""From records to bytes, with athenahealth's habits: escaped slashes, drifting types, two newlines before an error, upper-case echoes in `next`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote
from zlib import crc32

import orjson

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.config import StringTypes
from practicestudio.sandbox.parameters import Parameters

_IDS = (
    "patientid",
    "departmentid",
    "primarydepartmentid",
    "primaryproviderid",
    "appointmentid",
    "appointmenttypeid",
    "providerid",
    "insuranceid",
    "insurancepackageid",
    "sequencenumber",
    "duration",
    "templateappointmentid",
    "templateappointmenttypeid",
    "hl7providerid",
    "supervisingproviderid",
    "encounterid",
    "reasonid",
    "customfieldid",
    "optionid",
    "noteid",
    "totalcount",
    "balance",
)
_NESTED = ("patients", "appointments", "providers", "departments", "insurances", "customfields", "appointmenttypes", "balances", "notes")
JSON_TYPE = "application/json; charset=UTF-8"


@dataclass(slots=True)
class Answer:
    """What goes back: a body still to be written as JSON, or bytes as they are."""

    body: Any = None
    status: int = 200
    content_type: str = JSON_TYPE
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def encode(self) -> bytes:
        return self.raw if self.raw is not None else encode(self.body)


def encode(body: Any) -> bytes:
    """JSON with every slash escaped; in JSON a slash stands only inside a string, so all of them can be."""
    return orjson.dumps(body).replace(b"/", b"\\/")


def error_bytes(body: Record) -> bytes:
    return b"\n\n" + encode(body)


def drift(body: Any, types: StringTypes) -> Any:
    """The same answer with its ids, numbers and booleans written the other way, in all or (mixed) some of its fields. Changes it in place."""
    if types == "strings":
        return body
    if isinstance(body, list):
        for one in body:
            drift(one, types)
    elif isinstance(body, dict):
        _drift_record(body, types)
    return body


def _drift_record(record: Record, types: StringTypes) -> None:
    turn = 0 if types == "numbers" else crc32(str(record.get("patientid") or record.get("appointmentid") or len(record)).encode())
    for rank, name in enumerate(_IDS):
        value = record.get(name)
        if value is None or (types == "mixed" and turn >> rank % 31 & 1):
            continue
        if isinstance(value, str) and value.lstrip("-").isdigit():
            record[name] = int(value)
        elif types == "mixed" and isinstance(value, int):
            record[name] = str(value)
    if types == "mixed" and turn & 1:
        for name, value in record.items():
            if value is True or value is False:
                record[name] = "true" if value else "false"
    for name in _NESTED:
        if isinstance(record.get(name), list):
            drift(record[name], types)


@dataclass(frozen=True, slots=True)
class Window:
    """A page: limit and offset as asked for, limit no more than the most that is given."""

    limit: int
    offset: int

    @classmethod
    def read(cls, parameters: Parameters, default: int = 1500, most: int = 5000) -> "Window":
        limit, offset = parameters.integer("limit"), parameters.integer("offset")
        return cls(min(limit, most) if limit and limit > 0 else default, max(0, offset or 0))

    def cut(self, everything: Sequence[Any]) -> Sequence[Any]:
        return everything[self.offset : self.offset + self.limit]


def page(name: str, records: Iterable[Record], total: int, window: Window, path: str, parameters: Parameters) -> Record:
    """A list answer: the records, totalcount, and `next` and `previous` where there are such pages."""
    body: Record = {}
    if window.offset > 0:
        body["previous"] = _link(path, parameters, window, max(0, window.offset - window.limit))
    if window.offset + window.limit < total:
        body["next"] = _link(path, parameters, window, window.offset + window.limit)
    body[name] = list(records)
    body["totalcount"] = total
    return body


def _link(path: str, parameters: Parameters, window: Window, offset: int) -> str:
    echo = "".join(
        f"{quote(key.upper(), safe='_')}={quote(parameters.echo(key.lower()), safe=',')}&"
        for key in parameters.keys
        if key.lower() not in ("limit", "offset") and parameters.echo(key.lower())
    )
    limit = f"limit={window.limit}&" if parameters.text("limit") else ""
    return f"{path}?{echo}{limit}offset={offset}"
