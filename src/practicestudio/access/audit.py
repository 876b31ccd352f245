"""The audit trail: who did what to whose data, by which message, when. Each entry is written in the transaction of what it records.

Entries are only ever added: the database lets the program insert and read them, and nothing else. What changed is sealed, field by field with
the value before and after. The chain that proves nothing was altered is built over these entries afterwards, in a table of its own, so that
writers never wait for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson

from practicestudio.clock import new_id
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

ATHENAHEALTH = "athenahealth"  # the actor of a change that came from there
SYSTEM = "system"


class Action(StrEnum):
    """Everything the trail records, as source:subject:action."""

    ATHENA_PATIENT_CREATE = "athenahealth:patient:create"
    ATHENA_PATIENT_CHANGE = "athenahealth:patient:change"
    ATHENA_PATIENT_LINK = "athenahealth:patient:link"
    ATHENA_PATIENT_MERGE = "athenahealth:patient:merge"
    ATHENA_APPOINTMENT_CREATE = "athenahealth:appointment:create"
    ATHENA_APPOINTMENT_CHANGE = "athenahealth:appointment:change"
    PERSON_PATIENT_CREATE = "person:patient:create"
    PERSON_PATIENT_CHANGE = "person:patient:change"
    PERSON_PATIENT_VIEW = "person:patient:view"
    PERSON_APPOINTMENT_BOOK = "person:appointment:book"
    PERSON_APPOINTMENT_CHANGE = "person:appointment:change"
    PERSON_MATCH_DECIDE = "person:match:decide"
    PERSON_CONFLICT_DECIDE = "person:conflict:decide"
    PERSON_MESSAGE_RETRY = "person:message:retry"
    PERSON_MESSAGE_EDIT = "person:message:edit"
    PERSON_MESSAGE_DISCARD = "person:message:discard"
    PERSON_MESSAGE_VIEW = "person:message:view"
    PERSON_MESSAGE_EXPORT = "person:message:export"
    SYSTEM_PATIENT_SEND = "system:patient:send"
    SYSTEM_APPOINTMENT_SEND = "system:appointment:send"
    SYSTEM_KEYS_ROTATE = "system:keys:rotate"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened to one record. changes: field to (before, after), sealed when stored."""

    action: Action
    actor: str
    record_kind: str | None = None
    record_id: UUID | None = None
    message_id: UUID | None = None
    changes: Mapping[str, tuple[Any, Any]] | None = None


async def write(transaction: Transaction, entries: Sequence[AuditEntry]) -> None:
    """Add entries to the trail, in the transaction of what they record."""
    if not entries:
        return
    ids = [new_id() for _ in entries]
    await sql.audit.insert_entries(
        transaction.connection,
        practice_id=transaction.practice_id,
        ids=ids,
        actors=[entry.actor for entry in entries],
        actions=[entry.action.value for entry in entries],
        record_kinds=[entry.record_kind for entry in entries],
        record_ids=[entry.record_id for entry in entries],
        message_ids=[entry.message_id for entry in entries],
        sealed=[_sealed(transaction, entry_id, entry) for entry_id, entry in zip(ids, entries, strict=True)],
    )


def _sealed(transaction: Transaction, entry_id: UUID, entry: AuditEntry) -> bytes | None:
    if not entry.changes:
        return None
    return transaction.sealer.seal("audit_entries", entry_id, orjson.dumps(dict(entry.changes)))


async def read_trail(transaction: Transaction, record_id: UUID) -> list[dict[str, Any]]:
    """Everything that happened to a record, oldest first, opened."""
    found = await rows(sql.audit.entries_of_record(transaction.connection, practice_id=transaction.practice_id, record_id=record_id))
    names = ("id", "at", "actor", "action", "record_kind", "message_id", "changes")
    return [
        dict(zip(names, (*row, None if sealed is None else orjson.loads(transaction.sealer.open("audit_entries", row[0], sealed))), strict=True))
        for *row, sealed in found
    ]
