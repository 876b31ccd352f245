"""Which programs get in, and what all others are told; for every route."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute

from practicestudio.access.api_keys import make_key, revoke_key
from practicestudio.access.caller import Caller
from practicestudio.access.rights import Right, Role
from practicestudio.clock import new_id, now
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync.doors import open_doors
from practicestudio.web.api.app import ROUTERS
from practicestudio.web.api.document import documented
from practicestudio.web.app import create_app
from practicestudio.web.guard import guards_of
from tests.web.api.conftest import EVERYTHING, MakeProgram, Program
from tests.web.conftest import SignIn

PROBLEM = "application/problem+json"
ROUTES = [route for router in ROUTERS for route in documented(router.routes)]
OF_PRACTICE = [route for route in ROUTES if "{practice}" in route.path]
OPERATOR = Caller.operator("test")
TODAY = timedelta(days=1)


def method_of(route: APIRoute) -> str:
    [method] = route.methods or ()
    return method


def address(route: APIRoute, practice: Practice) -> str:
    return route.path.format_map({"practice": practice.athena_id, **{name: str(new_id()) for name in route.param_convertors if name != "practice"}})


async def ask(http: httpx2.AsyncClient, route: APIRoute, practice: Practice) -> httpx2.Response:
    example: Any = None
    if route.body_field is not None:
        example = route.body_field.field_info.annotation.model_json_schema()["examples"][0]
    return await http.request(method_of(route), address(route, practice), json=example, headers={"If-Match": '"1"'})


@pytest.fixture
async def other(database: Database, practice: Practice) -> Practice:
    return await add_practice(database, f"{practice.athena_id}5", "Other Practice", "America/New_York")


def test_there_are_routes_to_test() -> None:
    assert len(OF_PRACTICE) >= 22


async def test_no_route_answers_without_a_key(stranger: httpx2.AsyncClient, practice: Practice) -> None:
    for route in ROUTES:
        answer = await ask(stranger, route, practice)
        assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (401, PROBLEM, "key_needed"), route
        assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_a_session_opens_no_route(sign_in: SignIn, practice: Practice) -> None:
    ann = await sign_in(*Role)
    assert {(await ask(ann.browser, route, practice)).status_code for route in ROUTES} == {401}


async def test_no_route_tells_of_another_practice(program: Program, other: Practice) -> None:
    for route in OF_PRACTICE:
        answer = await ask(program.http, route, other)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_there"), route
        assert "Other Practice" not in answer.text


@pytest.mark.parametrize("right", sorted({right for route in OF_PRACTICE if (right := next(guards_of(route)).right)}))
async def test_no_route_answers_a_key_without_its_scope(right: Right, make_program: MakeProgram) -> None:
    program = await make_program(*(EVERYTHING - {right}))
    for route in OF_PRACTICE:
        [guard] = guards_of(route)
        if guard.right is right:
            answer = await ask(program.http, route, program.practice)
            assert (answer.status_code, answer.json()["code"]) == (403, "out_of_scope"), route
            assert f'scope="{right.value}"' in answer.headers["www-authenticate"]


async def test_a_key_sees_its_own_practice_only(program: Program, other: Practice) -> None:
    answer = await program.http.get("/api/v1/practices")
    assert [one["id"] for one in answer.json()["items"]] == [str(program.practice.id)]
    assert (await program.get("")).json()["name"] == program.practice.name


async def test_a_revoked_key_opens_nothing(program: Program, database: Database) -> None:
    assert (await program.get("")).status_code == 200
    await revoke_key(database, OPERATOR, program.practice.id, program.key.id, now())
    answer = await program.get("")
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


async def test_a_key_ends(stranger: httpx2.AsyncClient, practice: Practice, database: Database) -> None:
    _, token = await make_key(database, OPERATOR, practice.id, "Old", EVERYTHING, now(), now() - TODAY)
    assert (await stranger.get("/api/v1/practices", headers={"Authorization": f"Bearer {token}"})).status_code == 401


@pytest.mark.parametrize("given", ["", "Bearer", "Bearer ", "Bearer psk_unknown", "Basic cHNrOng=", "Bearer " + "x" * 5000, "Bearer psk_é"])
async def test_what_is_no_key_opens_nothing(given: str, stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/api/v1/practices", headers={"Authorization": given.encode()})).status_code == 401


async def test_a_refusal_stands_in_the_practices_trail(make_program: MakeProgram, database: Database) -> None:
    program = await make_program(Right.OVERVIEW_VIEW)
    await program.get(f"/patients/{new_id()}")
    async with database.practice(program.practice.id) as transaction:
        cursor = await transaction.connection.execute("select actor, action, via from audit_entries where action = 'person:access:refuse'")
        assert await cursor.fetchall() == [(f"key:{program.key.id}", "person:access:refuse", "api")]


async def test_a_key_keeps_to_its_rate(settings: Settings, database: Database, make_program: MakeProgram, practice: Practice) -> None:
    async with open_doors(database) as doors:
        app = create_app(settings.model_copy(update={"api_calls_per_minute": 2}), database, doors)
        slow, another = await make_program(app=app), await make_program(app=app)
        first, second, third = [await slow.get("") for _ in range(3)]
        assert (await another.get("")).status_code == 200
    assert (first.status_code, second.status_code, third.status_code) == (200, 200, 429)
    assert first.headers["ratelimit-policy"] == '"key";q=2;w=60'
    assert [one.headers["ratelimit"].partition(";t")[0] for one in (first, second, third)] == ['"key";r=1', '"key";r=0', '"key";r=0']
    assert 0 < int(third.headers["retry-after"]) <= 30
    assert third.json()["code"] == "too_fast"


async def test_refused_requests_count_too(settings: Settings, database: Database, make_program: MakeProgram) -> None:
    async with open_doors(database) as doors:
        app = create_app(settings.model_copy(update={"api_calls_per_minute": 2}), database, doors)
        program = await make_program(Right.OVERVIEW_VIEW, app=app)
        answers = [await program.get(f"/patients/{new_id()}") for _ in range(3)]
    assert [one.status_code for one in answers] == [403, 403, 429]
    assert all("ratelimit" in one.headers for one in answers)


async def test_an_address_that_is_none_is_a_problem_too(stranger: httpx2.AsyncClient) -> None:
    for path in ("/api/", "/api/v1", "/api/v2/practices", "/api/v1/nothing", "/api/v1/practices/"):
        answer = await stranger.get(path)
        assert (answer.status_code, answer.headers["content-type"], answer.json()["status"]) == (404, PROBLEM, 404)


async def test_all_methods_of_an_address_are_named(program: Program) -> None:
    answer = await program.ask("DELETE", "/runs")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


async def test_the_front_refuses_in_the_same_form(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/api/v1/practices", headers={"Host": "evil.example"})
    assert (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (421, PROBLEM, "wrong_host")
