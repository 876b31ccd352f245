"""The sandbox as an ASGI application, and as a server."""

from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from practicestudio.sandbox.config import SandboxConfig
from practicestudio.sandbox.control import control_routes
from practicestudio.sandbox.gateway import ABORT, Gateway
from practicestudio.sandbox.sandbox import Sandbox


class _Front:
    """Sends API and token calls straight to the gateway, and everything else (the control address) to the router."""

    def __init__(self, app: Any, gateway: Gateway) -> None:
        self._app, self._gateway = app, gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if scope["type"] == "http" and (path.startswith("/v1/") or path == "/oauth2/v1/token"):
            await self._gateway(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _unrouted(request: Request, error: Exception) -> Response:
    return Response("Service not registered with API gateway.", status_code=404, media_type="application/json")


def create_app(config: SandboxConfig | None = None) -> Starlette:
    """An ASGI application; its Sandbox is app.state.sandbox."""
    sandbox = Sandbox(config or SandboxConfig())
    app = Starlette(routes=control_routes(sandbox), exception_handlers={404: _unrouted})
    app.state.sandbox = sandbox
    app.add_middleware(_Front, gateway=Gateway(sandbox))
    return app


class _Protocol(HttpToolsProtocol):
    """Lets the application close a connection without an answer."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {ABORT: {"close": self.transport.abort}}


def server_settings(config: SandboxConfig | None, host: str, port: int) -> uvicorn.Config:
    """How the sandbox is served; its own answers carry the Server and Date headers."""
    return uvicorn.Config(
        create_app(config),
        host=host,
        port=port,
        http=_Protocol,
        lifespan="off",
        access_log=False,
        log_level="warning",
        server_header=False,
        date_header=False,
    )


def serve(config: SandboxConfig | None = None, host: str = "127.0.0.1", port: int = 8799) -> None:
    """Run the sandbox until it is stopped."""
    uvicorn.Server(server_settings(config, host, port)).run()
