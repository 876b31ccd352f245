"""The API as an application of its own: routes, guards, errors, docs."""

from collections.abc import Mapping

from fastapi import FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from practicestudio.web.api import appointments, docs, errors, messages, patients, practices, reviews, runs
from practicestudio.web.api.document import documented, write_document
from practicestudio.web.api.problems import answer_with
from practicestudio.web.guard import check_routes
from practicestudio.web.services import Services

ROUTERS = (docs.router, practices.router, patients.router, appointments.router, messages.router, errors.router, reviews.router, runs.router)


def create_api(services: Services) -> ASGIApp:
    """The API without its front. Raises Misconfigured where a route has no guard."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.services = services
    for router in ROUTERS:
        app.include_router(router)
    check_routes(app.routes)
    app.state.routes = tuple(documented(app.routes))
    app.state.document = write_document(app.routes)
    answer_with(app)
    return _Telling(app)


class _Telling:
    """Adds to every answer what the guard has to tell, whatever became of the request: how much of its rate the key has left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                told: Mapping[str, str] = scope["state"].get("told", {})
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self._app(scope, receive, tell)
