"""Adding and finding practices."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice. athena_id: its practice id at athenahealth. time_zone: IANA name, in which its schedules are written."""

    id: UUID
    name: str
    time_zone: str
    athena_id: str
    created_at: datetime

    @property
    def zone(self) -> ZoneInfo:
        """The practice's time zone."""
        return ZoneInfo(self.time_zone)


async def list_practices(database: Database) -> list[Practice]:
    """All practices of this installation."""
    async with database.dispatch() as connection:
        return [Practice(*row) for row in await rows(sql.practices.list_practices(connection))]


async def find_practice(database: Database, wanted: str) -> Practice:
    """The practice with this athenahealth practice id, or our id. Raises Misconfigured where there is none, or more than one."""
    found = [practice for practice in await list_practices(database) if wanted in (practice.athena_id, str(practice.id))]
    if not found:
        raise Misconfigured(f"There is no practice {wanted}.", advice="`practicestudio practice list` shows them; `practice add` adds one.")
    if len(found) > 1:
        raise Misconfigured(f"Several practices have the athenahealth id {wanted}.", advice="Name the one you mean by its own id.")
    return found[0]


async def read_practice(transaction: Transaction) -> Practice:
    """The practice that the transaction is about."""
    return Practice(*await sql.practices.practice(transaction.connection, practice_id=transaction.practice_id))


async def add_practice(database: Database, athena_id: str, name: str, time_zone: str) -> Practice:
    """Add a practice with keys of its own. Raises InvalidValue for what cannot be a practice."""
    if not athena_id.isdigit():
        raise InvalidValue("An athenahealth practice id has digits only.", advice="It is the number in the path of every API call.")
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise InvalidValue("The time zone is not known.", advice="Give an IANA name such as America/New_York.") from None
    if any(practice.athena_id == athena_id for practice in await list_practices(database)):
        raise InvalidValue(f"Practice {athena_id} is there already.", advice="`practicestudio practice list` shows it.")
    practice_id = new_id()
    await database.add_keys(practice_id)
    async with database.dispatch() as connection:
        await sql.practices.insert_practice(connection, practice_id=practice_id, name=name.strip(), time_zone=time_zone, athena_id=athena_id)
    return await find_practice(database, str(practice_id))
