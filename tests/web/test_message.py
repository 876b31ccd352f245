"""A message's page: its story for whoever sees the log, its words for whoever may read them, and what mends it."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from practicestudio.access.rights import Role
from practicestudio.clock import new_id
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome
from practicestudio.delivery.story import read_story
from practicestudio.delivery.worker import Handlers, Worker
from practicestudio.errors import Permanent
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database, Transaction
from practicestudio.web.pages.message_edit import Line, compare, faults_of, wire_of
from tests.web.conftest import SignIn
from tests.web.test_logs import log_of

REPORT = b'[{"place": "homephone", "problem": "It has too few digits.", "severity": "warning"}]'


async def handle(_: Transaction, messages: Sequence[Message]) -> list[Outcome]:
    return [Done(report=REPORT) if b"good" in one.body else Failed(Permanent("The date is wrong."), report=REPORT) for one in messages]


@pytest.fixture
async def failed(database: Database, practice: Practice) -> UUID:
    async with database.practice(practice.id) as transaction:
        [cause] = await accept(transaction, [NewMessage(direction="in", door="rest", kind="feed.patients", about="feed", body=b"good")])
        bad = NewMessage(direction="in", door="rest", kind="patient", about="x", body=b'{"name": "Canary", "dob": "2"}', cause_id=cause)
        [one] = await accept(transaction, [bad])
    await Worker(database, Handlers({"patient": handle, "feed.patients": handle})).run_until_idle()
    return one


async def actions(database: Database, practice: Practice) -> list[str]:
    async with database.practice(practice.id) as transaction:
        found = await transaction.connection.execute("select action from audit_entries where action like 'person:message:%' order by id")
        return [row[0] for row in await found.fetchall()]


async def test_the_story_is_told_without_what_it_says(database: Database, practice: Practice, sign_in: SignIn, failed: UUID) -> None:
    biller = await sign_in(Role.BILLER)
    shown = (await biller.get(f"{log_of(practice)}/messages/{failed}")).text
    assert "The date is wrong." in shown
    assert "Caused by" in shown
    assert "which your role in this practice does not show you" in shown
    assert "Correct and retry" not in shown
    assert "Canary" not in shown
    assert (await biller.post(f"{log_of(practice)}/messages/{failed}/contents")).status_code == 403
    assert await actions(database, practice) == []
    assert (await biller.get(f"{log_of(practice)}/messages/{new_id()}")).status_code == 404


async def test_who_looks_at_what_it_says_stands_in_the_trail(database: Database, practice: Practice, sign_in: SignIn, failed: UUID) -> None:
    ann = await sign_in(Role.ANALYST)
    assert "Canary" not in (await ann.get(f"{log_of(practice)}/messages/{failed}")).text
    shown = (await ann.post(f"{log_of(practice)}/messages/{failed}/contents")).text
    assert "Canary" in shown
    assert "It has too few digits." in shown
    assert await actions(database, practice) == ["person:message:view"]


async def test_a_message_is_retried_or_discarded_from_its_page(database: Database, practice: Practice, sign_in: SignIn, failed: UUID) -> None:
    ann = await sign_in(Role.ANALYST)
    place = f"{log_of(practice)}/messages/{failed}"
    assert (await ann.post(f"{place}/discard", {"reason": " "})).status_code == 422
    assert (await ann.post(f"{place}/retry")).headers["location"] == place
    await Worker(database, Handlers({"patient": handle})).run_until_idle()
    await ann.post(f"{place}/discard", {"reason": "a test patient"})
    shown = (await ann.get(place)).text
    assert "Discarded: a test patient" in shown
    assert "data-dialog=" not in shown, "nothing is left to do"
    assert await actions(database, practice) == ["person:message:retry", "person:message:discard"]


async def test_a_correction_is_checked_compared_and_then_worked(database: Database, practice: Practice, sign_in: SignIn, failed: UUID) -> None:
    ann = await sign_in(Role.ANALYST)
    place = f"{log_of(practice)}/messages/{failed}/edit"
    assert "Canary" in (await ann.get(place)).text
    broken = await ann.post(place, {"text": '{"name": ', "step": "send"})
    assert (broken.status_code, "This is no JSON: line 1" in broken.text) == (422, True)
    compared = (await ann.post(place, {"text": '{"name": "good",\r\n "dob": "2"}'})).text
    assert "table-success" in compared
    sent = await ann.post(place, {"text": '{"name": "good",\r\n "dob": "2"}', "step": "send"})
    copy = UUID(sent.headers["location"].rpartition("/")[2])
    await Worker(database, Handlers({"patient": handle})).run_until_idle()
    async with database.practice(practice.id) as transaction:
        story = await read_story(transaction, copy)
    assert (story.entry.state, story.entry.retry_of, story.bodies["received"]) == ("done", failed, b'{"name":"good","dob":"2"}')
    assert (await ann.get(place)).status_code == 422, "the original is not in the queue any more"
    assert "person:message:edit" in await actions(database, practice)
    assert (await (await sign_in(Role.BILLER)).get(place)).status_code == 403


def test_a_text_is_compared_in_one_form_and_sent_as_its_format_wants() -> None:
    assert compare('{"a": 1, "b": 2}', '{"a":1,\n"b":3}') == [
        Line(" ", "…"), Line(" ", "{"), Line(" ", '  "a": 1,'), Line("-", '  "b": 2'), Line("+", '  "b": 3'), Line(" ", "}")
    ]  # fmt: skip
    assert wire_of("MSH|^~\\&|A\nPID|1", "MSH|^~\\&|B\nPID|1") == b"MSH|^~\\&|B\rPID|1"
    assert faults_of("MSH|1", " ")["text"].startswith("The message would be empty")
    assert faults_of('{"a": 1}', '{ "a" : 1 }')["text"].startswith("Nothing differs")
    assert faults_of('{"a": 1}', '{"a": 2}') == {}
