"""Adding and finding practices."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from psycopg.errors import UniqueViolation

from practicestudio.clock import new_id
from practicestudio.errors import FieldFault, InvalidFields, Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows

SECTION, NAME = "practice", "practice"
LONGEST_NAME, LONGEST_ID = 100, 20


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


async def read_practice_locked(transaction: Transaction) -> Practice:
    """The same, so that nobody changes it until the transaction ends."""
    return Practice(*await sql.practices.lock_practice(transaction.connection, practice_id=transaction.practice_id))


def to_value(practice: Practice) -> dict[str, str]:
    """What the history keeps of a practice."""
    return {"athena_id": practice.athena_id, "name": practice.name, "time_zone": practice.time_zone}


def faults_of(athena_id: str, name: str, time_zone: str) -> list[FieldFault]:
    """Everything that is wrong with what a practice is to be."""
    found = []
    if not (athena_id.isascii() and athena_id.isdecimal() and len(athena_id) <= LONGEST_ID):
        found.append(FieldFault("athena_id", "An athenahealth practice id has digits only. It is the number in the path of every API call."))
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        found.append(FieldFault("name", f"A practice needs a name of at most {LONGEST_NAME} characters, by which people know it."))
    if not _is_zone(time_zone):
        found.append(FieldFault("time_zone", "The time zone is not known. Give an IANA name such as America/New_York."))
    return found


def _is_zone(time_zone: str) -> bool:
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


async def add_practice(database: Database, athena_id: str, name: str, time_zone: str) -> Practice:
    """Add a practice with keys of its own. Raises InvalidFields for what cannot be a practice."""
    practice_id = await make_room(database, athena_id, name, time_zone)
    async with database.practice(practice_id) as transaction:
        return await insert_practice(transaction, athena_id, name, time_zone)


async def make_room(database: Database, athena_id: str, name: str, time_zone: str) -> UUID:
    """Check what is to be a practice, and make the keys that its transactions need. Returns its id."""
    found = faults_of(athena_id, name, time_zone)
    if any(practice.athena_id == athena_id for practice in await list_practices(database)):
        found.append(_there_already(athena_id))
    if found:
        raise InvalidFields(found)
    practice_id = new_id()
    await database.add_keys(practice_id)
    return practice_id


async def insert_practice(transaction: Transaction, athena_id: str, name: str, time_zone: str) -> Practice:
    """Store the practice that the transaction is about. Raises InvalidFields where another has its id at athenahealth."""
    try:
        await sql.practices.insert_practice(
            transaction.connection, practice_id=transaction.practice_id, name=name.strip(), time_zone=time_zone, athena_id=athena_id
        )
    except UniqueViolation:
        raise InvalidFields([_there_already(athena_id)]) from None
    return await read_practice(transaction)


async def change_practice(transaction: Transaction, name: str, time_zone: str) -> None:
    """Give the transaction's practice this name and zone, which were checked."""
    await sql.practices.change_practice(transaction.connection, practice_id=transaction.practice_id, name=name.strip(), time_zone=time_zone)


def _there_already(athena_id: str) -> FieldFault:
    return FieldFault("athena_id", f"Practice {athena_id} is there already. Open that one instead of adding it.")
