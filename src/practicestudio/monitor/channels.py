"""Where alerts are sent: addresses of e-mail, chat and paging services, which go in and never come out."""

import asyncio
import logging
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import AuditEntry
from practicestudio.access.audit_actions import Action
from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.practices.alert_rules import SEVERITIES, Severity
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

# Whoever sends says itself what came of it; the library would log addresses.
logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)

TABLE = "alert_channels"

SCHEMES: Mapping[str, str] = {
    "mailtos": "E-mail, encrypted on the way",
    "slack": "Slack",
    "msteams": "Microsoft Teams (webhook)",
    "workflows": "Microsoft Teams (workflow)",
    "gchat": "Google Chat",
    "mmosts": "Mattermost",
    "rockets": "Rocket.Chat",
    "discord": "Discord",
    "tgram": "Telegram",
    "matrixs": "Matrix",
    "pagerduty": "PagerDuty",
    "opsgenie": "Opsgenie",
    "pover": "Pushover",
    "ntfys": "ntfy",
    "twilio": "Twilio (SMS)",
    "ses": "Amazon SES",
    "sns": "Amazon SNS",
    "sendgrid": "SendGrid",
    "jsons": "Web hook (JSON over https)",
    "mailto": "E-mail through this machine",
    "json": "Web hook (JSON) on this machine",
}
"""What may be written to, by the scheme of its address; all others are refused, for they would run programs or send in the clear."""

THIS_MACHINE_ONLY = frozenset({"mailto", "json"})
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as it is shown: never its address. least: the least severity that it is told of."""

    id: UUID
    scheme: str
    name: str
    least: Severity
    enabled: bool
    changed_at: datetime
    changed_by: str

    @property
    def service(self) -> str:
        """What it writes to."""
        return SCHEMES.get(self.scheme, self.scheme)


def check_address(address: str) -> str:
    """The scheme of an address, after checking that it may be written to and can be read. Raises InvalidValue without a word of the address."""
    scheme, _, rest = address.strip().partition("://")
    if not rest or scheme not in SCHEMES:
        raise InvalidValue(
            "This is not an address that alerts can be sent to.", advice="It begins with one of the services listed, such as slack://."
        )
    if scheme in THIS_MACHINE_ONLY and (urlsplit(address.strip()).hostname or "") not in LOOPBACK:
        raise InvalidValue(f"An address of {scheme}:// may name this machine only.", advice=f"Use {scheme}s://, which is encrypted.")
    if not _can_be_read(address):
        raise InvalidValue("The address has a part missing or wrong.", advice="The documentation of Apprise shows how the service's address is made.")
    return scheme


def _can_be_read(address: str) -> bool:
    return len(service_of(address)) > 0


def service_of(address: str) -> Any:
    """The service that an address names, as Apprise has it; empty where it cannot be read. Apprise loads all its services the first time, of which
    some warn of what Python will drop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        from apprise import Apprise

        service = Apprise()
        service.add(address.strip())
    return service


async def list_channels(transaction: Transaction) -> list[Channel]:
    """The practice's channels."""
    return [_channel(transaction, row) for row in await _read(transaction)]


async def put_channel(
    transaction: Transaction,
    *,
    name: str,
    least: Severity,
    by: str,
    address: str | None = None,
    enabled: bool = True,
    channel_id: UUID | None = None,
) -> UUID:
    """Add a channel, or change one; without an address it keeps the one it has. Raises InvalidValue."""
    known = None if channel_id is None else await _sealed(transaction, channel_id)
    if not address and known is None:
        raise InvalidValue("A new channel needs an address.", advice="Enter it as the service's documentation and Apprise show it.")
    if least not in SEVERITIES or not name.strip():
        raise InvalidValue("A channel needs a name, and a severity from which on it is told.", advice=f"It is one of {', '.join(SEVERITIES)}.")
    kept = address.strip() if address else str(known and known["address"])
    channel = channel_id or new_id()
    await sql.alerts.put_channel(
        transaction.connection,
        practice_id=transaction.practice_id,
        id=channel,
        scheme=await asyncio.to_thread(check_address, kept),
        least=least,
        enabled=enabled,
        sealed=transaction.sealer.seal(TABLE, channel, orjson.dumps({"name": name.strip(), "address": kept})),
        changed_by=by,
    )
    await _note(transaction, channel, by, {"name": (known and known["name"], name.strip()), "address": (None, "set") if address else None})
    return channel


async def drop_channel(transaction: Transaction, channel_id: UUID, by: str) -> None:
    """Remove a channel; what was to be told to it is not told any more."""
    known = await _sealed(transaction, channel_id)
    await sql.alerts.drop_channel(transaction.connection, practice_id=transaction.practice_id, id=channel_id)
    await _note(transaction, channel_id, by, {"name": (known["name"], None)})


async def address_of(transaction: Transaction, channel_id: UUID) -> str:
    """The address, opened: for the sender alone. Raises Misconfigured where the channel is gone."""
    return str((await _sealed(transaction, channel_id))["address"])


async def _note(transaction: Transaction, channel: UUID, by: str, changes: Mapping[str, tuple[Any, Any] | None]) -> None:
    told = {name: change for name, change in changes.items() if change is not None}
    await audit.write(transaction, [AuditEntry(Action.PERSON_SETTINGS_CHANGE, by, "alert_channel", channel, changes=told)])


async def _read(transaction: Transaction) -> list[Sequence[Any]]:
    return await rows(sql.alerts.channels(transaction.connection, practice_id=transaction.practice_id))


async def _sealed(transaction: Transaction, channel_id: UUID) -> dict[str, Any]:
    for row in await _read(transaction):
        if row[0] == channel_id:
            return _opened(transaction, row)
    raise Misconfigured("There is no such channel.", advice="It may have been removed meanwhile; look at the list anew.")


def _opened(transaction: Transaction, row: Sequence[Any]) -> dict[str, Any]:
    opened: dict[str, Any] = orjson.loads(transaction.sealer.open(TABLE, row[0], bytes(row[4])))
    return opened


def _channel(transaction: Transaction, row: Sequence[Any]) -> Channel:
    channel_id, scheme, least, enabled, _, changed_at, changed_by = row
    return Channel(channel_id, scheme, str(_opened(transaction, row)["name"]), least, enabled, changed_at, changed_by)
