"""One's own account: the password, the second factors, where one is signed in."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from markupsafe import Markup
from starlette.responses import JSONResponse, RedirectResponse, Response

from practicestudio.access import factors, sessions
from practicestudio.access.attempts import TooManyTries
from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.change_password import change_password
from practicestudio.access.confirming import confirm_with_passkey, confirm_with_password
from practicestudio.access.factors import Added, read_factors
from practicestudio.access.passkey_answers import ask_passkey
from practicestudio.access.passkeys import works_at
from practicestudio.access.people import read_person
from practicestudio.access.providers import list_providers
from practicestudio.access.sessions import Due, end_sessions_of, list_sessions
from practicestudio.access.sign_in import SignInRefused
from practicestudio.access.sso import read_links
from practicestudio.access.tokens import derived
from practicestudio.access.totp import Enrolment
from practicestudio.errors import IntegrationError, InvalidValue
from practicestudio.web.browsers import browser_words
from practicestudio.web.cookies import device_token, set_session
from practicestudio.web.faults import FirstDo
from practicestudio.web.guard import WHERE_DUE, Visit, partly_signed_in, signed_in
from practicestudio.web.pages.sign_in import inside
from practicestudio.web.rendering import go, page

if TYPE_CHECKING:
    from practicestudio.access.rules import Rules
    from practicestudio.store.database import Database

router = APIRouter()

ACCOUNT = "/account"
SETUP = "/account/second-factor"
REFUSALS = (SignInRefused, TooManyTries)

SignedIn = Annotated[Visit, signed_in()]
Partly = Annotated[Visit, partly_signed_in()]
Text = Annotated[str, Form()]


@router.get(ACCOUNT)
async def account(visit: SignedIn) -> Response:
    """The account as it stands."""
    now, rules = visit.services.clock(), visit.services.rules
    async with visit.shared() as transaction:
        person = await read_person(transaction, visit.session.person_id)
        found = await read_factors(transaction, person.id)
        links = dict(await read_links(transaction, person.id))
        providers = [(one, provider.name, links.get(one)) for one, provider in await list_providers(transaction)]
        open_sessions = [(one, browser_words(one.browser.agent)) for one in await list_sessions(transaction, person.id, now, rules)]
    names = {EVERYWHERE: "Every practice"} | {one.id: one.name for one in visit.practices}
    return page(
        visit, "account.html", names=names, providers=providers, person=person, factors=found, sessions=open_sessions, passkeys_work=works_at(rules)
    )


@router.get("/account/password")
async def ask_password(visit: Partly) -> Response:
    """The form for a new password."""
    _require_whole(visit)
    return _password_page(visit, {})


@router.post("/account/password")
async def put_password(visit: Partly, current: Text = "", new: Text = "", again: Text = "") -> Response:
    """Choose a new password."""
    _require_whole(visit)
    if new != again:
        return _password_page(visit, {"again": "The two are not the same."})
    services, device = visit.services, device_token(visit.request, visit.services.settings)
    try:
        token = await change_password(services.database, services.rules, visit.signed_in, current, new, services.clock(), device)
    except InvalidValue as fault:
        return _password_page(visit, {"new": fault.sentence})
    except REFUSALS as refusal:
        return _password_page(visit, {"current": refusal.sentence})
    return _keep(visit, go(visit, "/", "Your password is changed. You are signed out everywhere else."), token)


@router.get("/account/confirm")
async def ask_again(visit: Partly, next: str = ACCOUNT) -> Response:
    """Who are you, again?"""
    _require_whole(visit)
    return await _confirm_page(visit, next)


@router.post("/account/confirm")
async def answer_again(visit: Partly, password: Text = "", next: Text = ACCOUNT) -> Response:
    """The password, again."""
    _require_whole(visit)
    services, device = visit.services, device_token(visit.request, visit.services.settings)
    try:
        token = await confirm_with_password(services.database, services.rules, visit.signed_in, password, services.clock(), device)
    except REFUSALS as refusal:
        return await _confirm_page(visit, next, refusal)
    return _keep(visit, RedirectResponse(inside(next), 303), token)


@router.post("/account/confirm/passkey/options")
async def ask_again_for_passkey(visit: Partly) -> Response:
    """What the browser needs to confirm with a passkey."""
    _require_whole(visit)
    services, session = visit.services, visit.session
    options = await ask_passkey(
        services.database, services.rules, visit.signed_in.origin, str(session.id), "passkey_confirm", services.clock(), session.person_id
    )
    return JSONResponse(options)


@router.post("/account/confirm/passkey")
async def answer_again_with_passkey(visit: Partly, answer: Text = "", next: Text = ACCOUNT) -> Response:
    """A passkey, again."""
    _require_whole(visit)
    services = visit.services
    try:
        token = await confirm_with_passkey(services.database, services.rules, visit.signed_in, answer, services.clock())
    except REFUSALS as refusal:
        return await _confirm_page(visit, next, refusal)
    return _keep(visit, RedirectResponse(inside(next), 303), token)


@router.get(SETUP)
async def set_up(visit: Partly) -> Response:
    """What second factors there are to choose from."""
    return await _setup_page(visit)


@router.post("/account/app")
async def begin_app(visit: Partly) -> Response:
    """A secret for an app that makes codes, as a picture and as text."""
    _require_settled(visit)
    return _app_page(visit, await factors.begin_app(*_given(visit), visit.services.clock()))


@router.post("/account/app/code")
async def finish_app(visit: Partly, code: Text = "") -> Response:
    """The app's first code."""
    _require_settled(visit)
    try:
        added = await factors.finish_app(*_given(visit), code, visit.services.clock())
    except InvalidValue as fault:
        enrolment = await factors.begun_app(*_given(visit), visit.services.clock())
        return _app_page(visit, enrolment, {"code": fault.sentence}) if enrolment else go(visit, ACCOUNT)
    return _added(visit, added, "Your app is set up. You are signed out everywhere else.")


