"""The walls of the API, walked along every route that there is: a key opens what its scopes open, in its own practice, and nothing else."""

from typing import Any

import pytest

from practicestudio.access.api_keys import NEVER
from practicestudio.access.rights import Right
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.store.database import Database
from tests.web.api.conftest import EVERYTHING, MakeProgram, Program
from tests.web.walls import Way, application, is_let_in, ways, wrong


@pytest.fixture(scope="session")
def calls(serve: Any) -> list[Way]:
    return list(ways(application(serve._app._api)))


@pytest.fixture
async def other(database: Database, practice: Practice) -> Practice:
    return await add_practice(database, f"{practice.athena_id}7", "Foreign Practice", "America/New_York")


def test_there_are_routes_to_walk_and_few_are_open(calls: list[Way]) -> None:
    assert len({way.route.path for way in calls}) > 15
    assert not [way for way in calls if way.guard.open and "{practice}" in way.route.path]


async def test_no_program_gets_anywhere_without_a_key(calls: list[Way], stranger: Any, practice: Practice) -> None:
    async def is_kept_out(way: Way) -> bool:
        answers = [
            await stranger.request(way.method, way.address(practice.athena_id), headers=headers)
            for headers in ({}, {"Authorization": "Bearer psk_0000"}, {"Cookie": "session=x"})
        ]
        return {answer.status_code for answer in answers} == {401}

    assert await wrong([way for way in calls if not way.guard.open], is_kept_out) == []


async def test_a_key_opens_what_its_scopes_open_and_nothing_else(
    calls: list[Way],
    make_program: MakeProgram,
    practice: Practice,
) -> None:
    whole = await make_program()
    without: dict[Right, Program] = {}

    async def is_right(way: Way) -> bool:
        right = way.guard.right
        if not await is_let_in(way, practice, {"authorization": f"Bearer {whole.token}"}):
            return False
        if right is None:
            return True
        if right not in without:
            without[right] = await make_program(*(EVERYTHING - {right}))
        answer = await without[right].http.request(way.method, way.address(practice.athena_id))
        return answer.status_code == 403 and right.value in answer.text

    assert await wrong([way for way in calls if not way.guard.open], is_right) == []


async def test_a_foreign_practice_is_as_good_as_none_to_every_key(calls: list[Way], make_program: MakeProgram, other: Practice) -> None:
    program = await make_program()

    async def is_kept_out(way: Way) -> bool:
        answers = [await program.http.request(way.method, way.address(one)) for one in (other.athena_id, str(other.id), "1")]
        return {(answer.status_code, "Foreign" in answer.text) for answer in answers} == {(404, False)}

    assert await wrong([way for way in calls if way.guard.of_practice], is_kept_out) == []


def test_no_key_has_a_right_that_keys_never_have(calls: list[Way]) -> None:
    assert not {way.guard.right for way in calls} & NEVER
