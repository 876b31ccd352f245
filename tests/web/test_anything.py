"""Whatever is put into the addresses, queries and forms of the pages is answered with a sentence, never with a fault of the program."""

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from fastapi.routing import APIRoute

from practicestudio.app import rules_of
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync.doors import open_doors
from practicestudio.web.app import create_pages
from practicestudio.web.guard import routes_of
from practicestudio.web.services import Services
from tests.web.conftest import Person

VALUES = (
    "", "x", "-1", "0", "9" * 30, "\x00", "%00", "2026-13-45", "2026-11-24T00:00", "NaN", "🦄" * 50, "' or 1=1 --", "<script>", "[]", "null", "desc",
    "00000000-0000-0000-0000-000000000000", "../../etc/passwd", "done", "a" * 5000, "\ufffd", "on", "1e999", "Infinity", "2026-02-30",
)  # fmt: skip
ALSO = ("sort", "cursor", "before", "after", "since", "until", "day", "state", "kind", "message", "ids", "body", "text", "name", "value", "reason")
ENDS_THE_SESSION = re.compile("sign-out|sessions|password")


def parameters(route: APIRoute) -> tuple[Sequence[str], Sequence[str]]:
    """Names of what may stand in the query, and in the form."""
    return [one.alias for one in route.dependant.query_params], [one.alias for one in route.dependant.body_params]


def some(random: random.Random, names: Sequence[str]) -> dict[str, str]:
    return {name: random.choice(VALUES) for name in [*names, *random.sample(ALSO, 3)]}


def tries(routes: Sequence[APIRoute], practice: str, rounds: int) -> Iterator[tuple[str, str, dict[str, str], dict[str, str]]]:
    """Method, path, query and form of each try; the same every time."""
    chance = random.Random(1)
    for route in routes:
        for _ in range(rounds):
            path = re.sub(r"\{[^}]*\}", lambda _: chance.choice(("x", "1", VALUES[16], "a%00b")), route.path.replace("{practice}", practice))
            query, form = parameters(route)
            for method in sorted(route.methods):
                yield method, path, some(chance, query), some(chance, form)


async def test_anything_is_answered(everyone: Person, practice: Practice, settings: Settings, database: Database) -> None:
    async with open_doors(database) as doors:
        app = create_pages(Services(settings, database, doors, rules_of(settings)))
        routes = [one for one in routes_of(app.routes) if not ENDS_THE_SESSION.search(one.path)]
        assert len(routes) > 30
        faults: list[Any] = []
        for method, path, query, form in tries(routes, practice.athena_id, rounds=2):
            ask = everyone.get(path, params=query) if method == "GET" else everyone.post(path, form, params=query)
            answer = await ask
            if answer.status_code == 500:  # 502 and 503 tell that another server does not answer
                faults.append((method, path, answer.status_code))
        assert faults == []
