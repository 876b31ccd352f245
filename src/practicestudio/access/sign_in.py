"""Signing in: with a password first, and what every way of signing in ends with."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from practicestudio.access import attempts, passwords
from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.devices import is_known, remember_device
from practicestudio.access.passwords import Password
from practicestudio.access.people import Person, actor_of, find_person, plain_name
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Browser, Factor, Method, end_old_sessions, start_session
from practicestudio.errors import Permanent
from practicestudio.store import sql
from practicestudio.store.database import SHARED, Database, Origin, Transaction

NOBODY = "nobody"
"""The trail's actor where nobody known tried."""

_DEVICES_KEPT = timedelta(days=400)


class SignInRefused(Permanent):
    """Whoever tries to sign in is not who they say, or may not."""

    code = "sign_in_refused"
    default_advice = "Try again, or ask an administrator to reset how you sign in."


@dataclass(frozen=True, slots=True)
class Presented:
    """What somebody signs in with. device: the token of the device's cookie, where there is one."""

    sign_in_name: str
    password: str = field(repr=False)
    device: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Somebody has signed in, or has yet to show the second factor.

    token: the session's, for its cookie. device: the token by which the device is known from now on, for a cookie that stays; None while the
    second factor is due.
    """

    token: str = field(repr=False)
    second_factor_due: bool
    device: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class _Candidate:
    person: Person | None
    password: Password | None
    counters: list[attempts.Counter]


async def sign_in(database: Database, rules: Rules, presented: Presented, browser: Browser, now: datetime) -> Arrival:
    """Sign in with a password. An unknown name, a wrong password and a person without access are answered alike, and as late.

    Raises:
        SignInRefused: it is not right. TooManyTries: this try has to wait; whether it is right was not looked at.
    """
    async with database.shared(origin_of(browser)) as transaction:
        candidate = await _count(transaction, rules, presented, browser, now)
    right = await passwords.is_right(presented.password, candidate.password, rules.hashing)
    if candidate.person is None or candidate.password is None or not right:
        await _refuse(database, candidate, browser, "password")
        raise SignInRefused("The sign-in name or the password is not right.")
    if candidate.password.ends_at and now >= candidate.password.ends_at:
        await _refuse(database, candidate, browser, "one-time password over")
        raise SignInRefused("This one-time password can no longer be used.", advice="Ask an administrator for a new one.")
    renewed = await _rehashed(presented.password, candidate.password, rules)
    async with database.shared(origin_of(browser)) as transaction:
        await attempts.forgive(transaction, candidate.counters)
        if renewed:
            await passwords.put_password(transaction, candidate.person.id, renewed)
        return await arrive(transaction, rules, candidate.person.id, "password", browser, presented.device, now)


async def _count(transaction: Transaction, rules: Rules, presented: Presented, browser: Browser, now: datetime) -> _Candidate:
    """Who it may be, once the try is counted."""
    name = plain_name(presented.sign_in_name)[:100]
    person = await find_person(transaction, name)
    person_id = person.id if person else SHARED  # the same is asked about a name that nobody has, and takes as long
    known = await is_known(transaction, presented.device, person_id)
    counters = attempts.sign_in_counters(transaction, rules, name, browser.address, presented.device if known else None)
    await attempts.count_try(transaction, counters, now)
    password = await passwords.read_password(transaction, person_id)
    return _Candidate(person, None if person and person.deactivated_at else password, counters)


async def _refuse(database: Database, candidate: _Candidate, browser: Browser, reason: str) -> None:
    person_id = candidate.person.id if candidate.person else None
    async with database.shared(origin_of(browser)) as transaction:
        await note_refusal(transaction, person_id, reason)


async def note_refusal(transaction: Transaction, person_id: UUID | None, reason: str) -> None:
    """Note that somebody was refused. What they typed as a name is not kept: now and then it is a password."""
    actor = actor_of(person_id) if person_id else NOBODY
    await write(transaction, [AuditEntry(Action.PERSON_SESSION_REFUSE, actor, "person", person_id, changes={"reason": (None, reason)})])


async def _rehashed(password: str, stored: Password, rules: Rules) -> Password | None:
    if not passwords.is_outdated(stored, rules.hashing):
        return None
    return Password(await passwords.hash_password(password, rules.hashing), stored.must_change, stored.ends_at)


async def arrive(
    transaction: Transaction,
    rules: Rules,
    person_id: UUID,
    method: Method,
    browser: Browser,
    device: str | None,
    now: datetime,
    second_factor: Factor | None = None,
) -> Arrival:
    """Start the session of somebody who proved who they are; whoever has a second factor, and has not shown one, has yet to."""
    await sweep(transaction, now, rules)
    due = second_factor is None and await sql.access.has_second_factor(transaction.connection, person_id=person_id)
    token = await start_session(transaction, person_id, method, browser, now, second_factor=second_factor, second_factor_due=due)
    return Arrival(token, due, None if due else await remember_device(transaction, device, person_id, now))


async def sweep(transaction: Transaction, now: datetime, rules: Rules) -> None:
    """Clear away what is over: sessions, failures, challenges, devices not seen for a year."""
    connection = transaction.connection
    await end_old_sessions(transaction, now, rules)
    longest = max(patience.forgotten for patience in (rules.strangers, rules.device, rules.network, rules.second))
    await sql.access.drop_old_failures(connection, before=now - longest)
    await sql.access.drop_old_challenges(connection, before=now)
    await sql.access.drop_old_devices(connection, before=now - _DEVICES_KEPT)


def origin_of(browser: Browser) -> Origin:
    """Where the work of somebody comes from who is not signed in."""
    return Origin("web", browser.address)
