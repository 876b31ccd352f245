"""Single sign-on: somebody comes in through a provider whom an administrator has set, as a person who is known here already.

A provider's identity (issuer and subject) is linked to a person once: by the person, who is signed in, or at the first sign-in by an e-mail
address that the provider has verified, where the administrator allowed that. Nobody is made by it, and nobody who gives access is linked by an
address: whoever rules a mailbox does not rule this program.
"""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.challenges import put_challenge, take_challenge
from practicestudio.access.confirming import require_fresh
from practicestudio.access.oidc import Asked, Conversation
from practicestudio.access.people import Person, actor_of, find_mailed, read_person
from practicestudio.access.providers import Provider, read_provider
from practicestudio.access.rights import RIGHTS, Right
from practicestudio.access.roles import read_roles
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Browser, Factor, SignedIn
from practicestudio.access.sign_in import Arrival, SignInRefused, arrive, note_refusal, origin_of
from practicestudio.access.tokens import new_token, same
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction

CALLBACK = "/sign-in/provider/answer"
_LINK = "link."
_MULTIPLE_FACTORS = "mfa"  # RFC 8176 §2


async def begin_sign_in(database: Database, rules: Rules, provider_id: UUID, holder: str, next_page: str, browser: Browser, now: datetime) -> str:
    """Where to send somebody who wants to sign in through a provider. holder: the hash of the browser's token. next_page: where to go on after.

    Raises:
        InvalidValue: there is no such provider. Unreachable, SignInRefused: it does not answer, or not as it should.
    """
    return await _begin(database, rules, provider_id, holder, origin_of(browser), Asked(), {"next": next_page}, now)


async def begin_link(database: Database, rules: Rules, provider_id: UUID, signed_in: SignedIn, now: datetime) -> str:
    """Where to send somebody who is signed in, and wants to come in through a provider from now on. Raises ConfirmFirst, and as begin_sign_in."""
    require_fresh(signed_in, now, rules)
    asked = Asked(state=f"{_LINK}{new_token()}")
    return await _begin(database, rules, provider_id, str(signed_in.session.id), signed_in.origin, asked, {}, now)


def is_link(answer: Mapping[str, str]) -> bool:
    """Whether the answer is to begin_link, and belongs to a session."""
    return answer.get("state", "").startswith(_LINK)


async def finish_sign_in(
    database: Database, rules: Rules, holder: str, answer: Mapping[str, str], browser: Browser, device: str | None, now: datetime
) -> tuple[Arrival, str]:
    """Sign in whoever came back from a provider with this answer; returns also where to go on.

    Raises:
        SignInRefused: the answer does not fit what was asked, or nobody here is linked to who it names. Unreachable: the provider does not answer.
    """
    origin = origin_of(browser)
    asked = await take_challenge(database, origin, holder, "sso", now)
    provider, claims = await _identify(database, rules, origin, asked, answer, now)
    async with database.shared(origin) as transaction:
        person = await _person(transaction, UUID(asked["provider"]), provider, claims, now)
        if person:
            factor: Factor | None = "provider" if _MULTIPLE_FACTORS in _values(claims.get("amr")) else None
            return await arrive(transaction, rules, person.id, "sso", browser, device, now, factor), asked["next"]
        await note_refusal(transaction, None, "provider: nobody is linked")
    raise SignInRefused(
        "Nobody here is known by this account of the provider.", advice="Sign in with your password and link it on your account's page."
    )


async def finish_link(database: Database, rules: Rules, signed_in: SignedIn, answer: Mapping[str, str], now: datetime) -> None:
    """Let the person come in through the provider from now on. Raises as finish_sign_in, and SignInRefused where the account is somebody else's."""
    require_fresh(signed_in, now, rules)
    asked = await take_challenge(database, signed_in.origin, str(signed_in.session.id), "sso", now)
    provider, claims = await _identify(database, rules, signed_in.origin, asked, answer, now)
    async with database.shared(signed_in.origin) as transaction:
        await _link(transaction, UUID(asked["provider"]), provider, claims, signed_in.session.person_id)


async def read_links(transaction: Transaction, person_id: UUID) -> list[tuple[UUID, datetime]]:
    """The providers that a person comes in through, and since when."""
    return [(row[0], row[1]) async for row in sql.access.links_of(transaction.connection, person_id=person_id)]


