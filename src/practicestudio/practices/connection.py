"""A practice's connection to athenahealth: where, how, with which limits."""

import ipaddress
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from practicestudio.errors import FieldFault, InvalidFields, Misconfigured
from practicestudio.mapping import Dialect
from practicestudio.practices import configuration
from practicestudio.store.database import Transaction

ApiVersion = Literal["preview_v1", "standard_v1", "fhir_v1"]
AuthMethod = Literal["basic", "body", "private_key_jwt"]
SECTION, NAME = "connection", "rest"
PRODUCTION = "https://api.platform.athenahealth.com"
PREVIEW = "https://api.preview.platform.athenahealth.com"
LATEST_REFRESH = 3000
MOST_CALLS = 1_000_000_000


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


def check(connection: Connection) -> Connection:
    """The connection. Raises InvalidFields with everything that is wrong."""
    if faults := faults_of(connection):
        raise InvalidFields(faults)
    return connection


def faults_of(connection: Connection) -> list[FieldFault]:
    """Everything that is wrong with a connection, each told by its field; those of the limits as `limits.…`."""
    found = []
    if (unsafe := _unsafe(connection.base_url)) is not None:
        found.append(FieldFault("base_url", unsafe.sentence))
    for name, kind in (("dialect", Dialect), ("api_version", ApiVersion), ("auth", AuthMethod)):
        if getattr(connection, name) not in get_args(kind):
            found.append(FieldFault(name, f"The {name} is not known. It is one of {', '.join(get_args(kind))}."))
    if not connection.scopes or any(not scope or " " in scope for scope in connection.scopes):
        found.append(FieldFault("scopes", "A scope is missing or has a space in it. athenahealth requires at least one scope, each on its own."))
    if not 0 <= connection.refresh_early <= LATEST_REFRESH:
        found.append(FieldFault("refresh_early", f"A token lives an hour. Enter 0 to {LATEST_REFRESH} seconds; 300 is usual."))
    return found + faults_of_limits(connection.limits)


def faults_of_limits(limits: Limits) -> list[FieldFault]:
    """Everything that is wrong with the limits."""
    found = []
    for name in ("per_second", "per_day", "tokens_per_minute"):
        value = getattr(limits, name)
        if value is not None and not 0 < value <= MOST_CALLS:
            found.append(FieldFault(f"limits.{name}", "A limit must be above 0. Leave it out for no limit."))
    parts = [name for name in ("margin", "backfill_leaves", "feed_leaves") if not 0 <= getattr(limits, name) < 1]
    return found + [FieldFault(f"limits.{name}", "The part must be from 0 to below 100 percent.") for name in parts]


def check_address(base_url: str) -> None:
    """Raise Misconfigured unless this is the address of a server, encrypted or on this machine."""
    if (unsafe := _unsafe(base_url)) is not None:
        raise unsafe


def _unsafe(base_url: str) -> Misconfigured | None:
    """Why nothing may be sent to this address."""
    not_one = Misconfigured("The base URL is not an address such as https://host.", advice="Enter it without user name, query or fragment.")
    try:
        parts = urlsplit(base_url)
        port_is_one = parts.port is None or parts.port > 0
    except ValueError:
        return not_one
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query or parts.fragment or not port_is_one:
        return not_one
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        return Misconfigured(
            f"Plain http to {parts.hostname} would send patient data unencrypted.", advice="Use https; http is for this machine only."
        )
    return None


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
        limits = {one.name for one in fields(Limits)}
        given["limits"] = Limits(**{name: one for name, one in given["limits"].items() if name in limits})
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
