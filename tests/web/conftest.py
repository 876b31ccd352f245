"""The pages, asked in this process by people who are signed in."""

import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import pytest

from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.people import Particulars, insert_person
from practicestudio.access.rights import Role
from practicestudio.access.roles import grant_role
from practicestudio.access.sessions import Browser, start_session
from practicestudio.access.tokens import derived
from practicestudio.clock import now
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync.doors import open_doors
from practicestudio.web.app import create_app

ADDRESS = "http://localhost:8765"
_numbers = itertools.count(1)


@dataclass
class Person:
    """Somebody with a browser. Forms carry the session's token, as those of a page do."""

    id: UUID
    browser: httpx2.AsyncClient
    csrf: str

    async def get(self, path: str, **given: Any) -> httpx2.Response:
        return await self.browser.get(path, **given)

    async def post(self, path: str, form: Mapping[str, Any] | None = None, **given: Any) -> httpx2.Response:
        return await self.browser.post(path, data={**(form or {}), "csrf": self.csrf}, **given)


SignIn = Callable[..., Awaitable[Person]]


@pytest.fixture(scope="session")
async def serve(settings: Settings, database: Database) -> AsyncIterator[Any]:
    """The application as it is served."""
    async with open_doors(database) as doors:
        yield create_app(settings, database, doors)


@pytest.fixture
async def stranger(serve: Any) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser in which nobody is signed in."""
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=serve), base_url=ADDRESS) as browser:
        yield browser


@pytest.fixture
async def sign_in(serve: Any, database: Database, practice: Practice) -> AsyncIterator[SignIn]:
    """Signs somebody in: `await sign_in(Role.ANALYST)` at the test's practice, or `at=` another or EVERYWHERE."""
    opened: list[httpx2.AsyncClient] = []

    async def make(*roles: Role, at: UUID | None = None) -> Person:
        name = f"person{next(_numbers)}"
        async with database.shared() as transaction:
            person_id = await insert_person(transaction, Particulars(name=f"Name of {name}", sign_in_name=name))
            token = await start_session(transaction, person_id, "password", Browser(), now())
        for role in roles:
            await grant_role(database, Caller.operator("test"), person_id, at or practice.id, role)
        browser = httpx2.AsyncClient(transport=httpx2.ASGITransport(app=serve), base_url=ADDRESS)
        browser.cookies.set("session", token, domain="localhost.local")  # as if a page had set it
        opened.append(browser)
        return Person(person_id, browser, derived(token, "csrf"))

    yield make
    for browser in opened:
        await browser.aclose()


@pytest.fixture
async def everyone(sign_in: SignIn) -> Person:
    """Somebody with every role at every practice."""
    return await sign_in(*Role, at=EVERYWHERE)


def field_of(answer: httpx2.Response, name: str) -> str:
    """The value of a hidden field of a page."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', answer.text)
    assert found, answer.text
    return found[1]
