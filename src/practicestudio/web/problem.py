"""An error as a program reads it: a problem document (RFC 9457)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
from starlette.responses import Response

API = "/api/"
MEDIA_TYPE = "application/problem+json"
DOCS = "/api/v1/docs"


def problem(
    status: int,
    code: str,
    detail: str,
    advice: str,
    request_id: str,
    *,
    faults: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document: what kind of error, what is wrong, what to do, and by what id we find it again. faults: what is wrong with single values."""
    document: dict[str, Any] = {
        "type": f"{DOCS}#{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "advice": advice,
        "code": code,
        "request_id": request_id,
    }
    if faults:
        document["faults"] = list(faults)
    return Response(orjson.dumps(document), status, dict(headers or {}), MEDIA_TYPE)


def is_program(path: str) -> bool:
    """Whether a path is one of the API."""
    return path.startswith(API)
