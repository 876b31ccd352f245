"""The log as a file: comma-separated values with a heading, or a JSON object a line; streamed, so that its length does not matter."""

import csv
import io
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

import orjson

from practicestudio.delivery.formats import Format

LINES = 500
"""Lines that are written at a time."""

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


async def write_log(entries: AsyncIterator[Any], kind: type[Any], form: Format) -> AsyncIterator[bytes]:
    """Entries of a kind, a dataclass, as pieces of a file."""
    columns = list(kind.__dataclass_fields__)
    if form is Format.CSV:
        yield _as_csv([columns])
    write = _csv_writer(columns) if form is Format.CSV else _as_ndjson
    batch: list[Any] = []
    async for entry in entries:
        batch.append(entry)
        if len(batch) == LINES:
            yield write(batch)
            batch = []
    if batch:
        yield write(batch)


def harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV Injection); times as ISO 8601."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    return value.isoformat() if isinstance(value, datetime) else value


def _csv_writer(columns: Sequence[str]) -> Callable[[Sequence[Any]], bytes]:
    values = attrgetter(*columns)
    return lambda entries: _as_csv([map(harmless, values(entry)) for entry in entries])


def _as_csv(rows: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _as_ndjson(entries: Sequence[Any]) -> bytes:
    return b"".join([orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE) for entry in entries])
