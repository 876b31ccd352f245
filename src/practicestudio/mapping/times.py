"""Dates and times: athenahealth writes them without a zone, local to the department or Eastern; ours are aware and in UTC."""

import re
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from practicestudio.errors import Misconfigured

EASTERN = "America/New_York"
"""athenahealth's own stamps are Eastern time: docs.athenahealth.com/api/guides/changed-data-subscriptions."""

EARLIEST_YEAR = 1800
LATEST_YEAR = 2200

SKIPPED = "The clocks were put forward over this time, so it was moved forward by as much."
TWICE = "The clocks were put back, so this time happened twice; the first was taken."

_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})-(\d{2})-(\d{2})", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_STAMP_SPLIT = re.compile(r"[ T]+")


@lru_cache(maxsize=65_536)
def read_date(text: str) -> date | None:
    """From MM/DD/YYYY or YYYY-MM-DD, which cannot be mistaken for each other; None where no such day exists."""
    if us := _US_DATE.fullmatch(text):
        month, day, year = us.groups()
    elif iso := _ISO_DATE.fullmatch(text):
        year, month, day = iso.groups()
    else:
        return None
    try:
        return date(int(year), int(month), int(day)) if EARLIEST_YEAR <= int(year) <= LATEST_YEAR else None
    except ValueError:
        return None


def us_date(day: date) -> str:
    """MM/DD/YYYY."""
    return f"{day.month:02d}/{day.day:02d}/{day.year:04d}"


def iso_date(day: date) -> str:
    """YYYY-MM-DD."""
    return day.isoformat()


@lru_cache(maxsize=4_096)
def read_clock(text: str) -> time | None:
    """From HH:MM or HH:MM:SS on a 24-hour clock."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        return None
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


@lru_cache(maxsize=512)
def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name. Raises Misconfigured where there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise Misconfigured("The location names a time zone that does not exist.", advice="Give it an IANA name.") from error


@lru_cache(maxsize=65_536)
def local_to_utc(day: date, clock: time, zone_name: str) -> tuple[datetime, str | None]:
    """The moment that the clocks of the zone showed, and a warning where there was none or were two.

    A time that daylight saving skips is moved forward by the skipped hour; of a time that comes twice the first is taken.
    """
    local = datetime.combine(day, clock, tzinfo=zone(zone_name))
    early, late = local.utcoffset(), local.replace(fold=1).utcoffset()
    moment = local.astimezone(UTC)
    if early == late:
        return moment, None
    return moment, SKIPPED if _skipped(early, late) else TWICE


def _skipped(early: timedelta | None, late: timedelta | None) -> bool:
    # In a gap (PEP 495) fold 0 uses the offset from before the jump, which is the smaller one.
    return early is not None and late is not None and early < late


def utc_to_local(moment: datetime, zone_name: str) -> datetime:
    """The same moment as the clocks of the zone show it."""
    return moment.astimezone(zone(zone_name))


def read_local(text: str, zone_name: str) -> tuple[datetime, str | None] | None:
    """From an ISO 8601 date and time; without an offset it is local to the zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not EARLIEST_YEAR < moment.year < LATEST_YEAR:
        return None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC), None
    return local_to_utc(moment.date(), moment.time(), zone_name)


@lru_cache(maxsize=65_536)
def read_eastern_stamp(text: str) -> datetime | None:
    """From `MM/DD/YYYY HH24:MI:SS`, Eastern time; the time may lack its seconds."""
    parts = _STAMP_SPLIT.split(text, maxsplit=1)
    day = read_date(parts[0])
    clock = read_clock(parts[1]) if len(parts) == 2 else time()
    if day is None or clock is None:
        return None
    return local_to_utc(day, clock, EASTERN)[0]


def eastern_stamp(moment: datetime) -> str:
    """`MM/DD/YYYY HH24:MI:SS` in Eastern time."""
    local = utc_to_local(moment, EASTERN)
    return f"{us_date(local.date())} {local:%H:%M:%S}"
