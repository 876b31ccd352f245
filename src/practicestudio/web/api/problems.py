"""Whatever goes wrong with a call, as a problem document with what to do; never a traceback, and no value that was sent."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from practicestudio.errors import IntegrationError, RateLimited, Transient
from practicestudio.redact import place_of
from practicestudio.web.answers import OurFault
from practicestudio.web.api.faults import ApiFault, Invalid, Malformed, MethodNotThere, NotThere, Wrong, api_status
from practicestudio.web.problem import problem

log = structlog.get_logger()

MOST_FAULTS = 50
LONGEST_PLACE = 200
OURS = "ours"
"""The type of a fault that a model of ours tells in its own words."""

SAYS: Mapping[str, str] = {
    "missing": "It is needed.",
    "extra_forbidden": "There is no such field.",
    "string_type": "It is a text.",
    "string_too_long": "It has {max_length} characters at most.",
    "string_too_short": "It has {min_length} characters at least.",
    "string_pattern_mismatch": "It is not in the form that the docs give.",
    "int_type": "It is a whole number.",
    "int_parsing": "It is a whole number.",
    "int_from_float": "It is a whole number.",
    "int_parsing_size": "It is a whole number, and not such a large one.",
    "greater_than_equal": "It is {ge} at least.",
    "less_than_equal": "It is {le} at most.",
    "bool_type": "It is true or false.",
    "bool_parsing": "It is true or false.",
    "list_type": "It is a list.",
    "too_long": "It has {max_length} entries at most.",
    "too_short": "It has {min_length} entries at least.",
    "dict_type": "It is an object.",
    "model_type": "It is an object.",
    "model_attributes_type": "It is an object.",
    "literal_error": "It is one of {expected}.",
    "enum": "It is one of {expected}.",
}
"""What a fault of a value is called; pydantic's own words may repeat the value."""
OTHERWISE = {
    "uuid": "It is an id (UUID).",
    "date": "It is a date, YYYY-MM-DD.",
    "datetime": "It is a time with its offset, 2026-11-24T09:30:00-05:00.",
}


def answer_with(app: FastAPI) -> None:
    """Have this application answer errors so."""
    app.add_exception_handler(IntegrationError, _integration_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(Exception, _unforeseen)


def problem_of(request: Request, error: IntegrationError, status: int | None = None) -> Response:
    """An error as the answer to a request."""
    headers, wrong = (error.headers, error.wrong) if isinstance(error, ApiFault) else ({}, ())
    if isinstance(error, RateLimited) and error.retry_after is not None:
        headers = {"Retry-After": str(max(1, round(error.retry_after)))}
    faults = [{"place": one.place, "within": one.within, "says": one.says} for one in wrong]
    advice = "Send it again in a while." if isinstance(error, Transient) and error.advice == Transient.default_advice else error.advice
    return problem(status or api_status(error), error.code, error.what, advice, request.state.request_id, faults=faults, headers=headers)


def invalid(errors: Sequence[Mapping[str, Any]]) -> ApiFault:
    """The fault that pydantic's errors amount to."""
    if any(error["type"] == "json_invalid" for error in errors):
        return Malformed("The body is not JSON.")
    wrong = [_wrong(error) for error in errors[:MOST_FAULTS]]
    count = len(errors)
    return Invalid("One value is not as it should be." if count == 1 else f"{count} values are not as they should be.", wrong=wrong)


def _wrong(error: Mapping[str, Any]) -> Wrong:
    within, *place = (str(part) for part in error["loc"])
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in place)
    return Wrong((pointer if within == "body" else ".".join(place))[:LONGEST_PLACE], _says(error), within)


def _says(error: Mapping[str, Any]) -> str:
    kind, limits = str(error["type"]), error.get("ctx") or {}
    if kind == OURS:
        return str(error["msg"])
    if kind in SAYS:
        return SAYS[kind].format_map(limits)
    return OTHERWISE.get(re.split("[_]", kind)[0], "It is not as it should be.")


async def _integration_error(request: Request, error: Exception) -> Response:
    return problem_of(request, error if isinstance(error, IntegrationError) else OurFault(error))


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    if status == 404:
        return problem_of(request, NotThere("There is no such address in the API.", advice="/api/v1/docs lists them."))
    if status == 405:
        return problem_of(request, MethodNotThere("This address does not answer that method.", headers={"Allow": _methods_at(request)}))
    return problem_of(request, Malformed("The request cannot be read."), status)


def _methods_at(request: Request) -> str:
    """All methods that the address answers; the one route that Starlette found first may be one of several."""
    methods = (route.methods or () for route in request.app.state.routes if route.path_regex.match(request.url.path))
    return ", ".join(sorted({method for some in methods for method in some}))


async def _invalid_request(request: Request, error: Exception) -> Response:
    return problem_of(request, invalid(error.errors() if isinstance(error, RequestValidationError) else []))


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("request_failed", error_type=type(error).__name__, place=place_of(error), request_id=request.state.request_id)
    return problem_of(request, OurFault(error), 500)
