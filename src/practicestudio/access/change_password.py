"""Changing one's own password."""

from datetime import datetime

from practicestudio.access import passwords
from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.confirming import prove_password, require_fresh, require_whole
from practicestudio.access.passwords import Password
from practicestudio.access.people import read_person
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Due, SignedIn, confirm_session, end_sessions_of
from practicestudio.errors import InvalidValue
from practicestudio.store.database import Database


async def change_password(
    database: Database, rules: Rules, signed_in: SignedIn, current: str | None, new: str, now: datetime, device: str | None = None
) -> str:
    """Change one's password, and sign out everywhere else; returns the session's new token.

    current: the password so far; None for whoever has just signed in with a one-time password, or has none yet. device: see Presented.

    Raises:
        SignInRefused: the current password is not right. TooManyTries: it was wrong too often. InvalidValue: the new one cannot be a password.
        ConfirmFirst: there is none so far, and it is too long ago that the person signed in.
    """
    session = signed_in.session
    async with database.shared(signed_in.origin) as transaction:
        person, stored = await read_person(transaction, session.person_id), await passwords.read_password(transaction, session.person_id)
    passwords.check_password(new, person)
    require_whole(signed_in)
    if stored and signed_in.due != Due.PASSWORD:
        await prove_password(database, rules, signed_in, current or "", now, device)
    elif not stored:
        require_fresh(signed_in, now, rules)
    if await passwords.is_right(new, stored, rules.hashing):
        raise InvalidValue("This is the password you have already.", advice="Choose another one.")
    made = Password(await passwords.hash_password(new, rules.hashing), must_change=False, ends_at=None)
    async with database.shared(signed_in.origin) as transaction:
        await passwords.put_password(transaction, person.id, made)
        await end_sessions_of(transaction, signed_in.caller, person.id, but=session.id)
        await write(transaction, [AuditEntry(Action.PERSON_PASSWORD_CHANGE, signed_in.caller.actor, "person", person.id)])
        return await confirm_session(transaction, session, now)
