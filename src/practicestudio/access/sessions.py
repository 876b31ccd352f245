"""Sessions of people who signed in: kept here, held by the browser as a random token, over after a time of rest and after a day's work at most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import orjson

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.caller import Caller
from practicestudio.access.people import actor_of, opened_name
from practicestudio.access.rights import Role
from practicestudio.access.rules import Rules
from practicestudio.access.tokens import derived, hash_of, new_token
from practicestudio.clock import new_id
from practicestudio.store import sql
from practicestudio.store.database import Origin, Transaction, rows

Method = Literal["password", "passkey", "sso"]
Factor = Literal["totp", "passkey", "recovery_code", "provider"]

_TOUCH = timedelta(seconds=20)  # a page of many parts is one sign of life
_HALF = timedelta(minutes=10)  # for the second factor, or for what else is due before anything else can be done


class Due(StrEnum):
    """What a person must do before anything else is open to them."""

    SECOND_FACTOR = "second_factor"
    PASSWORD = "password"  # noqa: S105
    SECOND_FACTOR_SETUP = "second_factor_setup"


@dataclass(frozen=True, slots=True)
class Browser:
    """Where a person signs in from. address: IP address. agent: what the browser calls itself."""

    address: str | None = None
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody's sign-in.

    method: how they signed in. second_factor: what they proved themselves with besides, where they did. seen_at: when they last did something.
    confirmed_at: when they last proved who they are. browser: where they signed in from.
    """

    id: UUID
    person_id: UUID
    method: Method
    second_factor: Factor | None
    second_factor_due: bool
    started_at: datetime
    seen_at: datetime
    confirmed_at: datetime
    browser: Browser

    def ended(self, now: datetime, rules: Rules) -> bool:
        """Whether its time is over."""
        longest = _HALF if self.second_factor_due else rules.absolute
        return now >= self.started_at + longest or now >= self.seen_at + rules.idle

    def fresh(self, now: datetime, rules: Rules) -> bool:
        """Whether the person proved who they are so lately that they may change how they sign in."""
        return now < self.confirmed_at + rules.confirmed


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who is signed in. due: what they must do before anything else. csrf: the token that every form of this session carries."""

    session: Session
    caller: Caller
    due: Due | None
    csrf: str

    @property
    def origin(self) -> Origin:
        """Where what the person does to their own account comes from."""
        return Origin("web", self.session.browser.address, self.session.id)


async def start_session(
    transaction: Transaction,
    person_id: UUID,
    method: Method,
    browser: Browser,
    now: datetime,
    *,
    second_factor: Factor | None = None,
    second_factor_due: bool = False,
) -> str:
    """A new session; returns its token, which is kept nowhere."""
    session_id, token = new_id(), new_token()
    plain = orjson.dumps({"address": browser.address, "agent": (browser.agent or "")[:300] or None})
    await sql.access.insert_session(
        transaction.connection,
        id=session_id,
        token=hash_of(token),
        person_id=person_id,
        method=method,
        second_factor=second_factor,
        second_factor_due=second_factor_due,
        at=now,
        sealed=transaction.sealer.seal("sessions", session_id, plain),
    )
    if not second_factor_due:
        await note_begin(transaction, session_id, person_id, method, second_factor, now)
    return token


async def note_begin(
    transaction: Transaction, session_id: UUID, person_id: UUID, method: Method, second_factor: Factor | None, now: datetime
) -> None:
    """Note that somebody is signed in, with all that it needed."""
    await sql.access.note_sign_in(transaction.connection, id=person_id, at=now)
    changes = {"method": (None, method), "second_factor": (None, second_factor)}
    await write(transaction, [AuditEntry(Action.PERSON_SESSION_BEGIN, actor_of(person_id), "session", session_id, changes=changes)])


async def use_session(transaction: Transaction, token: str, now: datetime, rules: Rules) -> SignedIn | None:
    """Who holds this token, for something that the person does: the time of rest begins anew. None where it is over, or nobody's."""
    signed_in = await look_at_session(transaction, token, now, rules)
    if signed_in and now - signed_in.session.seen_at >= _TOUCH:
        await sql.access.touch_session(transaction.connection, id=signed_in.session.id, at=now)
    return signed_in


