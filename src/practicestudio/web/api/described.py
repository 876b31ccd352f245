"""What a route says of itself for the docs: its answer, an example of it, and what kind of request it is."""

from typing import Any

from pydantic import BaseModel
from starlette.responses import Response

MARK = "x-practicestudio"


def tells(
    shape: type[BaseModel],
    example: Any,
    says: str,
    status: int = 200,
    *,
    changes: bool = False,
    version: bool = False,
    asks_athenahealth: bool = False,
) -> dict[str, Any]:
    """For a route's decorator. says: when this answer comes. changes: an Idempotency-Key is honoured. version: the answer has an ETag."""
    return {
        "status_code": status,
        "response_class": Response,
        "responses": {status: {"model": shape, "description": says, "content": {"application/json": {"example": example}}}},
        "openapi_extra": {MARK: {"changes": changes, "version": version, "asks_athenahealth": asks_athenahealth}},
    }
