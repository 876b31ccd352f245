"""athenahealth's answers that say no, as typed errors which keep its own words.

Only what athenahealth puts under `error` may be shown to people (its "API error message reference"); `detailedmessage` may repeat what was
sent, so it stays out of every text and is kept apart for sealed storage. From all words shown, what we sent is cut out.

    Transient      BadAnswer      no readable answer: a proxy's page, broken or truncated JSON, another shape
                   FeedNotActive  the feed of changes is not subscribed to, or not active yet
    Permanent      RequestRefused athenahealth said no; names of missing and invalid fields
                   NotFound       it has no such record
                   TokenRefused   401; a new token may help, once
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from practicestudio.athena.rest.coercion import as_text
from practicestudio.athena.rest.headers import Told
from practicestudio.athena.rest.operations import Operation
from practicestudio.errors import (
    AccessDenied,
    IntegrationError,
    Misconfigured,
    NotYet,
    RateLimited,
    Refused,
    ServerFault,
    SlotTaken,
)

_WORDS = 300  # of athenahealth's words at most
_NUMBERS = re.compile(r"\d[\d\s().,/-]{4,}\d")  # of six digits and more: ids, phones, dates
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_.]{0,59}")


class BadAnswer(ServerFault):
    """What came is not an answer of athenahealth. It may be better the next time, so it is Transient; tries are bounded by the retry rule."""

    code = "bad_answer"
    default_advice = "It is tried again by itself. If it stays so, check the base URL and any proxy on the way."


class FeedNotActive(NotYet):
    """The feed needs a subscription, which takes up to 15 minutes to act."""

    code = "feed_not_active"
    default_advice = "It is tried again by itself. If it stays so for 20 minutes, check the subscription of the feed."


class RequestRefused(Refused):
    """athenahealth said no. fields: names of missing or invalid fields. detail: its `detailedmessage`, which may hold patient data: for sealed
    storage only, never to be printed."""

    def __init__(self, what: str, *, status: int, words: str, fields: tuple[str, ...] = (), detail: str = "", outcome_unknown: bool = False) -> None:
        super().__init__(what, status=status, words=words)
        self.fields = fields
        self.detail = detail
        self.outcome_unknown = outcome_unknown


class NotFound(RequestRefused):
    """athenahealth has no such record."""

    code = "not_found"
    default_advice = "It may have been deleted or merged there; look it up in athenahealth."


class TokenRefused(AccessDenied):
    """athenahealth does not take the token. The call was not carried out."""

    code = "token_refused"


@dataclass(frozen=True, slots=True)
class Saying:
    """What an answer says about itself: `error` (or `errormessage`), `detailedmessage`, and the fields it names."""

    words: str = ""
    detail: str = ""
    fields: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        text = f'athenahealth said: "{self.words}"' if self.words else "athenahealth gave no reason."
        return f"{text} Fields: {', '.join(self.fields)}." if self.fields else text


def read_saying(value: Any, sent: Collection[str] = ()) -> Saying:
    """Athenahealth's words in a parsed body. sent: the values that went out, cut out of what is shown."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, str):
        return Saying(words=shown(_QUOTED.sub("…", value), sent))
    if not isinstance(value, dict):
        return Saying()
    official = value.get("error")
    if isinstance(official, str) and official:
        words = shown(official, sent)
    else:
        words = shown(_QUOTED.sub("…", _text(value, "errormessage") or _text(value, "message")), sent)
    fields = tuple(name for key in ("missingfields", "invalidfields") for name in _names(value.get(key)))
    return Saying(words, _text(value, "detailedmessage"), fields)


def shown(words: str, sent: Collection[str]) -> str:
    """The words as they may be shown: one line, bounded, without any value that was sent and without long numbers."""
    line = _NUMBERS.sub("…", " ".join(words.split())[:_WORDS])
    for value in sorted(sent, key=len, reverse=True):
        if len(value) >= 2:
            line = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", "…", line, flags=re.IGNORECASE)
    return line


