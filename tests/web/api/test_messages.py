"""The log, the error queue and sync runs, as programs see and handle them."""

from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.rights import Right
from practicestudio.clock import new_id
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from tests.sync.conftest import Clinic
from tests.web.api.conftest import MakeProgram, Program, Register, trail

SENTENCE = "athenahealth refused it: The phone number is not valid."


@pytest.fixture
async def failed(database: Database, practice: Practice) -> list[UUID]:
    """Five messages of a practice of its own, all in the error queue for one cause."""
    return await fail(database, practice, 5)


async def fail(database: Database, practice: Practice, count: int) -> list[UUID]:
    messages = [NewMessage(direction="out", door="rest", kind="patient.update", about=f"patient:{new_id()}", body=b'{"n": 1}') for _ in range(count)]
    async with database.practice(practice.id) as transaction:
        made = await accept(transaction, messages)
        await transaction.connection.execute(
            "update messages set state = 'failed', error_code = 'refused', error = %s where practice_id = %s and id = any(%s)",
            [SENTENCE, practice.id, made],
        )
    return made


async def states(program: Program) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in (await program.get("/messages", params={"limit": 200})).json()["items"]:
        found[one["state"]] = found.get(one["state"], 0) + 1
    return found


async def test_pages_of_messages_do_not_shift_while_others_come_in(program: Program, failed: list[UUID], database: Database) -> None:
    seen, path = [], "/messages?limit=2&state=failed"
    total = (await program.get(path)).json()["total"]
    while path:
        answer = await program.get(path)
        seen += [one["id"] for one in answer.json()["items"]]
        link = answer.headers.get("link", "")
        path = link.partition(">")[0].partition(program.practice.athena_id)[2]
        await fail(database, program.practice, 1)
    assert (total, seen) == (5, [str(one) for one in sorted(failed, reverse=True)])
    assert (await program.get("/messages?state=failed&limit=1")).json()["total"] == 8


async def test_messages_are_filtered(program: Program, failed: list[UUID]) -> None:
    for query, count in (
        ("state=failed&state=done", 5), ("state=done", 0), ("kind=patient.update", 5), ("kind=patient", 0), ("direction=in", 0), ("door=rest", 5),
        ("error_code=refused", 5), ("since=2150-01-01T00:00:00Z", 0), ("since=1900-01-01T00:00:00Z", 5), ("before=1999-01-01T00:00:00%2B01:00", 0),
        (f"record_id={new_id()}", 0), (f"run_id={new_id()}", 0), (f"retry_of={new_id()}", 0),
    ):  # fmt: skip
        answer = (await program.get(f"/messages?{query}")).json()
        assert (len(answer["items"]), answer["total"]) == (count, count), query
    assert (await program.get(f"/messages?run_id={new_id()}&cause_id={new_id()}")).status_code == 422


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "state=lost", "since=yesterday", "nope=1", "cursor=%00", "record_id=1"])
async def test_a_filter_that_is_none_is_refused(program: Program, query: str) -> None:
    answer = await program.get(f"/messages?{query}")
    assert (answer.status_code, answer.json()["faults"][0]["within"]) == (422, "query")


async def test_a_message_is_told_whole_and_its_bodies_to_whom_may_see_them(
    desk: Program, register: Register, clinic: Clinic, make_program: MakeProgram, clinic_app: Any
) -> None:
    made = await register()
    await clinic.work()
    [message] = (await desk.get(f"/messages?record_id={made['id']}&kind=patient.create")).json()["items"]
    watcher = await make_program(Right.MESSAGES_VIEW, at=clinic.practice, app=clinic_app)
    whole = (await watcher.get(f"/messages/{message['id']}")).json()
    assert whole | message == whole
    assert [one["operation"] for one in whole["attempts"]][-1] == "patient.get"
    assert (await watcher.get(f"/messages/{message['id']}/bodies")).status_code == 403
    bodies = (await desk.get(f"/messages/{message['id']}/bodies")).json()["items"]
    assert {"part": "sent", "encoding": "utf-8", "content": "{}"} in bodies
    assert ("person:message:view", made["id"], "api") in [(action, str(whose), via) for action, whose, via in await trail(clinic, watcher.key)]
    assert "person:body:view" in [action for action, _, _ in await trail(clinic, desk.key)]


async def test_what_is_no_text_comes_in_base64(program: Program, failed: list[UUID], database: Database) -> None:
    from practicestudio.delivery.inbox import store_bodies

    async with database.practice(program.practice.id) as transaction:
        await store_bodies(transaction, [(failed[0], "answer", b"\xff\x00")])
    bodies = (await program.get(f"/messages/{failed[0]}/bodies")).json()["items"]
    assert {"part": "answer", "encoding": "base64", "content": "/wA="} in bodies


async def test_a_failed_message_is_worked_again(program: Program, failed: list[UUID]) -> None:
    answer = await program.post(f"/messages/{failed[0]}/retry")
    assert (answer.status_code, answer.json()["state"]) == (200, "received")
    assert (await program.get(f"/messages/{failed[0]}")).json()["error_code"] is None
    assert (await program.post(f"/messages/{new_id()}/retry")).status_code == 404


