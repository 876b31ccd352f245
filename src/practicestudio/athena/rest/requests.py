"""From an operation and its values to method, address and body: athenahealth's ways of writing dates, lists and nested values."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from practicestudio.athena.rest.operations import Dates, Operation
from practicestudio.errors import InvalidValue

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent. Nothing but the method shows in its repr. sent: every value, so that errors can leave it out."""

    method: str
    url: str = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    sent: frozenset[str] = field(default=frozenset(), repr=False)


def build_request(operation: Operation, practice_url: str, path: Mapping[str, str], query: Mapping[str, Any], body: Mapping[str, Any]) -> Request:
    """The request of an operation. A value None is left out; "" is sent, and clears a field there.

    Dates may be given as date and datetime, yes and no as bool, ids as int or str, lists of ids as list (sent with commas); other nested
    values become JSON text, except in a JSON body, where they stay nested. Raises InvalidValue where an id of the path is missing.
    """
    taken = {name: value for name, value in body.items() if value is not None and (operation.fields is None or name in operation.fields)}
    asked = {name: value for name, value in query.items() if value is not None}
    if operation.encoding == "query":
        asked, taken = asked | taken, {}
    url = practice_url + _filled(operation, path)
    if asked:
        url = f"{url}?{urlencode({name: as_words(value, operation.dates) for name, value in asked.items()})}"
    sent = frozenset(_plain([*path.values(), *asked.values(), *taken.values()], operation.dates))
    if operation.encoding == "json":
        return Request(operation.method, url, orjson.dumps(_nested(taken, operation.dates)), JSON, sent)
    if operation.encoding == "form":
        form = urlencode({name: as_words(value, operation.dates) for name, value in taken.items()})
        return Request(operation.method, url, form.encode(), FORM, sent)
    return Request(operation.method, url, sent=sent)


def as_words(value: Any, dates: Dates) -> str:
    """A value as it stands in a form or a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%m/%d/%Y %H:%M:%S" if dates == "us" else "%Y-%m-%dT%H:%M:%S")
    if isinstance(value, date):
        return value.strftime("%m/%d/%Y" if dates == "us" else "%Y-%m-%d")
    if isinstance(value, list | tuple) and all(isinstance(item, str | int) for item in value):
        return ",".join(str(item) for item in value)
    if isinstance(value, list | tuple | dict):
        return orjson.dumps(_nested(value, dates)).decode()
    return str(value)


def _filled(operation: Operation, path: Mapping[str, str]) -> str:
    filled = operation.path
    for name, value in path.items():
        if "{" + name + "}" in filled and value:
            filled = filled.replace("{" + name + "}", quote(value, safe="/" if name == "feed" else ""))
    if "{" in filled:
        missing = filled[filled.index("{") + 1 : filled.index("}")]
        raise InvalidValue(f"{operation.name} needs {missing}.", advice="The record has no such id yet; it has to be linked first.")
    return filled


def _nested(value: Any, dates: Dates) -> Any:
    """A value as it stands in JSON."""
    if isinstance(value, Mapping):
        return {name: _nested(item, dates) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_nested(item, dates) for item in value]
    if isinstance(value, date):
        return as_words(value, dates)
    return value


def _plain(values: list[Any], dates: Dates) -> Iterator[str]:
    """Every single value inside nested ones, as text."""
    for value in values:
        if isinstance(value, Mapping):
            yield from _plain(list(value.values()), dates)
        elif isinstance(value, list | tuple):
            yield from _plain(list(value), dates)
        elif not isinstance(value, bool) and value is not None:
            yield as_words(value, dates)
