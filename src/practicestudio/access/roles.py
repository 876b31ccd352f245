"""The roles that people hold, by practice, and who may give and take them."""

from collections.abc import Collection, Mapping
from uuid import UUID

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.people import Person, read_people, read_people_of, read_person
from practicestudio.access.rights import Right, Role
from practicestudio.errors import InvalidValue, NotAllowed
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction, rows

Held = Mapping[UUID, frozenset[Role]]
"""Roles by practice, see EVERYWHERE."""


async def read_roles(transaction: Transaction, person_ids: Collection[UUID]) -> dict[UUID, Held]:
    """The roles of these people; each has an entry."""
    found: dict[UUID, dict[UUID, frozenset[Role]]] = {person_id: {} for person_id in person_ids}
    for person_id, practice_id, role in await rows(sql.access.roles_of_all(transaction.connection, person_ids=list(person_ids))):
        found[person_id][practice_id] = found[person_id].get(practice_id, frozenset()) | {Role(role)}
    return dict(found)


async def caller_of(transaction: Transaction, person_id: UUID) -> Caller:
    """A person as a caller, without emergency access. Raises Misconfigured where there is no such person."""
    person = await read_person(transaction, person_id)
    roles = {} if person.deactivated_at else (await read_roles(transaction, [person_id]))[person_id]
    return Caller(person.actor, person.name, person_id, roles)


async def list_people(transaction: Transaction, by: Caller) -> list[tuple[Person, Held]]:
    """The people that `by` may manage in one practice at least, by name, each with the roles at those practices and at all."""
    if by.may(EVERYWHERE, Right.PEOPLE_MANAGE):
        people = await read_people(transaction)
        seen = None
    else:
        seen = {EVERYWHERE, *(practice_id for practice_id in by.roles if by.may(practice_id, Right.PEOPLE_MANAGE))}
        people = await read_people_of(transaction, seen) if len(seen) > 1 else []
    roles = await read_roles(transaction, [person.id for person in people])
    return [(person, {at: held for at, held in roles[person.id].items() if seen is None or at in seen}) for person in people]


async def grant_role(database: Database, by: Caller, person_id: UUID, practice_id: UUID, role: Role, origin: Origin | None = None) -> None:
    """Give a person a role at a practice, or everywhere.

    Raises:
        NotAllowed: `by` does not manage people there, or would give a role to themselves.
    """
    async with database.shared(origin) as transaction:
        await read_person(transaction, person_id)
        await give(database, transaction, by, person_id, practice_id, role)


async def give(database: Database, transaction: Transaction, by: Caller, person_id: UUID, practice_id: UUID, role: Role) -> None:
    """As grant_role, in a transaction on what practices share."""
    _require_may_give(by, person_id, practice_id)
    values = {"person_id": person_id, "at_practice": practice_id, "role": role.value}
    if await sql.access.insert_role(transaction.connection, **values, granted_by=by.actor):
        entry = AuditEntry(Action.PERSON_ROLE_GRANT, by.actor, "person", person_id, changes={"role": (None, role.value)})
        await note(database, transaction, practice_id, entry)


async def revoke_role(database: Database, by: Caller, person_id: UUID, practice_id: UUID, role: Role, origin: Origin | None = None) -> None:
    """Take a role from a person.

    Raises:
        NotAllowed: as grant_role. InvalidValue: nobody would be left to give roles everywhere.
    """
    async with database.shared(origin) as transaction:
        _require_may_give(by, person_id, practice_id)
        if (practice_id, role) == (EVERYWHERE, Role.ADMINISTRATOR):
            await require_another_administrator(transaction, person_id)
        values = {"person_id": person_id, "at_practice": practice_id, "role": role.value}
        if await sql.access.drop_role(transaction.connection, **values):
            entry = AuditEntry(Action.PERSON_ROLE_REVOKE, by.actor, "person", person_id, changes={"role": (role.value, None)})
            await note(database, transaction, practice_id, entry)


async def require_another_administrator(transaction: Transaction, person_id: UUID) -> None:
    """Raise InvalidValue where this is the only active administrator of all practices."""
    await sql.access.lock_holders(transaction.connection)
    holders = await rows(sql.access.holders(transaction.connection, at_practice=EVERYWHERE, role=Role.ADMINISTRATOR.value))
    if [row[0] for row in holders] == [person_id]:
        raise InvalidValue("This is the last administrator of all practices.", advice="Make somebody else one first.")


async def require_manager(transaction: Transaction, by: Caller, person_id: UUID) -> None:
    """Raise NotAllowed unless `by` manages people wherever this person has a role, so that nobody takes over what is beyond them."""
    held = (await read_roles(transaction, [person_id]))[person_id]
    if not all(by.may(practice_id, Right.PEOPLE_MANAGE) for practice_id in held or [EVERYWHERE]):
        raise NotAllowed(
            "This person has access beyond what you manage.", advice="Ask an administrator of all practices, or take away the roles at yours."
        )


def _require_may_give(by: Caller, person_id: UUID, practice_id: UUID) -> None:
    by.require(practice_id, Right.PEOPLE_MANAGE)
    if by.person_id == person_id:
        raise NotAllowed("Nobody changes their own roles.", advice="Ask another administrator.")


async def note(database: Database, transaction: Transaction, practice_id: UUID, entry: AuditEntry) -> None:
    """An entry in the trail of the practice that it is about, or in the one of all practices."""
    if practice_id == EVERYWHERE:
        await write(transaction, [entry])
        return
    async with database.beside(transaction, practice_id) as there:
        await write(there, [entry])
