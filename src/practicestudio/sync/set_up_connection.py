"""Setting a practice's connection and credentials, so that what was refused with the old ones is tried again with the new."""

from practicestudio.athena.rest import Timeouts
from practicestudio.athena.rest.shared import SharedTokens
from practicestudio.errors import Misconfigured
from practicestudio.practices.connection import Connection, get_connection, set_connection
from practicestudio.practices.credentials import Credentials, get_credentials, set_credentials
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from practicestudio.sync.doors import rest_settings


async def current_connection(database: Database, practice: Practice) -> tuple[Connection | None, Credentials | None]:
    """What is set for the practice so far."""
    async with database.practice(practice.id) as transaction:
        try:
            connection = await get_connection(transaction)
        except Misconfigured:  # there is none yet, which is no fault here
            return None, None
        try:
            return connection, await get_credentials(transaction)
        except Misconfigured:
            return connection, None


async def set_up_connection(database: Database, practice: Practice, connection: Connection, credentials: Credentials, by: str) -> None:
    """Store both after checking them; a token, or the refusal of one, that was had before is forgotten. Raises InvalidValue."""
    async with database.practice(practice.id) as transaction:
        await set_connection(transaction, connection, by)
        await set_credentials(transaction, credentials, by)
    await SharedTokens(database).forget(rest_settings(practice.athena_id, connection, credentials, Timeouts()).token_name)
