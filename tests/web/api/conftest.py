"""Programs with keys of their own, and a clinic that is connected to a sandbox in this process."""

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx2
import pytest

from practicestudio.access.api_keys import NEVER, ApiKey, make_key
from practicestudio.access.caller import Caller
from practicestudio.access.rights import Right
from practicestudio.clock import new_id, now
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync.setup import setup_of
from practicestudio.web.app import create_app
from tests.sync.conftest import Clinic, open_clinic
from tests.web.conftest import ADDRESS

EVERYTHING = frozenset(Right) - NEVER
_numbers = itertools.count(1)


@dataclass
class Program:
    """A program that holds a key of a practice. Paths are below the practice's."""

    practice: Practice
    key: ApiKey
    token: str
    http: httpx2.AsyncClient

    async def ask(self, method: str, path: str, **given: Any) -> httpx2.Response:
        return await self.http.request(method, f"/api/v1/practices/{self.practice.athena_id}{path}", **given)

    async def get(self, path: str, **given: Any) -> httpx2.Response:
        return await self.ask("GET", path, **given)

    async def post(self, path: str, body: Any = None, **given: Any) -> httpx2.Response:
        return await self.ask("POST", path, **({} if body is None else {"json": body}), **given)


MakeProgram = Callable[..., Awaitable[Program]]


@pytest.fixture
async def make_program(serve: Any, database: Database, practice: Practice) -> AsyncIterator[MakeProgram]:
    """Makes programs: `await make_program(Right.PATIENTS_VIEW)` at the test's practice, or `at=` another; without rights it may everything."""
    opened: list[httpx2.AsyncClient] = []

    async def make(*scopes: Right, at: Practice | None = None, app: Any = None) -> Program:
        where = at or practice
        key, token = await make_key(
            database, Caller.operator("test"), where.id, f"Program {next(_numbers)}", scopes or EVERYTHING, now() + timedelta(days=1), now()
        )
        transport = httpx2.ASGITransport(app=app or serve)
        opened.append(httpx2.AsyncClient(transport=transport, base_url=ADDRESS, headers={"Authorization": f"Bearer {token}"}))
        return Program(where, key, token, opened[-1])

    yield make
    for http in opened:
        await http.aclose()


@pytest.fixture
async def program(make_program: MakeProgram) -> Program:
    """A program that may everything."""
    return await make_program()


@pytest.fixture(scope="session")
async def clinic(database: Database) -> AsyncIterator[Clinic]:
    """A clinic after its first pull, for all tests of the API: each looks at what it did itself."""
    async with open_clinic(database, "platform", "the clinic of the API's tests") as one:
        await one.pull()
        yield one


@pytest.fixture(scope="session")
async def clinic_app(clinic: Clinic, settings: Settings) -> Any:
    """The application with doors to the clinic's sandbox."""
    return create_app(settings, clinic.database, clinic.doors)


@pytest.fixture
async def desk(make_program: MakeProgram, clinic: Clinic, clinic_app: Any) -> Program:
    """A front-desk program of the clinic, which may everything."""
    return await make_program(at=clinic.practice, app=clinic_app)


@pytest.fixture(scope="session")
async def location(clinic: Clinic) -> str:
    """The id of the clinic's first department."""
    items = (await clinic.do(setup_of)).items
    return str(items.locations["1"].id)


Register = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def register(desk: Program, location: str) -> Register:
    """Registers a patient of the test's own: `await register(first_name="Rosa")`."""

    async def make(**fields: Any) -> dict[str, Any]:
        person = {
            "first_name": "Rosa",
            "last_name": f"Delgado{new_id().hex[-8:]}",
            "date_of_birth": "1984-03-09",
            "gender": "female",
            "phone_mobile": "+16175550123",
        }
        answer = await desk.post("/patients", {**person, "registration_location_id": location, **fields})
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    return make


async def trail(clinic: Clinic, by: ApiKey) -> list[tuple[str, UUID | None, str]]:
    """What stands in the trail of a key: action, whose data, by what way."""

    async def read(transaction: Any) -> list[tuple[str, UUID | None, str]]:
        cursor = await transaction.connection.execute(
            "select action, coalesce(record_id, message_id), via from audit_entries where actor = %s order by id", [f"key:{by.id}"]
        )
        return list(await cursor.fetchall())

    return await clinic.do(read)
