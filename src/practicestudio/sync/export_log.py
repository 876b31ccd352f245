"""Exporting the log, with an entry in the trail that tells who exported what."""

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Any

from practicestudio.access import audit
from practicestudio.access.audit import AuditEntry
from practicestudio.access.audit_actions import Action
from practicestudio.delivery.calls import CallEntry, CallFilter, stream_calls
from practicestudio.delivery.export import write_log
from practicestudio.delivery.formats import Format
from practicestudio.delivery.log import Filter, LogEntry, stream_messages
from practicestudio.store.database import Database, Transaction


async def export_messages(transaction: Transaction, database: Database, chosen: Filter, form: Format, by: str) -> AsyncIterator[bytes]:
    """The messages that fit, in pieces of a file; the entry is written in the given transaction, which is to be committed before they are read."""
    await _note(transaction, "messages", chosen, form, by)
    return write_log(stream_messages(database, transaction.practice_id, chosen), LogEntry, form)


async def export_calls(transaction: Transaction, database: Database, chosen: CallFilter, form: Format, by: str) -> AsyncIterator[bytes]:
    """The calls that fit, in the same way."""
    await _note(transaction, "calls", chosen, form, by)
    return write_log(stream_calls(database, transaction.practice_id, chosen), CallEntry, form)


async def _note(transaction: Transaction, what: str, chosen: Filter | CallFilter, form: Format, by: str) -> None:
    narrowing: dict[str, Any] = {name: value for name, value in asdict(chosen).items() if value is not None}
    told = {"what": (None, what), "format": (None, form.value), "filter": (None, narrowing)}
    await audit.write(transaction, [AuditEntry(Action.PERSON_MESSAGE_EXPORT, by, changes=told)])
