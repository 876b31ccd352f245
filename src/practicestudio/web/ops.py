"""For the programs that watch: does this process live, may it serve, and the figures for Prometheus."""

import ipaddress
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from practicestudio.access.tokens import same
from practicestudio.errors import NotAllowed
from practicestudio.monitor.metrics import CONTENT_TYPE, render_metrics
from practicestudio.monitor.readiness import read_readiness
from practicestudio.settings import Settings
from practicestudio.web.guard import address_of, anyone
from practicestudio.web.services import Services

router = APIRouter()


@router.get("/healthz")
async def live(_: Annotated[Services, anyone()]) -> Response:
    """This process lives."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
async def ready(services: Annotated[Services, anyone()]) -> Response:
    """Whether it may serve: 503 with the reason where it may not."""
    found = await read_readiness(services.database)
    return JSONResponse({"ready": found.ready, "because": found.because}, 200 if found.ready else 503)


@router.get("/metrics")
async def metrics(request: Request, services: Annotated[Services, anyone()]) -> Response:
    """The figures for Prometheus, for whoever has the token of the setting, or without one for this machine."""
    if not may_scrape(request, services.settings):
        raise NotAllowed("The metrics are not for everybody.", advice="Ask with the bearer token of the setting metrics_token, or from this machine.")
    return Response(await render_metrics(services.database, services.clock()), media_type=CONTENT_TYPE)


def may_scrape(request: Request, settings: Settings) -> bool:
    """With a token set, who presents it; else who asks on this machine, by its own name, so that no proxy opens it to others."""
    if settings.metrics_token is not None:
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and same(given.strip(), settings.metrics_token.get_secret_value())
    forwarded = {"forwarded", "x-forwarded-for", "x-real-ip", "via"} & set(request.headers)
    return not forwarded and _is_loopback(address_of(request)) and _is_loopback(request.url.hostname)


def _is_loopback(host: str | None) -> bool:
    with suppress(ValueError):
        return host is not None and ipaddress.ip_address(host).is_loopback
    return host == "localhost"
