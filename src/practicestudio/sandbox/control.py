"""The control address: the clock, the people, the faults and the truth, for whoever steers the sandbox."""

from typing import Any

import orjson
from starlette.responses import Response
from starlette.routing import Route

from practicestudio.sandbox.sandbox import Sandbox


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")


class Control:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox


def control_routes(sandbox: Sandbox) -> list[Route]:
    return []
