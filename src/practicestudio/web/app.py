"""The web application: routes, guards, assets and error answers put together."""

from typing import TYPE_CHECKING

from fastapi import FastAPI
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from practicestudio.app import rules_of
from practicestudio.settings import Settings
from practicestudio.sync.doors import Doors
from practicestudio.web import ops, static
from practicestudio.web.answers import answer_with
from practicestudio.web.api.app import create_api
from practicestudio.web.guard import check_routes
from practicestudio.web.pages import ROUTERS
from practicestudio.web.problem import is_program
from practicestudio.web.security import Front
from practicestudio.web.services import Services

if TYPE_CHECKING:
    from practicestudio.store.database import Database


def create_pages(services: Services) -> FastAPI:
    """The application without its front. Raises Misconfigured where a route has no guard or the assets are not installed."""
    static.assets()
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, routes=[Route("/assets/{digest}/{name}", static.serve_asset)])
    app.state.services = services
    for router in (*ROUTERS, ops.router):
        app.include_router(router)
    check_routes(app.routes)
    answer_with(app)
    return app


def create_app(settings: Settings, database: "Database", doors: Doors) -> ASGIApp:
    """The application as it is served."""
    services = Services(settings, database, doors, rules_of(settings))
    return Front(_Faces(create_pages(services), create_api(services)), settings.public_url)


class _Faces:
    """The pages for people, the API for programs: each with its own guards and answers."""

    def __init__(self, pages: ASGIApp, api: ASGIApp) -> None:
        self._pages, self._api = pages, api

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        face = self._api if scope["type"] == "http" and is_program(scope["path"]) else self._pages
        await face(scope, receive, send)
