"""One's own account: the password."""

from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.attempts import TooManyTries
from practicestudio.access.change_password import change_password
from practicestudio.access.sessions import Due
from practicestudio.access.sign_in import SignInRefused
from practicestudio.errors import InvalidValue
from practicestudio.web.cookies import device_token, set_session
from practicestudio.web.guard import Visit, partly_signed_in
from practicestudio.web.rendering import go, page

router = APIRouter()


@router.get("/account/password")
async def ask_password(visit: Annotated[Visit, partly_signed_in()]) -> Response:
    """The form for a new password."""
    return _password_page(visit, {})


@router.post("/account/password")
async def put_password(
    visit: Annotated[Visit, partly_signed_in()],
    current: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """Choose a new password."""
    if new != again:
        return _password_page(visit, {"again": "The two are not the same."})
    services = visit.services
    try:
        token = await change_password(
            services.database, services.rules, visit.signed_in, current, new, services.clock(), device_token(visit.request, services.settings)
        )
    except InvalidValue as fault:
        return _password_page(visit, {"new": fault.sentence})
    except (SignInRefused, TooManyTries) as refusal:
        return _password_page(visit, {"current": refusal.sentence})
    response = go(visit, "/", "Your password is changed. You are signed out everywhere else.")
    set_session(response, token, services.settings)
    return response


def _password_page(visit: Visit, faults: dict[str, str]) -> Response:
    forced = visit.signed_in.due == Due.PASSWORD
    return page(visit, "password.html", status=422 if faults else 200, faults=faults, forced=forced)
