"""The client of athenahealth's REST API: one call, or the pages of a list, for one practice's connection.

A call waits for the token and for its turn, is sent once, read, and logged. It is sent a second time in one case only: athenahealth
refused the token (401), so nothing was carried out. Every other repetition belongs to whoever keeps the message.
"""

import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

import httpx2

from practicestudio.athena.rest.answers import Answer, Record, read_answer
from practicestudio.athena.rest.budget import BudgetStore, Turnstile
from practicestudio.athena.rest.calls import INTERRUPTED, Call, CallLog
from practicestudio.athena.rest.connection import ConnectionSettings, check_connection
from practicestudio.athena.rest.faults import TokenRefused
from practicestudio.athena.rest.headers import Told, read_headers
from practicestudio.athena.rest.keeper import TokenKeeper, TokenStore
from practicestudio.athena.rest.operations import Operation, find_operation
from practicestudio.athena.rest.paging import Page, decide_next
from practicestudio.athena.rest.requests import Request, build_request
from practicestudio.athena.rest.token import Token
from practicestudio.athena.rest.transport import Received, exchange
from practicestudio.clock import Clock, new_id
from practicestudio.delivery.message import Urgency
from practicestudio.errors import IntegrationError, InvalidValue, Misconfigured, RateLimited

SKEW = 300.0
"""Seconds that clocks may differ before an answer says so."""

PAUSE_AFTER_429, LONGEST_PAUSE = 1.0, 300.0
"""Seconds that all processes pause after a 429: without a Retry-After, and at most."""

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Purpose:
    """For whom calls are made: how urgent, by which message, in which run."""

    urgency: Urgency = "feed"
    message_id: UUID | None = None
    run_id: UUID | None = None


FEED = Purpose()


@dataclass(slots=True)
class _Try:
    """What is known of a try when it is logged. error_code: INTERRUPTED until it has ended one way or another."""

    request_id: str
    at: datetime
    started: float
    status: int | None = None
    told: Told = field(default_factory=Told)
    error_code: str | None = INTERRUPTED


