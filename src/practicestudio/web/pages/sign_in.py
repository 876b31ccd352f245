"""Signing in and out."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from practicestudio.access.attempts import TooManyTries
from practicestudio.access.sessions import Browser, end_session, look_at_session
from practicestudio.access.sign_in import Arrival, Presented, SignInRefused, sign_in
from practicestudio.access.tokens import derived, new_token, same
from practicestudio.errors import IntegrationError
from practicestudio.web.cookies import (
    device_token,
    drop_session,
    drop_start,
    session_token,
    set_device,
    set_session,
    set_start,
    start_token,
)
from practicestudio.web.faults import Forged
from practicestudio.web.guard import Visit, address_of, anyone, partly_signed_in
from practicestudio.web.rendering import open_page
from practicestudio.web.services import Services

router = APIRouter()

SECOND_FACTOR = "/sign-in/second-factor"


@router.get("/sign-in")
async def ask(request: Request, services: Annotated[Services, anyone()], next: str = "/") -> Response:
    """Who are you? Whoever is signed in goes on."""
    if await _is_signed_in(request, services):
        return RedirectResponse(inside(next), 303)
    return _page(request, services, next)


@router.post("/sign-in")
async def answer(
    request: Request,
    services: Annotated[Services, anyone()],
    sign_in_name: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    next: Annotated[str, Form()] = "/",
    csrf: Annotated[str, Form()] = "",
) -> Response:
    """A name and a password."""
    check_start(request, services, csrf)
    presented = Presented(sign_in_name, password, device_token(request, services.settings))
    try:
        arrival = await sign_in(services.database, services.rules, presented, browser_of(request), services.clock())
    except (SignInRefused, TooManyTries) as refusal:
        return _page(request, services, next, refusal, sign_in_name)
    return await let_in(request, services, arrival, next)


@router.post("/sign-out")
async def leave(visit: Annotated[Visit, partly_signed_in()]) -> Response:
    """End this session."""
    async with visit.shared() as transaction:
        await end_session(transaction, visit.session)
    response = RedirectResponse("/sign-in", 303)
    drop_session(response, visit.services.settings)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def inside(address: str) -> str:
    """The address if it is one of our own pages, else the start: a link to the sign-in must not lead elsewhere afterwards."""
    own = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable() and "\\" not in address
    return address if own else "/"


def browser_of(request: Request) -> Browser:
    """Where the person signs in from."""
    return Browser(address_of(request), request.headers.get("user-agent"))


def check_start(request: Request, services: Services, given: str) -> str:
    """The token of the browser that asked for the form. Raises Forged where the form was asked for by another, or too long ago."""
    token = start_token(request, services.settings)
    if token is None or not same(given, derived(token, "start")):
        raise Forged("This form was open for too long, or did not come from our page.", advice="Go to the sign-in page and try again.")
    return token


async def let_in(request: Request, services: Services, arrival: Arrival, next: str) -> Response:
    """On to where the person wanted to go, or to the second factor first; whoever was signed in here before no longer is."""
    await _end_before(request, services)
    address = inside(next)
    response = RedirectResponse(f"{SECOND_FACTOR}?next={quote(address)}" if arrival.second_factor_due else address, 303)
    set_session(response, arrival.token, services.settings)
    if arrival.device:
        set_device(response, arrival.device, services.settings)
    drop_start(response, services.settings)
    return response


async def _end_before(request: Request, services: Services) -> None:
    token = session_token(request, services.settings)
    if token is None:
        return
    async with services.database.shared() as transaction:
        before = await look_at_session(transaction, token, services.clock(), services.rules)
        if before:
            await end_session(transaction, before.session)


async def _is_signed_in(request: Request, services: Services) -> bool:
    token = session_token(request, services.settings)
    if token is None:
        return False
    async with services.database.shared() as transaction:
        return await look_at_session(transaction, token, services.clock(), services.rules) is not None


def _page(request: Request, services: Services, next: str, refusal: IntegrationError | None = None, sign_in_name: str = "") -> Response:
    token = start_token(request, services.settings) or new_token()
    values = {"start": derived(token, "start"), "next": inside(next), "sign_in_name": sign_in_name, "refusal": refusal}
    response = open_page(request, "sign_in.html", status=_status_of(refusal), **values)
    set_start(response, token, services.settings)
    if isinstance(refusal, TooManyTries):
        response.headers["Retry-After"] = str(round(refusal.retry_after))
    return response


def _status_of(refusal: IntegrationError | None) -> int:
    if refusal is None:
        return 200
    return 429 if isinstance(refusal, TooManyTries) else 422
