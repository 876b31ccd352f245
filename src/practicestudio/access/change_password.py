"""Changing one's own password, and proving again who one is before anything that matters so much."""

from datetime import datetime

from practicestudio.access import attempts, passwords
from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.devices import is_known
from practicestudio.access.passwords import Password
from practicestudio.access.people import read_person
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Due, SignedIn, confirm_session, end_sessions_of
from practicestudio.access.sign_in import SignInRefused, note_refusal
from practicestudio.errors import InvalidValue
from practicestudio.store.database import Database, Origin


async def change_password(
    database: Database, rules: Rules, signed_in: SignedIn, current: str | None, new: str, now: datetime, device: str | None = None
) -> str:
    """Change one's password, and sign out everywhere else; returns the session's new token.

    current: the password so far; None for whoever has just signed in with a one-time password, or has none yet. device: see Presented.

    Raises:
        SignInRefused: the current password is not right. TooManyTries: it was wrong too often. InvalidValue: the new one cannot be a password.
    """
    session = signed_in.session
    async with database.shared(_origin(signed_in)) as transaction:
        person, stored = await read_person(transaction, session.person_id), await passwords.read_password(transaction, session.person_id)
    passwords.check_password(new, person)
    if signed_in.due == Due.SECOND_FACTOR:
        raise SignInRefused("The second factor is still due.")
    if stored and signed_in.due != Due.PASSWORD:
        await _prove(database, rules, signed_in, current or "", now, device)
    elif not stored and not session.fresh(now, rules):
        raise SignInRefused("It is too long ago that you signed in.", advice="Sign in again, then choose a password.")
    if await passwords.is_right(new, stored, rules.hashing):
        raise InvalidValue("This is the password you have already.", advice="Choose another one.")
    made = Password(await passwords.hash_password(new, rules.hashing), must_change=False, ends_at=None)
    async with database.shared(_origin(signed_in)) as transaction:
        await passwords.put_password(transaction, person.id, made)
        await end_sessions_of(transaction, signed_in.caller, person.id, but=session.id)
        await write(transaction, [AuditEntry(Action.PERSON_PASSWORD_CHANGE, signed_in.caller.actor, "person", person.id)])
        return await confirm_session(transaction, session, now)


async def confirm_with_password(
    database: Database, rules: Rules, signed_in: SignedIn, password: str, now: datetime, device: str | None = None
) -> str:
    """Prove again who one is; returns the session's new token. Raises SignInRefused or TooManyTries."""
    if signed_in.due == Due.SECOND_FACTOR:
        raise SignInRefused("The second factor is still due.")
    await _prove(database, rules, signed_in, password, now, device)
    async with database.shared(_origin(signed_in)) as transaction:
        return await confirm_session(transaction, signed_in.session, now)


async def _prove(database: Database, rules: Rules, signed_in: SignedIn, password: str, now: datetime, device: str | None) -> None:
    person_id = signed_in.session.person_id
    async with database.shared(_origin(signed_in)) as transaction:
        known = device if await is_known(transaction, device, person_id) else None
        counters = attempts.second_counters(transaction, rules, person_id, known)
        await attempts.count_try(transaction, counters, now)
        stored = await passwords.read_password(transaction, person_id)
    right = await passwords.is_right(password, stored, rules.hashing)
    async with database.shared(_origin(signed_in)) as transaction:
        if right:
            await attempts.forgive(transaction, counters)
        else:
            await note_refusal(transaction, person_id, "password again")
    if not right:
        raise SignInRefused("The password is not right.")


def _origin(signed_in: SignedIn) -> Origin:
    return Origin("web", signed_in.session.browser.address, signed_in.session.id)
