"""Setting up and removing one's own second factors."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.access import recovery_codes, totp
from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.challenges import put_challenge, take_challenge
from practicestudio.access.confirming import require_fresh
from practicestudio.access.passkeys import Passkey, add_passkey, read_passkeys, registration_options, remove_passkey
from practicestudio.access.people import read_person
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Factor, SignedIn, confirm_session, end_sessions_of
from practicestudio.access.totp import Enrolment
from practicestudio.errors import InvalidValue
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction


@dataclass(frozen=True, slots=True)
class Factors:
    """What a person has beside the password. app: whether an app makes codes. codes_left: unused recovery codes."""

    app: bool
    passkeys: list[Passkey]
    codes_left: int


@dataclass(frozen=True, slots=True)
class Added:
    """A second factor is set up. token: the session's new one. codes: recovery codes, where it is the first factor; shown now and never again."""

    token: str = field(repr=False)
    codes: list[str] = field(repr=False)


async def read_factors(transaction: Transaction, person_id: UUID) -> Factors:
    """The second factors of a person."""
    return Factors(
        await totp.is_confirmed(transaction, person_id),
        await read_passkeys(transaction, person_id),
        await recovery_codes.codes_left(transaction, person_id),
    )


async def begin_app(database: Database, rules: Rules, signed_in: SignedIn, now: datetime) -> Enrolment:
    """The secret for an app that makes codes. Raises ConfirmFirst; InvalidValue where there is one already."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        person = await read_person(transaction, signed_in.session.person_id)
        return await totp.begin(transaction, person.id, person.sign_in_name)


async def begun_app(database: Database, rules: Rules, signed_in: SignedIn, now: datetime) -> Enrolment | None:
    """The secret that was begun, to look at once more after a wrong code. Raises ConfirmFirst."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        person = await read_person(transaction, signed_in.session.person_id)
        return await totp.begun(transaction, person.id, person.sign_in_name)


async def finish_app(database: Database, rules: Rules, signed_in: SignedIn, code: str, now: datetime) -> Added:
    """Use the app from now on, for it made this code. Raises ConfirmFirst; InvalidValue where the code is not right."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        first = not await _any(transaction, signed_in)
        if not await totp.confirm(transaction, signed_in.session.person_id, code, now):
            raise InvalidValue(
                "The code is not right.", advice="Scan the picture again, see that the device's clock is right, and enter the next code."
            )
        return await _added(transaction, signed_in, "totp", now, first=first)


async def begin_passkey(database: Database, rules: Rules, signed_in: SignedIn, now: datetime) -> dict[str, Any]:
    """What to ask the browser for to make a passkey (PublicKeyCredentialCreationOptionsJSON). Raises ConfirmFirst."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        person = await read_person(transaction, signed_in.session.person_id)
        options, challenge = registration_options(rules, person, await read_passkeys(transaction, person.id))
        await put_challenge(transaction, str(signed_in.session.id), "passkey_add", {"challenge": challenge.hex()}, now)
    return options


async def finish_passkey(database: Database, rules: Rules, signed_in: SignedIn, answer: str, name: str, now: datetime) -> Added:
    """Accept the passkey that was made. Raises ConfirmFirst; SignInRefused or InvalidValue where it is not what was asked for."""
    require_fresh(signed_in, now, rules)
    asked = await take_challenge(database, signed_in.origin, str(signed_in.session.id), "passkey_add", now)
    async with database.shared(signed_in.origin) as transaction:
        first = not await _any(transaction, signed_in)
        await add_passkey(transaction, rules, signed_in.session.person_id, bytes.fromhex(asked["challenge"]), answer, name)
        return await _added(transaction, signed_in, "passkey", now, first=first)


async def remove_app(database: Database, rules: Rules, signed_in: SignedIn, now: datetime) -> None:
    """Take no codes of the app any more. Raises ConfirmFirst; InvalidValue where a second factor is required and this is the last."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        if await totp.remove(transaction, signed_in.session.person_id):
            await _removed(transaction, rules, signed_in, "totp")


async def remove_own_passkey(database: Database, rules: Rules, signed_in: SignedIn, passkey_id: UUID, now: datetime) -> None:
    """Accept this passkey no more. Raises as remove_app."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        if await remove_passkey(transaction, signed_in.session.person_id, passkey_id):
            await _removed(transaction, rules, signed_in, "passkey")


async def renew_codes(database: Database, rules: Rules, signed_in: SignedIn, now: datetime) -> list[str]:
    """New recovery codes in place of all before. Raises ConfirmFirst; InvalidValue where there is no second factor."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        if not await _any(transaction, signed_in):
            raise InvalidValue("Recovery codes are for when a second factor is lost, and you have none.", advice="Set one up first.")
        await _note(transaction, signed_in, Action.PERSON_FACTOR_ADD, "recovery codes")
        return await recovery_codes.make_codes(transaction, signed_in.session.person_id)


async def _any(transaction: Transaction, signed_in: SignedIn) -> bool:
    return bool(await sql.access.has_second_factor(transaction.connection, person_id=signed_in.session.person_id))


async def _added(transaction: Transaction, signed_in: SignedIn, factor: Factor, now: datetime, *, first: bool) -> Added:
    person_id = signed_in.session.person_id
    await _note(transaction, signed_in, Action.PERSON_FACTOR_ADD, factor)
    await end_sessions_of(transaction, signed_in.caller, person_id, but=signed_in.session.id)
    codes = await recovery_codes.make_codes(transaction, person_id) if first else []
    return Added(await confirm_session(transaction, signed_in.session, now, factor), codes)


async def _removed(transaction: Transaction, rules: Rules, signed_in: SignedIn, factor: Factor) -> None:
    person_id = signed_in.session.person_id
    if not await _any(transaction, signed_in):
        if rules.second_factor_required:
            raise InvalidValue("A second factor is required here, and this is your last one.", advice="Set up another one first.")
        await recovery_codes.drop_codes(transaction, person_id)
    await _note(transaction, signed_in, Action.PERSON_FACTOR_REMOVE, factor)
    await end_sessions_of(transaction, signed_in.caller, person_id, but=signed_in.session.id)


async def _note(transaction: Transaction, signed_in: SignedIn, action: Action, factor: str) -> None:
    await write(transaction, [AuditEntry(action, signed_in.caller.actor, "person", signed_in.session.person_id, changes={"factor": (None, factor)})])
