"""Asking for a passkey, and looking at the answer, wherever one is used: to sign in, as second factor, to confirm."""

from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.access.challenges import Purpose, put_challenge, take_challenge
from practicestudio.access.passkeys import Passkey, authentication_options, check_passkey, read_passkeys
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import SignedIn
from practicestudio.access.sign_in import SignInRefused, note_refusal
from practicestudio.store.database import Database, Origin


async def ask_passkey(
    database: Database, rules: Rules, origin: Origin, holder: str, purpose: Purpose, now: datetime, person_id: UUID | None = None
) -> dict[str, Any]:
    """What to ask the browser for (PublicKeyCredentialRequestOptionsJSON). person_id: whose passkeys; anybody's where nobody is known yet."""
    async with database.shared(origin) as transaction:
        options, challenge = authentication_options(rules, await read_passkeys(transaction, person_id) if person_id else [])
        await put_challenge(transaction, holder, purpose, {"challenge": challenge.hex()}, now)
    return options


async def use_asked_passkey(database: Database, rules: Rules, origin: Origin, holder: str, purpose: Purpose, answer: str, now: datetime) -> Passkey:
    """The passkey that answered what was asked. Raises SignInRefused."""
    asked = await take_challenge(database, origin, holder, purpose, now)
    try:
        async with database.shared(origin) as transaction:
            return await check_passkey(transaction, rules, bytes.fromhex(asked["challenge"]), answer, now)
    except SignInRefused:
        async with database.shared(origin) as transaction:
            await note_refusal(transaction, None, "passkey")
        raise


def require_own(passkey: Passkey, signed_in: SignedIn) -> None:
    """Raise SignInRefused where the passkey is somebody else's than who is signing in."""
    if passkey.person_id != signed_in.session.person_id:
        raise SignInRefused("This passkey is somebody else's.", advice="Use one of your own.")
