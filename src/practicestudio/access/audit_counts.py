"""How many entries there are of each group, by hour and by day, so that totals over any period need not be counted out. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, Self

Span = Literal["hour", "day"]

_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
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
        counts["hour", _UNIX + timedelta(hours=hour), group] += count
        counts["day", _UNIX + timedelta(days=hour // 24), group] += count
    return counts
