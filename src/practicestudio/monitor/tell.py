"""Telling people: notes of alerts go out through their channels, are tried again where that fails, and a failure is kept to be shown."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog

from practicestudio.clock import first_id_at
from practicestudio.errors import IntegrationError, Unreachable
from practicestudio.monitor.channels import address_of, service_of
from practicestudio.practices.alert_rules import BY_NAME
from practicestudio.practices.practice import Practice
from practicestudio.store import sql
from practicestudio.store.database import Database, Transaction, rows

log = structlog.get_logger()

MOST_TRIES = 8
LONGEST_PAUSE = timedelta(minutes=60)
PATIENCE = 20.0
"""Seconds that a service has to take a message."""

CLAIM = timedelta(minutes=5)
"""How long notes belong to the process that sends them; if it dies, another sends them again."""

Send = Callable[[str, str, str], Awaitable[None]]
"""Sends a title and a body to an address. Raises Unreachable."""


@dataclass(frozen=True, slots=True)
class Due:
    """A note that is to be sent."""

    id: UUID
    channel_id: UUID
    what: str
    tries: int
    rule: str
    severity: str
    sentence: str
    opened_at: datetime
    closed_at: datetime | None


async def send_by_apprise(address: str, title: str, body: str) -> None:
    """Send through the service that the address names; no patient data is in it. Raises Unreachable, without a word of the address."""
    service = await asyncio.to_thread(service_of, address)
    try:
        async with asyncio.timeout(PATIENCE):
            taken = bool(await service.async_notify(title=title, body=body))
    except TimeoutError:
        taken = False
    if not taken:
        raise Unreachable("The service did not take the message.", advice="Check the channel's address, and send a test message to it.")


def words_of(due: Due, practice: Practice, pages: str = "") -> tuple[str, str]:
    """Title and body. pages: where people reach the pages. Pure."""
    called = BY_NAME[due.rule].title if due.rule in BY_NAME else due.rule
    link = f"\n\n{pages}/practices/{practice.athena_id}/" if pages and practice.athena_id else ""
    where = f"{practice.name} ({practice.athena_id})" if practice.athena_id else practice.name
    opened = due.opened_at.astimezone(practice.zone)
    if due.what == "opened":
        return f"{due.severity.capitalize()}: {called}, {where}", f"{due.sentence}\n\nSince {opened:%b %-d, %H:%M %Z}.{link}"
    lasted = ((due.closed_at or due.opened_at) - due.opened_at) // timedelta(minutes=1)
    body = f"It is well again after {lasted} minutes. It began on {opened:%b %-d, %H:%M %Z}: {due.sentence}{link}"
    return f"Over: {called}, {where}", body


def next_try(tries: int, now: datetime) -> datetime | None:
    """When a note is tried again that has failed so often; None when it is given up. Pure."""
    return None if tries >= MOST_TRIES else now + min(LONGEST_PAUSE, timedelta(minutes=2 ** (tries - 1)))


async def tell(database: Database, practice: Practice, now: datetime, send: Send = send_by_apprise, pages: str = "") -> int:
    """Send what is due to a practice's channels; several processes may call this at once. Returns how many notes were taken."""
    async with database.practice(practice.id) as transaction:
        found = sql.alerts.claim_notes(transaction.connection, practice_id=practice.id, now=now, until=now + CLAIM)
        due = sorted((Due(*row) for row in await rows(found)), key=lambda one: one.id)
    return sum([await _tell_one(database, practice, one, now, send, pages) for one in due])


async def _tell_one(database: Database, practice: Practice, due: Due, now: datetime, send: Send, pages: str) -> bool:
    try:
        async with database.practice(practice.id) as transaction:
            address = await address_of(transaction, due.channel_id)
        await send(address, *words_of(due, practice, pages))
    except IntegrationError as error:
        log.warning("alert_not_told", practice_id=str(practice.id), kind=due.rule, tries=due.tries + 1, error_code=error.code)
        await _not_told(database, practice.id, due, now, error)
        return False
    async with database.practice(practice.id) as transaction:
        await sql.alerts.note_sent(transaction.connection, practice_id=practice.id, id=due.id, now=now)
    return True


async def _not_told(database: Database, practice_id: UUID, due: Due, now: datetime, error: IntegrationError) -> None:
    again = next_try(due.tries + 1, now) if isinstance(error, Unreachable) else None
    async with database.practice(practice_id) as transaction:
        await sql.alerts.note_not_sent(transaction.connection, practice_id=practice_id, id=due.id, due_at=again, now=now, error=error.sentence)


async def send_test(transaction: Transaction, practice: Practice, channel_id: UUID, send: Send = send_by_apprise) -> None:
    """Send a test message to a channel now. Raises Unreachable or Misconfigured."""
    title = f"Test: Practice Studio, {practice.name}"
    await send(await address_of(transaction, channel_id), title, "This is a test message. Alerts of this practice come this way.")


async def channel_faults(transaction: Transaction, now: datetime) -> dict[UUID, str]:
    """Channels that did not take the latest thing they were to be told in the last week, with the reason."""
    since = first_id_at(now - timedelta(days=7))
    found: Sequence[Any] = await rows(sql.alerts.channel_faults(transaction.connection, practice_id=transaction.practice_id, since=since))
    return dict(found)
