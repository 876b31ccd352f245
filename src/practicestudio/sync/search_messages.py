"""Searching what messages say, with an entry in the trail that tells who searched, for what, and what was shown."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import AuditEntry, Origin
from practicestudio.access.audit_actions import Action
from practicestudio.delivery.log import Filter
from practicestudio.delivery.search import Hit, Progress, search
from practicestudio.store.database import Database


async def search_messages(
    database: Database, practice_id: UUID, text: str, chosen: Filter, by: str, origin: Origin | None = None
) -> AsyncGenerator[Hit | Progress]:
    """As `search`: hits, newest first, and how far it is. What was sought is noted, sealed, before anything is searched."""
    async with database.practice(practice_id, origin=origin) as transaction:
        sought = {"text": (None, text), "filter": (None, {name: value for name, value in chosen.counted().items() if value is not None})}
        await audit.write(transaction, [AuditEntry(Action.PERSON_MESSAGE_SEARCH, by, changes=sought)])
    async with aclosing(search(database, practice_id, text, chosen)) as told:
        async for one in told:
            yield one
