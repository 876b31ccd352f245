"""Reading a feed of changes, which empties it: that it is being read is noted before, and cleared with what it brought.

Where that note stands after a crash or a broken answer, athenahealth is asked to show again what was read since, by its window of processing
times; what had been stored already is known by its fingerprint.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from practicestudio.athena.rest import Feeds, Purpose
from practicestudio.clock import Clock, first_id_at
from practicestudio.delivery.inbox import accept, accept_once
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.outcome import Done, Outcome
from practicestudio.delivery.worker import Call
from practicestudio.store import sql
from practicestudio.sync.doors import Doors

MOST = 5000
CLOCKS_DIFFER = timedelta(minutes=2)
"""How far athenahealth's clock and ours may be apart when a feed is read again."""

KINDS = {"patients": ("patient", "patientid"), "appointments": ("appointment", "appointmentid")}


@dataclass(frozen=True, slots=True)
class PollFeed:
    """Handles `feed.<name>`. changed: what else is done when a feed brought records that are not messages (providers)."""

    feed: str
    doors: Doors
    clock: Clock
    changed: Callable[[Call, Purpose], Awaitable[None]] | None = None

    async def __call__(self, call: Call) -> Outcome:
        """Subscribe where needed; mend what a crash left; read until the feed is empty."""
        message = call.message
        client = await self.doors.rest(message.practice_id)
        purpose = Purpose(urgency="feed", message_id=message.id)
        feeds = Feeds(client, purpose)
        reading_since = await self._begin(call, feeds)
        if reading_since is not None:
            await self._read_again(call, feeds, reading_since)
        while True:
            since = self.clock()
            await self._note(call, since)
            items = (await feeds.changed(self.feed, MOST)).items
            await self._store(call, items, None)
            if items and self.changed is not None:
                await self.changed(call, purpose)
            if len(items) < MOST:
                return Done()

    async def _begin(self, call: Call, feeds: Feeds) -> datetime | None:
        """Subscribe, if that was not done. Returns since when a reading is open that nobody finished."""
        async with call.database.practice(call.message.practice_id) as transaction:
            row = await sql.runs.feed(transaction.connection, practice_id=transaction.practice_id, feed=self.feed)
        if row is not None and row[0] is not None:
            unfinished: datetime | None = row[2]
            return unfinished
        await feeds.subscribe(self.feed)
        async with call.database.practice(call.message.practice_id) as transaction:
            await sql.runs.put_subscribed(transaction.connection, practice_id=transaction.practice_id, feed=self.feed)
        return None

    async def _note(self, call: Call, since: datetime) -> None:
        async with call.database.practice(call.message.practice_id) as transaction:
            await sql.runs.begin_reading(transaction.connection, practice_id=transaction.practice_id, feed=self.feed, since=since)

    async def _read_again(self, call: Call, feeds: Feeds, since: datetime) -> None:
        window = since - CLOCKS_DIFFER
        items = (await feeds.changed(self.feed, MOST, processed_since=window, processed_until=self.clock() + CLOCKS_DIFFER)).items
        await self._store(call, items, window)

    async def _store(self, call: Call, items: list[dict[str, Any]], again_since: datetime | None) -> None:
        """What came, as messages, together with the note that the reading is over."""
        messages = [self._message(item) for item in items] if self.feed in KINDS else []
        async with call.database.practice(call.message.practice_id) as transaction:
            if again_since is None:
                await accept(transaction, messages)
            else:
                await accept_once(transaction, messages, first_id_at(again_since))
            await sql.runs.end_reading(transaction.connection, practice_id=transaction.practice_id, feed=self.feed, until=self.clock())

    def _message(self, item: dict[str, Any]) -> NewMessage:
        kind, id_field = KINDS[self.feed]
        return NewMessage(
            direction="in",
            door="rest",
            kind=kind,
            about=f"{kind}:{item.get(id_field)}",
            body=orjson.dumps(item, option=orjson.OPT_SORT_KEYS),
            rereadable=True,
        )
