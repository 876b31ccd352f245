"""How many calls a client may make: in the last second, in the day that ends at midnight GMT, and how many tokens in the minute."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from practicestudio.sandbox.config import Limits
from practicestudio.sandbox.wire import Answer


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a limit says to one request. limit, remaining: for the headers, None without a limit. wait: seconds until it is worth asking again."""

    allowed: bool
    limit: int | None = None
    remaining: int | None = None
    wait: float = 0

    def headers(self) -> dict[str, str]:
        if self.limit is None:
            return {}
        return {"x-ratelimit-limit": str(self.limit), "x-ratelimit-remaining": str(max(0, self.remaining or 0))}


class Meter:
    """Counts what each client asks. A refused request uses nothing up."""

    def __init__(self, limits: Limits, monotonic: Callable[[], float] = time.monotonic) -> None:
        self.limits = limits
        self.calls = 0
        self.over_limit = 0
        self._monotonic = monotonic
        self._recent: defaultdict[str, deque[float]] = defaultdict(deque)
        self._days: dict[str, tuple[int, int]] = {}
        self._minutes: dict[str, tuple[int, int]] = {}

    def call(self, client: str, at: datetime) -> Allowance:
        """One API call: the sliding second first, then the day."""
        self.calls += 1
        day = at.toordinal()
        used = self._used(self._days, client, day)
        limit = self.limits.calls_per_day
        if not self._second_allows(client):
            self.over_limit += 1
            return Allowance(False, limit, limit - used if limit is not None else None, 1)
        if limit is not None and used >= limit:
            self.over_limit += 1
            return Allowance(False, limit, 0, 86_400 - (at.hour * 3600 + at.minute * 60 + at.second))
        self._recent[client].append(self._monotonic())
        self._days[client] = (day, used + 1)
        return Allowance(True, limit, limit - used - 1 if limit is not None else None)

    def token(self, client: str, at: datetime) -> Allowance:
        """One token request; the count starts anew at the top of every minute."""
        minute = int(at.timestamp()) // 60
        used = self._used(self._minutes, client, minute)
        limit = self.limits.tokens_per_minute
        if limit is not None and used >= limit:
            self.over_limit += 1
            return Allowance(False, limit, 0, 60 - at.second)
        self._minutes[client] = (minute, used + 1)
        return Allowance(True, limit, limit - used - 1 if limit is not None else None)

    def _second_allows(self, client: str) -> bool:
        recent, now = self._recent[client], self._monotonic()
        while recent and recent[0] <= now - 1:
            recent.popleft()
        return self.limits.calls_per_second is None or len(recent) < self.limits.calls_per_second

    @staticmethod
    def _used(counts: dict[str, tuple[int, int]], client: str, period: int) -> int:
        counted, used = counts.get(client, (period, 0))
        return used if counted == period else 0

    def refuse(self, allowance: Allowance) -> Answer:
        """The 429, in the shape the limits ask for."""
        raw, kind = {
            "empty": (b"", "text/plain"),
            "json": (b'{"error":"Rate limit exceeded."}', "application/json"),
            "html": (b"<html><body><h1>Too Many Requests</h1></body></html>", "text/html"),
        }[self.limits.body]
        headers = allowance.headers()
        if self.limits.retry_after:
            headers["retry-after"] = str(max(1, round(allowance.wait)))
        return Answer(status=429, raw=raw, content_type=kind, headers=headers)
