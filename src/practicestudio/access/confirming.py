"""Proving again who one is, before anything that changes how one signs in: a session left open is not enough for that."""

from datetime import datetime

from practicestudio.access import attempts, passwords
from practicestudio.access.devices import is_known
from practicestudio.access.passkey_answers import require_own, use_asked_passkey
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Due, SignedIn, confirm_session
from practicestudio.access.sign_in import SignInRefused, note_refusal
from practicestudio.errors import Permanent
from practicestudio.store.database import Database


class ConfirmFirst(Permanent):
    """It is too long ago that the person proved who they are."""

    code = "confirm_first"
    default_advice = "Confirm with your password or a passkey, then go on."


def require_whole(signed_in: SignedIn) -> None:
    """Raise SignInRefused while the second factor is due."""
    if signed_in.due == Due.SECOND_FACTOR:
        raise SignInRefused("The second factor is still due.")


def require_fresh(signed_in: SignedIn, now: datetime, rules: Rules) -> None:
    """Raise ConfirmFirst unless the person has proved lately who they are, wholly."""
    require_whole(signed_in)
    if not signed_in.session.fresh(now, rules):
        raise ConfirmFirst("It is a while ago that you proved who you are.")


async def confirm_with_password(
    database: Database, rules: Rules, signed_in: SignedIn, password: str, now: datetime, device: str | None = None
) -> str:
    """Confirm with the password; returns the session's new token. Raises SignInRefused or TooManyTries."""
    require_whole(signed_in)
    await prove_password(database, rules, signed_in, password, now, device)
    async with database.shared(signed_in.origin) as transaction:
        return await confirm_session(transaction, signed_in.session, now)


async def confirm_with_passkey(database: Database, rules: Rules, signed_in: SignedIn, answer: str, now: datetime) -> str:
    """Confirm with a passkey, asked for as `passkey_confirm`; returns the session's new token. Raises SignInRefused."""
    require_whole(signed_in)
    passkey = await use_asked_passkey(database, rules, signed_in.origin, str(signed_in.session.id), "passkey_confirm", answer, now)
    require_own(passkey, signed_in)
    async with database.shared(signed_in.origin) as transaction:
        return await confirm_session(transaction, signed_in.session, now, "passkey")


async def prove_password(database: Database, rules: Rules, signed_in: SignedIn, password: str, now: datetime, device: str | None) -> None:
    """Look whether this is the person's password. Raises SignInRefused or TooManyTries."""
    person_id = signed_in.session.person_id
    async with database.shared(signed_in.origin) as transaction:
        known = device if await is_known(transaction, device, person_id) else None
        counters = attempts.second_counters(transaction, rules, person_id, known)
        await attempts.count_try(transaction, counters, now)
        stored = await passwords.read_password(transaction, person_id)
    right = await passwords.is_right(password, stored, rules.hashing)
    async with database.shared(signed_in.origin) as transaction:
        if right:
            await attempts.forgive(transaction, counters)
        else:
            await note_refusal(transaction, person_id, "password again")
    if not right:
        raise SignInRefused("The password is not right.")
