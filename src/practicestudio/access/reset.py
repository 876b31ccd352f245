"""An administrator helps somebody who cannot get in: a one-time password, and the second factor taken away."""

from uuid import UUID

from practicestudio.access import passwords
from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.caller import Caller
from practicestudio.access.devices import forget_devices
from practicestudio.access.passwords import Password
from practicestudio.access.people import read_person
from practicestudio.access.roles import require_manager
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import end_sessions_of
from practicestudio.clock import now
from practicestudio.errors import NotAllowed
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction


async def give_one_time_password(database: Database, by: Caller, person_id: UUID, rules: Rules, origin: Origin | None = None) -> str:
    """Give somebody a one-time password, returned and kept nowhere; they are signed out everywhere, and choose their own at the next sign-in.

    Raises:
        NotAllowed: the person is `by`, or has a role where `by` does not manage people.
    """
    made = passwords.one_time_password()
    hashed = await passwords.hash_password(made, rules.hashing)
    async with database.shared(origin) as transaction:
        await _require(transaction, by, person_id)
        await passwords.put_password(transaction, person_id, Password(hashed, must_change=True, ends_at=now() + rules.one_time))
        await forget_devices(transaction, person_id)
        await end_sessions_of(transaction, by, person_id)
        await _note(transaction, by, person_id, "password")
    return made


async def remove_second_factor(database: Database, by: Caller, person_id: UUID, origin: Origin | None = None) -> None:
    """Take away somebody's codes and passkeys, which are lost; they are signed out everywhere. Raises as give_one_time_password."""
    async with database.shared(origin) as transaction:
        await _require(transaction, by, person_id)
        await sql.access.drop_second_factors(transaction.connection, person_id=person_id)
        await end_sessions_of(transaction, by, person_id)
        await _note(transaction, by, person_id, "second factor")


async def _require(transaction: Transaction, by: Caller, person_id: UUID) -> None:
    await read_person(transaction, person_id)
    await require_manager(transaction, by, person_id)
    if by.person_id == person_id:
        raise NotAllowed("Nobody resets their own sign-in.", advice="Change your password on your account's page, or ask another administrator.")


async def _note(transaction: Transaction, by: Caller, person_id: UUID, what: str) -> None:
    await write(transaction, [AuditEntry(Action.PERSON_PERSON_RESET, by.actor, "person", person_id, changes={"reset": (None, what)})])
