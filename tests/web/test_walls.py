"""The walls of the pages, walked along every route that there is: each lets in whom its declared right lets in, and tells others nothing.

The routes are read from the application as it is served, so a new one is held to this by itself. Whether somebody is let in is asked of the
route's guard, which decides before anything else happens; whether somebody is kept out is asked by a request, as a browser makes it.
"""

from typing import Any

import pytest

from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import RIGHTS, Right, Role
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database
from tests.web.conftest import Person, SignIn
from tests.web.walls import Way, is_let_in, ways, wrong


@pytest.fixture(scope="session")
def pages(serve: Any) -> list[Way]:
    return list(ways(serve._app._pages))


@pytest.fixture
async def other(database: Database, practice: Practice) -> Practice:
    return await add_practice(database, f"{practice.athena_id}7", "Foreign Practice", "America/New_York")


def of_browser(person: Person) -> dict[str, str]:
    return {"cookie": f"session={person.browser.cookies['session']}", "x-csrf-token": person.csrf}


def test_there_are_routes_to_walk(pages: list[Way]) -> None:
    assert len({way.route.path for way in pages}) > 30
    assert {way.guard.right for way in pages} >= {Right.AUDIT_VIEW, Right.AUDIT_EXPORT, Right.PATIENTS_VIEW, Right.SETTINGS_CHANGE}


def test_what_is_open_to_everybody_is_little_and_shows_nothing(pages: list[Way]) -> None:
    open_ways = {way.route.path for way in pages if way.guard.open}
    assert not [path for path in open_ways if "{practice}" in path]
    assert all(path.startswith(("/sign-in", "/assets", "/healthz", "/readyz", "/metrics", "/theme")) for path in open_ways)


async def test_nobody_gets_anywhere_without_signing_in(pages: list[Way], stranger: Any, practice: Practice) -> None:
    async def is_kept_out(way: Way) -> bool:
        answer = await stranger.request(way.method, way.address(practice.athena_id))
        return answer.status_code == 303 and answer.headers["location"].startswith("/sign-in")

    assert await wrong([way for way in pages if not way.guard.open], is_kept_out) == []


@pytest.mark.parametrize("role", list(Role))
async def test_each_role_gets_in_where_its_rights_let_it_and_nowhere_else(pages: list[Way], sign_in: SignIn, practice: Practice, role: Role) -> None:
    person = await sign_in(role)

    async def is_right(way: Way) -> bool:
        if way.guard.right in RIGHTS[role]:
            return await is_let_in(way, practice, of_browser(person))
        answer = await person.browser.request(way.method, way.address(practice.athena_id), headers={"X-CSRF-Token": person.csrf})
        return answer.status_code == 403 and "You may not do this in this practice." in answer.text

    assert await wrong([way for way in pages if way.guard.of_practice], is_right) == []


async def test_what_concerns_every_practice_is_for_a_role_at_every_practice(pages: list[Way], sign_in: SignIn, practice: Practice) -> None:
    here, everywhere = await sign_in(*Role), await sign_in(*Role, at=EVERYWHERE)

    async def is_right(way: Way) -> bool:
        answer = await here.browser.request(way.method, way.address(practice.athena_id), headers={"X-CSRF-Token": here.csrf})
        return answer.status_code == 403 and await is_let_in(way, practice, of_browser(everywhere))

    assert await wrong([way for way in pages if way.guard.right and not way.guard.of_practice], is_right) == []


async def test_a_foreign_practice_is_as_good_as_none_on_every_page(pages: list[Way], sign_in: SignIn, other: Practice) -> None:
    person = await sign_in(*Role)

    async def is_kept_out(way: Way) -> bool:
        answers = [
            await person.browser.request(way.method, way.address(practice), headers={"X-CSRF-Token": person.csrf})
            for practice in (other.athena_id, "1")
        ]
        told = {(answer.status_code, "no such practice" in answer.text, "Foreign" in answer.text) for answer in answers}
        return told == {(404, True, False)}

    assert await wrong([way for way in pages if way.guard.of_practice], is_kept_out) == []


async def test_a_change_without_the_sessions_token_gets_nowhere(pages: list[Way], sign_in: SignIn, practice: Practice) -> None:
    person = await sign_in(*Role, at=EVERYWHERE)

    async def is_kept_out(way: Way) -> bool:
        answer = await person.browser.request(way.method, way.address(practice.athena_id))
        return answer.status_code == 403 and "did not come from a page" in answer.text

    changes = [way for way in pages if way.method not in ("GET", "HEAD") and not way.guard.open]
    assert len(changes) > 20
    assert await wrong(changes, is_kept_out) == []
