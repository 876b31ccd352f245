"""Setting a practice's connection and credentials, so that what was refused with the old ones is tried again with the new."""

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.athena.rest import Timeouts
from practicestudio.athena.rest.shared import SharedTokens
from practicestudio.errors import Misconfigured
from practicestudio.practices.connection import NAME, SECTION, Connection, get_connection, to_value
from practicestudio.practices.credentials import Credentials, credentials_state, get_credentials, set_credentials
from practicestudio.practices.differences import NOTHING
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Origin, Transaction
from practicestudio.sync.change_settings import WHATEVER, Wanted, change_settings
from practicestudio.sync.doors import rest_settings


async def current_connection(database: Database, practice: Practice) -> tuple[Connection | None, Credentials | None]:
    """What is set for the practice so far. For the client and the command alone: no page may see the credentials."""
    async with database.practice(practice.id) as transaction:
        return await _connection(transaction), await _credentials(transaction)


async def set_up_connection(
    database: Database,
    practice: Practice,
    connection: Connection,
    credentials: Credentials | None,
    by: str,
    *,
    seen: Connection | None = WHATEVER,
    origin: Origin | None = None,
) -> None:
    """Store the connection, and the credentials where they are given, after checking them, with history and trail; a token, or the refusal of
    one, that was had before is forgotten. seen: the connection that whoever changes it has seen, None where there was none.

    Raises InvalidFields, or ChangedMeanwhile where somebody else changed the same since.
    """
    async with database.practice(practice.id, origin) as transaction:
        wanted = Wanted(SECTION, NAME, to_value(connection), to_value(seen) if isinstance(seen, Connection) else seen)
        await change_settings(transaction, [wanted], by)
        if credentials is not None:
            await change_credentials(transaction, credentials, by)
    await forget_tokens(database, practice)


async def change_credentials(transaction: Transaction, credentials: Credentials, by: str) -> bool:
    """Store other credentials, with a note in the history and the trail of which kind they are; False where they are the same. Whoever calls
    this forgets the tokens when the transaction is over."""
    if credentials == await _credentials(transaction):
        return False
    before = await credentials_state(transaction)
    await set_credentials(transaction, credentials, by)
    told = {"proof": (before.proof if before else NOTHING, credentials.proof)}
    await audit.write(transaction, [AuditEntry(Action.PERSON_CREDENTIALS_CHANGE, by, "credentials", changes=told)])
    return True


async def put_credentials(database: Database, practice: Practice, credentials: Credentials, by: str, *, origin: Origin | None = None) -> bool:
    """Store other credentials, and forget the token or the refusal that was had before; False where they are the same. Raises InvalidFields."""
    async with database.practice(practice.id, origin) as transaction:
        changed = await change_credentials(transaction, credentials, by)
    await forget_tokens(database, practice)
    return changed


async def forget_tokens(database: Database, practice: Practice) -> None:
    """Forget the token, or its refusal, that was had with what is set now: it is asked for anew."""
    connection, credentials = await current_connection(database, practice)
    if connection is not None and credentials is not None:
        await SharedTokens(database).forget(rest_settings(practice.athena_id, connection, credentials, Timeouts()).token_name)


async def _connection(transaction: Transaction) -> Connection | None:
    try:
        return await get_connection(transaction)
    except Misconfigured:  # there is none yet, which is no fault here
        return None


async def _credentials(transaction: Transaction) -> Credentials | None:
    try:
        return await get_credentials(transaction)
    except Misconfigured:
        return None