@router.post("/account/app/remove")
async def remove_app(visit: SignedIn) -> Response:
    """Take no codes of the app any more."""
    await factors.remove_app(*_given(visit), visit.services.clock())
    return go(visit, ACCOUNT, "The app's codes are no longer taken. Remove the entry from the app, too.")


@router.post("/account/passkeys/options")
async def begin_passkey(visit: Partly) -> Response:
    """What the browser needs to make a passkey."""
    _require_settled(visit)
    return JSONResponse(await factors.begin_passkey(*_given(visit), visit.services.clock()))


@router.post("/account/passkeys")
async def finish_passkey(visit: Partly, answer: Text = "", name: Text = "") -> Response:
    """A passkey that the device has made."""
    _require_settled(visit)
    try:
        added = await factors.finish_passkey(*_given(visit), answer, name, visit.services.clock())
    except (InvalidValue, SignInRefused) as fault:
        return await _setup_page(visit, fault)
    return _added(visit, added, "Your passkey is set up. You are signed out everywhere else.")


@router.post("/account/passkeys/{passkey}/remove")
async def remove_passkey(visit: SignedIn, passkey: UUID) -> Response:
    """Accept a passkey no more."""
    await factors.remove_own_passkey(*_given(visit), passkey, visit.services.clock())
    return go(visit, ACCOUNT, "The passkey is no longer accepted. Remove it from the device, too.")


@router.post("/account/codes")
async def renew_codes(visit: SignedIn) -> Response:
    """New recovery codes."""
    codes = await factors.renew_codes(*_given(visit), visit.services.clock())
    return page(visit, "codes.html", codes=codes)


@router.post("/account/sessions/end")
async def end_others(visit: SignedIn) -> Response:
    """Sign out everywhere else."""
    async with visit.shared() as transaction:
        ended = await end_sessions_of(transaction, visit.caller, visit.session.person_id, but=visit.session.id)
    return go(visit, ACCOUNT, f"You are signed out in {ended} other places." if ended != 1 else "You are signed out in one other place.")


def _given(visit: Visit) -> "tuple[Database, Rules, sessions.SignedIn]":
    return visit.services.database, visit.services.rules, visit.signed_in


def _require_whole(visit: Visit) -> None:
    """Send whoever owes the second factor to where it is shown."""
    if visit.signed_in.due == Due.SECOND_FACTOR:
        raise FirstDo("The second factor is due first.", WHERE_DUE[Due.SECOND_FACTOR])


def _require_settled(visit: Visit) -> None:
    """Let those through who owe nothing but a second factor that they have yet to set up."""
    if visit.signed_in.due not in (None, Due.SECOND_FACTOR_SETUP):
        raise FirstDo("Something is due first.", WHERE_DUE[visit.signed_in.due or Due.PASSWORD])


def _password_page(visit: Visit, faults: dict[str, str]) -> Response:
    forced = visit.signed_in.due == Due.PASSWORD
    return page(visit, "password.html", status=422 if faults else 200, faults=faults, forced=forced)


async def _confirm_page(visit: Visit, next: str, refusal: IntegrationError | None = None) -> Response:
    async with visit.shared() as transaction:
        found = await read_factors(transaction, visit.session.person_id)
    passkeys = bool(found.passkeys) and works_at(visit.services.rules)
    return page(visit, "confirm.html", status=422 if refusal else 200, refusal=refusal, next=inside(next), passkeys=passkeys)


async def _setup_page(visit: Visit, fault: IntegrationError | None = None) -> Response:
    _require_settled(visit)
    async with visit.shared() as transaction:
        found = await read_factors(transaction, visit.session.person_id)
    forced = visit.signed_in.due == Due.SECOND_FACTOR_SETUP
    works = works_at(visit.services.rules)
    return page(visit, "setup.html", status=422 if fault else 200, factors=found, forced=forced, fault=fault, passkeys_work=works)


def _app_page(visit: Visit, enrolment: Enrolment, faults: dict[str, str] | None = None) -> Response:
    secret = " ".join(enrolment.secret[at : at + 4] for at in range(0, len(enrolment.secret), 4))
    picture = Markup(enrolment.picture)  # noqa: S704 - drawn by us
    return page(visit, "app.html", status=422 if faults else 200, secret=secret, picture=picture, faults=faults or {})


def _added(visit: Visit, added: Added, notice: str) -> Response:
    """The recovery codes where there are new ones, else the account."""
    if not added.codes:
        return _keep(visit, go(visit, ACCOUNT, notice), added.token)
    # The session's token changes with this answer, so the page's forms carry what is derived from the new one.
    return _keep(visit, page(visit, "codes.html", codes=added.codes, csrf=derived(added.token, "csrf")), added.token)


def _keep(visit: Visit, response: Response, token: str) -> Response:
    set_session(response, token, visit.services.settings)
    return response