def fault_of_status(operation: Operation, status: int, told: Told, value: Any, saying: Saying) -> IntegrationError:
    """The error that a status other than 2xx means. value: the parsed body, or its text where it is no JSON."""
    name = operation.name
    if status == 429 or (status == 403 and "over" in saying.words.lower() and ("qps" in saying.words.lower() or "rate" in saying.words.lower())):
        return _rate_limited(told)
    if status >= 500:
        return ServerFault(f"athenahealth answered {name} with status {status}, a fault of its own.", outcome_unknown=operation.writes)
    if 300 <= status < 400:
        return Misconfigured(f"The answer to {name} sends us to another address, which is not followed.", advice="Check the base URL.")
    if status == 401:
        return _unauthorized(saying)
    if status in (402, 403):
        return _forbidden(name, status, saying)
    if status == 404:
        return _missing(name, value, saying)
    if status == 409 and operation.api == "appointments":
        return SlotTaken(f"The time is not free any more. {saying.sentence}")
    return _refused(RequestRefused, f"athenahealth did not take {name}.", status, saying)


def refused_at_200(operation: Operation, status: int, saying: Saying, *, done_in_part: bool) -> RequestRefused:
    """The error that a failure in an answer of status 200 means. done_in_part: the id of a record came along with it."""
    refused = _refused(RequestRefused, f"athenahealth did not take {operation.name}.", status, saying)
    refused.outcome_unknown = done_in_part and operation.writes
    return refused


def _rate_limited(told: Told) -> RateLimited:
    if told.remaining == 0:
        return RateLimited("athenahealth's calls of this day are used up.", retry_after=told.retry_after or _until_midnight(told))
    return RateLimited("athenahealth's limit of calls is reached.", retry_after=told.retry_after)


def _until_midnight(told: Told) -> float | None:
    """Seconds to the end of athenahealth's day (GMT) by its own clock."""
    if told.server_time is None:
        return None
    midnight = datetime.combine(told.server_time.date() + timedelta(days=1), time(), UTC)
    return (midnight - told.server_time).total_seconds()


def _unauthorized(saying: Saying) -> IntegrationError:
    if "permission" in saying.words.lower():
        return AccessDenied(
            f"The credentials may not use this practice. {saying.sentence}",
            advice="Check the practice id, and ask athenahealth to enable the application for the practice.",
        )
    return TokenRefused(f"athenahealth did not take the access token. {saying.sentence}")


def _forbidden(name: str, status: int, saying: Saying) -> IntegrationError:
    if "subscription" in saying.words.lower():
        return FeedNotActive(f"The feed of changes is not active. {saying.sentence}")
    return AccessDenied(
        f"The credentials may not use {name} (status {status}). {saying.sentence}",
        advice="Ask athenahealth to enable this API for the application and the practice.",
    )


def _missing(name: str, value: Any, saying: Saying) -> IntegrationError:
    words = (value if isinstance(value, str) else saying.words).lower()
    if "not registered with api gateway" in words or "unknown api path" in words:
        return Misconfigured(
            f"athenahealth does not know the address of {name}. {saying.sentence}", advice="Check the base URL and the dialect of the connection."
        )
    if "invalid practice" in words:
        return AccessDenied(f"athenahealth does not know the practice. {saying.sentence}")
    return _refused(NotFound, f"athenahealth has no such record for {name}.", 404, saying)


def _refused(kind: type[RequestRefused], what: str, status: int, saying: Saying) -> RequestRefused:
    return kind(f"{what} {saying.sentence}", status=status, words=saying.words, fields=saying.fields, detail=saying.detail)


def _text(value: Mapping[str, Any], key: str) -> str:
    found = value.get(key)
    return (as_text(found) or "") if isinstance(found, str | int | float) else ""


def _names(value: Any) -> list[str]:
    """Field names, and nothing that is not shaped like one."""
    if isinstance(value, str):
        value = value.split(",")
    return [name.strip() for name in value if isinstance(name, str) and _FIELD.fullmatch(name.strip())] if isinstance(value, list) else []
