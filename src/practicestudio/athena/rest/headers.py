"""What the headers of an answer tell: request id, what is left of a limit, when to come back, what time it is there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_COUNT = re.compile(r"[0-9]{1,18}")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._:-]")
LONGEST_PAUSE = 86_400  # seconds; no limit of athenahealth lasts longer than its day


@dataclass(frozen=True, slots=True)
class Told:
    """request_id: athenahealth's. limit, remaining: of the day for API calls, of the minute for token requests. retry_after: seconds.
    server_time: its clock. content_type: without parameters, lower case."""

    request_id: str = ""
    limit: int | None = None
    remaining: int | None = None
    retry_after: float | None = None
    server_time: datetime | None = None
    content_type: str = ""


def read_headers(headers: Mapping[str, str], now: datetime | None = None) -> Told:
    """Read the headers, whatever their case. A header that is missing or not what it should be tells nothing.

    now: our clock, used for a Retry-After in the form of a date where the answer has no Date of its own.
    """
    found = {name.lower(): value for name, value in headers.items()}
    server_time = _date(found.get("date", ""))
    return Told(
        request_id=_NOT_PLAIN.sub("", found.get("x-request-id", ""))[:100],
        limit=_count(found.get("x-ratelimit-limit", "")),
        remaining=_count(found.get("x-ratelimit-remaining", "")),
        retry_after=_pause(found.get("retry-after", ""), server_time or now),
        server_time=server_time,
        content_type=found.get("content-type", "").partition(";")[0].strip().lower(),
    )


def _count(text: str) -> int | None:
    text = text.strip()
    return int(text) if _COUNT.fullmatch(text) else None


def _date(text: str) -> datetime | None:
    """An HTTP date (RFC 9110 §5.6.7)."""
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _pause(text: str, now: datetime | None) -> float | None:
    """Retry-After (RFC 9110 §10.2.3): seconds, or a date."""
    seconds = _count(text)
    if seconds is not None:
        return float(min(seconds, LONGEST_PAUSE))
    then = _date(text)
    return min(max(0.0, (then - now).total_seconds()), LONGEST_PAUSE) if then and now else None
