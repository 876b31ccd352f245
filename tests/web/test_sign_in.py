"""The way in: the sign-in page, and what it lets nobody do."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx2
import pytest

from practicestudio.access.caller import Caller
from practicestudio.access.manage_people import add_person
from practicestudio.access.people import Particulars
from practicestudio.access.reset import give_one_time_password
from practicestudio.access.rights import Role
from practicestudio.access.rules import Hashing, Rules
from practicestudio.clock import new_id
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from practicestudio.web.pages.sign_in import inside
from tests.web.conftest import field_of

OPERATOR = Caller.operator("test")
CHEAP = Rules(hashing=Hashing(time_cost=1, memory_kib=8, parallelism=1))
NEW = "seven brown kettles"


@dataclass
class Newcomer:
    """Somebody with a one-time password, before the sign-in page."""

    id: UUID
    browser: httpx2.AsyncClient
    name: str
    password: str

    async def sign_in(self, password: str = "", next: str = "/", **given: Any) -> httpx2.Response:
        page = await self.browser.get("/sign-in")
        form = {"sign_in_name": self.name, "password": password or self.password, "next": next, "csrf": field_of(page, "csrf"), **given}
        return await self.browser.post("/sign-in", data=form)


Come = Callable[[], Awaitable[Newcomer]]


@pytest.fixture
async def newcomer(stranger: httpx2.AsyncClient, database: Database, practice: Practice) -> Newcomer:
    name = f"new{new_id().hex}"
    person = await add_person(database, OPERATOR, Particulars(name="Nora New", sign_in_name=name), {practice.id: frozenset({Role.BILLER})})
    return Newcomer(person, stranger, name, await give_one_time_password(database, OPERATOR, person, CHEAP))


async def test_the_first_sign_in_leads_over_a_new_password_to_the_page_that_was_wanted(newcomer: Newcomer, practice: Practice) -> None:
    answer = await newcomer.sign_in(next=f"/practices/{practice.athena_id}/")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/practices/{practice.athena_id}/")
    answer = await newcomer.browser.get(answer.headers["location"])
    assert answer.headers["location"] == "/account/password"
    page = await newcomer.browser.get("/account/password")
    assert "Password so far" not in page.text
    before = newcomer.browser.cookies["session"]
    for wrong in ({"new": "short", "again": "short"}, {"new": NEW, "again": "another"}):
        refused = await newcomer.browser.post("/account/password", data={"csrf": field_of(page, "csrf"), **wrong})
        assert refused.status_code == 422
        assert "is-invalid" in refused.text
        assert wrong["new"] not in refused.text
    answer = await newcomer.browser.post("/account/password", data={"csrf": field_of(page, "csrf"), "new": NEW, "again": NEW})
    assert answer.status_code == 303
    assert newcomer.browser.cookies["session"] != before
    assert (await newcomer.browser.get(f"/practices/{practice.athena_id}/")).status_code == 200


async def test_the_session_is_another_than_any_that_was_there_before(newcomer: Newcomer) -> None:
    newcomer.browser.cookies.set("session", "planted", domain="localhost.local")
    await newcomer.sign_in()
    assert newcomer.browser.cookies.get("session", domain="localhost.local") != "planted"


async def test_a_wrong_password_is_answered_on_the_same_page_without_what_was_typed(newcomer: Newcomer) -> None:
    answer = await newcomer.sign_in("hunter2 hunter2")
    assert answer.status_code == 422
    assert "is not right" in answer.text
    assert "hunter2" not in answer.text
    assert "session" not in newcomer.browser.cookies


async def test_who_guesses_is_told_to_wait(newcomer: Newcomer) -> None:
    for _ in range(5):
        await newcomer.sign_in("wrong")
    answer = await newcomer.sign_in()
    assert answer.status_code == 429
    assert 0 < int(answer.headers["retry-after"]) <= 30


async def test_nobody_is_signed_in_by_a_form_of_somebody_else(newcomer: Newcomer) -> None:
    """Else an attacker could sign a victim in as the attacker, and read what the victim types."""
    assert (await newcomer.sign_in(csrf="0" * 64)).status_code == 403
    newcomer.browser.cookies.delete("start")
    form = {"sign_in_name": newcomer.name, "password": newcomer.password, "csrf": "0" * 64}
    assert (await newcomer.browser.post("/sign-in", data=form)).status_code == 403
    page = await newcomer.browser.get("/sign-in")
    crossing = {"Origin": "https://evil.example"}
    answer = await newcomer.browser.post("/sign-in", data={**form, "csrf": field_of(page, "csrf")}, headers=crossing)
    assert answer.status_code == 403


@pytest.mark.parametrize("address", ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil", "javascript:alert(1)", "/\t/evil", ""])
async def test_the_sign_in_leads_nowhere_else(newcomer: Newcomer, address: str) -> None:
    assert inside(address) == "/"
    assert (await newcomer.sign_in(next=address)).headers["location"] == "/"


async def test_whoever_signs_out_is_out(newcomer: Newcomer) -> None:
    await newcomer.sign_in()
    page = await newcomer.browser.get("/account/password")
    kept = newcomer.browser.cookies["session"]
    assert (await newcomer.browser.get("/sign-in?next=/account")).headers["location"] == "/account"
    answer = await newcomer.browser.post("/sign-out", data={"csrf": field_of(page, "csrf")})
    assert answer.headers["location"] == "/sign-in"
    newcomer.browser.cookies.set("session", kept, domain="localhost.local")
    assert (await newcomer.browser.get("/account/password")).headers["location"].startswith("/sign-in")
