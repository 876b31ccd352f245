"""How values are shown: times in the practice's zone with the zone named, counts, durations, states."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Any
from uuid import UUID

import orjson
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from practicestudio.clock import moment_of, now
from practicestudio.practices.schedule import cron_words

_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))

STATE_COLOURS: Mapping[str, str] = {
    "received": "azure", "working": "blue", "waiting": "yellow", "done": "green", "failed": "red", "parked": "orange",
    "discarded": "secondary", "filtered": "secondary", "ok": "green", "not tried": "secondary", "running": "blue", "stopped": "yellow",
    "open": "orange", "decided": "green", "outdated": "secondary", "well": "green", "attention": "yellow", "down": "red", "not set up": "secondary",
    "booked": "blue", "checked_in": "purple", "checked_out": "teal", "charge_entered": "green", "cancelled": "secondary",
    "active": "green", "inactive": "secondary", "prospective": "azure", "deleted": "red",
}  # fmt: skip
"""Colours of states; what a state is called stands beside it, for colour alone tells nobody."""


def local(moment: datetime, zone: tzinfo | None) -> datetime:
    """The moment in the zone, or in UTC."""
    return moment.astimezone(zone or UTC)


def moment_words(moment: datetime, zone: tzinfo | None) -> str:
    """`Nov 24, 2026, 09:05:12 EST`."""
    there = local(moment, zone)
    return f"{there:%b} {there.day}, {there:%Y, %H:%M:%S %Z}"


def span_words(seconds: float) -> str:
    """`3 d 4 h`, `2 min 5 s`, `0.4 s`, `12 ms`: the two largest units."""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    left, parts = int(seconds), []
    for unit, size in _UNITS:
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2])


@pass_context
def when(context: Context, moment: datetime | None) -> Markup | str:
    """A time element with date, time and zone; a dash where there is none."""
    if moment is None:
        return "–"
    # Neither holds a sign that would have to be escaped, and escaping is most of what a long list would cost.
    return Markup(f'<time datetime="{moment.astimezone(UTC).isoformat()}">{moment_words(moment, context.get("zone"))}</time>')  # noqa: S704


@pass_context
def clock(context: Context, moment: datetime | None) -> Markup | str:
    """The time of the day with its zone, the day before it where it is not today."""
    if moment is None:
        return "–"
    zone = context.get("zone")
    there, today = local(moment, zone), local(now(), zone).date()
    words = f"{there:%H:%M %Z}" if there.date() == today else f"{there:%b} {there.day}, {there:%H:%M %Z}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(moment.astimezone(UTC).isoformat(), moment_words(moment, zone), words)


@pass_context
def ago(context: Context, moment: datetime | None) -> Markup | str:
    """How long ago, or in how long, with the exact time behind it."""
    if moment is None:
        return "never"
    seconds = (now() - moment).total_seconds()
    words = "just now" if abs(seconds) < 1 else f"{span_words(seconds)} ago" if seconds > 0 else f"in {span_words(-seconds)}"
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        moment.astimezone(UTC).isoformat(), moment_words(moment, context.get("zone")), words
    )


def day(value: date | None) -> str:
    """`Nov 24, 2026`."""
    return "–" if value is None else f"{value:%b} {value.day}, {value:%Y}"


def count(value: float | None) -> str:
    """`1,234`."""
    return "–" if value is None else f"{value:,}"


def span(value: float | timedelta | None) -> str:
    """A duration, of seconds or as timedelta."""
    if value is None:
        return "–"
    return span_words(value.total_seconds() if isinstance(value, timedelta) else value)


def state(value: str) -> Markup:
    """A state as a coloured badge that also says it."""
    colour = STATE_COLOURS.get(value, "secondary")
    return Markup('<span class="badge bg-{}-lt">{}</span>').format(colour, value.replace("_", " "))


def words(value: Any) -> str:
    """A name of ours as words: `phone_home` is `Phone home`."""
    text = str(value).replace("_", " ").replace(".", " · ")
    return text[:1].upper() + text[1:]


def inline_code(text: str) -> Markup:
    """Text of ours in which a name stands between backticks, as HTML."""
    parts = text.split("`")
    return Markup("").join(Markup("<code>{}</code>").format(part) if at % 2 else escape(part) for at, part in enumerate(parts))


def as_data(value: Any) -> Markup:
    """A value as JSON for a data attribute, which a script of ours reads."""
    return Markup(escape(orjson.dumps(value, default=_plain).decode()))  # noqa: S704 - escaped


def _plain(value: Any) -> str:
    if isinstance(value, UUID | timedelta):
        return str(value)
    raise TypeError(type(value).__name__)


DOORS: Mapping[str, str] = {"rest": "REST API", "fhir": "FHIR API", "hl7": "HL7 interface", "file": "Files"}


def door(value: str) -> str:
    """What a door to athenahealth is called."""
    return DOORS.get(value, value)


FILTERS = {
    "made": moment_of,
    "when": when,
    "ago": ago,
    "clock": clock,
    "day": day,
    "count": count,
    "span": span,
    "state": state,
    "door": door,
    "words": words,
    "as_data": as_data,
    "cron_words": cron_words,
    "inline_code": inline_code,
}
