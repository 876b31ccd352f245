"""One's own account, as a browser sees it: what is due comes first, and what matters is confirmed."""

import json
import re
from datetime import timedelta
from typing import Any

import httpx2
import pyotp
import pytest

from practicestudio.access.rights import Role
from practicestudio.access.sessions import Browser, start_session
from practicestudio.clock import now
from practicestudio.store.database import Database
from practicestudio.web.browsers import browser_words
from tests.access.authenticator import Authenticator
from tests.web.conftest import ADDRESS, Person, SignIn, field_of


def codes_of(answer: httpx2.Response) -> list[str]:
    return re.findall(r"<li><code>([^<]+)</code></li>", answer.text)


def follow_session(person: Person) -> None:
    """Forms carry the token of the session as it is now."""
    from practicestudio.access.tokens import derived

    person.csrf = derived(person.browser.cookies["session"], "csrf")


@pytest.fixture
async def ann(sign_in: SignIn) -> Person:
    return await sign_in(Role.CLINICIAN)


async def with_app(person: Person) -> tuple[pyotp.TOTP, list[str]]:
    begun = await person.post("/account/app")
    secret = re.search(r'id="secret">([^<]+)<', begun.text)
    assert secret
    app = pyotp.TOTP(secret[1].replace(" ", ""))
    done = await person.post("/account/app/code", {"code": app.now()})
    follow_session(person)
    assert field_of(await person.get("/account"), "csrf") == person.csrf
    return app, codes_of(done)


async def with_passkey(person: Person) -> Authenticator:
    device = Authenticator(ADDRESS)
    options = (await person.post("/account/passkeys/options")).json()
    done = await person.post("/account/passkeys", {"answer": device.make(options), "name": "Ann's phone"})
    assert done.status_code == 200, done.text
    follow_session(person)
    return device


async def half_signed_in(person: Person, database: Database) -> None:
    """As after the password alone."""
    async with database.shared() as transaction:
        token = await start_session(transaction, person.id, "password", Browser(), now(), second_factor_due=True)
    person.browser.cookies.clear()
    person.browser.cookies.set("session", token, domain="localhost.local")
    follow_session(person)


async def test_an_app_is_set_up_with_recovery_codes_shown_once(ann: Person) -> None:
    _, codes = await with_app(ann)
    assert len(codes) == 10
    page = (await ann.get("/account")).text
    assert "Remove the app" in page
    assert "10 of 10" in page
    assert codes[0] not in page


async def test_after_a_wrong_code_the_same_secret_is_shown_again(ann: Person) -> None:
    first = await ann.post("/account/app")
    again = await ann.post("/account/app/code", {"code": "000000"})
    assert again.status_code == 422
    assert "is not right" in again.text
    secrets = [re.search(r'id="secret">([^<]+)<', answer.text) for answer in (first, again)]
    assert all(secrets)
    assert secrets[0][1] == secrets[1][1]  # type: ignore[index]


async def test_until_the_second_factor_every_page_leads_to_it(ann: Person, database: Database) -> None:
    await with_app(ann)
    await half_signed_in(ann, database)
    for path in ("/", "/account", "/account/password", "/account/second-factor", "/account/confirm"):
        answer = await ann.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/second-factor"), path
    for path in ("/account/app", "/account/app/remove", "/account/codes", "/account/passkeys/options", "/account/password", "/account/sessions/end"):
        answer = await ann.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in/second-factor"), path


async def test_with_a_code_the_way_goes_on(ann: Person, database: Database) -> None:
    _, codes = await with_app(ann)
    await half_signed_in(ann, database)
    wrong = await ann.post("/sign-in/second-factor", {"code": "123456", "next": "/account"})
    assert wrong.status_code == 422
    assert "123456" not in wrong.text
    before = ann.browser.cookies["session"]
    right = await ann.post("/sign-in/second-factor", {"code": codes[0], "next": "/account"})
    assert (right.status_code, right.headers["location"]) == (303, "/account")
    assert ann.browser.cookies["session"] != before
    assert "9 of 10" in (await ann.get("/account")).text