async def test_a_corrected_copy_is_worked_instead(program: Program, failed: list[UUID]) -> None:
    answer = await program.post(f"/messages/{failed[0]}/edit-and-retry", {"body": '{"n": 2}'})
    assert answer.status_code == 201
    copy = answer.json()["message_id"]
    assert answer.headers["location"].endswith(f"/messages/{copy}")
    assert (await program.get(f"/messages/{copy}/bodies")).json()["items"][0]["content"] == '{"n": 2}'
    original = (await program.get(f"/messages/{failed[0]}")).json()
    assert (original["state"], original["copies"]) == ("discarded", [copy])
    assert (await program.post(f"/messages/{failed[0]}/edit-and-retry", {"body": "{}"})).status_code == 409


async def test_errors_are_grouped_by_cause(program: Program, failed: list[UUID]) -> None:
    answer = (await program.get("/errors")).json()
    assert answer["total"] == 5
    assert answer["items"] == [
        {
            "kind": "patient.update",
            "state": "failed",
            "error_code": "refused",
            "error": SENTENCE,
            "count": 5,
            "example": str(max(failed)),
        }
    ]


async def test_a_dry_run_changes_nothing(program: Program, failed: list[UUID]) -> None:
    group = {"kind": "patient.update", "error_code": "refused", "error": SENTENCE}
    for path, body in (("/errors/retry", {}), ("/errors/discard", {"reason": "Not needed."})):
        answer = (await program.post(path, {"group": group, "dry_run": True, **body})).json()
        assert (answer["dry_run"], len(answer["ids"]), answer["left"]) == (True, 5, 0)
    assert await states(program) == {"failed": 5}


async def test_messages_are_handled_many_at_once(program: Program, failed: list[UUID], database: Database) -> None:
    stranger = new_id()
    retried = (await program.post("/errors/retry", {"ids": [str(failed[0]), str(failed[0]), str(stranger)]})).json()
    assert (retried["ids"], retried["untouched"]) == ([str(failed[0])], [str(stranger)])
    group = {"kind": "patient.update", "error_code": "refused"}
    discarded = (await program.post("/errors/discard", {"group": group, "reason": "Done by hand."})).json()
    assert (len(discarded["ids"]), discarded["left"]) == (4, 0)
    assert await states(program) == {"received": 1, "discarded": 4}
    async with database.practice(program.practice.id) as transaction:
        cursor = await transaction.connection.execute("select action, count(*) from audit_entries group by 1 order by 1")
        assert [row for row in await cursor.fetchall() if "message" in row[0]] == [("person:message:discard", 4), ("person:message:retry", 1)]


@pytest.mark.parametrize("body", [{}, {"ids": [], "dry_run": False}, {"ids": None}, {"dry_run": 1, "ids": ["x"]}, {"group": {}}])
async def test_it_must_be_clear_which_are_meant(program: Program, body: dict[str, Any]) -> None:
    assert (await program.post("/errors/retry", body)).status_code == 422
    both = {"ids": [str(new_id())], "group": {"kind": "a", "error_code": "b"}}
    assert (await program.post("/errors/retry", both)).status_code == 422


async def test_a_synchronisation_is_asked_for_once(desk: Program, clinic: Clinic) -> None:
    first, second = await desk.post("/runs", {"job": "pull.patients"}), await desk.post("/runs", {"job": "pull.patients"})
    assert (first.status_code, first.json()) == (202, second.json())
    await clinic.work()
    run = (await desk.get(f"/runs/{first.json()['message_id']}")).json()
    assert (run["what"], run["state"], run["counts"]["taken"] >= 12) == ("patients", "done", True)
    assert (await desk.get(first.headers["location"].partition(desk.practice.athena_id)[2])).json()["state"] == "done"


async def test_runs_go_by_pages(desk: Program, clinic: Clinic) -> None:
    everything = (await desk.get("/runs")).json()["items"]
    assert len(everything) >= 2
    first = (await desk.get("/runs?limit=1")).json()
    second = (await desk.get(f"/runs?limit=1&cursor={first['next_cursor']}")).json()
    assert [first["items"][0]["id"], second["items"][0]["id"]] == [one["id"] for one in everything[:2]]
    assert (await desk.get(f"/messages?cursor={first['next_cursor']}")).status_code == 400
    assert (await desk.get(f"/runs/{new_id()}")).status_code == 404


async def test_a_job_that_waits_is_stopped(desk: Program, clinic: Clinic) -> None:
    asked = (await desk.post("/runs", {"job": "pull.patients"})).json()["message_id"]
    assert (await desk.post("/runs/stop", {"job": "pull.patients"})).status_code == 200
    assert (await desk.get(f"/messages/{asked}")).json()["state"] == "parked"
    assert (await desk.post("/runs/stop", {"job": "pull.patients"})).status_code == 422
    assert (await desk.post("/runs", {"job": "pull.patients"})).json()["message_id"] == asked
    await clinic.work()


async def test_without_a_connection_there_is_nothing_to_run(program: Program) -> None:
    answer = await program.post("/runs", {"job": "feed.patients"})
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


async def test_messages_of_another_practice_are_not_there(program: Program, failed: list[UUID], desk: Program) -> None:
    for method, path, body in (
        ("GET", f"/messages/{failed[0]}", None), ("GET", f"/messages/{failed[0]}/bodies", None), ("POST", f"/messages/{failed[0]}/retry", None),
        ("POST", f"/messages/{failed[0]}/edit-and-retry", {"body": "{}"}),
    ):  # fmt: skip
        assert (await desk.ask(method, path, **({"json": body} if body else {}))).status_code == 404
    assert (await desk.post("/errors/discard", {"ids": [str(failed[0])], "reason": "x"})).json()["untouched"] == [str(failed[0])]
    assert await states(program) == {"failed": 5}
