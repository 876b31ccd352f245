"""Where in the log the messages that fit a filter are: told by the counts, so that a list looks there only, however rare what it seeks is."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from practicestudio.clock import first_id_at, now

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)
_HOUR = 3_600_000 << 80  # of a UUIDv7
FASTEST_CLOCK = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Found:
    """What the counts say of an hour (since 1970-01-01 UTC): so many messages of this kind and state fit."""

    hour: int
    kind: str
    state: str
    count: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the log, ids from `since` up to but without `before`, that has messages of this kind and state."""

    kind: str
    state: str
    since: UUID
    before: UUID


def latest_id() -> UUID:
    """A bound that no id reaches, made on whichever machine, so that a search need not look into the days ahead."""
    return first_id_at(now() + FASTEST_CLOCK)


def hour_of(one: UUID) -> int:
    """The hour of an id, in hours since 1970-01-01 UTC."""
    return one.int // _HOUR


def first_id_of_hour(hour: int) -> UUID:
    """The first id of an hour."""
    return UUID(int=hour * _HOUR)


def stretches(found: Sequence[Found], since: UUID, before: UUID, wanted: int) -> list[Stretch]:
    """Where to look for `wanted` messages, or for all where there are fewer. Pure.

    found: by hour, from where the list begins. An hour that the bounds cut may have fewer messages than its count, so it is looked
    through but not relied on.
    """
    taken: dict[tuple[str, str], list[tuple[int, int]]] = {}
    sure, hour = 0, None
    for one in found:
        if one.hour != hour:
            if sure >= wanted:
                break
            hour = one.hour
        if since <= first_id_of_hour(one.hour) and first_id_of_hour(one.hour + 1) <= before:
            sure += one.count
        _add_hour(taken.setdefault((one.kind, one.state), []), one.hour)
    return [
        Stretch(kind, state, max(since, first_id_of_hour(first)), min(before, first_id_of_hour(last + 1)))
        for (kind, state), hours in taken.items()
        for first, last in hours
    ]


def _add_hour(hours: list[tuple[int, int]], hour: int) -> None:
    """Join an hour to the last run of hours where it is next to it."""
    if hours and hours[-1][0] - 1 <= hour <= hours[-1][1] + 1:
        hours[-1] = (min(hours[-1][0], hour), max(hours[-1][1], hour))
    else:
        hours.append((hour, hour))
