"""The door: token, limits, practice, version and faults are settled here, before and after an operation is called."""

import asyncio
import uuid
from dataclasses import dataclass
from email.utils import format_datetime

from starlette.types import Receive, Scope, Send

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.faults import Dropped, Rule, failure, spoil
from practicestudio.sandbox.operations import PREVIEW_AREAS, Table
from practicestudio.sandbox.parameters import Parameters
from practicestudio.sandbox.practice import Actor
from practicestudio.sandbox.refusals import Refusal, not_granted, not_in_version, unknown_path, unknown_practice
from practicestudio.sandbox.routes import OPERATIONS
from practicestudio.sandbox.routes.practices import list_practices
from practicestudio.sandbox.sandbox import Sandbox
from practicestudio.sandbox.wire import Answer, drift, error_bytes

ABORT = "practicestudio.abort"  # the server's way to close a connection without an answer
LISTER = "1"
_HABITS = [
    (b"server", b"Apache"),
    (b"expires", b"Mon, 06 Jan 1975 16:00:00 GMT"),
    (b"cache-control", b"no-cache, no-store"),
    (b"pragma", b"No-cache"),
    (b"cneonction", b"close"),
]

Found = tuple[Operation, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request, read whole. path: without the query."""

    method: str
    path: str
    query: bytes
    headers: dict[str, str]
    body: bytes
    scheme: str

    @classmethod
    async def read(cls, scope: Scope, receive: Receive) -> "Request":
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        chunks: list[bytes] = []
        while True:
            message = await receive()
            chunks.append(message.get("body", b""))
            if not message.get("more_body"):
                break
        return cls(scope["method"], scope["path"], scope.get("query_string", b""), headers, b"".join(chunks), scope.get("scheme", "http"))

    @property
    def is_token(self) -> bool:
        return self.path.startswith("/oauth2")

    @property
    def parts(self) -> tuple[str, str]:
        """The practice and what stands behind it, of /v1/{practiceid}/…"""
        practice, _, path = self.path.removeprefix("/v1/").partition("/")
        return practice, path.rstrip("/")

    def parameters(self) -> Parameters:
        return Parameters.read(self.query, self.body, self.headers.get("content-type", ""))

    @property
    def url(self) -> str:
        """Where the caller thinks it called."""
        return f"{self.scheme}://{self.headers.get('host', '')}{self.path}"


class Gateway:
    """The ASGI application below /oauth2/v1/token and /v1."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._table = Table(OPERATIONS)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = await Request.read(scope, receive)
        request_id = request.headers.get("x-request-id") or f"rrt-{uuid.uuid4().int >> 65}-c-sb-{len(self._sandbox.ledger.entries)}"
        found = None if request.is_token else self._table.find(request.method, request.parts[1])
        operation = found[0].name if found else "token" if request.is_token else "unknown"
        self._sandbox.calls[operation] += 1
        fault = self._sandbox.faults.meet(request.method, request.path, operation, self._sandbox.clock.now())
        answer = await self._go_through(request, request_id, found, fault)
        if answer is None:
            await _drop(scope, receive)
            return
        await self._send(answer, request_id, send)

    async def _go_through(self, request: Request, request_id: str, found: Found | None, fault: Rule | None) -> Answer | None:
        """The answer, or None where the line is dropped."""
        if fault and fault.kind == "slow":
            await asyncio.sleep(fault.seconds or 1)
        elif fault and not fault.spoils:
            if fault.kind == "expired_token":
                self._sandbox.tokens.expire(_bearer(request))
            return None if fault.kind == "drop_before" else failure(fault)
        answer = self._token(request) if request.is_token else self._call(request, request_id, found, fault)
        if fault is None or fault.kind == "slow" or not fault.spoils:
            return answer
        if fault.kind == "drop_after":
            return None
        return failure(fault) if fault.after else spoil(fault, answer)

    def _token(self, request: Request) -> Answer:
        if request.method != "POST":
            return Answer(status=405, raw=b"", content_type="text/plain", headers={"allow": "POST"})
        sandbox = self._sandbox
        try:
            return sandbox.tokens.request(
                request.headers.get("authorization", ""), request.parameters(), request.url, sandbox.meter, sandbox.clock.now()
            )
        except Refusal as refusal:
            return _refused(refusal)

    def _call(self, request: Request, request_id: str, found: Found | None, fault: Rule | None) -> Answer:
        sandbox = self._sandbox
        now = sandbox.clock.now()
        client = sandbox.tokens.client_of(_bearer(request), now)
        if client is None:
            return Answer(status=401, raw=b"Developer Inactive", content_type="text/plain")
        allowance = sandbox.meter.call(client, now)
        if not allowance.allowed:
            return sandbox.meter.refuse(allowance)
        try:
            answer = self._operate(request, request_id, client, found)
        except Refusal as refusal:
            answer = _refused(refusal)
        if answer.raw is None:
            drifting = fault is not None and fault.kind == "type_drift"
            drift(answer.body, "mixed" if drifting else sandbox.string_types)
        answer.headers.update(allowance.headers())
        return answer

    def _operate(self, request: Request, request_id: str, client: str, found: Found | None) -> Answer:
        sandbox = self._sandbox
        practice_id, path = request.parts
        if practice_id == LISTER and path == "practiceinfo" and request.method == "GET":
            return Answer(list_practices(sandbox.practices_of(client), request.parameters()))
        practice = sandbox.practices.get(practice_id)
        if practice is None:
            raise unknown_practice()
        if not sandbox.may_use(client, practice_id):
            raise not_granted()
        versions = sandbox.config.versions
        if "preview" in (versions.get(practice_id), versions.get(client)) and (
            path.split("/")[0] not in PREVIEW_AREAS or (found and not found[0].preview)
        ):
            raise not_in_version()
        if found is None:
            raise unknown_path()
        operation, arguments = found
        actor = Actor(client, operation.name, request.method, request_id)
        return operation.answer(Call(practice, sandbox.config, actor, request.parameters(), request.path, arguments))

    async def _send(self, answer: Answer, request_id: str, send: Send) -> None:
        body = answer.encode()
        headers = [
            *_HABITS,
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(body)).encode()),
            (b"x-request-id", request_id.encode("latin-1", "replace")),
            (b"date", format_datetime(self._sandbox.clock.now(), usegmt=True).encode()),
            *((name.encode(), value.encode()) for name, value in answer.headers.items()),
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _bearer(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def _refused(refusal: Refusal) -> Answer:
    return Answer(status=refusal.status, raw=error_bytes(refusal.body), content_type="application/json")


async def _drop(scope: Scope, receive: Receive) -> None:
    """Close the connection without a word; where there is none, fail as one would."""
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise Dropped("the connection was closed without an answer")
    abort["close"]()
    while (await receive())["type"] != "http.disconnect":
        continue
