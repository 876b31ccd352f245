"""Single sign-on as a browser goes through it, and the page on which providers are set."""

from collections.abc import AsyncIterator
from uuid import UUID

import httpx2
import pytest

from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.providers import Provider, drop_provider, list_providers, put_provider
from practicestudio.access.rights import Role
from practicestudio.store.database import Database
from tests.web.conftest import Person, SignIn, field_of

GIVEN = Provider(name="Clinic login", issuer="https://login.example.com", client_id="us", client_secret="a secret of the provider")


@pytest.fixture
async def provider(database: Database) -> AsyncIterator[UUID]:
    made = await put_provider(database, Caller.operator("test"), None, GIVEN)
    yield made
    await drop_provider(database, Caller.operator("test"), made)


async def test_a_provider_has_a_button_and_one_that_does_not_answer_is_said_so(
    stranger: httpx2.AsyncClient, provider: UUID, database: Database
) -> None:
    page = await stranger.get("/sign-in")
    assert "Sign in with Clinic login" in page.text
    await put_provider(
        database, Caller.operator("test"), provider, Provider(name="Clinic login", issuer="http://localhost:1", client_id="us", client_secret="x")
    )
    answer = await stranger.post("/sign-in/provider", data={"csrf": field_of(page, "csrf"), "provider": str(provider), "next": "/account"})
    assert answer.status_code == 422
    assert "does not answer" in answer.text
    assert (await stranger.post("/sign-in/provider", data={"provider": str(provider)})).status_code == 403


async def test_an_answer_that_nobody_asked_for_is_refused(stranger: httpx2.AsyncClient, sign_in: SignIn) -> None:
    answer = await stranger.get("/sign-in/provider/answer?code=x&state=y")
    assert answer.status_code == 422
    assert "session" not in stranger.cookies
    to_link = await stranger.get("/sign-in/provider/answer?code=x&state=link.y")
    assert to_link.headers["location"].startswith("/account/providers/answer?")
    assert (await stranger.get(to_link.headers["location"])).headers["location"].startswith("/sign-in")
    ann = await sign_in(Role.BILLER)
    assert (await ann.get(to_link.headers["location"])).status_code == 403


async def test_an_administrator_of_all_practices_sets_providers_and_reads_no_secret(sign_in: SignIn, database: Database) -> None:
    chief = await sign_in(Role.ADMINISTRATOR, at=EVERYWHERE)
    form = {"name": "Our login", "issuer": "https://id.example.org", "client_id": "us", "client_secret": "hush hush", "scope": "openid email"}
    wrong = await chief.post("/settings/providers", form | {"issuer": "http://id.example.org"})
    assert wrong.status_code == 422
    assert "hush" not in wrong.text
    assert (await chief.post("/settings/providers", form)).status_code == 303
    async with database.shared() as transaction:
        [made] = [one for one, given in await list_providers(transaction) if given.name == "Our login"]
    shown = await chief.get(f"/settings/providers/{made}")
    assert "https://id.example.org" in shown.text
    assert "hush" not in shown.text + (await chief.get("/settings/providers")).text
    assert (await chief.post("/settings/providers", form | {"provider": str(made), "client_secret": "", "name": "Renamed"})).status_code == 303
    assert "Renamed" in (await chief.get("/settings/providers")).text
    assert (await chief.post(f"/settings/providers/{made}/remove")).status_code == 303
    assert (await chief.get(f"/settings/providers/{made}")).status_code == 404


@pytest.mark.parametrize("path", ["/settings/providers", "/settings/providers/add"])
async def test_others_do_not(sign_in: SignIn, path: str) -> None:
    boss = await sign_in(*Role)
    assert (await boss.get(path)).status_code == 403


async def test_the_account_offers_to_link(sign_in: SignIn, provider: UUID) -> None:
    ann: Person = await sign_in(Role.BILLER)
    assert "Link Clinic login" in (await ann.get("/account")).text
    assert (await ann.post(f"/account/providers/{provider}/remove")).status_code == 303
