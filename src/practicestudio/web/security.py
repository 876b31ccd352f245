"""What every answer carries and every request is held to: security headers, hosts, sizes, a request id, and a log line without what was asked."""

import time
from urllib.parse import urlsplit

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from practicestudio.clock import new_id
from practicestudio.redact import place_of
from practicestudio.web.problem import is_program, problem

log = structlog.get_logger()

LARGEST_REQUEST = 20 * 1024 * 1024
REQUEST_ID = "X-Request-ID"

CONTENT_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


def allowed_hosts(public_url: str) -> frozenset[str]:
    """The names by which the pages may be called."""
    return frozenset({urlsplit(public_url).hostname or "localhost", "localhost", "127.0.0.1", "::1"})


class Front:
    """Stands before the application: nothing reaches it that is not for it, and nothing leaves it without these headers."""

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self._app = app
        self._hosts = allowed_hosts(public_url)
        self._headers = HEADERS | ({"Strict-Transport-Security": TWO_YEARS} if public_url.startswith("https://") else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = _Request(scope, receive, send, self._headers)
        if _host_of(request.headers) not in self._hosts:
            await request.refuse(421, "wrong_host", "This name is not served here.", "Use the address in the setting public_url.")
            return
        try:
            request.check_size()
            await self._app(scope, request.receive, request.send)
        except _TooMuch:
            await request.refuse(413, "too_large", "The request is too large.", "Send less at a time.")
        except Exception as error:
            if not request.status:  # else the application has answered and told of it
                log.error("request_failed", error_type=type(error).__name__, place=place_of(error), request_id=request.id)
                await request.refuse(500, "internal", "Practice Studio failed.", "Try again, and report it if it stays so.")
        finally:
            request.tell()


class _TooMuch(Exception):
    """More came than is taken."""


class _Request:
    """One request on its way through: counts what comes, adds to what goes."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, headers: dict[str, str]) -> None:
        self.scope = scope
        self.headers = Headers(scope=scope)
        self.id = str(new_id())
        self.status = 0
        self._receive, self._send, self._added = receive, send, headers
        self._begun, self._taken = time.perf_counter(), 0
        scope.setdefault("state", {})["request_id"] = self.id

    def check_size(self) -> None:
        length = self.headers.get("content-length", "0")
        if not length.isdigit() or int(length) > LARGEST_REQUEST:
            raise _TooMuch

    async def receive(self) -> Message:
        message = await self._receive()
        self._taken += len(message.get("body", b""))
        if self._taken > LARGEST_REQUEST:
            raise _TooMuch
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in self._added.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
            headers[REQUEST_ID] = self.id
            headers["Server-Timing"] = f"app;dur={self._milliseconds():.1f}"
        await self._send(message)

    async def refuse(self, status: int, code: str, what: str, advice: str) -> None:
        if is_program(self.scope["path"]):
            answer: Response = problem(status, code, what, advice, self.id)
        else:
            answer = PlainTextResponse(f"{what} {advice}", status)
        await answer(self.scope, self._receive, self.send)

    def tell(self) -> None:
        route = self.scope.get("route")
        log.info(
            "request",
            method=self.scope["method"],
            path_template=getattr(route, "path", "none"),
            status=self.status,
            duration_ms=round(self._milliseconds(), 1),
            request_id=self.id,
        )

    def _milliseconds(self) -> float:
        return (time.perf_counter() - self._begun) * 1000


def _host_of(headers: Headers) -> str:
    return _without_port(headers.get("host", "")).lower()


def _without_port(host: str) -> str:
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]