async def look_at_session(transaction: Transaction, token: str, now: datetime, rules: Rules) -> SignedIn | None:
    """As use_session, for what the browser asks by itself: the time of rest goes on."""
    row = await sql.access.session(transaction.connection, token=hash_of(token), now=now)
    if row is None:
        return None
    session = _session(transaction, row[:9])
    sealed_person, deactivated, must_change, has_factor, *lists = row[9:]
    if session.ended(now, rules) or deactivated:
        await _expire(transaction, [await sql.access.end_session(transaction.connection, id=session.id)])
        return None
    name = opened_name(transaction, session.person_id, sealed_person)
    caller = Caller(
        actor_of(session.person_id), name, session.person_id, _roles(lists[0], lists[1]), None, dict(zip(lists[2], lists[3], strict=True))
    )
    return SignedIn(session, caller, _due(session, rules, must_change=must_change, has_factor=has_factor), derived(token, "csrf"))


def _due(session: Session, rules: Rules, *, must_change: bool, has_factor: bool) -> Due | None:
    if session.second_factor_due:
        return Due.SECOND_FACTOR
    if must_change and session.method == "password":
        return Due.PASSWORD
    if rules.second_factor_required and not has_factor and session.second_factor is None:
        return Due.SECOND_FACTOR_SETUP
    return None


async def confirm_session(transaction: Transaction, session: Session, now: datetime, second_factor: Factor | None = None) -> str:
    """Note that the person has proved who they are; returns the session's new token, for the old one ends."""
    token = new_token()
    await sql.access.confirm_session(transaction.connection, id=session.id, token=hash_of(token), second_factor=second_factor, at=now)
    if session.second_factor_due:
        await note_begin(transaction, session.id, session.person_id, session.method, second_factor, now)
    return token


async def end_session(transaction: Transaction, session: Session) -> None:
    """Sign out."""
    if await sql.access.end_session(transaction.connection, id=session.id):
        await write(transaction, [AuditEntry(Action.PERSON_SESSION_END, actor_of(session.person_id), "session", session.id)])


async def end_sessions_of(transaction: Transaction, by: Caller, person_id: UUID, but: UUID | None = None) -> int:
    """Sign a person out everywhere, but for one session; returns how many sessions ended."""
    ended = [row[0] for row in await rows(sql.access.end_sessions_of(transaction.connection, person_id=person_id, but=but))]
    await write(transaction, [AuditEntry(Action.PERSON_SESSION_END, by.actor, "session", session_id) for session_id in ended])
    return len(ended)


async def end_old_sessions(transaction: Transaction, now: datetime, rules: Rules) -> None:
    """Sign out whoever rested too long or has been here too long."""
    await _expire(transaction, await rows(sql.access.end_old_sessions(transaction.connection, started=now - rules.absolute, seen=now - rules.idle)))


async def list_sessions(transaction: Transaction, person_id: UUID, now: datetime, rules: Rules) -> list[Session]:
    """A person's sessions that are not over, the latest used first."""
    found = [_session(transaction, row) for row in await rows(sql.access.sessions_of(transaction.connection, person_id=person_id))]
    return [session for session in found if not session.ended(now, rules)]


async def _expire(transaction: Transaction, ended: Sequence[Any]) -> None:
    entries = [AuditEntry(Action.SYSTEM_SESSION_EXPIRE, actor_of(row[1]), "session", row[0]) for row in ended if row]
    await write(transaction, entries)


def _session(transaction: Transaction, row: Any) -> Session:
    *values, sealed = row
    browser = Browser(**orjson.loads(transaction.sealer.open("sessions", row[0], sealed)))
    return Session(*[*values, browser])


def _roles(practices: Sequence[UUID], roles: Sequence[str]) -> dict[UUID, frozenset[Role]]:
    found: dict[UUID, frozenset[Role]] = {}
    for practice_id, role in zip(practices, roles, strict=True):
        found[practice_id] = found.get(practice_id, frozenset()) | {Role(role)}
    return found
