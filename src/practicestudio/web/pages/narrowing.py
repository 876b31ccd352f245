"""What a page of the log shows, as its address says it: range of time, states, kinds and so on; nothing in it is a patient's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Any, Literal, get_args
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from starlette.datastructures import QueryParams

from practicestudio.clock import first_id_at
from practicestudio.delivery.calls import ANSWERS, CallFilter
from practicestudio.delivery.log import Filter
from practicestudio.delivery.message import STATES, Direction
from practicestudio.errors import InvalidValue

Range = Literal["1h", "24h", "7d", "30d", "all"]
RANGES: dict[str, tuple[str, timedelta | None]] = {
    "1h": ("Last hour", timedelta(hours=1)),
    "24h": ("Last 24 hours", timedelta(hours=24)),
    "7d": ("Last 7 days", timedelta(days=7)),
    "30d": ("Last 30 days", timedelta(days=30)),
    "all": ("All that is kept", None),
}
DEFAULT = "24h"
HOURLY = timedelta(days=3)
"""Up to so long a range is drawn hour by hour, a longer one day by day."""

_LOCAL = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """A range of time and what else narrows. since and before: both for a range of its own, else as `range` says; text: as the address has it."""

    range: str = DEFAULT
    since: datetime | None = None
    before: datetime | None = None
    states: tuple[str, ...] = ()
    kind: str = ""
    direction: str = ""
    error_code: str = ""
    patient: UUID | None = None
    record: UUID | None = None
    run: UUID | None = None
    cause: UUID | None = None
    operation: str = ""
    answers: tuple[str, ...] = ()

    def at(self, moment: datetime) -> tuple[datetime | None, datetime | None]:
        """Begin and end at that moment; a preset begins with a full hour, so that the counts tell its total."""
        if self.since or self.before:
            return self.since, self.before
        span = RANGES[self.range][1]
        return (None if span is None else (moment - span).replace(minute=0, second=0, microsecond=0)), None

    def messages(self, moment: datetime) -> Filter:
        """Which messages."""
        since, before = self.at(moment)
        return Filter(
            states=[state for state in STATES if state in self.states] or None,
            kinds=[self.kind] if self.kind else None,
            direction=next((one for one in get_args(Direction) if one == self.direction), None),
            error_code=self.error_code or None,
            patient_id=self.patient,
            record_id=self.record,
            run_id=self.run,
            cause_id=self.cause,
            since=first_id_at(since) if since else None,
            before=first_id_at(before) if before else None,
        )

    def calls(self, moment: datetime) -> CallFilter:
        """Which calls."""
        since, before = self.at(moment)
        return CallFilter(
            operation=self.operation or None,
            answers=[answer for answer in ANSWERS if answer in self.answers] or None,
            since=first_id_at(since) if since else None,
            before=first_id_at(before) if before else None,
        )

    @property
    def narrows(self) -> bool:
        """Whether anything but the range does."""
        return replace(self, range=DEFAULT, since=None, before=None) != Narrowing()

    def query(self, **changes: Any) -> str:
        """The address of this page with changes, from its question mark on."""
        changed = replace(self, **changes)
        given: list[tuple[str, str]] = []
        if changed.since or changed.before:
            given += [("from", _iso(changed.since)), ("to", _iso(changed.before))]
        elif changed.range != DEFAULT:
            given.append(("range", changed.range))
        given += [("state", one) for one in changed.states] + [("answer", one) for one in changed.answers]
        names = ("kind", "direction", "error_code", "patient", "record", "run", "cause", "operation")
        given += [(name, str(value)) for name in names if (value := getattr(changed, name))]
        return f"?{urlencode([pair for pair in given if pair[1]])}"

    def fields(self) -> list[tuple[str, str]]:
        """The same for hidden fields of a form."""
        return parse_qsl(self.query()[1:])


def read_narrowing(given: QueryParams, zone: tzinfo) -> Narrowing:
    """What an address says. Times without a zone are in the practice's. Raises InvalidValue for what cannot be read."""
    wanted = given.get("range", DEFAULT)
    first, _, last = given.get("between", "").partition("/")
    return Narrowing(
        range=wanted if wanted in RANGES else DEFAULT,
        since=_moment(given.get("from") or first, zone),
        before=_moment(given.get("to") or last, zone),
        states=tuple(one for one in given.getlist("state") if one in STATES),
        kind=given.get("kind", ""),
        direction=given.get("direction", ""),
        error_code=given.get("error_code", ""),
        patient=_id(given.get("patient")),
        record=_id(given.get("record")),
        run=_id(given.get("run")),
        cause=_id(given.get("cause")),
        operation=given.get("operation", ""),
        answers=tuple(one for one in given.getlist("answer") if one in ANSWERS),
    )


def buckets(since: datetime | None, before: datetime | None, moment: datetime, zone: tzinfo, kept_days: int) -> list[datetime]:
    """The starts of a chart's bars: full hours, or midnights of the practice; none before what is kept. Pure."""
    end = before or moment
    oldest = end - timedelta(days=kept_days)
    start = max(since or oldest, oldest).replace(minute=0, second=0, microsecond=0)
    if end - start <= HOURLY:
        return [start + timedelta(hours=n) for n in range(max(1, -(-int((end - start).total_seconds()) // 3600)))]
    day = start.astimezone(zone).replace(hour=0)
    starts = []
    while day < end:
        starts.append(day.astimezone(UTC).replace(minute=0))
        day = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)
    return starts


def bars(starts: Sequence[datetime], zone: tzinfo) -> tuple[list[str], list[str]]:
    """The times below a chart's bars in the practice's zone, and the range that a click on each leads to, as `between` in an address has it."""
    steps = [following - start for start, following in pairwise(starts)]
    lengths = [*steps, steps[-1] if steps else timedelta(hours=1)]
    ranges = [f"{_iso(start)}/{_iso(start + length)}" for start, length in zip(starts, lengths, strict=True)]
    return [start.astimezone(zone).isoformat() for start in starts], ranges


def local_field(moment: datetime | None, zone: tzinfo) -> str:
    """A moment as a field of a form has it, in the practice's zone."""
    return "" if moment is None else moment.astimezone(zone).strftime(_LOCAL)


def _iso(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: str | None, zone: tzinfo) -> datetime | None:
    if not text:
        return None
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidValue("A time in the address cannot be read.", advice="Choose the range again.") from None
    return read if read.tzinfo else read.replace(tzinfo=zone)


def _id(text: str | None) -> UUID | None:
    if not text:
        return None
    try:
        return UUID(text)
    except ValueError:
        raise InvalidValue("An id in the address cannot be read.", advice="Copy it whole, as a page of ours shows it.") from None
