"""Reading a feed of changes, which empties it: that it is being read is noted before, and cleared with what it brought.

Where that note stands after a crash or a broken answer, athenahealth is asked to show again what was read since, by its window of processing
times; what had been stored already is known by its fingerprint.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from practicestudio.athena.rest import Answer, FeedNotActive, Feeds, Purpose
from practicestudio.clock import Clock, first_id_at
from practicestudio.delivery.inbox import accept, unknown
from practicestudio.delivery.outcome import Done, Outcome
from practicestudio.delivery.worker import Call
from practicestudio.errors import Unreadable
from practicestudio.store import sql
from practicestudio.store.database import Transaction
from practicestudio.store.records import RecordKind
from practicestudio.sync.doors import Doors
from practicestudio.sync.intents import listed
from practicestudio.sync.schedule_jobs import job_message, request_job
from practicestudio.sync.subscriptions import FeedState, feed_state, put_active, subscribe

AT_ONCE = 1000
SHOWN_AGAIN = 5000
"""Records in one answer at most: when a feed is emptied, and when what was read is shown again. The second must hold several of the first,
for a window of times cannot be narrower than a second."""

CLOCKS_DIFFER = timedelta(minutes=6)
"""How far athenahealth's clock and ours may be apart without its answers saying so."""

SECOND = timedelta(seconds=1)
TAKES_TO_ACT = timedelta(minutes=20)
"""A subscription acts after 15 minutes at the latest; one that does not is made again."""

KINDS: Mapping[str, RecordKind] = {"patients": "patient", "appointments": "appointment"}
SHOW = {"patients": {"showpreviouspatientids": True}}


@dataclass(frozen=True, slots=True)
class PollFeed:
    """Handles `feed.<name>`. changed: what else is done when a feed brought records that are not messages (providers)."""

    feed: str
    doors: Doors
    clock: Clock
    changed: Callable[[Call, Purpose], Awaitable[None]] | None = None

    async def __call__(self, call: Call) -> Outcome:
        """Subscribe where needed; mend what a crash left; read until the feed is empty."""
        purpose = Purpose(urgency="feed", message_id=call.message.id)
        feeds = Feeds(await self.doors.rest(call.message.practice_id), purpose)
        async with call.database.practice(call.message.practice_id) as transaction:
            state = await feed_state(transaction, self.feed)
        if state.subscribed_at is None:
            await subscribe(call, feeds, self.feed)
        try:
            if state.reading_since is not None:
                await self._store(call, purpose, call.asked, await self._read_again(feeds, state.reading_since), state.reading_since)
            await self._read(call, feeds, purpose)
        except FeedNotActive:
            if state.subscribed_at is not None and self.clock() - state.subscribed_at > TAKES_TO_ACT:
                await subscribe(call, feeds, self.feed)
            raise
        await self._note_active(call, state)
        return Done()

    async def _read(self, call: Call, feeds: Feeds, purpose: Purpose) -> None:
        while True:
            asked = await self._begin(call)
            items = (await feeds.changed(self.feed, AT_ONCE, also=SHOW.get(self.feed, {}))).items
            await self._store(call, purpose, asked, items, None)
            if len(items) < AT_ONCE:
                return

    async def _begin(self, call: Call) -> int:
        """Note that a reading begins. Returns where the log stands."""
        async with call.database.practice(call.message.practice_id) as transaction:
            connection, practice_id = transaction.connection, transaction.practice_id
            asked: int = await sql.runs.begin_reading(connection, practice_id=practice_id, feed=self.feed, since=self.clock())
        return asked

    async def _read_again(self, feeds: Feeds, since: datetime) -> list[dict[str, Any]]:
        """What was read since; by athenahealth's clock, where that goes wrong by more than the window allows for."""
        window = (since - CLOCKS_DIFFER, self.clock() + CLOCKS_DIFFER)
        answer = await self._show(feeds, *window)
        if answer.clock_skew is not None:
            ahead = timedelta(seconds=answer.clock_skew)
            window = (window[0] - ahead, window[1] - ahead)
            answer = await self._show(feeds, *window)
        return answer.items if len(answer.items) < SHOWN_AGAIN else await self._halves(feeds, *window)

    async def _show(self, feeds: Feeds, start: datetime, end: datetime) -> Answer:
        return await feeds.changed(self.feed, SHOWN_AGAIN, processed_since=start, processed_until=end, also=SHOW.get(self.feed, {}))

    async def _halves(self, feeds: Feeds, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """A window that came back full, in two."""
        if end - start <= SECOND:
            raise Unreadable("More changes were read in one second than athenahealth shows again.", advice="Pull everything anew.")
        middle = start + (end - start) / 2
        found: list[dict[str, Any]] = []
        for first, last in ((start, middle), (middle, end)):
            items = (await self._show(feeds, first, last)).items
            found += items if len(items) < SHOWN_AGAIN else await self._halves(feeds, first, last)
        return found

    async def _store(self, call: Call, purpose: Purpose, asked: int, items: list[dict[str, Any]], again_since: datetime | None) -> None:
        """What came, as messages, together with the note that the reading is over."""
        if items and self.changed is not None:
            await self.changed(call, purpose)
        messages = [listed(KINDS[self.feed], item, asked=asked, rereadable=True) for item in items] if self.feed in KINDS else []
        async with call.database.practice(call.message.practice_id) as transaction:
            if again_since is not None:
                messages = await unknown(transaction, messages, first_id_at(again_since - CLOCKS_DIFFER))
            await accept(transaction, messages)
            await sql.runs.end_reading(transaction.connection, practice_id=transaction.practice_id, feed=self.feed, until=self.clock())

    async def _note_active(self, call: Call, state: FeedState) -> None:
        """The feed was read for the first time: what a pull read before the feed acted may have changed unheard, so it is pulled again."""
        if state.active_since is not None:
            return
        async with call.database.practice(call.message.practice_id) as transaction:
            if self.feed in KINDS and not await _pull_again(transaction, self.feed):
                return
            await put_active(transaction, self.feed)


async def _pull_again(transaction: Transaction, feed: str) -> bool:
    """Ask for the pull again, if there was one; False while one is not finished, for it may have begun too early."""
    job = f"pull.{feed}"
    if await job_message(transaction, job) is not None:
        return False
    if await sql.runs.was_run(transaction.connection, practice_id=transaction.practice_id, what=feed):
        await request_job(transaction, job, urgency="backfill")
    return True
