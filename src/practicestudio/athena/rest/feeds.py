"""Changed-data feeds: athenahealth queues what changed, and reading the queue empties it.

https://docs.athenahealth.com/api/guides/changed-data-subscriptions. The queue belongs to the credential, so two installations on one
credential take each other's changes. What was read but lost can be read again for a while through a window of processing times, which
athenahealth states in Eastern time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from practicestudio.athena.rest.answers import Answer, Record
from practicestudio.athena.rest.client import FEED, NOTHING, Errand, Purpose, RestClient
from practicestudio.errors import InvalidValue

EASTERN = ZoneInfo("America/New_York")


class Feeds:
    """Feeds by name: patients, appointments, providers, … (`operations.FEEDS`)."""

    def __init__(self, client: RestClient, purpose: Purpose = FEED) -> None:
        self._errand = Errand(client, purpose)

    async def subscribe(self, feed: str, *, event: str | None = None, departmentids: Sequence[str] = ()) -> Answer:
        """Subscribe to a feed: to all its events or one, for the whole practice or some departments. Asking again does no harm.

        It takes up to 5 minutes to act in production, 15 in preview.
        """
        body = {"eventname": event, "departmentids": list(departmentids) or None}
        return await self._errand.call("feed.subscribe", path={"feed": feed}, body=body)

    async def subscription(self, feed: str) -> Record:
        """`status` (ACTIVE, INACTIVE, PARTIAL) and the events under `subscriptions`."""
        return (await self._errand.call("feed.subscription", path={"feed": feed})).fields

    async def events(self, feed: str) -> Record:
        """The events that the feed can have."""
        return (await self._errand.call("feed.events", path={"feed": feed})).fields

    async def unsubscribe(self, feed: str, *, event: str | None = None) -> Answer:
        """End the subscription, to one event or altogether. What is queued is lost."""
        return await self._errand.call("feed.unsubscribe", path={"feed": feed}, query={"eventname": event})

    async def changed(
        self,
        feed: str,
        limit: int,
        *,
        processed_since: datetime | None = None,
        processed_until: datetime | None = None,
        leave_unprocessed: bool = False,
        offset: int = 0,
        also: Mapping[str, Any] = NOTHING,
    ) -> Answer:
        """The changed records as they are now, `limit` at most (5,000); they are gone from the queue then. `total` counts the queue before.

        processed_since, processed_until: instead of the queue, show again what was read between these times. leave_unprocessed: look only.
        offset: records to pass over, in these two cases only, since a queue that is emptied by reading has no places.
        Raises FeedNotActive before the subscription acts. If no answer came, outcome_unknown says that records may have left the queue:
        read them by their processed window. also: further parameters that the feed takes, as `showpreviouspatientids` of patients.
        """
        if offset and not (processed_since or leave_unprocessed):
            raise InvalidValue("A feed that is emptied by reading cannot be read from a place in its middle.")
        query = {
            "limit": limit,
            "offset": offset or None,
            "leaveunprocessed": True if leave_unprocessed else None,
            "showprocessedstartdatetime": eastern_start(processed_since) if processed_since else None,
            "showprocessedenddatetime": eastern_end(processed_until) if processed_until else None,
            **also,
        }
        return await self._errand.call("feed.changed", path={"feed": feed}, query=query)


def eastern_start(moment: datetime) -> str:
    """The start of a window as athenahealth reads it. In the hour that autumn repeats, a stamp names two moments: the window opens before it."""
    local = moment.astimezone(EASTERN)
    if _is_repeated(local):
        local = local.replace(minute=0, second=0, microsecond=0, fold=0) - timedelta(seconds=1)
    return _stamp(local)


def eastern_end(moment: datetime) -> str:
    """The end of a window as athenahealth reads it, with the second it falls in; after the hour that autumn repeats, if it falls there."""
    local = moment.astimezone(EASTERN)
    if _is_repeated(local):
        return _stamp(local.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1))
    return _stamp(local + timedelta(seconds=1) if local.microsecond else local)


def _is_repeated(local: datetime) -> bool:
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def _stamp(local: datetime) -> str:
    return local.strftime("%m/%d/%Y %H:%M:%S")
