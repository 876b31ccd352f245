"""OpenID Connect providers that people may sign in through, as an administrator of all practices sets them."""

import ipaddress
from dataclasses import asdict, dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.rights import Right
from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction, rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """A provider. name: on its button. issuer: its address, below which its configuration lies (OpenID Connect Discovery 1.0).

    scope: what is asked for, `openid` among it. group_claim, group: only whoever has this value in that claim comes in; no claim for everybody.
    link_by_email: whether somebody who comes for the first time is known by an e-mail address that the provider has verified.
    """

    name: str
    issuer: str
    client_id: str
    client_secret: str = field(default="", repr=False)
    scope: str = "openid email"
    group_claim: str = ""
    group: str = ""
    link_by_email: bool = False


async def list_providers(transaction: Transaction) -> list[tuple[UUID, Provider]]:
    """All providers by name, with their secrets: for signing in; a page shows none of them."""
    found = [(row[0], _provider(transaction, row)) for row in await rows(sql.access.providers(transaction.connection))]
    return sorted(found, key=lambda one: one[1].name.casefold())


async def read_provider(transaction: Transaction, provider_id: UUID) -> Provider:
    """One provider. Raises InvalidValue where there is none."""
    row = await sql.access.provider(transaction.connection, id=provider_id)
    if row is None:
        raise InvalidValue("There is no such sign-in provider.", advice="Choose one that is shown on the sign-in page.")
    return _provider(transaction, row)


async def put_provider(database: Database, by: Caller, provider_id: UUID | None, given: Provider, origin: Origin | None = None) -> UUID:
    """Add a provider, or change one; a secret that is not given stays. Who came through an issuer that is changed is known there no more.

    Raises:
        NotAllowed: `by` does not manage people everywhere. InvalidValue: it cannot be.
    """
    by.require(EVERYWHERE, Right.PEOPLE_MANAGE)
    async with database.shared(origin) as transaction:
        before = await read_provider(transaction, provider_id) if provider_id else None
        if before and not given.client_secret:
            if before.issuer != given.issuer:
                raise InvalidValue("For another address the secret is entered again.", advice="It must not be sent to where it does not belong.")
            given = Provider(**(asdict(given) | {"client_secret": before.client_secret}))
        check_provider(given)
        provider_id = provider_id or new_id()
        sealed = transaction.sealer.seal("sign_in_providers", provider_id, orjson.dumps(asdict(given)))
        await sql.access.put_provider(transaction.connection, id=provider_id, sealed=sealed, by=by.actor)
        await _note(transaction, by, provider_id, _differences(before, given))
    return provider_id


async def drop_provider(database: Database, by: Caller, provider_id: UUID, origin: Origin | None = None) -> None:
    """Let nobody in through this provider any more, and forget who came through it. Raises NotAllowed."""
    by.require(EVERYWHERE, Right.PEOPLE_MANAGE)
    async with database.shared(origin) as transaction:
        before = await read_provider(transaction, provider_id)
        await sql.access.drop_provider(transaction.connection, id=provider_id)
        await _note(transaction, by, provider_id, {"name": (before.name, None), "issuer": (before.issuer, None)})


def check_provider(given: Provider) -> None:
    """Raise InvalidValue for what cannot be a provider."""
    if not given.name.strip() or len(given.name) > 60:
        raise InvalidValue("A provider has a name of 1 to 60 characters.", advice="Give the name that people know it by.")
    check_address(given.issuer)
    if not given.client_id.strip() or not given.client_secret:
        raise InvalidValue("Client id or client secret is missing.", advice="The provider gives both when this program is registered there.")
    if "openid" not in given.scope.split():
        raise InvalidValue("The scope must hold `openid`.", advice="`openid email` is usual.")
    if bool(given.group_claim) != bool(given.group):
        raise InvalidValue("Claim and group go together.", advice="Give both, or neither to let everybody in whom the provider knows.")


def check_address(address: str) -> None:
    """Raise InvalidValue unless this is an address that is reached encrypted, or on this machine."""
    parts = urlsplit(address)
    if not parts.hostname or parts.username or parts.query or parts.fragment or parts.scheme not in ("https", "http"):
        raise InvalidValue("The provider's address is not one such as https://login.example.com.", advice="Enter its issuer, without query.")
    if parts.scheme == "http" and not _on_this_machine(parts.hostname):
        raise InvalidValue("The provider would be reached unencrypted.", advice="Use https; http is for this machine only.")


def _on_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _provider(transaction: Transaction, row: Any) -> Provider:
    provider_id, sealed = row
    return Provider(**orjson.loads(transaction.sealer.open("sign_in_providers", provider_id, sealed)))


def _differences(before: Provider | None, after: Provider) -> dict[str, tuple[Any, Any]]:
    """What changed; of the secret, that it did."""
    found = {}
    for one in fields(Provider):
        was, is_now = getattr(before, one.name) if before else None, getattr(after, one.name)
        if was != is_now:
            found[one.name] = ("set" if was else None, "set anew") if one.name == "client_secret" else (was, is_now)
    return found


async def _note(transaction: Transaction, by: Caller, provider_id: UUID, changes: dict[str, tuple[Any, Any]]) -> None:
    if changes:
        await write(transaction, [AuditEntry(Action.PERSON_PROVIDER_CHANGE, by.actor, "provider", provider_id, changes=changes)])