class RestClient:
    """athenahealth's REST API for one connection. Raises Misconfigured where the connection cannot work.

    http is opened with `transport.open_http` and closed by its owner; clients of several practices may share one.
    """

    def __init__(
        self, connection: ConnectionSettings, http: httpx2.AsyncClient, budget: BudgetStore, tokens: TokenStore, calls: CallLog, clock: Clock
    ) -> None:
        check_connection(connection)
        self.connection = connection
        self._http = http
        self._calls = calls
        self._clock = clock
        self._turnstile = Turnstile(budget, connection.credential, connection.limits, connection.patience)
        self._keeper = TokenKeeper(connection, http, tokens, self._turnstile, calls, clock)

    def operation(self, name: str, path: Mapping[str, str] = NOTHING) -> Operation:
        """The operation in the connection's dialect and API version. Raises Misconfigured where they do not hold it."""
        return find_operation(self.connection.dialect, self.connection.api_version, name, path.get("feed"))

    async def call(
        self,
        name: str,
        *,
        path: Mapping[str, str] = NOTHING,
        query: Mapping[str, Any] = NOTHING,
        body: Mapping[str, Any] = NOTHING,
        urgency: Urgency = "feed",
        message_id: UUID | None = None,
        run_id: UUID | None = None,
    ) -> Answer:
        """Ask athenahealth once. name: of `operations`. path: the ids in the address; query, body: athenahealth's own field names.

        Raises the errors of practicestudio.errors and of `faults`; `outcome_unknown` is set where a write may have taken effect.
        """
        operation = self.operation(name, path)
        request = build_request(operation, self.connection.practice_url, path, query, body)
        purpose = Purpose(urgency=urgency, message_id=message_id, run_id=run_id)
        shown_path = operation.shown_path(path)
        token = await self._keeper.token()
        try:
            return await self._try(operation, request, shown_path, token, purpose)
        except TokenRefused:
            token = await self._keeper.renew(token)
        return await self._try(operation, request, shown_path, token, purpose)

    async def pages(
        self,
        name: str,
        *,
        path: Mapping[str, str] = NOTHING,
        query: Mapping[str, Any] = NOTHING,
        urgency: Urgency = "feed",
        message_id: UUID | None = None,
        run_id: UUID | None = None,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncIterator[Page]:
        """The pages of a list, from the start or from a page's `next_cursor`.

        A page that is short of what was announced is not handed out: Shortfall is raised, and the page can be asked again from the cursor
        before it. While a list changes, a record may come twice, never not at all.
        """
        operation = self.operation(name, path)
        limit = min(page_size or operation.page, operation.most)
        if limit < 1:
            raise Misconfigured(f"{name} has no pages.", advice="Ask it with a single call.")
        total: int | None = None
        while True:
            offset = _offset(cursor)
            asked = {**query, "limit": limit, "offset": offset}
            answer = await self.call(name, path=path, query=asked, urgency=urgency, message_id=message_id, run_id=run_id)
            page = decide_next(answer, offset, limit, total)
            yield page
            if page.next_cursor is None:
                return
            cursor, total = page.next_cursor, page.total

    async def _try(self, operation: Operation, request: Request, shown_path: str, token: Token, purpose: Purpose) -> Answer:
        """Wait for the turn, send, read and log."""
        turn = await self._turnstile.turn(purpose.urgency)
        this = _Try(request_id=str(new_id()), at=self._clock(), started=time.monotonic())
        try:
            received = await self._send(operation, request, token, this.request_id)
            if received.sent is not None:
                await self._turnstile.went(turn, received.sent)
            this.status, this.told = received.status, read_headers(received.headers, self._clock())
            self._turnstile.observe(this.told, turn)
            answer = read_answer(operation, received.status, received.headers, received.body, sent=request.sent, now=self._clock())
            this.error_code = None
        except IntegrationError as error:
            this.error_code = error.code
            if isinstance(error, RateLimited):
                await self._turnstile.pause(min(error.retry_after or PAUSE_AFTER_429, LONGEST_PAUSE))
            raise
        finally:
            await self._log(operation, shown_path, this, purpose)
        return replace(answer, request_id=answer.request_id or this.request_id, clock_skew=_skew(self._clock(), this.told))

    async def _send(self, operation: Operation, request: Request, token: Token, request_id: str) -> Received:
        headers = {"Authorization": f"Bearer {token.value}", "Accept": "application/json", "X-Request-Id": request_id}
        if request.content_type:
            headers["Content-Type"] = request.content_type
        return await exchange(
            self._http,
            request.method,
            request.url,
            headers=headers,
            body=request.body,
            timeouts=self.connection.timeouts,
            most_bytes=self.connection.answer_bytes,
            writes=operation.writes,
        )

    async def _log(self, operation: Operation, shown_path: str, this: _Try, purpose: Purpose) -> None:
        await self._calls.record(
            Call(
                id=new_id(),
                at=this.at,
                operation=operation.name,
                method=operation.method,
                path_template=shown_path,
                status=this.status,
                duration_ms=(time.monotonic() - this.started) * 1000,
                error_code=this.error_code,
                request_id=this.told.request_id or this.request_id,
                remaining_today=this.told.remaining,
                urgency=purpose.urgency,
                message_id=purpose.message_id,
                run_id=purpose.run_id,
            )
        )


class Errand:
    """A client's calls for one purpose."""

    def __init__(self, client: RestClient, purpose: Purpose) -> None:
        self._client = client
        self._purpose = purpose

    async def call(
        self, name: str, *, path: Mapping[str, str] = NOTHING, query: Mapping[str, Any] = NOTHING, body: Mapping[str, Any] = NOTHING
    ) -> Answer:
        """As RestClient.call."""
        who = self._purpose
        return await self._client.call(name, path=path, query=query, body=body, urgency=who.urgency, message_id=who.message_id, run_id=who.run_id)

    def pages(
        self,
        name: str,
        *,
        path: Mapping[str, str] = NOTHING,
        query: Mapping[str, Any] = NOTHING,
        page_size: int | None = None,
        cursor: str | None = None,
    ) -> AsyncIterator[Page]:
        """As RestClient.pages."""
        who = self._purpose
        return self._client.pages(
            name,
            path=path,
            query=query,
            urgency=who.urgency,
            message_id=who.message_id,
            run_id=who.run_id,
            page_size=page_size,
            cursor=cursor,
        )

    async def whole_list(self, name: str, *, path: Mapping[str, str] = NOTHING, query: Mapping[str, Any] = NOTHING) -> list[Record]:
        """All pages of a list that fits into memory."""
        return [item async for page in self.pages(name, path=path, query=query) for item in page.items]


def _offset(cursor: str | None) -> int:
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit()):
        raise InvalidValue("The place to go on from is not one that a page gave.")
    return int(cursor)


def _skew(now: datetime, told: Told) -> float | None:
    """Seconds that our clock is ahead of athenahealth's, where it is too much."""
    if told.server_time is None:
        return None
    skew = (now - told.server_time).total_seconds()
    return round(skew) if abs(skew) > SKEW else None
