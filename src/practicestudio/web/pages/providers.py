"""Single sign-on: to a provider and back, and Settings > Sign-in providers."""

from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from practicestudio.access import sso
from practicestudio.access.attempts import TooManyTries
from practicestudio.access.providers import Provider, drop_provider, list_providers, put_provider
from practicestudio.access.rights import Right
from practicestudio.access.sign_in import SignInRefused
from practicestudio.access.tokens import hash_of
from practicestudio.errors import IntegrationError, InvalidValue, Unreachable
from practicestudio.web.cookies import device_token, start_token
from practicestudio.web.faults import NotFound
from practicestudio.web.guard import Visit, allowed_everywhere, anyone, signed_in
from practicestudio.web.pages.sign_in import browser_of, check_start, inside, let_in, sign_in_page
from practicestudio.web.rendering import go, open_page, page
from practicestudio.web.services import Services

router = APIRouter()

SETTINGS = "/settings/providers"
LINK_ANSWER = "/account/providers/answer"
REFUSALS = (SignInRefused, TooManyTries, Unreachable, InvalidValue)

Open = Annotated[Services, anyone()]
Manages = Annotated[Visit, allowed_everywhere(Right.PEOPLE_MANAGE)]
Text = Annotated[str, Form()]


@router.post("/sign-in/provider")
async def leave_for(request: Request, services: Open, provider: Annotated[UUID, Form()], next: Text = "/", csrf: Text = "") -> Response:
    """Off to a provider."""
    holder = hash_of(check_start(request, services, csrf))
    try:
        address = await sso.begin_sign_in(services.database, services.rules, provider, holder, inside(next), browser_of(request), services.clock())
    except REFUSALS as refusal:
        return await sign_in_page(request, services, next, refusal)
    return _away(request, address)


@router.get(sso.CALLBACK)
async def come_back(request: Request, services: Open) -> Response:
    """Back from a provider."""
    answer = dict(request.query_params)
    if sso.is_link(answer):
        return RedirectResponse(f"{LINK_ANSWER}?{urlencode(answer)}", 303)
    holder, device = hash_of(start_token(request, services.settings) or ""), device_token(request, services.settings)
    try:
        arrival, next_page = await sso.finish_sign_in(
            services.database, services.rules, holder, answer, browser_of(request), device, services.clock()
        )
    except REFUSALS as refusal:
        return await sign_in_page(request, services, "/", refusal)
    return await let_in(request, services, arrival, next_page)


@router.post("/account/providers/{provider}")
async def link(visit: Annotated[Visit, signed_in()], provider: UUID) -> Response:
    """Off to a provider, to link an account there to the person's own."""
    services = visit.services
    return _away(visit.request, await sso.begin_link(services.database, services.rules, provider, visit.signed_in, services.clock()))


@router.get(LINK_ANSWER)
async def linked(visit: Annotated[Visit, signed_in()]) -> Response:
    """Back from the provider."""
    services = visit.services
    await sso.finish_link(services.database, services.rules, visit.signed_in, dict(visit.request.query_params), services.clock())
    return go(visit, "/account", "The account is linked: you may sign in through it.")


@router.post("/account/providers/{provider}/remove")
async def unlink(visit: Annotated[Visit, signed_in()], provider: UUID) -> Response:
    """Come in through the provider no more."""
    services = visit.services
    await sso.remove_link(services.database, services.rules, visit.signed_in, provider, services.clock())
    return go(visit, "/account", "You no longer sign in through it.")


@router.get(SETTINGS)
async def settings(visit: Manages) -> Response:
    """The providers that are set."""
    async with visit.shared() as transaction:
        found = await list_providers(transaction)
    return page(visit, "providers.html", providers=found, answer=_answer_address(visit))


@router.get(f"{SETTINGS}/add")
async def ask_new(visit: Manages) -> Response:
    """What to enter for a new one."""
    return _form(visit, None, Provider(name="", issuer="", client_id=""))


@router.get(f"{SETTINGS}/{{provider}}")
async def change(visit: Manages, provider: UUID) -> Response:
    """One provider, without its secret."""
    async with visit.shared() as transaction:
        found = dict(await list_providers(transaction)).get(provider)
    if found is None:
        raise NotFound("There is no such sign-in provider.")
    return _form(visit, provider, found)


@router.post(SETTINGS)
async def put(
    visit: Manages,
    provider: Text = "",
    name: Text = "",
    issuer: Text = "",
    client_id: Text = "",
    client_secret: Text = "",
    scope: Text = "openid email",
    group_claim: Text = "",
    group: Text = "",
    link_by_email: Text = "",
) -> Response:
    """Add one, or change it."""
    plain: dict[str, Any] = {"name": name, "issuer": issuer, "client_id": client_id, "scope": scope, "group_claim": group_claim, "group": group}
    given = Provider(**{key: value.strip() for key, value in plain.items()}, client_secret=client_secret, link_by_email=bool(link_by_email))
    try:
        provider_id = UUID(provider) if provider else None
    except ValueError:
        raise NotFound("There is no such sign-in provider.") from None
    try:
        await put_provider(visit.services.database, visit.caller, provider_id, given, visit.origin)
    except (InvalidValue, ValueError) as fault:
        return _form(visit, provider_id, given, {_field_of(fault): getattr(fault, "sentence", "It is not known.")})
    return go(visit, SETTINGS, "It is saved. Its button stands on the sign-in page.")


@router.post(f"{SETTINGS}/{{provider}}/remove")
async def remove(visit: Manages, provider: UUID) -> Response:
    """Let nobody in through it any more."""
    await drop_provider(visit.services.database, visit.caller, provider, visit.origin)
    return go(visit, SETTINGS, "Nobody comes in through it any more.")


def _away(request: Request, address: str) -> Response:
    """To another site, by a page that leads on: our policy lets no form be sent elsewhere, not even by way of a redirection."""
    response = open_page(request, "away.html", address=address, host=urlsplit(address).hostname)
    response.headers["Refresh"] = f"0;url={address}"
    return response


def _answer_address(visit: Visit) -> str:
    return f"{visit.services.rules.address}{sso.CALLBACK}"


def _field_of(fault: Exception) -> str:
    words = fault.what.lower() if isinstance(fault, IntegrationError) else ""
    for mark, name in (("secret is entered", "client_secret"), ("client", "client_id"), ("address", "issuer"), ("unencrypted", "issuer"),
                       ("scope", "scope"), ("claim", "group")):  # fmt: skip
        if mark in words:
            return name
    return "name"


def _form(visit: Visit, provider_id: UUID | None, given: Provider, faults: dict[str, str] | None = None) -> Response:
    status = 422 if faults else 200
    return page(visit, "provider.html", status=status, provider_id=provider_id, given=given, faults=faults or {}, answer=_answer_address(visit))
