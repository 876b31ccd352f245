"""Looking through the audit trail for a person; whoever looks stands in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.actors import name_actors
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.access.audit_list import FullEntry, TrailFilter, TrailPage, list_actors, list_trail, read_entry
from practicestudio.access.audit_order import Order, Place
from practicestudio.store.database import Database, Transaction
from practicestudio.sync.export_trail import told


@dataclass(frozen=True, slots=True)
class NamedPage:
    """A page of the trail. names: what everybody in the trail is called, by actor."""

    page: TrailPage
    names: Mapping[str, str]


async def look_through(
    transaction: Transaction, database: Database, chosen: TrailFilter, order: Order, by: str, *, limit: int = 50, after: Place | None = None
) -> NamedPage:
    """A page of the trail, sorted by what actors are called where it is sorted by actor. Its first page is noted, not each of the others."""
    names = await name_actors(database, await list_actors(transaction))
    page = await list_trail(transaction, chosen, Order(order.by, order.descending, names), limit, after)
    if after is None:
        await audit.write(transaction, [AuditEntry(Action.PERSON_AUDIT_SEARCH, by, changes=told(chosen) or None)])
    unknown = {entry.actor for entry in page.entries} - names.keys()
    return NamedPage(page, {**names, **await name_actors(database, unknown)})


async def look_at(transaction: Transaction, entry_id: UUID, by: str) -> FullEntry:
    """One entry in full; noted with whose data it was about."""
    found = await read_entry(transaction, entry_id)
    noted = AuditEntry(Action.PERSON_AUDIT_VIEW, by, "audit_entry", entry_id, patient_id=found.entry.about_patient)
    await audit.write(transaction, [noted])
    return found


async def place_of_entry(transaction: Transaction, entry_id: UUID) -> Place:
    """Where a page that ended with this entry ended. Raises Misconfigured when there is no such entry."""
    return (await read_entry(transaction, entry_id)).entry.place
