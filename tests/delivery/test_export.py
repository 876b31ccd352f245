"""An export holds every line, is a file that programs read, and runs nothing in a spreadsheet."""

import csv
import io
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from practicestudio.clock import new_id
from practicestudio.delivery import export
from practicestudio.delivery.calls import CallEntry
from practicestudio.delivery.export import harmless, write_log
from practicestudio.delivery.formats import Format


def call(error_code: str | None) -> CallEntry:
    return CallEntry(
        id=new_id(), message_id=None, run_id=None, operation="patient.get", method="GET", path_template="/patients/{patientid}", status=200,
        duration_ms=1.5, error_code=error_code, request_id=None, remaining_today=None, urgency="feed",
    )  # fmt: skip


async def stream(entries: list[Any]) -> AsyncIterator[Any]:
    for entry in entries:
        yield entry


async def written(entries: list[CallEntry], form: Format) -> list[bytes]:
    return [piece async for piece in write_log(stream(entries), CallEntry, form)]


async def test_every_line_is_written_piece_by_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "LINES", 2)
    entries = [call(None), call("=cmd|' /C calc'!A0"), call('with "quotes", and\nlines')]
    pieces = await written(entries, Format.CSV)
    assert len(pieces) == 3, "the heading, two lines, one line"
    lines = list(csv.DictReader(io.StringIO(b"".join(pieces).decode(), newline="")))
    assert [line["id"] for line in lines] == [str(entry.id) for entry in entries]
    assert [line["error_code"] for line in lines] == ["", "'=cmd|' /C calc'!A0", 'with "quotes", and\nlines']
    objects = [orjson.loads(line) for piece in await written(entries, Format.NDJSON) for line in piece.splitlines()]
    assert [one["error_code"] for one in objects] == [entry.error_code for entry in entries], "as it is, for programs"


async def test_an_export_of_nothing_has_its_heading_only() -> None:
    assert b"".join(await written([], Format.CSV)).startswith(b"id,message_id,")
    assert await written([], Format.NDJSON) == []


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_a_cell_that_would_run_is_made_a_text(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_other_cells_stay_as_they_are() -> None:
    assert [harmless(value) for value in ("a=b", -1, None)] == ["a=b", -1, None]
    assert harmless(datetime(2026, 1, 2, tzinfo=UTC)) == "2026-01-02T00:00:00+00:00"
