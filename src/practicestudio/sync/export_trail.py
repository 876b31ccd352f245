"""Exporting the audit trail of a period, and noting in the trail who did."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from functools import partial
from typing import Any

import orjson

from practicestudio.access import audit
from practicestudio.access.actors import name_actors
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.access.audit_fhir import audit_event
from practicestudio.access.audit_formats import TrailFormat
from practicestudio.access.audit_lines import TrailLine, line_of
from practicestudio.access.audit_list import FullEntry, TrailFilter, stream_trail
from practicestudio.delivery.export import LINES, write_log
from practicestudio.delivery.formats import Format
from practicestudio.store.database import Database, Transaction


async def export_trail(
    transaction: Transaction, database: Database, chosen: TrailFilter, form: TrailFormat, by: str, *, site: str
) -> AsyncIterator[bytes]:
    """The entries that fit, oldest first, in pieces of a file; the entry is written in the given transaction, which is to be committed before they
    are read. site: the practice's id at athenahealth."""
    await audit.write(transaction, [AuditEntry(Action.PERSON_AUDIT_EXPORT, by, changes={"format": (None, form.value), **told(chosen)})])
    named = _named(database, stream_trail(database, transaction.practice_id, chosen))
    if form is TrailFormat.FHIR:
        return _as_events(named, site)
    return write_log(_lines(named), TrailLine, Format(form.value))


def told(chosen: TrailFilter) -> dict[str, tuple[None, Any]]:
    """What a filter narrows by, for the trail."""
    return {name: (None, sorted(value) if isinstance(value, frozenset) else value) for name, value in asdict(chosen).items() if value}


async def _named(database: Database, entries: AsyncIterator[FullEntry]) -> AsyncIterator[tuple[FullEntry, str]]:
    """Entries, each with what its actor is called."""
    names: dict[str, str] = {}
    async for full in entries:
        actor = full.entry.actor
        if actor not in names:
            names |= await name_actors(database, [actor])
        yield full, names[actor]


async def _lines(named: AsyncIterator[tuple[FullEntry, str]]) -> AsyncIterator[TrailLine]:
    async for full, name in named:
        yield line_of(full, name)


async def _as_events(named: AsyncIterator[tuple[FullEntry, str]], site: str) -> AsyncIterator[bytes]:
    write = partial(orjson.dumps, option=orjson.OPT_APPEND_NEWLINE)
    batch: list[bytes] = []
    async for full, name in named:
        batch.append(write(audit_event(full, name, site)))
        if len(batch) == LINES:
            yield b"".join(batch)
            batch = []
    if batch:
        yield b"".join(batch)
