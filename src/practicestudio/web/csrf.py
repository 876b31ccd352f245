"""Against forged requests: what changes something carries the session's token, and comes from a page of ours."""

import hmac

from starlette.requests import Request

from practicestudio.settings import Settings
from practicestudio.web.faults import Forged

FIELD, HEADER = "csrf", "X-CSRF-Token"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


async def check_csrf(request: Request, expected: str) -> None:
    """Raise Forged unless the request is safe or carries the session's token, in its header or its form."""
    if request.method in SAFE:
        return
    given = request.headers.get(HEADER) or await _from_form(request)
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forged("This request did not come from a page of your session.")


def check_source(request: Request, settings: Settings) -> None:
    """Raise Forged for a request that changes something and that a browser says comes from elsewhere (Fetch Metadata; RFC 6454 for Origin)."""
    if request.method in SAFE:
        return
    site, source = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site in ("cross-site", "same-site") or (source is not None and source != _source_of(settings)):
        raise Forged("This request came from another site.")


def _source_of(settings: Settings) -> str:
    scheme, _, rest = settings.public_url.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"


async def _from_form(request: Request) -> str:
    if "form" not in request.headers.get("content-type", ""):
        return ""
    given = (await request.form()).get(FIELD)
    return given if isinstance(given, str) else ""
