"""Answers: JSON with the version of what it shows, and a change carried out once however often it is asked for."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

import orjson
from fastapi import Request
from starlette.responses import Response

from practicestudio.access.kept_answers import Answer, claim, keep
from practicestudio.web.api.body import JSON
from practicestudio.web.api.faults import Malformed
from practicestudio.web.api.guard import PracticeCall

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

Act = Callable[["Transaction"], Awaitable[Answer]]

IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
_TOKEN = re.compile(r'"?([\x21\x23-\x7e]{1,255})"?')


def answer(
    content: Any, status: int = 200, *, version: int | None = None, location: str | None = None, also: Mapping[str, str] | None = None
) -> Answer:
    """An answer that shows this. version: of the record that it shows; location: the address of a record that was made."""
    headers = dict(also or {})
    if version is not None:
        headers["ETag"] = etag(version)
    if location is not None:
        headers["Location"] = location
    return Answer(status, headers, orjson.dumps(content, option=orjson.OPT_UTC_Z))


def reply(given: Answer, *, replayed: bool = False) -> Response:
    """The answer as it is sent."""
    headers = {**given.headers, REPLAYED: "true"} if replayed else dict(given.headers)
    return Response(given.body, given.status, headers, JSON if given.body else None)


def etag(version: int) -> str:
    """A record's version as an entity tag (RFC 9110 §8.8.3)."""
    return f'"{version}"'


async def once(call: PracticeCall, act: Act) -> Response:
    """Carry a change out in one transaction with all that belongs to it; with an Idempotency-Key its answer is kept there too, and given again."""
    token = _token(call.request)
    async with call.transaction() as transaction:
        if token is None:
            return reply(await act(transaction))
        now = call.services.clock()
        claimed = await claim(transaction, call.key.id, token, await _told(call.request), now)
        if claimed.answer is not None:
            return reply(claimed.answer, replayed=True)
        given = await act(transaction)
        await keep(transaction, claimed, given, now)
        return reply(given)


def _token(request: Request) -> str | None:
    """The Idempotency-Key, with or without the quotes of a structured field."""
    given = request.headers.get(IDEMPOTENCY_KEY)
    if given is None:
        return None
    found = _TOKEN.fullmatch(given)
    if found is None:
        raise Malformed("The Idempotency-Key is not 1 to 255 visible characters.", advice="A random UUID is good.")
    return found[1]


async def _told(request: Request) -> bytes:
    """All that tells this request from another."""
    return b"\n".join((request.method.encode(), request.url.path.encode(), request.headers.get("if-match", "").encode(), await request.body()))
