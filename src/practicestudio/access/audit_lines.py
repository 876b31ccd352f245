"""An audit entry as a line of an export: who did what to whose record; not the values, which are patient data."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from practicestudio.access.audit_list import FullEntry
from practicestudio.access.audit_order import words_of


@dataclass(frozen=True, slots=True)
class TrailLine:
    """A line. name: what the actor is called. fields: the names of what changed."""

    at: datetime
    actor: str
    name: str
    action: str
    words: str
    record_kind: str | None
    record_id: UUID | None
    patient_id: UUID | None
    message_id: UUID | None
    via: str
    address: str | None
    session_id: UUID | None
    emergency: bool
    purpose: str | None
    fields: str
    id: UUID


def line_of(full: FullEntry, name: str) -> TrailLine:
    """The line of an entry."""
    entry = full.entry
    return TrailLine(
        at=entry.at,
        actor=entry.actor,
        name=name,
        action=entry.action,
        words=words_of(entry.action),
        record_kind=entry.record_kind,
        record_id=entry.record_id,
        patient_id=entry.about_patient,
        message_id=entry.message_id,
        via=entry.via,
        address=entry.address,
        session_id=entry.session_id,
        emergency=entry.emergency,
        purpose=full.purpose,
        fields=", ".join(full.changes or {}),
        id=entry.id,
    )
