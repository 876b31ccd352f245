"""From status, headers and body to a value or a typed error: a pure function, since athenahealth's answers are where most surprises are.

A success may be an array of one, a bare record, a list under a key or a bare list, `1`, or "true"; a failure may come with status 200.
Bodies of errors start with two newlines. Where no readable answer came, the error is a BadAnswer, and for a write its outcome is unknown.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from practicestudio.athena.rest.coercion import as_bool, as_int, as_text
from practicestudio.athena.rest.faults import BadAnswer, Saying, fault_of_status, read_saying, refused_at_200
from practicestudio.athena.rest.headers import Told, read_headers
from practicestudio.athena.rest.operations import Operation
from practicestudio.errors import IntegrationError, Unreadable

Record = dict[str, Any]

_HTML = re.compile(rb"<!doctype html|<html|<head|<body|<title", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """What athenahealth answered, of which only the plain facts show in its repr.

    fields: the record, for shapes one, object and status. items: the records of a list. total: `totalcount`, where it came.
    next: athenahealth's address of the next page. body: as it came, for sealed storage. remaining_today: calls left of the day.
    clock_skew: seconds that our clock is ahead of athenahealth's, where it is more than five minutes either way.
    """

    operation: str
    status: int
    fields: Record = field(default_factory=dict, repr=False)
    items: list[Record] = field(default_factory=list, repr=False)
    total: int | None = None
    next: str | None = field(default=None, repr=False)
    body: bytes = field(default=b"", repr=False)
    request_id: str = ""
    remaining_today: int | None = None
    clock_skew: float | None = None


def read_answer(
    operation: Operation, status: int, headers: Mapping[str, str], body: bytes, *, sent: Collection[str] = (), now: datetime | None = None
) -> Answer:
    """The answer, or one of the errors of practicestudio.errors and faults.

    sent: the values that went out, so that none of them shows in an error. now: our clock.
    """
    told = read_headers(headers, now)
    if not 200 <= status < 300:
        raise _fault(operation, status, told, body, sent)
    value, trouble = parse_json(body, told.content_type)
    if trouble and _may_be_empty(operation, status, body):
        return _plain(operation, status, told, body)
    if trouble:
        raise BadAnswer(f"{trouble} It was to be the answer to {operation.name}.", outcome_unknown=operation.writes)
    _check_success(operation, status, value, sent)
    return _shaped(operation, status, told, value, body)


def parse_json(body: bytes, content_type: str = "") -> tuple[Any, str]:
    """The parsed body and "", or None and a sentence on what came instead."""
    text = body.strip()
    if not text:
        return None, "The answer was empty."
    try:
        return orjson.loads(text), ""
    except orjson.JSONDecodeError as error:
        position = error.pos
    if content_type == "text/html" or _HTML.search(text[:2000]):
        return None, "The answer was an HTML page, as a proxy sends, where JSON should be."
    if text[:1] not in b'{["' and not text[:1].isalnum():
        return None, "The answer was not JSON."
    if position >= len(text.decode(errors="replace")) - 1:
        return None, "The answer was JSON that breaks off before its end."
    return None, f"The answer was not readable JSON from character {position} on."


def unwrap(value: Any) -> Any:
    """The record in an array of one; anything else as it is."""
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def _fault(operation: Operation, status: int, told: Told, body: bytes, sent: Collection[str]) -> IntegrationError:
    value, trouble = parse_json(body, told.content_type)
    if "HTML page" in trouble and status not in (401, 429):
        kept = operation.writes and status >= 500
        return BadAnswer(f"{trouble} It came with status {status} as the answer to {operation.name}.", outcome_unknown=kept)
    if trouble:
        value = body[:500].decode(errors="replace").strip()
    saying = read_saying(value, sent) if not trouble else Saying()
    return fault_of_status(operation, status, told, value, saying)


def _may_be_empty(operation: Operation, status: int, body: bytes) -> bool:
    return not body.strip() and operation.shape == "status" and (status == 204 or operation.method == "DELETE")


def _check_success(operation: Operation, status: int, value: Any, sent: Collection[str]) -> None:
    """Raise where an answer of status 200 says that it failed."""
    record = unwrap(value)
    named = False
    if isinstance(record, dict):
        failed = record.get("error") or record.get("errormessage") or ("success" in record and not _is_yes(record["success"]))
        named = any(as_text(found) for key, found in record.items() if key.endswith("id") and isinstance(found, str | int))
    elif operation.shape == "status":
        failed = isinstance(record, str | int | float) and not _is_yes(record)
    else:
        failed = isinstance(record, str)
    if failed:
        raise refused_at_200(operation, status, read_saying(value, sent), done_in_part=named)


def _is_yes(value: Any) -> bool:
    try:
        return as_bool(value) is True
    except Unreadable:
        return False


def _plain(operation: Operation, status: int, told: Told, body: bytes) -> Answer:
    return Answer(operation.name, status, body=body, request_id=told.request_id, remaining_today=told.remaining)


def _shaped(operation: Operation, status: int, told: Told, value: Any, body: bytes) -> Answer:
    answer = _plain(operation, status, told, body)
    if operation.shape == "list":
        about = value if isinstance(value, dict) else {}
        total = _total(operation, about)
        return replace(answer, items=_list_in(operation, value, total), total=total, next=as_text(about.get("next")))
    record = unwrap(value) if operation.shape != "object" else value
    if operation.shape == "status" and isinstance(record, str | int | float):
        return answer
    if not isinstance(record, dict):
        raise _other_shape(operation)
    return replace(answer, fields=record)


def _total(operation: Operation, about: Record) -> int | None:
    try:
        return as_int(about.get("totalcount"))
    except Unreadable:
        raise _other_shape(operation) from None


def _list_in(operation: Operation, value: Any, total: int | None) -> list[Record]:
    items = value
    if isinstance(value, dict):
        items = value.get(operation.items_key)
        if items is None and not operation.items_key:
            items = next((found for found in value.values() if isinstance(found, list)), None)
        if items is None and not total:
            items = []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _other_shape(operation)
    return items


def _other_shape(operation: Operation) -> BadAnswer:
    return BadAnswer(f"The answer to {operation.name} has another shape than athenahealth's.", outcome_unknown=operation.writes)
