"""The second factor at sign-in: a code of an app, a recovery code, or a passkey; and a passkey alone, which is both factors in one."""

from datetime import datetime

from practicestudio.access import attempts
from practicestudio.access.devices import is_known, remember_device
from practicestudio.access.passkey_answers import require_own, use_asked_passkey
from practicestudio.access.people import read_person
from practicestudio.access.recovery_codes import take_recovery_code
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Browser, Due, Factor, SignedIn, confirm_session
from practicestudio.access.sign_in import Arrival, SignInRefused, arrive, note_refusal, origin_of
from practicestudio.access.totp import DIGITS, take_code
from practicestudio.store.database import Database, Transaction


async def show_code(database: Database, rules: Rules, signed_in: SignedIn, code: str, device: str | None, now: datetime) -> Arrival:
    """Show the second factor by a code: of the app, or one of the recovery codes.

    Raises:
        SignInRefused: it is not right, or was used before, or none is due. TooManyTries: this try has to wait.
    """
    _require_due(signed_in)
    person_id = signed_in.session.person_id
    async with database.shared(signed_in.origin) as transaction:
        known = device if await is_known(transaction, device, person_id) else None
        counters = attempts.second_counters(transaction, rules, person_id, known)
        await attempts.count_try(transaction, counters, now)
    async with database.shared(signed_in.origin) as transaction:
        factor = await _factor_of(transaction, signed_in, code, now)
        if factor:
            await attempts.forgive(transaction, counters)
            return await _arrived(transaction, signed_in, factor, device, now)
        await note_refusal(transaction, person_id, "second factor")
    raise SignInRefused("The code is not right, or was used before.", advice="Wait for the app's next code and enter that.")


async def show_passkey(database: Database, rules: Rules, signed_in: SignedIn, answer: str, device: str | None, now: datetime) -> Arrival:
    """Show the second factor by a passkey, asked for as `passkey_second`. Raises SignInRefused."""
    _require_due(signed_in)
    passkey = await use_asked_passkey(database, rules, signed_in.origin, str(signed_in.session.id), "passkey_second", answer, now)
    require_own(passkey, signed_in)
    async with database.shared(signed_in.origin) as transaction:
        return await _arrived(transaction, signed_in, "passkey", device, now)


async def sign_in_with_passkey(
    database: Database, rules: Rules, holder: str, answer: str, browser: Browser, device: str | None, now: datetime
) -> Arrival:
    """Sign in with nothing but a passkey, asked for as `passkey_sign_in`: it is something one has, opened by something one knows or is.

    holder: the hash of the browser's token. Strangers' failures never hold this up.

    Raises:
        SignInRefused: it is not accepted, or the person has no access any more.
    """
    origin = origin_of(browser)
    passkey = await use_asked_passkey(database, rules, origin, holder, "passkey_sign_in", answer, now)
    async with database.shared(origin) as transaction:
        person = await read_person(transaction, passkey.person_id)
        if not person.deactivated_at:
            return await arrive(transaction, rules, person.id, "passkey", browser, device, now, "passkey")
        await note_refusal(transaction, person.id, "no access")
    raise SignInRefused("The passkey was not accepted.")


def _require_due(signed_in: SignedIn) -> None:
    if signed_in.due != Due.SECOND_FACTOR:
        raise SignInRefused("No second factor is due.", advice="Go on to the start.")


async def _factor_of(transaction: Transaction, signed_in: SignedIn, code: str, now: datetime) -> Factor | None:
    person_id = signed_in.session.person_id
    given = "".join(code.split())
    if len(given) == DIGITS and given.isdigit():
        return "totp" if await take_code(transaction, person_id, given, now) else None
    return "recovery_code" if await take_recovery_code(transaction, person_id, given, now) else None


async def _arrived(transaction: Transaction, signed_in: SignedIn, factor: Factor, device: str | None, now: datetime) -> Arrival:
    token = await confirm_session(transaction, signed_in.session, now, factor)
    return Arrival(token, False, await remember_device(transaction, device, signed_in.session.person_id, now))
