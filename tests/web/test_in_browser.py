"""What only a real browser can show: passkeys, by Chromium's own virtual authenticator; and the way to a provider and back."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Page, async_playwright, expect

from practicestudio.access.caller import Caller
from practicestudio.access.manage_people import add_person
from practicestudio.access.passwords import Password, hash_password, put_password
from practicestudio.access.people import Particulars
from practicestudio.access.providers import Provider, drop_provider, put_provider
from practicestudio.access.rights import Role
from practicestudio.access.rules import Hashing
from practicestudio.access.sso import CALLBACK
from practicestudio.clock import new_id
from practicestudio.practices.practice import Practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database
from practicestudio.sync.doors import open_doors
from practicestudio.web.app import create_app
from tests.access.provider_process import free_port, needs_packages, running_provider

CHROMIUM = Path("/usr/bin/chromium")
PASSWORD = "copper wagon tulip"
OPERATOR = Caller.operator("test")

pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's chromium is not installed")


@dataclass
class Visitor:
    """Somebody at a browser before the pages. name: with which they sign in."""

    page: Page
    address: str
    name: str

    async def open(self, path: str) -> None:
        await self.page.goto(f"{self.address}{path}")

    async def is_at(self, path: str) -> None:
        await expect(self.page).to_have_url(f"{self.address}{path}")

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def sign_in(self) -> None:
        await self.open("/sign-in?next=/account")
        await self.page.fill("#sign_in_name", self.name)
        await self.page.fill("#password", PASSWORD)
        await self.press("Sign in")

    async def sign_out(self) -> None:
        await self.page.locator("summary[aria-label$='your account']").click()
        await self.press("Sign out")
        await self.is_at("/sign-in")


@pytest.fixture(scope="module")
async def address(settings: Settings, database: Database) -> AsyncIterator[str]:
    """The pages, served on a port of this machine."""
    port = free_port()
    own = settings.model_copy(update={"public_url": f"http://localhost:{port}", "web_port": port})
    async with open_doors(database) as doors:
        config = uvicorn.Config(create_app(own, database, doors), host="127.0.0.1", port=port, log_config=None, lifespan="off")
        server = uvicorn.Server(config)
        server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        running = asyncio.create_task(server.serve())
        while not server.started:  # noqa: ASYNC110 - the server has no event for it
            await asyncio.sleep(0.01)
        yield own.public_url
        server.should_exit = True
        await running


@pytest.fixture
async def visitor(address: str, database: Database, practice: Practice) -> AsyncIterator[Visitor]:
    """Somebody with a password and a device that knows its owner."""
    name = f"vera{new_id().hex}"
    given = Particulars(name="Vera Visitor", sign_in_name=name, email=f"{name}@example.com")
    person_id = await add_person(database, OPERATOR, given, {practice.id: frozenset({Role.CLINICIAN})})
    hashed = await hash_password(PASSWORD, Hashing(1, 8, 1))
    async with database.shared() as transaction:
        await put_password(transaction, person_id, Password(hashed, must_change=False, ends_at=None))
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        context = await browser.new_context()
        context.set_default_timeout(10_000)
        page = await context.new_page()
        devices = await context.new_cdp_session(page)
        await devices.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }  # fmt: skip
        await devices.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        yield Visitor(page, address, name)
        await browser.close()


async def test_a_passkey_is_made_signs_in_alone_and_is_the_second_factor(visitor: Visitor) -> None:
    page = visitor.page
    await visitor.sign_in()
    await visitor.is_at("/account")
    await page.get_by_role("link", name="Add a passkey").click()
    await page.fill("#passkey_name", "My phone")
    await visitor.press("Make a passkey")
    await expect(page.locator("#codes li")).to_have_count(10)
    await page.get_by_role("link", name="I have kept them").click()
    await expect(page.get_by_text("My phone")).to_be_visible()
    await visitor.sign_out()

    await visitor.press("Sign in with a passkey")
    await page.wait_for_url("**/")
    await visitor.open("/account")
    await expect(page.get_by_role("cell", name="Passkey", exact=True)).to_be_visible()
    await visitor.sign_out()

    await visitor.sign_in()
    await expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    await visitor.press("Use a passkey")
    await visitor.is_at("/account")
    await expect(page.get_by_text("Password and passkey")).to_be_visible()
    await visitor.open("/account/confirm")
    await visitor.press("Confirm with a passkey")
    await visitor.is_at("/account")


async def test_a_device_that_refuses_is_told_on_the_page(visitor: Visitor) -> None:
    await visitor.open("/sign-in")
    await visitor.press("Sign in with a passkey")  # the device knows none yet
    await expect(visitor.page.get_by_text("Try again, or use another way")).to_be_visible()


@needs_packages
async def test_the_way_to_a_provider_and_back(visitor: Visitor, database: Database) -> None:
    page = visitor.page
    async with running_provider(f"{visitor.address}{CALLBACK}") as issuer:
        given = Provider(name="Clinic login", issuer=issuer, client_id="practicestudio", client_secret="a secret of the provider")
        provider_id = await put_provider(database, OPERATOR, None, given)
        await visitor.sign_in()
        await visitor.press("Link Clinic login")
        await page.fill("[name=login]", json.dumps({"sub": "vera"}))
        await page.fill("[name=password]", "x")
        await page.get_by_role("button", name="Sign-in").click()
        await visitor.is_at("/account")
        await expect(page.get_by_text("The account is linked")).to_be_visible()
        await visitor.sign_out()
        await visitor.press("Sign in with Clinic login")  # the provider knows the browser still
        await page.wait_for_url("**/practices/**")
        await visitor.open("/account")
        await expect(page.get_by_role("cell", name="Single sign-on")).to_be_visible()
        await drop_provider(database, OPERATOR, provider_id)
