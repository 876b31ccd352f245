"""One token for all processes: fetched once however many callers need it, renewed early, and never asked for in a hurry."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import httpx2

from practicestudio.athena.rest.budget import Turnstile
from practicestudio.athena.rest.calls import INTERRUPTED, Call, CallLog
from practicestudio.athena.rest.connection import ConnectionSettings
from practicestudio.athena.rest.headers import read_headers
from practicestudio.athena.rest.token import Token, decide_refresh, read_token, refusal_lasts, refused_before, to_remember, token_request
from practicestudio.athena.rest.transport import exchange
from practicestudio.clock import Clock, new_id
from practicestudio.errors import IntegrationError, Unreachable

LEASE = 20.0  # seconds that one process has to fetch a token before another may try
POLL = 0.1
ANSWER_BYTES = 1_000_000


@dataclass(frozen=True, slots=True)
class StoredToken:
    """What all processes know of a credential's token. refused_until, refused_why: nobody asks before then; why as `to_remember` says it."""

    token: Token | None = field(default=None, repr=False)
    refused_until: datetime | None = None
    refused_why: str = ""


class TokenStore(Protocol):
    """Where tokens are kept (sealed) for all processes."""

    async def get(self, credential: str) -> StoredToken | None: ...

    async def begin_refresh(self, credential: str, seconds: float) -> bool:
        """True for one caller, who then asks for a token; False for all others until `put`, `refuse` or the end of `seconds`."""
        ...

    async def put(self, credential: str, token: str, expires_at: datetime) -> None:
        """Keep the new token, forget a refusal, end the lease."""
        ...

    async def refuse(self, credential: str, until: datetime, why: str) -> None:
        """Remember that no token is to be had before `until`, end the lease, keep a token that is there."""
        ...


class MemoryTokens:
    """Tokens of this process alone, for one-shot use."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stored: dict[str, StoredToken] = {}
        self._leases: dict[str, datetime] = {}

    async def get(self, credential: str) -> StoredToken | None:
        return self._stored.get(credential)

    async def begin_refresh(self, credential: str, seconds: float) -> bool:
        now = self._clock()
        if self._leases.get(credential, now) > now:
            return False
        self._leases[credential] = now + timedelta(seconds=seconds)
        return True

    async def put(self, credential: str, token: str, expires_at: datetime) -> None:
        self._stored[credential] = StoredToken(Token(token, expires_at))
        self._leases.pop(credential, None)

    async def refuse(self, credential: str, until: datetime, why: str) -> None:
        known = self._stored.get(credential, StoredToken())
        self._stored[credential] = StoredToken(known.token, until, why)
        self._leases.pop(credential, None)


class TokenKeeper:
    """Gives this process's callers the shared token."""

    def __init__(
        self, settings: ConnectionSettings, http: httpx2.AsyncClient, tokens: TokenStore, turnstile: Turnstile, calls: CallLog, clock: Clock
    ) -> None:
        self._settings = settings
        self._http = http
        self._tokens = tokens
        self._turnstile = turnstile
        self._calls = calls
        self._clock = clock
        self._held: Token | None = None
        self._flight: asyncio.Task[Token] | None = None

    async def token(self) -> Token:
        """A token that is good now. Raises AccessDenied, RateLimited, Unreachable, ServerFault or Misconfigured where there is none."""
        held = self._held
        state = "renew_now" if held is None else decide_refresh(held.expires_at, self._clock(), self._settings.refresh_early)
        if held is not None and (state == "keep" or (state == "renew_early" and self._flight is not None)):
            return held
        return await self._fly(None)

    async def renew(self, refused: Token) -> Token:
        """A token other than the one that athenahealth just refused."""
        if self._held is not None and self._held.value != refused.value:
            return self._held
        token = await self._fly(refused.value)
        return token if token.value != refused.value else await self._fly(refused.value)

    async def _fly(self, refused: str | None) -> Token:
        """Join the search for a token that is under way, or start it. It goes on if its first caller is cancelled."""
        if self._flight is None:
            self._flight = asyncio.create_task(self._obtain(refused))
            self._flight.add_done_callback(self._land)
        return await asyncio.shield(self._flight)

    def _land(self, flight: "asyncio.Task[Token]") -> None:
        self._flight = None
        if not flight.cancelled() and flight.exception() is None:
            self._held = flight.result()

    async def _obtain(self, refused: str | None) -> Token:
        """The shared token, or a new one if it is this process's turn to ask; else wait for whoever asks."""
        give_up = time.monotonic() + 2 * LEASE
        while True:
            now = self._clock()
            stored = await self._tokens.get(self._settings.token_name) or StoredToken()
            good = stored.token if stored.token and stored.token.value != refused and stored.token.expires_at > now else None
            if good and decide_refresh(good.expires_at, now, self._settings.refresh_early) == "keep":
                return good
            if stored.refused_until and now < stored.refused_until:
                if good:
                    return good
                raise refused_before(stored.refused_why, stored.refused_until - now)
            if await self._tokens.begin_refresh(self._settings.token_name, LEASE):
                return await self._ask(good)
            if good:
                return good
            if time.monotonic() > give_up:
                raise Unreachable("No token came from the process that asks for it.")
            await asyncio.sleep(POLL)

    async def _ask(self, good: Token | None) -> Token:
        """Ask athenahealth, and remember a failure for all. good: a token that is still good for a while, used on if asking fails; the failure
        itself is in the log of calls."""
        name = self._settings.token_name
        try:
            token = await self._request()
        except IntegrationError as error:
            await self._tokens.refuse(name, self._clock() + refusal_lasts(error), to_remember(error))
            if good is None:
                raise
            return good
        await self._tokens.put(name, token.value, token.expires_at)
        return token

    async def _request(self) -> Token:
        """One request for a token, counted and logged."""
        await self._turnstile.token_turn()
        sent_at, started = self._clock(), time.monotonic()
        request = token_request(self._settings, sent_at, new_id())
        status, request_id = None, ""
        code: str | None = INTERRUPTED
        try:
            received = await exchange(
                self._http,
                "POST",
                request.url,
                headers=request.headers,
                body=request.body,
                timeouts=self._settings.timeouts,
                most_bytes=ANSWER_BYTES,
                writes=False,
            )
            status, request_id = received.status, read_headers(received.headers).request_id
            token = read_token(received.status, received.headers, received.body, sent_at)
            code = None
            return token
        except IntegrationError as error:
            code = error.code
            raise
        finally:
            await self._calls.record(_token_call(sent_at, time.monotonic() - started, status, request_id, code))


def _token_call(at: datetime, seconds: float, status: int | None, request_id: str, code: str | None) -> Call:
    return Call(
        id=new_id(),
        at=at,
        operation="token",
        method="POST",
        path_template="/oauth2/v1/token",
        status=status,
        duration_ms=seconds * 1000,
        error_code=code,
        request_id=request_id,
        remaining_today=None,
        urgency="person",
    )
