"""A key is let in by every route whose scope it has: nothing keeps out what is allowed. What is refused, test_guard walks."""

from typing import Any

import pytest

from practicestudio.access.api_keys import NEVER
from practicestudio.practices.practice import Practice
from tests.web.api.conftest import MakeProgram
from tests.web.walls import Way, application, is_let_in, ways, wrong


@pytest.fixture(scope="session")
def calls(serve: Any) -> list[Way]:
    return list(ways(application(serve._app._api)))


async def test_every_route_lets_in_a_key_with_its_scope(calls: list[Way], make_program: MakeProgram, practice: Practice) -> None:
    program = await make_program()

    async def is_open(way: Way) -> bool:
        return await is_let_in(way, practice, {"authorization": f"Bearer {program.token}"})

    guarded = [way for way in calls if not way.guard.open]
    assert len(guarded) > 15
    assert await wrong(guarded, is_open) == []


def test_no_route_asks_for_a_right_that_keys_never_have(calls: list[Way]) -> None:
    assert not {way.guard.right for way in calls} & NEVER
    assert not [way for way in calls if way.guard.open and "{practice}" in way.route.path]
