"""Reading what a program sends: JSON and nothing else, and not too much of it."""

from typing import Any

import orjson
from fastapi import Request
from starlette.types import Message, Scope

from practicestudio.web.api.faults import Malformed, NotJson, TooMuch

LARGEST = 1024 * 1024
JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"


class Read(Request):
    """A request whose body has been read, and is understood strictly (RFC 8259: no NaN, no lone surrogates, valid UTF-8)."""

    def __init__(self, scope: Scope, content: bytes) -> None:
        super().__init__(scope, _nothing_more)
        self._body = content

    async def json(self) -> Any:
        """The value that the body is."""
        return orjson.loads(self._body)


async def read_body(request: Request, *, expected: bool) -> bytes:
    """The body, as far as it is taken. Raises TooMuch, NotJson, or Malformed for one where none is expected."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST:
            raise TooMuch(f"The body is larger than {LARGEST // 1024} KiB.")
    if expected:
        _check_type(request)
    elif bytes(content).strip() not in (b"", b"{}"):
        raise Malformed("This takes no body.", advice="Send none.")
    return bytes(content)


def _check_type(request: Request) -> None:
    given, _, parameters = request.headers.get("content-type", "").lower().partition(";")
    taken = (JSON, MERGE_PATCH) if request.method == "PATCH" else (JSON,)
    if given.strip() not in taken or parameters.strip() not in ("", "charset=utf-8", 'charset="utf-8"'):
        raise NotJson("The body is not said to be JSON.", headers={"Accept-Patch" if request.method == "PATCH" else "Accept-Post": ", ".join(taken)})
    if request.headers.get("content-encoding", "identity") != "identity":
        raise NotJson("A compressed body is not taken.", advice="Send it as it is.")


async def _nothing_more() -> Message:
    return {"type": "http.disconnect"}
