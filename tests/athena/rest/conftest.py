"""A scripted athenahealth: says what a test tells it to, remembers what it was asked."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import orjson
import pytest

from practicestudio.athena.rest import ConnectionSettings, MemoryBudgets, MemoryCallLog, MemoryTokens, RestClient
from practicestudio.clock import now
from practicestudio.practices.connection import Limits

NO_LIMITS = Limits(per_second=None, per_day=None, tokens_per_minute=None)
Reply = httpx2.Response | BaseException | Callable[[httpx2.Request], httpx2.Response]


@dataclass
class ScriptedAthena:
    """replies: what the API answers, in turn; the last one is repeated. Tokens are given out by count: token-1, token-2, …"""

    replies: list[Reply] = field(default_factory=list)
    requests: list[httpx2.Request] = field(default_factory=list)
    token_replies: list[Reply] = field(default_factory=list)
    token_requests: list[httpx2.Request] = field(default_factory=list)

    def says(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> None:
        body = value if isinstance(value, bytes) else orjson.dumps(value)
        self.replies.append(httpx2.Response(status, content=body, headers={"Content-Type": "application/json", **(headers or {})}))

    def breaks(self, error: BaseException) -> None:
        self.replies.append(error)

    def asked(self, number: int = -1) -> tuple[str, str, dict[str, list[str]]]:
        """Method, path and query of a request."""
        request = self.requests[number]
        parts = urlsplit(str(request.url))
        return request.method, parts.path, parse_qs(parts.query, keep_blank_values=True)

    def form(self, number: int = -1) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.requests[number].content.decode(), keep_blank_values=True).items()}

    def handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/oauth2/v1/token":
            self.token_requests.append(request)
            if self.token_replies:
                return _given(self.token_replies, request)
            return httpx2.Response(200, json={"access_token": f"token-{len(self.token_requests)}", "expires_in": "3600"})
        self.requests.append(request)
        return _given(self.replies, request)


def _given(replies: list[Reply], request: httpx2.Request) -> httpx2.Response:
    reply = replies.pop(0) if len(replies) > 1 else replies[0]
    if isinstance(reply, BaseException):
        raise reply
    if isinstance(reply, httpx2.Response):
        return httpx2.Response(reply.status_code, content=reply.content, headers=reply.headers)
    return reply(request)


@dataclass
class Connected:
    client: RestClient
    calls: MemoryCallLog
    tokens: MemoryTokens
    budgets: MemoryBudgets


def settings(**changes: Any) -> ConnectionSettings:
    given = {
        "practice_id": "195900",
        "client_id": "client",
        "secret": "the-secret",
        "base_url": "https://athena.example",
        "limits": NO_LIMITS,
    } | changes
    return ConnectionSettings(**given)


@pytest.fixture
def athena() -> ScriptedAthena:
    return ScriptedAthena()


@pytest.fixture
async def connect(athena: ScriptedAthena) -> AsyncIterator[Callable[..., Connected]]:
    """Makes a client of the scripted athenahealth; keyword arguments are connection settings."""
    async with httpx2.AsyncClient(transport=httpx2.MockTransport(athena.handle)) as http:

        def make(**changes: Any) -> Connected:
            calls, tokens, budgets = MemoryCallLog(), MemoryTokens(now), MemoryBudgets(now)
            return Connected(RestClient(settings(**changes), http, budgets, tokens, calls, now), calls, tokens, budgets)

        yield make


@pytest.fixture
def make_settings() -> Callable[..., ConnectionSettings]:
    return settings
