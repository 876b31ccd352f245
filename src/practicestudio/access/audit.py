"""The audit trail: who did what to whose data, by which message, when. Each entry is written in the transaction of what it records.

Entries are only ever added: the database lets the program insert and read them, and nothing else. What changed is sealed, field by field with
the value before and after. The chain that proves nothing was altered is built over these entries afterwards, in a table of its own, so that
writers never wait for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access.audit_actions import Action as Action
from practicestudio.clock import new_id
from practicestudio.store import sql
from practicestudio.store.database import Origin as Origin
from practicestudio.store.database import Transaction, rows

ATHENAHEALTH = "athenahealth"  # the actor of a change that came from there
SYSTEM = "system"

_PURPOSE = ""  # beside the fields' names, of which none is empty
_TRAIL = ("id", "at", "actor", "action", "record_kind", "message_id", "patient_id", "via", "address", "session_id", "emergency")


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What happened to one record.

    changes: field to (before, after), sealed when stored. patient_id: whose data it was about, where the record is not the patient.
    purpose: why, in the person's words, sealed too; else the purpose of the transaction's origin.
    """

    action: Action
    actor: str
    record_kind: str | None = None
    record_id: UUID | None = None
    message_id: UUID | None = None
    changes: Mapping[str, tuple[Any, Any]] | None = None
    patient_id: UUID | None = None
    purpose: str | None = None

    @property
    def whose(self) -> UUID | None:
        """The patient whose data it was about."""
        return self.record_id if self.record_kind == "patient" else self.patient_id


async def write(transaction: Transaction, entries: Sequence[AuditEntry]) -> None:
    """Add entries to the trail, in the transaction of what they record, each with where the transaction's work comes from."""
    if not entries:
        return
    origin = transaction.origin
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
        patient_ids=[entry.whose for entry in entries],
        via=origin.via,
        address=origin.address,
        session_id=origin.session_id,
        emergency=origin.emergency,
    )


def _sealed(transaction: Transaction, entry_id: UUID, entry: AuditEntry) -> bytes | None:
    """What is sealed of an entry: its changes by field, and under no name the purpose."""
    document: dict[str, Any] = dict(entry.changes or {})
    if purpose := entry.purpose or transaction.origin.purpose:
        document[_PURPOSE] = purpose
    return transaction.sealer.seal("audit_entries", entry_id, orjson.dumps(document)) if document else None


async def read_trail(transaction: Transaction, record_id: UUID) -> list[dict[str, Any]]:
    """Everything that happened to a record, oldest first, opened; with where it came from, and why."""
    found = await rows(sql.audit.entries_of_record(transaction.connection, practice_id=transaction.practice_id, record_id=record_id))
    return [{**dict(zip(_TRAIL, row, strict=True)), **_opened(transaction, row[0], sealed)} for *row, sealed in found]


def _opened(transaction: Transaction, entry_id: UUID, sealed: bytes | None) -> dict[str, Any]:
    document = {} if sealed is None else orjson.loads(transaction.sealer.open("audit_entries", entry_id, sealed))
    purpose = document.pop(_PURPOSE, None)
    return {"changes": document or None, "purpose": purpose}
