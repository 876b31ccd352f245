"""Signing in and out: name and password, the second factor, a passkey alone."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from practicestudio.access.attempts import TooManyTries
from practicestudio.access.factors import read_factors
from practicestudio.access.passkey_answers import ask_passkey
from practicestudio.access.passkeys import works_at
from practicestudio.access.providers import list_providers
from practicestudio.access.second_factor import show_code, show_passkey, sign_in_with_passkey
from practicestudio.access.sessions import Browser, Due, end_session, look_at_session
from practicestudio.access.sign_in import Arrival, Presented, SignInRefused, origin_of, sign_in
from practicestudio.access.tokens import derived, hash_of, new_token, same
from practicestudio.errors import IntegrationError
from practicestudio.web.cookies import device_token, drop_session, drop_start, session_token, set_device, set_session, set_start, start_token
from practicestudio.web.faults import Forged
from practicestudio.web.guard import Visit, address_of, anyone, partly_signed_in
from practicestudio.web.rendering import open_page, page
from practicestudio.web.services import Services

router = APIRouter()

SECOND_FACTOR = "/sign-in/second-factor"
REFUSALS = (SignInRefused, TooManyTries)

Open = Annotated[Services, anyone()]
Partly = Annotated[Visit, partly_signed_in()]
Text = Annotated[str, Form()]


@router.get("/sign-in")
async def ask(request: Request, services: Open, next: str = "/") -> Response:
    """Who are you? Whoever is signed in goes on."""
    if await _is_signed_in(request, services):
        return RedirectResponse(inside(next), 303)
    return await sign_in_page(request, services, next)


@router.post("/sign-in")
async def answer(request: Request, services: Open, sign_in_name: Text = "", password: Text = "", next: Text = "/", csrf: Text = "") -> Response:
    """A name and a password."""
    check_start(request, services, csrf)
    presented = Presented(sign_in_name, password, device_token(request, services.settings))
    try:
        arrival = await sign_in(services.database, services.rules, presented, browser_of(request), services.clock())
    except REFUSALS as refusal:
        return await sign_in_page(request, services, next, refusal, sign_in_name)
    return await let_in(request, services, arrival, next)


@router.post("/sign-in/passkey/options")
async def ask_for_passkey(request: Request, services: Open, csrf: Text = "") -> Response:
    """What the browser needs to use a passkey."""
    holder = hash_of(check_start(request, services, csrf))
    origin = origin_of(browser_of(request))
    return JSONResponse(await ask_passkey(services.database, services.rules, origin, holder, "passkey_sign_in", services.clock()))


@router.post("/sign-in/passkey")
async def answer_with_passkey(request: Request, services: Open, answer: Text = "", next: Text = "/", csrf: Text = "") -> Response:
    """A passkey, and nothing else."""
    holder, device = hash_of(check_start(request, services, csrf)), device_token(request, services.settings)
    try:
        arrival = await sign_in_with_passkey(services.database, services.rules, holder, answer, browser_of(request), device, services.clock())
    except REFUSALS as refusal:
        return await sign_in_page(request, services, next, refusal)
    return await let_in(request, services, arrival, next)


@router.get(SECOND_FACTOR)
async def ask_second(visit: Partly, next: str = "/") -> Response:
    """Something besides the password."""
    return RedirectResponse(inside(next), 303) if visit.signed_in.due != Due.SECOND_FACTOR else await _second_page(visit, next)


@router.post(SECOND_FACTOR)
async def answer_second(visit: Partly, code: Text = "", next: Text = "/") -> Response:
    """A code of the app, or a recovery code."""
    services, device = visit.services, device_token(visit.request, visit.services.settings)
    try:
        arrival = await show_code(services.database, services.rules, visit.signed_in, code, device, services.clock())
    except REFUSALS as refusal:
        return await _second_page(visit, next, refusal)
    return _arrived(visit, arrival, next)


@router.post(f"{SECOND_FACTOR}/passkey/options")
async def ask_for_second_passkey(visit: Partly) -> Response:
    """What the browser needs to use one of the person's passkeys."""
    services, session = visit.services, visit.session
    options = await ask_passkey(
        services.database, services.rules, visit.signed_in.origin, str(session.id), "passkey_second", services.clock(), session.person_id
    )
    return JSONResponse(options)


@router.post(f"{SECOND_FACTOR}/passkey")
async def answer_second_with_passkey(visit: Partly, answer: Text = "", next: Text = "/") -> Response:
    """A passkey as second factor."""
    services, device = visit.services, device_token(visit.request, visit.services.settings)
    try:
        arrival = await show_passkey(services.database, services.rules, visit.signed_in, answer, device, services.clock())
    except REFUSALS as refusal:
        return await _second_page(visit, next, refusal)
    return _arrived(visit, arrival, next)


@router.post("/sign-out")
async def leave(visit: Partly) -> Response:
    """End this session."""
    async with visit.shared() as transaction:
        await end_session(transaction, visit.session)
    response = RedirectResponse("/sign-in", 303)
    drop_session(response, visit.services.settings)
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
    drop_start(response, services.settings)
    return _keep(response, services, arrival)


async def sign_in_page(request: Request, services: Services, next: str, refusal: IntegrationError | None = None, sign_in_name: str = "") -> Response:
    """The sign-in page, with why it was refused before."""
    token = start_token(request, services.settings) or new_token()
    async with services.database.shared() as transaction:
        providers = [(provider_id, one.name) for provider_id, one in await list_providers(transaction)]
    values = {"start": derived(token, "start"), "next": inside(next), "sign_in_name": sign_in_name, "passkeys": works_at(services.rules)}
    response = open_page(request, "sign_in.html", status=_status_of(refusal), refusal=refusal, providers=providers, **values)
    set_start(response, token, services.settings)
    return _with_retry(response, refusal)


async def _second_page(visit: Visit, next: str, refusal: IntegrationError | None = None) -> Response:
    async with visit.shared() as transaction:
        factors = await read_factors(transaction, visit.session.person_id)
    passkeys = bool(factors.passkeys) and works_at(visit.services.rules)
    response = page(visit, "second_factor.html", status=_status_of(refusal), next=inside(next), factors=factors, refusal=refusal, passkeys=passkeys)
    return _with_retry(response, refusal)


def _arrived(visit: Visit, arrival: Arrival, next: str) -> Response:
    return _keep(RedirectResponse(inside(next), 303), visit.services, arrival)


def _keep(response: Response, services: Services, arrival: Arrival) -> Response:
    set_session(response, arrival.token, services.settings)
    if arrival.device:
        set_device(response, arrival.device, services.settings)
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


def _status_of(refusal: IntegrationError | None) -> int:
    if refusal is None:
        return 200
    return 429 if isinstance(refusal, TooManyTries) else 422


def _with_retry(response: Response, refusal: IntegrationError | None) -> Response:
    if isinstance(refusal, TooManyTries):
        response.headers["Retry-After"] = str(round(refusal.retry_after))
    return response
