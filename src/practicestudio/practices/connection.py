"""A practice's connection to athenahealth: where, how, with which limits; and its credentials, which go in and never come out to a page."""

import ipaddress
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

import orjson

from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.mapping import Dialect
from practicestudio.practices import configuration
from practicestudio.store import sql
from practicestudio.store.database import Transaction

ApiVersion = Literal["preview_v1", "standard_v1", "fhir_v1"]
AuthMethod = Literal["basic", "body", "private_key_jwt"]
SECTION, NAME = "connection", "rest"
PRODUCTION = "https://api.platform.athenahealth.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a credential may use at one host. None: no limit.

    per_second, per_day: API calls. tokens_per_minute: token requests. margin: how much wider than the limit slots are spaced (0.02 = 2 %).
    backfill_leaves, feed_leaves: share of the day that a backfill, or a feed, leaves for what is more urgent.
    Defaults are those of athenahealth's preview host, the lower ones.
    """

    per_second: float | None = 15
    per_day: int | None = 50_000
    tokens_per_minute: int | None = 5
    margin: float = 0.02
    backfill_leaves: float = 0.10
    feed_leaves: float = 0.02

    @property
    def spacing(self) -> timedelta:
        """Time between two slots."""
        return timedelta(seconds=(1 + self.margin) / self.per_second) if self.per_second else timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How a practice reaches athenahealth. refresh_early: seconds before its end at which a token is replaced."""

    base_url: str = PRODUCTION
    dialect: Dialect = "platform"
    api_version: ApiVersion = "standard_v1"
    auth: AuthMethod = "basic"
    scopes: tuple[str, ...] = ("athena/service/Athenanet.MDP.*",)
    refresh_early: int = 300
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What proves who we are. Never printed: repr hides the secrets."""

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    key_id: str | None = None


def check(connection: Connection) -> Connection:
    """The connection. Raises InvalidValue or Misconfigured with what is wrong."""
    check_address(connection.base_url)
    for name, kind in (("dialect", Dialect), ("api_version", ApiVersion), ("auth", AuthMethod)):
        if getattr(connection, name) not in get_args(kind):
            raise InvalidValue(f"The {name} is not known.", advice=f"It is one of {', '.join(get_args(kind))}.")
    limits = connection.limits
    if any(value is not None and value <= 0 for value in (limits.per_second, limits.per_day, limits.tokens_per_minute)):
        raise InvalidValue("A limit must be above 0.", advice="Leave it out for no limit.")
    if not (0 <= limits.feed_leaves < 1 and 0 <= limits.backfill_leaves < 1 and 0 <= limits.margin < 1):
        raise InvalidValue("The reserve must be from 0 to below 1.", advice="0.2 keeps a fifth of the day's calls for people and feeds.")
    if not 0 <= connection.refresh_early <= 3000:
        raise InvalidValue("The token refresh must be from 0 to 3000 seconds early.", advice="A token lives an hour; 300 is usual.")
    if not connection.scopes or any(not scope or " " in scope for scope in connection.scopes):
        raise InvalidValue("A scope is missing or has a space in it.", advice="athenahealth requires at least one scope.")
    return connection


def check_address(base_url: str) -> None:
    """Raise Misconfigured unless this is the address of a server, encrypted or on this machine."""
    parts = urlsplit(base_url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise Misconfigured("The base URL is not an address such as https://host.", advice="Enter it without user name, query or fragment.")
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise Misconfigured(
            f"Plain http to {parts.hostname} would send patient data unencrypted.", advice="Use https; http is for this machine only."
        )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def to_value(connection: Connection) -> dict[str, Any]:
    """The connection as configuration keeps it."""
    value = {one.name: getattr(connection, one.name) for one in fields(Connection)}
    limits = {one.name: getattr(connection.limits, one.name) for one in fields(Limits)}
    return {**value, "scopes": list(connection.scopes), "limits": limits}


def from_value(value: dict[str, Any]) -> Connection:
    """The connection from configuration; what a later version added takes its default."""
    known = {one.name for one in fields(Connection)} & set(value)
    given = {name: value[name] for name in known}
    if "scopes" in given:
        given["scopes"] = tuple(given["scopes"])
    if "limits" in given:
        limits = {one.name for one in fields(Limits)} & set(given["limits"])
        given["limits"] = replace(Limits(), **{name: given["limits"][name] for name in limits})
    return Connection(**given)


async def set_connection(transaction: Transaction, connection: Connection, by: str) -> None:
    """Store the connection after checking it."""
    await configuration.put(transaction, SECTION, NAME, to_value(check(connection)), by)


async def get_connection(transaction: Transaction) -> Connection:
    """The practice's connection. Raises Misconfigured where none is set."""
    value = (await configuration.read(transaction)).get(SECTION, {}).get(NAME)
    if value is None:
        raise Misconfigured("This practice has no connection to athenahealth.", advice="Set one with `practicestudio connection set`.")
    return from_value(value)


async def set_credentials(transaction: Transaction, credentials: Credentials, by: str) -> None:
    """Store the credentials sealed; whoever reads the history sees that they changed, and nothing of them."""
    if not credentials.client_id.strip():
        raise InvalidValue("The client id is empty.", advice="athenahealth's developer portal shows it.")
    if not credentials.client_secret and not credentials.private_key:
        raise InvalidValue("There is neither a client secret nor a private key.", advice="Give one of them.")
    plain = orjson.dumps({one.name: getattr(credentials, one.name) for one in fields(Credentials)})
    sealed = transaction.sealer.seal("credentials", transaction.practice_id, plain)
    await sql.practices.put_credentials(transaction.connection, practice_id=transaction.practice_id, name=NAME, sealed=sealed, changed_by=by)


async def get_credentials(transaction: Transaction) -> Credentials:
    """The credentials, opened. For the client alone; no page, API or export may show them."""
    sealed = await sql.practices.credentials(transaction.connection, practice_id=transaction.practice_id, name=NAME)
    if sealed is None:
        raise Misconfigured("This practice has no credentials for athenahealth.", advice="Set them with `practicestudio connection set`.")
    return Credentials(**orjson.loads(transaction.sealer.open("credentials", transaction.practice_id, bytes(sealed))))
