"""Changed-data subscriptions: who listens to what, what waits for them, and what they have already taken."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

FeedName = Literal["patients", "appointments", "providers"]

EVENTS: dict[FeedName, tuple[str, ...]] = {
    "patients": ("AddPatient", "DeletePatient", "UpdatePatient", "MergePatient", "UpdatePatientCustomField"),
    "appointments": (
        "ScheduleAppointment",
        "CheckIn",
        "CheckOut",
        "UpdateAppointment",
        "CancelAppointment",
        "FreezeAppointment",
        "UnfreezeAppointment",
        "DeleteAppointment",
        "AddAppointmentSlot",
    ),
    "providers": ("ProviderAdd", "ProviderUpdate", "ProviderDelete", "ProviderUndelete"),
}
OPTIONAL_EVENTS: dict[FeedName, dict[str, str]] = {
    "patients": {},
    "appointments": {"includeremindercall": "UpdateReminderCall", "includesuggestedoverbooking": "UpdateSuggestedOverbooking"},
    "providers": {},
}


@dataclass(slots=True)
class Subscription:
    """One client's queue of one feed of one practice.

    events: event name to the moment from which it acts. departments: the only ones to hear of; empty is the whole practice.
    waiting: record id to the moment of its (first unread) change, in order. taken: (when it was read, record id), in order.
    """

    events: dict[str, datetime] = field(default_factory=dict)
    departments: frozenset[int] = frozenset()
    waiting: dict[int, datetime] = field(default_factory=dict)
    taken: list[tuple[datetime, int]] = field(default_factory=list)

    def active(self, at: datetime) -> list[str]:
        return [event for event, since in self.events.items() if since <= at]


class Feeds:
    """All subscriptions of one practice. delay: seconds from subscribing until it acts; retention: seconds taken changes are kept."""

    def __init__(self, delay: float, retention: float) -> None:
        self.delay, self.retention = timedelta(seconds=delay), timedelta(seconds=retention)
        self._subscriptions: dict[tuple[FeedName, str], Subscription] = {}

    def of(self, feed: FeedName, client: str) -> Subscription:
        return self._subscriptions.setdefault((feed, client), Subscription())

    def subscribe(self, feed: FeedName, client: str, events: tuple[str, ...], departments: frozenset[int], at: datetime) -> None:
        subscription = self.of(feed, client)
        for event in events:
            subscription.events.setdefault(event, at + self.delay)
        subscription.departments = departments

    def unsubscribe(self, feed: FeedName, client: str, events: tuple[str, ...]) -> None:
        subscription = self.of(feed, client)
        for event in events:
            subscription.events.pop(event, None)
        if not subscription.events:
            subscription.waiting.clear()

    def announce(self, feed: FeedName, event: str, record: int, department: int | None, at: datetime) -> None:
        """Put a change into the queue of every client whose subscription acts on it. A record waits once, however often it changed."""
        for (name, _), subscription in self._subscriptions.items():
            if name != feed or subscription.events.get(event, at + self.delay + timedelta(1)) > at:
                continue
            if not subscription.departments or department is None or department in subscription.departments:
                subscription.waiting.setdefault(record, at)

    def take(self, feed: FeedName, client: str, limit: int, at: datetime, *, leave: bool) -> list[int]:
        """The oldest waiting records; they are gone from the queue unless left."""
        subscription = self.of(feed, client)
        records = [record for record, _ in zip(subscription.waiting, range(limit), strict=False)]
        if not leave:
            for record in records:
                del subscription.waiting[record]
                subscription.taken.append((at, record))
            self._forget(subscription, at)
        return records

    def taken_between(self, feed: FeedName, client: str, start: datetime, end: datetime, at: datetime) -> list[int]:
        """Records that were read in a window (whole seconds, both ends included), each once, in order."""
        subscription = self.of(feed, client)
        self._forget(subscription, at)
        return list(dict.fromkeys(record for when, record in subscription.taken if start <= when.replace(microsecond=0) <= end))

    def _forget(self, subscription: Subscription, at: datetime) -> None:
        cut = 0
        while cut < len(subscription.taken) and subscription.taken[cut][0] < at - self.retention:
            cut += 1
        del subscription.taken[:cut]

    def waiting(self) -> dict[str, dict[str, int]]:
        """Feed to client to how many records wait, for the control address."""
        counts: dict[str, dict[str, int]] = {}
        for (feed, client), subscription in self._subscriptions.items():
            counts.setdefault(feed, {})[client] = len(subscription.waiting)
        return counts