async def test_a_passkey_is_made_and_signs_in_alone(ann: Person, stranger: httpx2.AsyncClient) -> None:
    device = await with_passkey(ann)
    csrf = field_of(await stranger.get("/sign-in"), "csrf")
    options = (await stranger.post("/sign-in/passkey/options", data={"csrf": csrf})).json()
    answer = await stranger.post("/sign-in/passkey", data={"csrf": csrf, "answer": device.use(options), "next": "/account"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    page = (await stranger.get("/account")).text
    assert "Ann&#39;s phone" in page
    assert "Passkey" in page


async def test_a_passkeys_answer_from_another_browser_is_refused(ann: Person, stranger: httpx2.AsyncClient, sign_in: SignIn) -> None:
    """What one browser was asked, another cannot answer: an answer that was listened to is worth nothing."""
    device = await with_passkey(ann)
    csrf = field_of(await stranger.get("/sign-in"), "csrf")
    answer = device.use((await stranger.post("/sign-in/passkey/options", data={"csrf": csrf})).json())
    other = (await sign_in()).browser
    other.cookies.clear()
    theirs = field_of(await other.get("/sign-in"), "csrf")
    refused = await other.post("/sign-in/passkey", data={"csrf": theirs, "answer": answer})
    assert refused.status_code == 422
    assert "session" not in other.cookies


async def test_a_passkey_is_a_second_factor(ann: Person, database: Database) -> None:
    device = await with_passkey(ann)
    await half_signed_in(ann, database)
    assert "Use a passkey" in (await ann.get("/sign-in/second-factor")).text
    options = (await ann.post("/sign-in/second-factor/passkey/options")).json()
    broken = json.loads(device.use(options)) | {"id": "AAAA", "rawId": "AAAA"}
    assert (await ann.post("/sign-in/second-factor/passkey", {"answer": json.dumps(broken)})).status_code == 422
    options = (await ann.post("/sign-in/second-factor/passkey/options")).json()
    answer = await ann.post("/sign-in/second-factor/passkey", {"answer": device.use(options), "next": "/account"})
    assert answer.headers["location"] == "/account"


async def long_ago(person: Person, database: Database) -> None:
    async with database.shared() as transaction:
        await transaction.connection.execute(
            "update sessions set confirmed_at = confirmed_at - %s::interval where person_id = %s", [timedelta(minutes=20), person.id]
        )


async def test_what_changes_how_one_signs_in_is_confirmed_first(ann: Person, database: Database) -> None:
    device = await with_passkey(ann)
    await long_ago(ann, database)
    for path in ("/account/app", "/account/codes", "/account/passkeys/options"):
        answer = await ann.post(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/account/confirm"), path
    assert "Confirm with a passkey" in (await ann.get("/account/confirm")).text
    assert (await ann.post("/account/confirm", {"password": "wrong"})).status_code == 422
    options = (await ann.post("/account/confirm/passkey/options")).json()
    answer = await ann.post("/account/confirm/passkey", {"answer": device.use(options), "next": "https://evil.example"})
    assert answer.headers["location"] == "/"
    follow_session(ann)
    assert (await ann.post("/account/app")).status_code == 200


async def test_factors_are_removed(ann: Person) -> None:
    await with_app(ann)
    await with_passkey_beside(ann)
    passkey = re.search(r"/account/passkeys/([0-9a-f-]+)/remove", (await ann.get("/account")).text)
    assert passkey
    assert (await ann.post(f"/account/passkeys/{passkey[1]}/remove")).status_code == 303
    assert (await ann.post("/account/app/remove")).status_code == 303
    page = (await ann.get("/account")).text
    assert "Not set up." in page
    assert "Recovery codes" not in page


async def with_passkey_beside(person: Person) -> None:
    """A second factor more: no new recovery codes, so on to the account."""
    options = (await person.post("/account/passkeys/options")).json()
    done = await person.post("/account/passkeys", {"answer": Authenticator(ADDRESS).make(options)})
    assert done.headers["location"] == "/account"
    follow_session(person)


async def test_signing_out_everywhere_else(ann: Person, database: Database) -> None:
    async with database.shared() as transaction:
        await start_session(transaction, ann.id, "passkey", Browser("192.0.2.9", "Mozilla/5.0 (iPhone) Safari/604.1"), now())
    assert "Safari on an iPhone" in (await ann.get("/account")).text
    assert (await ann.post("/account/sessions/end")).status_code == 303
    page = (await ann.get("/account")).text
    assert "Safari on an iPhone" not in page
    assert "one other place" in page


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 Safari/537.36 Edg/131.0", "Edge on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.1 Safari/605.1.15", "Safari on a Mac"),
        ("Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 Chrome/131.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8", "An unknown browser"),
        (None, "An unknown browser"),
    ],
)
def test_browsers_are_recognised(agent: Any, words: str) -> None:
    assert browser_words(agent) == words
