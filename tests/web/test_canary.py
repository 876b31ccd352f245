"""What the pages and the API are asked, by whoever, leaves no patient in a log line, a metric, an address or an error's words."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest
import structlog

from practicestudio.access.caller import EVERYWHERE
from practicestudio.access.rights import Role
from practicestudio.clock import new_id
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.practices.practice import Practice
from practicestudio.records import Patient
from practicestudio.redact import configure_logging
from practicestudio.store.database import Database
from practicestudio.sync.change_patient import create_patient
from tests.web.conftest import Person
from tests.web.walls import Way, ways

CANARIES = ("Zebulonqa", "Quillfeatherby", "6175559871", "canary.bird@nest.example")
TYPED = dict.fromkeys(("query", "text", "name", "reason", "search", "first_name", "last_name", "why", "value"), "Zebulonqa Quillfeatherby")


@pytest.fixture
async def canary(database: Database, practice: Practice) -> dict[str, UUID]:
    """A patient and a message whose every word is a canary; their ids."""
    born = date(1980, 5, 15)
    bird = Patient(
        first_name="Zebulonqa", last_name="Quillfeatherby", date_of_birth=born, phone_mobile="+16175559871", email="canary.bird@nest.example"
    )
    body = b'{"patientid": "3", "lastname": "Quillfeatherby", "firstname": "Zebulonqa"'  # cannot be read
    async with database.practice(practice.id) as transaction:
        [message] = await accept(transaction, [NewMessage(direction="in", door="rest", kind="patient", about="patient:3", body=body)])
        return {"patient": await create_patient(transaction, bird, "test"), "message": message, "message_id": message}


def address(way: Way, practice: Practice, ids: dict[str, UUID]) -> str:
    """With the canary's ids where the route asks for them."""
    return way.route.path_format.format(
        **{name: practice.athena_id if name == "practice" else str(ids.get(name, new_id())) for name in way.route.param_convertors}
    )


async def exercise(person: Person, pages: list[Way], practice: Practice, ids: dict[str, UUID]) -> list[str]:
    """Ask every page, and send every form with a canary in it; the addresses that answers lead to."""
    led_to = []
    for way in pages:
        if way.guard.open or not way.guard.of_practice or "tail" in way.route.path:
            continue
        given = {"data": {**TYPED, "csrf": person.csrf}} if way.method != "GET" else {}
        answer = await person.browser.request(way.method, address(way, practice, ids), **given)
        led_to += [answer.headers.get("location", ""), answer.headers.get("hx-redirect", ""), answer.headers.get("set-cookie", "")]
        assert answer.status_code != 500, str(way)
    return led_to


async def test_no_canary_sings_in_logs_metrics_and_addresses(
    serve: Any, sign_in: Any, stranger: Any, practice: Practice, canary: dict[str, UUID], capfd: pytest.CaptureFixture[str]
) -> None:
    person = await sign_in(*Role, at=EVERYWHERE)
    configure_logging("debug", as_json=True)
    try:
        shown = await person.post(f"/practices/{practice.athena_id}/patients/search", {"query": "Zebulonqa Quillfeatherby"})
        assert "Quillfeatherby" in shown.text, "the pages do show the canary"
        led_to = await exercise(person, list(ways(serve._app._pages)), practice, canary)
        metrics = (await stranger.get("/metrics")).text
    finally:
        structlog.reset_defaults()
    lines = "".join(capfd.readouterr())
    assert lines.count('"path_template"') > 50, "requests are logged"
    told = {one for one in CANARIES for text in (lines, metrics, *led_to) if one.lower() in text.lower()}
    assert told == set()
