"""Who gets in, and what everybody else is told."""

import httpx2
import pytest
from fastapi import APIRouter, FastAPI

from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Role
from practicestudio.errors import Misconfigured
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database
from practicestudio.web.guard import anyone, check_routes
from tests.web.conftest import SignIn


async def test_a_stranger_is_sent_to_the_sign_in_and_back(stranger: httpx2.AsyncClient, practice: Practice) -> None:
    answer = await stranger.get(f"/practices/{practice.athena_id}/?secret=1")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next=/practices/{practice.athena_id}/"


async def test_a_script_of_a_stranger_is_told_where_to_go(stranger: httpx2.AsyncClient, practice: Practice) -> None:
    answer = await stranger.get(f"/practices/{practice.athena_id}/", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-redirect"]) == (401, "/sign-in")


async def test_a_person_sees_the_practice_of_their_role(sign_in: SignIn, practice: Practice) -> None:
    ann = await sign_in(Role.ANALYST)
    answer = await ann.get(f"/practices/{practice.athena_id}/")
    assert answer.status_code == 200
    assert practice.name in answer.text


async def test_another_practice_is_as_good_as_none(sign_in: SignIn, practice: Practice, database: Database) -> None:
    other = await add_practice(database, f"{practice.athena_id}9", "Other Practice", "America/New_York")
    ann = await sign_in(*Role)
    foreign, missing = await ann.get(f"/practices/{other.athena_id}/"), await ann.get("/practices/1/")
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert "Other Practice" not in foreign.text


async def test_a_role_everywhere_holds_at_a_practice_that_is_added_later(sign_in: SignIn, practice: Practice, database: Database) -> None:
    ann = await sign_in(Role.ADMINISTRATOR, at=EVERYWHERE)
    later = await add_practice(database, f"{practice.athena_id}8", "Later Practice", "America/New_York")
    assert (await ann.get(f"/practices/{later.athena_id}/")).status_code == 200


async def test_the_menu_holds_what_the_person_may(sign_in: SignIn, practice: Practice) -> None:
    desk = (await (await sign_in(Role.FRONT_DESK)).get(f"/practices/{practice.athena_id}/")).text
    assert "Appointments" in desk
    assert "Field mappings" not in desk


async def test_a_change_without_the_sessions_token_is_refused(sign_in: SignIn) -> None:
    ann = await sign_in(Role.ANALYST)
    assert (await ann.browser.post("/theme", data={"theme": "dark"})).status_code == 403
    assert (await ann.browser.post("/theme", data={"theme": "dark", "csrf": "0" * 64})).status_code == 403
    assert (await ann.post("/theme", {"theme": "dark"})).status_code == 204


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
async def test_a_change_from_another_site_is_refused(sign_in: SignIn, headers: dict[str, str]) -> None:
    ann = await sign_in(Role.ANALYST)
    assert (await ann.post("/theme", {"theme": "dark"}, headers=headers)).status_code == 403


def test_a_route_without_a_guard_keeps_the_application_from_starting() -> None:
    app = FastAPI()

    @app.get("/open")
    def answer() -> str:
        return ""

    with pytest.raises(Misconfigured, match="/open"):
        check_routes(app.routes)


def test_a_route_of_an_included_router_is_seen() -> None:
    app, outer, inner = FastAPI(), APIRouter(), APIRouter()

    @inner.get("/open")
    def answer() -> str:
        return ""

    outer.include_router(inner)
    app.include_router(outer)
    with pytest.raises(Misconfigured, match="/open"):
        check_routes(app.routes)


def test_a_practices_route_cannot_be_open() -> None:
    router = APIRouter()

    @router.get("/practices/{practice}/open", dependencies=[anyone()])
    def answer() -> str:
        return ""

    with pytest.raises(Misconfigured, match="who may use it"):
        check_routes(router.routes)
