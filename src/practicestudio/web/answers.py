"""Errors as answers: a page, a fragment for a script of a page, or a problem document for a program; never a traceback."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, RedirectResponse, Response

from practicestudio.access.confirming import ConfirmFirst
from practicestudio.errors import IntegrationError, InvalidValue, Permanent
from practicestudio.redact import place_of
from practicestudio.web.faults import FirstDo, NotFound, SignInFirst, status_of
from practicestudio.web.rendering import open_page, page, wants_part

log = structlog.get_logger()

SIGN_IN, CONFIRM = "/sign-in", "/account/confirm"


class OurFault(Permanent):
    """A fault of the program, told by type and place, for an exception's text may hold patient data."""

    code = "internal"
    default_advice = "Try again; report it, with the time, if it stays so."

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"Practice Studio failed ({type(error).__name__} at {place_of(error)}).")


def answer_with(app: FastAPI) -> None:
    """Have the pages of this application answer errors so."""
    app.add_exception_handler(IntegrationError, _integration_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(Exception, _unforeseen)


def error_page(request: Request, error: IntegrationError, status: int | None = None) -> Response:
    """One sentence on what is wrong and what to do, in the form that was asked for."""
    status = status or status_of(error)
    if wants_part(request):
        words = Markup('<div class="alert alert-danger alert-dismissible" role="alert">{}</div>').format(error.sentence)
        return HTMLResponse(words, status, headers={"HX-Retarget": "#notices", "HX-Reswap": "innerHTML show:window:top"})
    values: dict[str, Any] = {"title": HTTPStatus(status).phrase, "status_code": status, "sentence": error.sentence}
    visit = getattr(request.state, "visit", None)
    if visit is None:
        return open_page(request, "fault.html", status=status, **values)
    return page(visit, "fault.html", status=status, **values)


async def _integration_error(request: Request, error: Exception) -> Response:
    if isinstance(error, SignInFirst):
        return _to(request, SIGN_IN + _next(request))
    if isinstance(error, FirstDo):
        return _to(request, error.address)
    if isinstance(error, ConfirmFirst):
        return _to(request, CONFIRM)
    return error_page(request, error if isinstance(error, IntegrationError) else OurFault(error))


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    said = NotFound("There is no such page.") if status == 404 else InvalidValue("This page does not answer that.", advice="Go back and try again.")
    return error_page(request, said, status)


async def _invalid_request(request: Request, _: Exception) -> Response:
    return error_page(request, InvalidValue("Something in the address or the form is not as it should be.", advice="Go back and try again."), 422)


async def _unforeseen(request: Request, error: Exception) -> Response:
    log.error("request_failed", error_type=type(error).__name__, place=place_of(error), request_id=request.state.request_id)
    return error_page(request, OurFault(error), 500)


def _to(request: Request, address: str) -> Response:
    if "HX-Request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": address})
    return RedirectResponse(address, 303)


def _next(request: Request) -> str:
    """Where to go on after signing in: this page, if it can simply be opened. The query may name what must not be kept."""
    path = request.url.path
    return "" if request.method != "GET" or path == "/" or "HX-Request" in request.headers else f"?next={quote(path)}"
