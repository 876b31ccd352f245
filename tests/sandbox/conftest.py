"""A sandbox in the same process, and a client that has a token for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import httpx2
import pytest

from practicestudio.sandbox import Sandbox, SandboxConfig, create_app

SCOPE = "athena/service/Athenanet.MDP.*"


class Caller:
    """Calls a sandbox as one client: `get("patients", lastname="Smith")` asks practice 195900."""

    def __init__(self, http: httpx2.AsyncClient, sandbox: Sandbox) -> None:
        self.http, self.sandbox = http, sandbox
        self.headers: dict[str, str] = {}

    async def sign_in(self, client: str = "sandbox", secret: str = "sandbox") -> "Caller":
        form = {"grant_type": "client_credentials", "scope": SCOPE}
        answer = await self.http.post("/oauth2/v1/token", data=form, auth=(client, secret))
        self.headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        return self

    async def get(self, path: str, practice: str = "195900", **query: Any) -> httpx2.Response:
        return await self.http.get(f"/v1/{practice}/{path}", params=query, headers=self.headers)

    async def post(self, path: str, practice: str = "195900", **form: Any) -> httpx2.Response:
        return await self.http.post(f"/v1/{practice}/{path}", data=form, headers=self.headers)

    async def put(self, path: str, practice: str = "195900", **form: Any) -> httpx2.Response:
        return await self.http.put(f"/v1/{practice}/{path}", data=form, headers=self.headers)

    async def delete(self, path: str, practice: str = "195900", **query: Any) -> httpx2.Response:
        return await self.http.delete(f"/v1/{practice}/{path}", params=query, headers=self.headers)

    async def send_json(self, method: str, path: str, body: Any, practice: str = "195900") -> httpx2.Response:
        return await self.http.request(method, f"/v1/{practice}/{path}", json=body, headers=self.headers)

    async def control(self, method: str, path: str, body: Any = None) -> Any:
        answer = await self.http.request(method, f"/control/{path}", json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()


Opener = Callable[..., Awaitable[Caller]]


@pytest.fixture
async def open_sandbox() -> AsyncIterator[Opener]:
    """Makes a sandbox from the settings of SandboxConfig and gives a caller who is signed in."""
    async with AsyncExitStack() as stack:

        async def open_one(**settings: Any) -> Caller:
            app = create_app(SandboxConfig(**{"patients": 300, **settings}))
            transport = httpx2.ASGITransport(app=app)
            http = await stack.enter_async_context(httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test"))
            return await Caller(http, app.state.sandbox).sign_in()

        yield open_one


@pytest.fixture
async def office(open_sandbox: Opener) -> Caller:
    """A sandbox that was opened on a Wednesday at ten o'clock, Boston time."""
    caller = await open_sandbox()
    await caller.control("POST", "reset", {"at": "2026-11-18T15:00:00Z"})
    return await caller.sign_in()


@pytest.fixture
async def caller(open_sandbox: Opener) -> Caller:
    return await open_sandbox()
