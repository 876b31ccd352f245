"""The audit trail: who did what to whose data, by which message, when. Each entry is written in the transaction of what it records.

Entries are only ever added: the database lets the program insert and read them, and nothing else. What changed is sealed, field by field with
the value before and after. Each entry bears a mark that only who has the practice's keys can make. The chain that proves nothing was altered is
built over these entries afterwards, in a table of its own, so that writers never wait for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access.audit_actions import Action as Action
from practicestudio.access.audit_chain import mark_of_entry
from practicestudio.clock import new_id
from practicestudio.store import sql
from practicestudio.store.binary import wire
from practicestudio.store.database import SHARED, Transaction, rows
from practicestudio.store.database import Origin as Origin

ATHENAHEALTH = "athenahealth"  # the actor of a change that came from there
SYSTEM = "system"
OF_NO_PRACTICE = SHARED
"""Under which the entries stand that belong to no practice: people, sign-ins, keys, checkpoints."""

_MOST = 500  # entries of one statement, and so of one row of what is pending
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
    for start in range(0, len(entries), _MOST):
        await _insert(transaction, [(new_id(), entry) for entry in entries[start : start + _MOST]])


async def _insert(transaction: Transaction, entries: Sequence[tuple[UUID, AuditEntry]]) -> None:
    origin = transaction.origin
    sealed = [_sealed(transaction, entry_id, entry) for entry_id, entry in entries]
    await sql.audit.insert_entries(
        transaction.connection,
        practice_id=transaction.practice_id,
        at=transaction.began,
        ids=[entry_id for entry_id, _ in entries],
        actors=[entry.actor for _, entry in entries],
        actions=[entry.action.value for _, entry in entries],
        record_kinds=[entry.record_kind for _, entry in entries],
        record_ids=[entry.record_id for _, entry in entries],
        message_ids=[entry.message_id for _, entry in entries],
        sealed=sealed,
        patient_ids=[entry.whose for _, entry in entries],
        marks=[_mark(transaction, *one, value) for one, value in zip(entries, sealed, strict=True)],
        via=origin.via,
        address=origin.address,
        session_id=origin.session_id,
        emergency=origin.emergency,
    )


def _mark(transaction: Transaction, entry_id: UUID, entry: AuditEntry, sealed: bytes | None) -> bytes:
    """The MAC of everything that is stored of an entry, in the order of `stored_entries`."""
    origin, who, what = transaction.origin, entry.actor, entry.action.value
    about = (entry.record_kind, entry.record_id, entry.message_id, sealed, entry.whose)
    whence = (origin.via, origin.address, origin.session_id, origin.emergency)
    return mark_of_entry(transaction.sealer, wire((transaction.practice_id, entry_id, transaction.began, who, what, *about, *whence)))


def _sealed(transaction: Transaction, entry_id: UUID, entry: AuditEntry) -> bytes | None:
    """What is sealed of an entry: its changes by field, and under no name the purpose."""
    document: dict[str, Any] = dict(entry.changes or {})
    if purpose := entry.purpose or transaction.origin.purpose:
        document[_PURPOSE] = purpose
    return transaction.sealer.seal("audit_entries", entry_id, orjson.dumps(document)) if document else None


async def read_trail(transaction: Transaction, record_id: UUID) -> list[dict[str, Any]]:
    """Everything that happened to a record, oldest first, opened; with where it came from, and why."""
    found = await rows(sql.audit.entries_of_record(transaction.connection, practice_id=transaction.practice_id, record_id=record_id))
    return [{**dict(zip(_TRAIL, row, strict=True)), **open_sealed(transaction, row[0], sealed)} for *row, sealed in found]


def open_sealed(transaction: Transaction, entry_id: UUID, sealed: bytes | None) -> dict[str, Any]:
    """What is sealed of an entry: `changes`, field to [before, after], and `purpose`; each None where there is none."""
    document = {} if sealed is None else orjson.loads(transaction.sealer.open("audit_entries", entry_id, sealed))
    purpose = document.pop(_PURPOSE, None)
    return {"changes": document or None, "purpose": purpose}
