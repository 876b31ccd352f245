"""How many entries there are of each group in hours, days and longer spans, so that totals over any period need not be counted out. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Self

Span = Literal["hour", "day", "fortnight", "year"]

SPANS: Mapping[Span, timedelta] = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "fortnight": timedelta(days=14),
    "year": timedelta(days=364),
}
"""Each is a whole number of those before it, and all of them begin with 1970, in UTC."""

_HOUR_MS = 3_600_000
_UNIX = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


class Group(NamedTuple):
    """What the trail is narrowed and sorted by. record_kind: empty for none."""

    actor: str
    action: str
    record_kind: str
    via: str
    emergency: bool

    @classmethod
    def of_stored(cls, actor: bytes, action: bytes, record_kind: bytes | None, via: bytes, emergency: bytes) -> Self:
        """From columns as PostgreSQL sends them."""
        return cls(actor.decode(), action.decode(), (record_kind or b"").decode(), via.decode(), emergency == b"\x01")


def count_stored(entries: Iterable[Sequence[Any]]) -> Counter[tuple[Span, datetime, Group]]:
    """Entries by span, its beginning and their group. entries: rows of the query `stored_entries`."""
    stored = Counter((int.from_bytes(row[1][:6], "big") // _HOUR_MS, row[3], row[4], row[5], row[10], row[13]) for row in entries)
    counts: Counter[tuple[Span, datetime, Group]] = Counter()
    for (hour, *columns), count in stored.items():
        group = Group.of_stored(*columns)
        for span, length in SPANS.items():
            counts[span, _down(_UNIX + timedelta(hours=hour), length), group] += count
    return counts


Part = tuple[Span | None, datetime, datetime]


def spans_of(since: datetime, until: datetime) -> list[Part]:
    """What makes up [since, until): the longest spans that fit, shorter ones at both ends of them; None is what is left and must be counted out."""
    return _parts(since, until, list(SPANS.items()))


def _parts(since: datetime, until: datetime, spans: Sequence[tuple[Span, timedelta]]) -> list[Part]:
    if since >= until:
        return []
    if not spans:
        return [(None, since, until)]
    *shorter, (span, length) = spans
    first, last = _up(since, length), _down(until, length)
    if first >= last:
        return _parts(since, until, shorter)
    return [*_parts(since, first, shorter), (span, first, last), *_parts(last, until, shorter)]


def _down(moment: datetime, length: timedelta) -> datetime:
    return moment - (moment - _UNIX) % length


def _up(moment: datetime, length: timedelta) -> datetime:
    return moment + (_UNIX - moment) % length
