"""A message's whole story for a person: its tries, what it changed, what it asked, what it caused; and, for those who may, what it says."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import AuditEntry
from practicestudio.access.audit_actions import Action
from practicestudio.delivery.log import LogEntry
from practicestudio.delivery.story import Family, Try, read_bodies, read_entry, read_family, read_tries
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.sync.reviews import Review, reviews_of_message


@dataclass(frozen=True, slots=True)
class Effect:
    """An entry of the trail that tells of this message: what was done, by whom, to which record of ours."""

    at: datetime
    actor: str
    action: Action
    record_kind: str | None
    record_id: UUID | None


@dataclass(frozen=True, slots=True)
class Account:
    """What whoever sees the log may know of a message: no patient data."""

    entry: LogEntry
    tries: tuple[Try, ...]
    effects: tuple[Effect, ...]
    reviews: tuple[Review, ...]
    family: Family


@dataclass(frozen=True, slots=True)
class Contents:
    """What crossed the wall and what it changed: patient data. bodies: by part, readable; findings: what found no place when it was mapped, each
    with place, problem and severity; changes: field to before and after, entry by entry."""

    bodies: Mapping[str, str]
    findings: tuple[Mapping[str, str], ...]
    changes: tuple[Mapping[str, tuple[Any, Any]], ...]


async def read_account(transaction: Transaction, message_id: UUID) -> Account:
    """The story without what it says. Raises Misconfigured where the practice has no such message."""
    entry = await read_entry(transaction, message_id)
    return Account(
        entry,
        await read_tries(transaction, message_id),
        tuple(Effect(at, actor, Action(action), kind, record) for _, at, actor, action, kind, record, _ in await _entries(transaction, message_id)),
        tuple(await reviews_of_message(transaction, message_id)),
        await read_family(transaction, entry),
    )


async def read_contents(transaction: Transaction, message_id: UUID, by: str) -> Contents:
    """What it says; that somebody looked stands in the trail."""
    entry = await read_entry(transaction, message_id)
    bodies = await read_bodies(transaction, message_id)
    opened = [audit.open_sealed(transaction, row[0], row[6])["changes"] for row in await _entries(transaction, message_id)]
    await audit.write(transaction, [AuditEntry(Action.PERSON_MESSAGE_VIEW, by, None, entry.record_id, message_id)])
    report = bodies.pop("report", b"[]")
    return Contents({part: readable(body) for part, body in bodies.items()}, _findings(report), tuple(one for one in opened if one))


def readable(body: bytes) -> str:
    """JSON with a line for each value; a segment of HL7 a line; anything else as it is."""
    try:
        return orjson.dumps(orjson.loads(body), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return body.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")


def _findings(report: bytes) -> tuple[Mapping[str, str], ...]:
    try:
        told = orjson.loads(report)
    except orjson.JSONDecodeError:
        return ()
    return tuple(one for one in told if isinstance(one, dict)) if isinstance(told, list) else ()


async def _entries(transaction: Transaction, message_id: UUID) -> list[Any]:
    return await rows(sql.audit.entries_of_message(transaction.connection, practice_id=transaction.practice_id, message_id=message_id))