async def remove_link(database: Database, rules: Rules, signed_in: SignedIn, provider_id: UUID, now: datetime) -> None:
    """Come in through this provider no more. Raises ConfirmFirst."""
    require_fresh(signed_in, now, rules)
    async with database.shared(signed_in.origin) as transaction:
        if await sql.access.drop_link(transaction.connection, provider_id=provider_id, person_id=signed_in.session.person_id):
            await _note(transaction, signed_in.session.person_id, (str(provider_id), None))


async def _begin(
    database: Database, rules: Rules, provider_id: UUID, holder: str, origin: Origin, asked: Asked, kept: dict[str, Any], now: datetime
) -> str:
    async with database.shared(origin) as transaction:
        provider = await read_provider(transaction, provider_id)
        await put_challenge(transaction, holder, "sso", {**kept, **asdict(asked), "provider": str(provider_id)}, now)
    return await _conversation(rules, provider).address(asked)


async def _identify(
    database: Database, rules: Rules, origin: Origin, kept: dict[str, Any], answer: Mapping[str, str], now: datetime
) -> tuple[Provider, dict[str, Any]]:
    """The provider, and its claims about whoever came back; refusals are noted."""
    asked = Asked(kept["state"], kept["nonce"], kept["verifier"])
    try:
        if not same(answer.get("state", ""), asked.state) or "error" in answer:
            raise SignInRefused("The sign-in at the provider was not finished.")
        async with database.shared(origin) as transaction:
            provider = await read_provider(transaction, UUID(kept["provider"]))
        claims = await _conversation(rules, provider).identify(asked, answer, now)
        if provider.group_claim and provider.group not in _values(claims.get(provider.group_claim)):
            raise SignInRefused("Your account at the provider is not in the group that may come in.", advice="Ask whoever runs the provider.")
    except SignInRefused:
        async with database.shared(origin) as transaction:
            await note_refusal(transaction, None, "provider")
        raise
    return provider, claims


def _conversation(rules: Rules, provider: Provider) -> Conversation:
    return Conversation(provider, f"{rules.address}{CALLBACK}", rules.ca_file)


async def _person(transaction: Transaction, provider_id: UUID, provider: Provider, claims: dict[str, Any], now: datetime) -> Person | None:
    """The person whom the claims name: linked before, or known by a verified address and linked now."""
    subject = _subject(transaction, provider, claims)
    linked = await sql.access.use_link(transaction.connection, provider_id=provider_id, subject=subject, at=now)
    if linked:
        person: Person | None = await read_person(transaction, linked)
    else:
        person = await _by_email(transaction, provider, claims)
        if person:
            await _link(transaction, provider_id, provider, claims, person.id)
    return person if person and not person.deactivated_at else None


async def _by_email(transaction: Transaction, provider: Provider, claims: dict[str, Any]) -> Person | None:
    email = claims.get("email")
    if not provider.link_by_email or claims.get("email_verified") is not True or not isinstance(email, str):
        return None
    person = await find_mailed(transaction, email)
    if person is None or person.deactivated_at or await sql.access.has_link(transaction.connection, person_id=person.id):
        return None
    roles = (await read_roles(transaction, [person.id]))[person.id]
    gives_access = any(Right.PEOPLE_MANAGE in RIGHTS[role] for held in roles.values() for role in held)
    return None if gives_access else person


async def _link(transaction: Transaction, provider_id: UUID, provider: Provider, claims: dict[str, Any], person_id: UUID) -> None:
    subject = _subject(transaction, provider, claims)
    if not await sql.access.insert_link(transaction.connection, provider_id=provider_id, subject=subject, person_id=person_id):
        raise SignInRefused("This account of the provider is linked to somebody already.", advice="Choose another account there.")
    await _note(transaction, person_id, (None, provider.name))


async def _note(transaction: Transaction, person_id: UUID, change: tuple[str | None, str | None]) -> None:
    await write(transaction, [AuditEntry(Action.PERSON_PERSON_LINK, actor_of(person_id), "person", person_id, changes={"provider": change})])


def _subject(transaction: Transaction, provider: Provider, claims: dict[str, Any]) -> UUID:
    return transaction.sealer.identity("sign_in_subject", f"{provider.issuer} {claims['sub']}")


def _values(claim: Any) -> list[str]:
    """A claim that holds one text or several."""
    values = claim if isinstance(claim, list) else [claim]
    return [value for value in values if isinstance(value, str)]
