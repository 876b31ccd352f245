"""A request with an Idempotency-Key is carried out once, whatever happens on the way."""

import asyncio
from typing import Any

import pytest

from practicestudio.clock import new_id
from practicestudio.web.api import answers
from tests.sync.conftest import Clinic
from tests.web.api.conftest import MakeProgram, Program


def person(location: str) -> dict[str, Any]:
    name = f"Once{new_id().hex[-8:]}"
    return {"first_name": "Ida", "last_name": name, "date_of_birth": "1990-01-31", "phone_home": "+16175550140", "registration_location_id": location}


def token(given: str | None = None) -> dict[str, Any]:
    return {"headers": {"Idempotency-Key": given or str(new_id())}}


async def count(desk: Program, body: dict[str, Any]) -> int:
    return len((await desk.post("/patients/search", {"text": body["last_name"]})).json()["items"])


async def test_the_same_request_again_is_answered_as_before(desk: Program, location: str) -> None:
    body, once = person(location), token()
    first, again = await desk.post("/patients", body, **once), await desk.post("/patients", body, **once)
    assert (first.status_code, again.status_code) == (201, 201)
    assert (again.content, again.headers["etag"], again.headers["location"]) == (first.content, first.headers["etag"], first.headers["location"])
    assert ("idempotency-replayed" in first.headers, again.headers["idempotency-replayed"]) == (False, "true")
    assert await count(desk, body) == 1


async def test_a_quoted_key_is_the_same_key(desk: Program, location: str) -> None:
    body, name = person(location), str(new_id())
    first, again = await desk.post("/patients", body, **token(name)), await desk.post("/patients", body, **token(f'"{name}"'))
    assert first.json()["id"] == again.json()["id"]


async def test_another_request_with_the_same_key_is_refused(desk: Program, location: str) -> None:
    body, once = person(location), token()
    await desk.post("/patients", body, **once)
    other = await desk.post("/patients", {**body, "first_name": "Ada"}, **once)
    elsewhere = await desk.post("/runs", {"job": "feed.patients"}, **once)
    assert {one.json()["code"] for one in (other, elsewhere)} == {"idempotency_key_reused"}
    assert (other.status_code, elsewhere.status_code) == (422, 422)
    assert await count(desk, body) == 1


async def test_another_program_has_keys_of_its_own(desk: Program, make_program: MakeProgram, clinic: Clinic, clinic_app: Any, location: str) -> None:
    one, other, once = person(location), person(location), token()
    second = await make_program(at=clinic.practice, app=clinic_app)
    first, answer = await desk.post("/patients", one, **once), await second.post("/patients", other, **once)
    assert (first.status_code, answer.status_code) == (201, 201)
    assert first.json()["id"] != answer.json()["id"]


async def test_of_many_at_once_one_is_carried_out(desk: Program, location: str) -> None:
    body, once = person(location), token()
    found = await asyncio.gather(*(desk.post("/patients", body, **once) for _ in range(8)))
    assert {one.status_code for one in found} <= {201, 409}
    assert {one.json()["code"] for one in found if one.status_code == 409} <= {"request_under_way"}
    assert len({one.json()["id"] for one in found if one.status_code == 201}) == 1
    assert await count(desk, body) == 1


async def test_a_duplicate_while_the_first_is_under_way_is_told_so(desk: Program, location: str, monkeypatch: pytest.MonkeyPatch) -> None:
    body, once = person(location), token()
    claimed, go_on, keep = asyncio.Event(), asyncio.Event(), answers.keep

    async def slowly(*given: Any) -> None:
        claimed.set()
        await go_on.wait()
        await keep(*given)

    monkeypatch.setattr(answers, "keep", slowly)
    first = asyncio.create_task(desk.post("/patients", body, **once))
    await asyncio.wait_for(claimed.wait(), 10)
    second = await desk.post("/patients", body, **once)
    go_on.set()
    assert (second.status_code, second.json()["code"]) == (409, "request_under_way")
    assert (await first).status_code == 201
    assert await count(desk, body) == 1


@pytest.mark.parametrize("when", ["before the answer is kept", "after it is kept, before all is committed"])
async def test_a_crash_in_between_neither_loses_nor_doubles(desk: Program, location: str, monkeypatch: pytest.MonkeyPatch, when: str) -> None:
    body, once, keep = person(location), token(), answers.keep

    async def crash(*given: Any) -> None:
        if when.startswith("after"):
            await keep(*given)
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(answers, "keep", crash)
        assert (await desk.post("/patients", body, **once)).status_code == 500
    assert await count(desk, body) == 0
    assert (await desk.post("/patients", body, **once)).status_code == 201
    assert (await desk.post("/patients", body, **once)).headers["idempotency-replayed"] == "true"
    assert await count(desk, body) == 1


async def test_what_was_refused_may_be_sent_again(desk: Program, location: str) -> None:
    body, once = person(location), token()
    assert (await desk.post("/patients", {**body, "phone_home": None}, **once)).status_code == 422
    assert (await desk.post("/patients", body, **once)).status_code == 201


async def test_a_repeated_change_is_answered_as_before_though_the_version_went_on(desk: Program, location: str) -> None:
    made = (await desk.post("/patients", person(location))).json()
    given = {"json": {"notes": "x"}, "headers": {"If-Match": '"1"', "Idempotency-Key": str(new_id())}}
    first, again = [await desk.ask("PATCH", f"/patients/{made['id']}", **given) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()["version"]) == (200, 200, 2)
    assert again.headers["idempotency-replayed"] == "true"


@pytest.mark.parametrize("given", ["", " ", "a b", "x" * 256, "é", '"', "a\tb"])
async def test_what_is_no_idempotency_key_is_refused(desk: Program, location: str, given: str) -> None:
    answer = await desk.post("/patients", person(location), headers={"Idempotency-Key": given.encode()})
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed")


async def test_kept_answers_are_sealed(desk: Program, location: str, clinic: Clinic) -> None:
    body, once = person(location), token()
    await desk.post("/patients", body, **once)

    async def read(transaction: Any) -> str:
        cursor = await transaction.connection.execute("select api_answers::text, encode(sealed, 'escape') from api_answers")
        return str(await cursor.fetchall())

    kept = await clinic.do(read)
    assert body["last_name"] not in kept
    assert once["headers"]["Idempotency-Key"] not in kept
