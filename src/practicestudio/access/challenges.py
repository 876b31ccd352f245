"""What a browser was asked and has to answer: kept here, answered once, and soon."""

from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

from practicestudio.access.sign_in import SignInRefused
from practicestudio.clock import new_id
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction

Purpose = Literal["passkey_add", "passkey_sign_in", "passkey_second", "passkey_confirm", "sso"]
_LASTS = timedelta(minutes=10)


async def put_challenge(transaction: Transaction, holder: str, purpose: Purpose, content: dict[str, Any], now: datetime) -> None:
    """Keep what was asked, in place of what was asked before. holder: the session's id, or the hash of the browser's token."""
    challenge_id = new_id()
    sealed = transaction.sealer.seal("challenges", challenge_id, orjson.dumps(content))
    await sql.access.put_challenge(transaction.connection, holder=holder, purpose=purpose, id=challenge_id, sealed=sealed, ends_at=now + _LASTS)


async def take_challenge(database: Database, origin: Origin, holder: str, purpose: Purpose, now: datetime) -> dict[str, Any]:
    """What was asked; whatever becomes of the answer, it cannot be answered again.

    Raises:
        SignInRefused: nothing was asked, or too long ago.
    """
    async with database.shared(origin) as transaction:
        row = await sql.access.take_challenge(transaction.connection, holder=holder, purpose=purpose)
        found: dict[str, Any] = orjson.loads(transaction.sealer.open("challenges", row[0], row[1])) if row else {}
    if row is None or now >= row[2]:
        raise SignInRefused("This took too long, or was answered already.", advice="Begin again.")
    return found
