"""The first administrator, without whom nobody could let anybody in."""

from collections.abc import Collection
from dataclasses import dataclass, field

from practicestudio.access.audit import SYSTEM
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.manage_people import add_person
from practicestudio.access.passwords import read_password
from practicestudio.access.people import Particulars, find_person, read_people
from practicestudio.access.reset import give_one_time_password
from practicestudio.access.rights import Role
from practicestudio.access.rules import Rules
from practicestudio.errors import InvalidValue
from practicestudio.store.database import Database

SIGN_IN_NAME = "admin"
_MAKER = Caller(SYSTEM, SYSTEM, roles={EVERYWHERE: frozenset(Role)})


@dataclass(frozen=True, slots=True)
class FirstSignIn:
    """With what somebody signs in for the first time, to choose a password of their own."""

    sign_in_name: str
    password: str = field(repr=False)


async def anybody_there(database: Database) -> bool:
    """Whether there is anybody who may sign in."""
    async with database.shared() as transaction:
        return any(person.deactivated_at is None for person in await read_people(transaction))


async def ensure_first_administrator(database: Database, rules: Rules, roles: Collection[Role] = (Role.ADMINISTRATOR,)) -> FirstSignIn | None:
    """Where nobody has ever signed in, an administrator of all practices with a new one-time password, which is kept nowhere; else None.

    roles: what they are at every practice. A first administrator who has not come yet gets another password, for the one before may be lost.
    """
    async with database.shared() as transaction:
        people = await read_people(transaction)
        first = await find_person(transaction, SIGN_IN_NAME)
        password = await read_password(transaction, first.id) if first else None
    if people and (first is None or len(people) > 1 or first.deactivated_at or (password and not password.must_change)):
        return None
    if first is None:
        given = Particulars(name="First administrator", sign_in_name=SIGN_IN_NAME)
        try:
            await add_person(database, _MAKER, given, {EVERYWHERE: frozenset(roles)})
        except InvalidValue:  # another process was as quick
            return None
    return FirstSignIn(SIGN_IN_NAME, await _one_time_password(database, rules))


async def _one_time_password(database: Database, rules: Rules) -> str:
    async with database.shared() as transaction:
        first = await find_person(transaction, SIGN_IN_NAME)
    assert first is not None
    return await give_one_time_password(database, _MAKER, first.id, rules)
