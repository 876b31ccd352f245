"""What people call those who stand in the trail: persons by their names, programs by what they are."""

from collections.abc import Iterable
from uuid import UUID

from practicestudio.access.audit import ATHENAHEALTH, SYSTEM
from practicestudio.access.people import opened_name
from practicestudio.store import sql
from practicestudio.store.database import Database, rows

_PERSON, _KEY, _COMMAND = "person:", "key:", "cli:"
_ITSELF = {ATHENAHEALTH: "athenahealth", SYSTEM: "Practice Studio"}


async def name_actors(database: Database, actors: Iterable[str | None]) -> dict[str, str]:
    """Actor to name, for all of these; whoever is not known by a name any more is called by what they were."""
    wanted = {actor for actor in actors if actor}
    people = {actor: UUID(actor.removeprefix(_PERSON)) for actor in wanted if actor.startswith(_PERSON)}
    names = await _names(database, people.values()) if people else {}
    return {actor: names.get(people[actor], "Somebody who had access") if actor in people else _called(actor) for actor in wanted}


async def _names(database: Database, ids: Iterable[UUID]) -> dict[UUID, str]:
    async with database.shared() as transaction:
        found = await rows(sql.access.people_with_ids(transaction.connection, ids=list(ids)))
        return {person_id: opened_name(transaction, person_id, sealed) for person_id, sealed in found}


def _called(actor: str) -> str:
    if actor.startswith(_KEY):
        return f"API key …{actor[-6:]}"
    return f"{actor.removeprefix(_COMMAND)} (command)" if actor.startswith(_COMMAND) else _ITSELF.get(actor, actor)
