"""What a request may be refused for, status by status, as the docs tell it."""

from collections.abc import Mapping
from typing import Any

REFUSALS: Mapping[int, tuple[str, str]] = {
    400: ("malformed", "The request cannot be read: the body is no JSON, a header is not in its form, or a cursor is of another query."),
    401: ("key_needed", "No API key came, or one that opens nothing."),
    403: ("out_of_scope", "The key does not have the scope."),
    404: ("not_there", "There is no such thing, or none that this key may know of."),
    409: ("conflict", "How things stand does not allow it, or the same request is under way at this moment."),
    412: ("changed_meanwhile", "The record was changed since it was read; ETag is its version now."),
    413: ("too_large", "The body is larger than is taken."),
    415: ("not_json", "The body is not said to be JSON."),
    422: ("invalid", "Values are not as they should be, each named in `faults`; or the Idempotency-Key was used for another request."),
    428: ("version_needed", "A change of a record needs If-Match."),
    429: ("too_fast", "The key has used up its rate."),
    500: ("internal", "Practice Studio failed. Nothing was changed."),
    502: ("server_fault", "athenahealth answered with a fault of its own."),
    503: ("unreachable", "athenahealth cannot be reached, or its limit is reached; try again later."),
}

_TEXT: Mapping[str, Any] = {"type": "string"}
PROBLEM: Mapping[str, Any] = {
    "title": "Problem",
    "description": "What is wrong and what to do (RFC 9457).",
    "type": "object",
    "required": ["type", "title", "status", "detail", "advice", "code", "request_id"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Where the code is explained."},
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, in one sentence."},
        "advice": {"type": "string", "description": "What to do about it."},
        "code": {"type": "string", "description": "The kind of problem, for programs."},
        "request_id": {"type": "string", "format": "uuid"},
        "faults": {
            "type": "array",
            "description": "What is wrong with single values.",
            "items": {
                "type": "object",
                "required": ["place", "within", "says"],
                "additionalProperties": False,
                "properties": {
                    "place": {"type": "string", "description": "A JSON pointer into the body, or the parameter's name."},
                    "within": {"type": "string", "enum": ["body", "query", "path", "header"]},
                    "says": _TEXT,
                },
            },
        },
    },
}


def refusals_of(
    *,
    of_practice: bool,
    names_a_record: bool,
    scoped: bool,
    body: bool,
    values: bool,
    changes: bool,
    versioned: bool,
    asks_athenahealth: bool,
) -> list[int]:
    """The statuses that a kind of request may be refused with."""
    wanted = {
        401: True, 429: True, 500: True,
        400: values, 422: values, 403: scoped, 404: of_practice or names_a_record, 413: body, 415: body,
        409: changes or asks_athenahealth, 412: versioned, 428: versioned, 502: asks_athenahealth, 503: asks_athenahealth,
    }  # fmt: skip
    return sorted(status for status, may_be in wanted.items() if may_be)
