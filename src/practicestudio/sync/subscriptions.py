"""Subscriptions to athenahealth's feeds of changes: made before anything is pulled, so that no change falls between the pull and the feed."""

from dataclasses import dataclass
from datetime import datetime

import structlog

from practicestudio.athena.rest import Feeds
from practicestudio.delivery.worker import Call
from practicestudio.errors import AccessDenied
from practicestudio.store import sql
from practicestudio.store.database import Transaction

log = structlog.get_logger()

ACTING = ("ACTIVE", "PARTIAL")


@dataclass(frozen=True, slots=True)
class FeedState:
    """A practice's feed. subscribed_at: when it was asked for, if it was. active_since: when it was first known to act, with a pull begun
    or begun anew after it. reading_since: when a reading began that nobody has finished. read_until: how far it was read."""

    subscribed_at: datetime | None = None
    active_since: datetime | None = None
    reading_since: datetime | None = None
    read_until: datetime | None = None


async def feed_state(transaction: Transaction, feed: str) -> FeedState:
    """What is known of a feed."""
    row = await sql.runs.feed(transaction.connection, practice_id=transaction.practice_id, feed=feed)
    return FeedState(*row) if row else FeedState()


async def subscribe(call: Call, feeds: Feeds, feed: str) -> None:
    """Subscribe, and note it; doing so again does no harm."""
    await feeds.subscribe(feed)
    async with call.database.practice(call.message.practice_id) as transaction:
        await sql.runs.put_subscribed(transaction.connection, practice_id=transaction.practice_id, feed=feed)


async def listen_first(call: Call, feeds: Feeds, feed: str) -> None:
    """Before a pull: have athenahealth collect what changes from now on. A pull that begins before the feed acts is made again when it does.

    Where the practice may not use the feed, the pull goes on without; the feed's own job tells why.
    """
    async with call.database.practice(call.message.practice_id) as transaction:
        state = await feed_state(transaction, feed)
    if state.active_since is not None:
        return
    try:
        if state.subscribed_at is None:
            await subscribe(call, feeds, feed)
        acts = (await feeds.subscription(feed)).get("status") in ACTING
    except AccessDenied as error:
        log.warning("feed_not_available", practice_id=str(call.message.practice_id), job=f"feed.{feed}", error_code=error.code)
        return
    if acts:
        async with call.database.practice(call.message.practice_id) as transaction:
            await put_active(transaction, feed)


async def put_active(transaction: Transaction, feed: str) -> None:
    """The feed acts, and whatever was changed before is pulled or being pulled."""
    await sql.runs.put_active(transaction.connection, practice_id=transaction.practice_id, feed=feed)
