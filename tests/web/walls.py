"""The routes of the applications as they are served, each with the guard that it declares."""

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from fastapi.routing import APIRoute
from starlette.requests import Request

from practicestudio.clock import new_id
from practicestudio.errors import IntegrationError
from practicestudio.practices.practice import Practice
from practicestudio.web.guard import Guard, guards_of


@dataclass(frozen=True)
class Way:
    """A route with a method, and the guard that it declares."""

    route: APIRoute
    method: str
    guard: Guard
    app: Any

    def address(self, practice: str) -> str:
        """With ids of nothing."""
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: practice if found[1] == "practice" else str(new_id()), self.route.path)

    def __str__(self) -> str:
        return f"{self.method} {self.route.path}"


def ways(app: Any, routes: Iterable[Any] | None = None) -> Iterator[Way]:
    for route in app.routes if routes is None else routes:
        if isinstance(route, APIRoute):
            [guard] = guards_of(route)
            yield from (Way(route, method, guard, app) for method in sorted(route.methods))
        elif (included := getattr(route, "original_router", None)) is not None:
            yield from ways(app, included.routes)


def application(app: Any) -> Any:
    """The application within what stands before it."""
    while not hasattr(app, "routes"):
        app = app._app
    return app


async def is_let_in(way: Way, practice: Practice, headers: dict[str, str]) -> bool:
    """Whether the route's guard lets a request with these headers in."""
    scope = {
        "type": "http", "method": way.method, "path": way.address(practice.athena_id), "path_params": {"practice": practice.athena_id},
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()], "query_string": b"", "app": way.app, "state": {},
        "client": ("127.0.0.1", 1), "server": ("localhost", 8765), "scheme": "http",
    }  # fmt: skip
    try:
        await way.guard.check(Request(scope))
    except IntegrationError:
        return False
    return True


async def wrong(checks: Iterable[Way], holds: Callable[[Way], Awaitable[bool]]) -> list[str]:
    """The ways for which it does not hold."""
    return [str(way) for way in checks if not await holds(way)]
