"""The changed-data feeds of patients, appointments and providers, and their subscriptions."""

from collections.abc import Callable, Iterable
from functools import partial

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.clock import EASTERN
from practicestudio.sandbox.feeds import EVENTS, OPTIONAL_EVENTS, FeedName
from practicestudio.sandbox.refusals import invalid, not_subscribed
from practicestudio.sandbox.routes.appointments import shown as shown_appointment
from practicestudio.sandbox.routes.patients import shown_all
from practicestudio.sandbox.routes.practices import provider_record
from practicestudio.sandbox.wire import Window


def _possible(feed: FeedName) -> tuple[str, ...]:
    return (*EVENTS[feed], *OPTIONAL_EVENTS[feed].values())


def _chosen(call: Call, feed: FeedName) -> tuple[str, ...]:
    """The one event that was named, or all that come without asking and those that were asked for."""
    event = call.parameters.text("eventname")
    if event is not None:
        if event not in _possible(feed):
            raise invalid(f"The value '{event}' did not match any of the enum values for EVENTNAME")
        return (event,)
    asked = (name for flag, name in OPTIONAL_EVENTS[feed].items() if call.parameters.flag(flag))
    return (*EVENTS[feed], *asked)


def subscribe(feed: FeedName, call: Call) -> Record:
    departments = frozenset((*call.parameters.integers("departmentids"), *call.parameters.integers("departmentid")))
    call.practice.feeds.subscribe(feed, call.actor.client, _chosen(call, feed), departments, call.practice.now())
    return {"success": True}


def unsubscribe(feed: FeedName, call: Call) -> Record:
    events = _chosen(call, feed) if call.parameters.text("eventname") else _possible(feed)
    call.practice.feeds.unsubscribe(feed, call.actor.client, events)
    return {"success": True}


def subscription(feed: FeedName, call: Call) -> Record:
    active = call.practice.feeds.of(feed, call.actor.client).active(call.practice.now())
    status = "INACTIVE" if not active else "ACTIVE" if set(active) >= set(EVENTS[feed]) else "PARTIAL"
    return {"status": status, "subscriptions": [{"eventname": event} for event in active]}


def events(feed: FeedName, call: Call) -> Record:
    return {"subscriptions": [{"eventname": event} for event in _possible(feed)]}


def changed(feed: FeedName, call: Call) -> Record:
    """What has changed, as it is now. Reading takes it out of the queue, except to look (leaveunprocessed) or to see again what was read."""
    feeds, parameters, client, now = call.practice.feeds, call.parameters, call.actor.client, call.practice.now()
    if not feeds.of(feed, client).active(now):
        raise not_subscribed()
    window = Window.read(parameters, default=1000)
    start = parameters.moment("showprocessedstartdatetime", EASTERN)
    end = parameters.moment("showprocessedenddatetime", EASTERN, last=True)
    if start is not None or end is not None:
        taken = feeds.taken_between(feed, client, start or now - feeds.retention, end or now, now)
        ids: Iterable[int] = window.cut(taken)
        total = len(taken)
    else:
        leave = parameters.flag("leaveunprocessed")
        ids = feeds.take(feed, client, window.limit + window.offset * leave, now, leave=leave)[window.offset * leave :]
        total = len(ids)
    records = _SHOWN[feed](call, ids)
    return {feed: records, "totalcount": total}


def _patients(call: Call, ids: Iterable[int]) -> list[Record]:
    return shown_all(call.practice, ids, call.parameters)


def _appointments(call: Call, ids: Iterable[int]) -> list[Record]:
    found = (call.practice.diary.record(one) for one in ids)
    return [shown_appointment(call.practice, record, call.parameters) for record in found if record]


def _providers(call: Call, ids: Iterable[int]) -> list[Record]:
    found = (call.practice.catalogue.provider(one) for one in ids)
    return [provider_record(call.practice, provider) for provider in found if provider]


_SHOWN: dict[FeedName, Callable[[Call, Iterable[int]], list[Record]]] = {
    "patients": _patients,
    "appointments": _appointments,
    "providers": _providers,
}


def _operations(feed: FeedName) -> tuple[Operation, ...]:
    path = f"{feed}/changed"
    return (
        Operation(f"changed_{feed}", "GET", path, partial(changed, feed)),
        Operation(f"get_{feed}_subscription", "GET", f"{path}/subscription", partial(subscription, feed)),
        Operation(f"subscribe_{feed}", "POST", f"{path}/subscription", partial(subscribe, feed)),
        Operation(f"unsubscribe_{feed}", "DELETE", f"{path}/subscription", partial(unsubscribe, feed)),
        Operation(f"list_{feed}_events", "GET", f"{path}/subscription/events", partial(events, feed)),
    )


OPERATIONS = (*_operations("patients"), *_operations("appointments"), *_operations("providers"))
