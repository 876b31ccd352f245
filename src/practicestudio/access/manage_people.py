"""Giving people access, changing what is kept of them, taking access away."""

from collections.abc import Mapping
from dataclasses import asdict
from uuid import UUID

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.people import Particulars, Person, checked, insert_person, put_person, read_person
from practicestudio.access.rights import Right, Role
from practicestudio.access.roles import give, require_another_administrator, require_manager
from practicestudio.access.sessions import end_sessions_of
from practicestudio.clock import now
from practicestudio.errors import InvalidValue, NotAllowed
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction

_FIELDS = ("name", "sign_in_name", "email")


async def add_person(database: Database, by: Caller, given: Particulars, roles: Mapping[UUID, frozenset[Role]], origin: Origin | None = None) -> UUID:
    """Add somebody with these roles; they cannot sign in before they have a password, or a sign-in provider knows them.

    Raises:
        NotAllowed: `by` does not manage people in one of the practices, or names none and does not manage them everywhere.
        InvalidValue: the particulars cannot be, or the sign-in name or the e-mail address is somebody else's.
    """
    async with database.shared(origin) as transaction:
        if not roles:
            by.require(EVERYWHERE, Right.PEOPLE_MANAGE)
        person_id = await insert_person(transaction, given)
        kept = asdict(checked(given))
        changes = {name: (None, kept[name]) for name in _FIELDS if kept[name]}
        await write(transaction, [AuditEntry(Action.PERSON_PERSON_CREATE, by.actor, "person", person_id, changes=changes)])
        for practice_id, held in roles.items():
            for role in sorted(held):
                await give(database, transaction, by, person_id, practice_id, role)
        return person_id


async def change_person(database: Database, by: Caller, person_id: UUID, given: Particulars, origin: Origin | None = None) -> None:
    """Change somebody's particulars.

    Raises:
        NotAllowed: the person has a role where `by` does not manage people. InvalidValue: as add_person.
    """
    async with database.shared(origin) as transaction:
        before = await _locked(transaction, by, person_id)
        await put_person(transaction, person_id, given)
        after = await read_person(transaction, person_id)
        changes = {name: (getattr(before, name), getattr(after, name)) for name in _FIELDS if getattr(before, name) != getattr(after, name)}
        if changes:
            await write(transaction, [AuditEntry(Action.PERSON_PERSON_CHANGE, by.actor, "person", person_id, changes=changes)])


async def deactivate_person(database: Database, by: Caller, person_id: UUID, origin: Origin | None = None) -> None:
    """Take somebody's access away: they are signed out everywhere and cannot sign in. Their roles are kept for when they come back.

    Raises:
        NotAllowed: the person is `by`, or has a role where `by` does not manage people. InvalidValue: it is the last administrator.
    """
    async with database.shared(origin) as transaction:
        if (await _locked(transaction, by, person_id)).deactivated_at:
            return
        if by.person_id == person_id:
            raise NotAllowed("Nobody takes their own access away.", advice="Ask another administrator.")
        await require_another_administrator(transaction, person_id)
        await sql.access.put_deactivated(transaction.connection, id=person_id, at=now())
        await end_sessions_of(transaction, by, person_id)
        await write(transaction, [AuditEntry(Action.PERSON_PERSON_DEACTIVATE, by.actor, "person", person_id)])


async def reactivate_person(database: Database, by: Caller, person_id: UUID, origin: Origin | None = None) -> None:
    """Give somebody's access back, with the roles and the password of before. Raises NotAllowed as deactivate_person."""
    async with database.shared(origin) as transaction:
        if (await _locked(transaction, by, person_id)).deactivated_at:
            await sql.access.put_deactivated(transaction.connection, id=person_id, at=None)
            await write(transaction, [AuditEntry(Action.PERSON_PERSON_REACTIVATE, by.actor, "person", person_id)])


async def _locked(transaction: Transaction, by: Caller, person_id: UUID) -> Person:
    """The person, held until the transaction ends, whom `by` may manage."""
    if await sql.access.lock_person(transaction.connection, id=person_id) is None:
        raise InvalidValue("There is no such person.", advice="Choose one from the list of people.")
    await require_manager(transaction, by, person_id)
    return await read_person(transaction, person_id)
