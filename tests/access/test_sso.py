"""Single sign-on through a real provider, and through ones that lie."""

import asyncio
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from practicestudio.access import sso
from practicestudio.access.audit import read_trail
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.confirming import ConfirmFirst
from practicestudio.access.manage_people import add_person, change_person, deactivate_person
from practicestudio.access.oidc import Asked, Conversation
from practicestudio.access.people import Particulars, read_person
from practicestudio.access.providers import Provider, drop_provider, list_providers, put_provider, read_provider
from practicestudio.access.rights import Role
from practicestudio.access.roles import caller_of
from practicestudio.access.rules import Rules
from practicestudio.access.sessions import Browser, SignedIn, start_session, use_session
from practicestudio.access.sign_in import SignInRefused
from practicestudio.clock import new_id, now
from practicestudio.errors import InvalidValue, NotAllowed, Unreachable
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database

from .authenticator import url64
from .conftest import OPERATOR, Someone
from .provider_process import free_port, needs_packages, running_provider

HERE = Browser("192.0.2.77", "a test")
START = now()


@dataclass
class Desk:
    """Somebody before the sign-in page, and the provider behind it."""

    database: Database
    rules: Rules
    provider_id: UUID
    issuer: str
    http: httpx2.AsyncClient
    holder: str

    async def provider_answer(self, address: str, **claims: Any) -> dict[str, str]:
        """Sign in there as somebody with these claims; what the browser brings back."""
        self.http.cookies.clear()
        answer = await self.http.get(address)
        page = await self.http.get(self._inside(answer))
        form = re.search(r'action="([^"]+)"', page.text)
        assert form, page.text
        answer = await self.http.post(self._inside(form[1]), data={"prompt": "login", "login": json.dumps(claims), "password": "x"})
        while self._inside(answer).startswith(self.issuer):
            answer = await self.http.get(self._inside(answer))
            assert answer.status_code in (302, 303), answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))

    def _inside(self, answer: httpx2.Response | str) -> str:
        address = answer if isinstance(answer, str) else answer.headers["location"]
        return f"{self.issuer}{address}" if address.startswith("/") else address

    async def begin(self, at: timedelta = timedelta()) -> str:
        return await sso.begin_sign_in(self.database, self.rules, self.provider_id, self.holder, "/account", HERE, now() + at)

    async def finish(self, answer: dict[str, str], at: timedelta = timedelta(), holder: str = "") -> SignedIn:
        arrival, next_page = await sso.finish_sign_in(self.database, self.rules, holder or self.holder, answer, HERE, None, now() + at)
        assert next_page == "/account"
        return await self.signed_in(arrival.token)

    async def come(self, **claims: Any) -> SignedIn:
        return await self.finish(await self.provider_answer(await self.begin(), **claims))

    async def signed_in(self, token: str) -> SignedIn:
        async with self.database.shared() as transaction:
            found = await use_session(transaction, token, now(), self.rules)
        assert found
        return found

    async def change(self, **given: Any) -> None:
        async with self.database.shared() as transaction:
            provider = await read_provider(transaction, self.provider_id)
        await put_provider(self.database, OPERATOR, self.provider_id, replace(provider, **given))

    async def person(self, email: str, roles: dict[UUID, frozenset[Role]] | None = None) -> Caller:
        given = Particulars(name="Pat Provider", sign_in_name=f"pat{new_id().hex}", email=email)
        made = await add_person(self.database, OPERATOR, given, roles or {})
        async with self.database.shared() as transaction:
            return await caller_of(transaction, made)

    async def session_of(self, person: Caller) -> SignedIn:
        async with self.database.shared() as transaction:
            token = await start_session(transaction, person.person_id, "password", HERE, now())
        return await self.signed_in(token)

    async def link(self, session: SignedIn, **claims: Any) -> None:
        address = await sso.begin_link(self.database, self.rules, self.provider_id, session, now())
        answer = await self.provider_answer(address, **claims)
        assert sso.is_link(answer)
        await sso.finish_link(self.database, self.rules, session, answer, now())


@pytest.fixture(scope="session")
async def running() -> AsyncIterator[tuple[str, Rules]]:
    """A provider that runs, and the rules of pages that it sends people back to."""
    rules = Rules()
    async with running_provider(f"{rules.address}{sso.CALLBACK}") as issuer:
        yield issuer, rules


@pytest.fixture
async def desk(database: Database, running: tuple[str, Rules]) -> AsyncIterator[Desk]:
    issuer, rules = running
    given = Provider(name="Clinic login", issuer=issuer, client_id="practicestudio", client_secret="a secret of the provider", link_by_email=True)
    provider_id = await put_provider(database, OPERATOR, None, given)
    async with httpx2.AsyncClient(trust_env=False) as http:
        yield Desk(database, rules, provider_id, issuer, http, new_id().hex)
    await drop_provider(database, OPERATOR, provider_id)


def of(email: str, **more: Any) -> dict[str, Any]:
    return {"sub": f"subject of {email}", "email": email, "email_verified": True, **more}


def an_address() -> str:
    return f"pat{new_id().hex}@example.com"


@needs_packages
class TestThroughARealProvider:
    async def test_somebody_known_by_a_verified_address_is_linked_and_signed_in(self, desk: Desk, practice: Practice) -> None:
        email = an_address()
        pat = await desk.person(email, {practice.id: frozenset({Role.BILLER})})
        found = await desk.come(**of(email.upper()))
        assert (found.caller, found.session.method, found.session.second_factor, found.due) == (pat, "sso", None, None)
        async with desk.database.shared() as transaction:
            trail = [(one["action"], one["changes"]) for one in await read_trail(transaction, pat.person_id)]
        assert ("person:person:link", {"provider": [None, "Clinic login"]}) in trail

    async def test_from_then_on_the_subject_counts_and_not_the_address(self, desk: Desk) -> None:
        email = an_address()
        pat = await desk.person(email)
        await desk.come(**of(email))
        async with desk.database.shared() as transaction:
            person = await read_person(transaction, pat.person_id)
        await change_person(desk.database, OPERATOR, person.id, Particulars(name=person.name, sign_in_name=person.sign_in_name))
        assert (await desk.come(**(of(email) | {"email": "another@example.com"}))).caller.person_id == pat.person_id
        with pytest.raises(SignInRefused, match="Nobody here"):  # the address is free again, and somebody else's at the provider
            await desk.come(sub="another", email=email, email_verified=True)

    async def test_an_address_that_was_given_to_somebody_else_at_the_provider_does_not_lead_into_a_linked_account(self, desk: Desk) -> None:
        email = an_address()
        await desk.person(email)
        await desk.come(**of(email))
        with pytest.raises(SignInRefused, match="Nobody here"):
            await desk.come(sub="the next employee", email=email, email_verified=True)

    async def test_nobody_is_known_by_an_address_that_is_not_verified_or_not_allowed(self, desk: Desk) -> None:
        email = an_address()
        await desk.person(email)
        for claims in (of(email, email_verified=False), of(email, email_verified="true"), {"sub": "x", "email": email}, {"sub": "x"}):
            with pytest.raises(SignInRefused, match="Nobody here"):
                await desk.come(**claims)
        await desk.change(link_by_email=False)
        with pytest.raises(SignInRefused, match="Nobody here"):
            await desk.come(**of(email))

    async def test_nobody_is_made_and_no_stranger_comes_in(self, desk: Desk) -> None:
        with pytest.raises(SignInRefused, match="Nobody here"):
            await desk.come(**of(an_address()))

    @pytest.mark.parametrize("everywhere", [True, False])
    async def test_who_gives_access_is_not_known_by_an_address(self, desk: Desk, practice: Practice, everywhere: bool) -> None:
        """Whoever rules the mailboxes of a clinic does not rule this program."""
        email = an_address()
        await desk.person(email, {EVERYWHERE if everywhere else practice.id: frozenset({Role.ADMINISTRATOR})})
        with pytest.raises(SignInRefused, match="Nobody here"):
            await desk.come(**of(email))

    async def test_somebody_signed_in_links_their_own_account(self, desk: Desk) -> None:
        boss = await desk.person(an_address(), {EVERYWHERE: frozenset({Role.ADMINISTRATOR})})
        session = await desk.session_of(boss)
        await desk.link(session, sub="the boss")
        assert (await desk.come(sub="the boss")).caller.person_id == boss.person_id
        other = await desk.session_of(await desk.person(an_address()))
        with pytest.raises(SignInRefused, match="linked to somebody already"):
            await desk.link(other, sub="the boss")
        async with desk.database.shared() as transaction:
            assert [one for one, _ in await sso.read_links(transaction, boss.person_id)] == [desk.provider_id]
        await sso.remove_link(desk.database, desk.rules, session, desk.provider_id, now())
        with pytest.raises(SignInRefused):
            await desk.come(sub="the boss")

    async def test_linking_is_confirmed_first(self, desk: Desk) -> None:
        session = await desk.session_of(await desk.person(an_address()))
        with pytest.raises(ConfirmFirst):
            await sso.begin_link(desk.database, desk.rules, desk.provider_id, session, now() + timedelta(minutes=16))

    async def test_an_answer_meant_for_one_browser_is_worth_nothing_in_another(self, desk: Desk) -> None:
        """Else an attacker could have a victim finish the attacker's sign-in."""
        email = an_address()
        await desk.person(email)
        answer = await desk.provider_answer(await desk.begin(), **of(email))
        with pytest.raises(SignInRefused):
            await desk.finish(answer, holder="another browser")
        victim = await desk.session_of(await desk.person(an_address()))
        with pytest.raises(SignInRefused):
            await sso.finish_link(desk.database, desk.rules, victim, answer, now())

    async def test_an_answer_counts_once_soon_and_with_its_state(self, desk: Desk) -> None:
        email = an_address()
        await desk.person(email)
        answer = await desk.provider_answer(await desk.begin(), **of(email))
        await desk.finish(answer)
        with pytest.raises(SignInRefused, match="answered already"):
            await desk.finish(answer)
        answer = await desk.provider_answer(await desk.begin(), **of(email))
        with pytest.raises(SignInRefused, match="not finished"):
            await desk.finish(answer | {"state": "another"})
        answer = await desk.provider_answer(await desk.begin(), **of(email))
        with pytest.raises(SignInRefused, match="too long"):
            await desk.finish(answer, timedelta(minutes=10))

    async def test_a_code_that_was_listened_to_is_worth_nothing_without_the_verifier(self, desk: Desk) -> None:
        email = an_address()
        await desk.person(email)
        stolen = await desk.provider_answer(await desk.begin(), **of(email))
        own = dict(parse_qsl(urlsplit(await desk.begin()).query))
        with pytest.raises(SignInRefused, match="does not fit"):
            await desk.finish(stolen | {"state": own["state"]})

    async def test_the_provider_is_asked_with_pkce_nonce_and_state(self, desk: Desk) -> None:
        asked = [dict(parse_qsl(urlsplit(await desk.begin()).query)) for _ in range(2)]
        assert asked[0]["code_challenge_method"] == "S256"
        assert asked[0]["response_type"] == "code"
        for name in ("code_challenge", "nonce", "state"):
            assert len(asked[0][name]) >= 43
            assert asked[0][name] != asked[1][name]

    async def test_a_refusal_at_the_provider_is_a_refusal_here(self, desk: Desk) -> None:
        asked = dict(parse_qsl(urlsplit(await desk.begin()).query))
        with pytest.raises(SignInRefused, match="not finished"):
            await desk.finish({"error": "access_denied", "state": asked["state"]})

    async def test_only_the_group_that_may_comes_in(self, desk: Desk) -> None:
        email = an_address()
        await desk.person(email)
        await desk.change(group_claim="groups", group="clinic", scope="openid email groups")
        for groups in (None, [], ["clinical"], "clinic2"):
            with pytest.raises(SignInRefused, match="group"):
                await desk.come(**of(email, groups=groups))
        assert await desk.come(**of(email, groups=["other", "clinic"]))

    async def test_the_second_factor_is_asked_unless_the_provider_has(self, desk: Desk) -> None:
        email = an_address()
        pat = await desk.person(email)
        async with desk.database.shared() as transaction:
            sealed = transaction.sealer.seal("totp_secrets", pat.person_id, b"A" * 32)
            await transaction.connection.execute(
                "insert into totp_secrets (person_id, sealed, confirmed_at) values (%s, %s, now())", [pat.person_id, sealed]
            )
        assert (await desk.come(**of(email))).due == "second_factor"
        assert (await desk.come(**of(email, amr=["pwd"]))).due == "second_factor"
        found = await desk.come(**of(email, amr=["pwd", "mfa"]))
        assert (found.due, found.session.second_factor) == (None, "provider")

    async def test_whoever_has_no_access_any_more_gets_none_through_a_provider(self, desk: Desk) -> None:
        email = an_address()
        pat = await desk.person(email)
        await desk.come(**of(email))
        await deactivate_person(desk.database, OPERATOR, pat.person_id)
        with pytest.raises(SignInRefused):
            await desk.come(**of(email))

    async def test_a_wrong_client_secret_or_an_answer_of_another_provider_is_refused(self, desk: Desk) -> None:
        email = an_address()
        await desk.person(email)
        answer = await desk.provider_answer(await desk.begin(), **of(email))
        with pytest.raises(SignInRefused, match="issuer"):
            await desk.finish(answer | {"iss": "https://other.example"})
        answer = await desk.provider_answer(await desk.begin(), **of(email))
        del answer["iss"]
        with pytest.raises(SignInRefused, match="issuer"):
            await desk.finish(answer)
        await desk.change(client_secret="another secret")
        answer = await desk.provider_answer(await desk.begin(), **of(email))
        with pytest.raises(SignInRefused, match="does not fit"):
            await desk.finish(answer)


# Providers that lie: one that answers whatever a test wants.

ASKED = Asked("state", "nonce", "verifier")
KEY = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
SECRET = "a secret that only we two know"


def signed(claims: dict[str, Any], key: Any = KEY, algorithm: str = "RS256") -> str:
    return jwt.encode({"alg": algorithm, "kid": "1"}, claims, key, algorithms=[algorithm])


async def told(
    sign: Callable[[dict[str, Any]], str] = signed, configuration: dict[str, str] | None = None, answer: dict[str, str] | None = None, **changed: Any
) -> dict[str, Any]:
    """What is believed of a provider that answers with a right token, but for what is changed. `{}` in a text stands for its address."""
    documents: dict[str, Any] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
        await reader.readexactly(int(length[1]) if length else 0)
        body = json.dumps(documents.get(head.split()[1], {})).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        issuer = f"http://localhost:{server.sockets[0].getsockname()[1]}"
        plain = {"issuer": "{}", "authorization_endpoint": "{}/a", "token_endpoint": "{}/t", "jwks_uri": "{}/k"} | (configuration or {})
        at = int(START.timestamp())
        claims = {"iss": issuer, "aud": "us", "sub": "ann", "exp": at + 300, "iat": at, "nonce": "nonce"} | changed
        documents["/.well-known/openid-configuration"] = {name: value.replace("{}", issuer) for name, value in plain.items()}
        documents["/t"] = {"access_token": "access", "token_type": "Bearer", "id_token": sign({k: v for k, v in claims.items() if v is not None})}
        documents["/k"] = KeySet([KEY]).as_dict(private=False)
        documents["/u"] = {"sub": "somebody else"}
        provider = Provider(name="Lies", issuer=issuer, client_id="us", client_secret=SECRET)
        conversation = Conversation(provider, "http://localhost:8765/back")
        return await conversation.identify(ASKED, {"code": "code", "state": "state"} | (answer or {}), START)


async def test_what_is_right_is_believed() -> None:
    assert (await told())["sub"] == "ann"
    assert (await told(aud=["us", "them"], azp="us"))["sub"] == "ann"


@pytest.mark.parametrize(
    "changed",
    [
        {"iss": "https://other.example"},
        {"iss": None},
        {"aud": "them"},
        {"aud": ["us", "them"], "azp": "them"},
        {"aud": ["us", "them"]},
        {"aud": None},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": int(START.timestamp()) - 61},
        {"exp": None},
        {"iat": int(START.timestamp()) + 600},
        {"iat": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 5},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_and_now_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(SignInRefused):
        await told(**changed)


def _unsigned(claims: dict[str, Any]) -> str:
    _, body, _ = signed(claims).split(".")
    return f"eyJhbGciOiJub25lIn0.{body}."


def _with_secret(claims: dict[str, Any], secret: bytes) -> str:
    """As somebody signs who takes what everybody knows, the public key, for a shared secret."""
    head = url64(b'{"alg":"HS256","kid":"1"}')
    text = f"{head}.{signed(claims).split('.')[1]}"
    return f"{text}.{url64(hmac.digest(secret, text.encode(), 'sha256'))}"


def _tampered(claims: dict[str, Any]) -> str:
    head, _, signature = signed(claims).split(".")
    return f"{head}.{signed(claims | {'sub': 'the boss'}).split('.')[1]}.{signature}"


@pytest.mark.parametrize(
    "sign",
    [
        _unsigned,
        _tampered,
        lambda claims: signed(claims, RSAKey.generate_key(2048, {"kid": "1"})),
        lambda claims: _with_secret(claims, SECRET.encode()),
        lambda claims: _with_secret(claims, KEY.as_pem(private=False)),
        lambda _: "",
        lambda _: "a.b.c",
    ],
    ids=["none", "tampered", "other key", "our secret", "public key as secret", "nothing", "nonsense"],
)
async def test_a_token_that_the_providers_key_did_not_sign_is_refused(sign: Callable[[dict[str, Any]], str]) -> None:
    with pytest.raises(SignInRefused):
        await told(sign)


@pytest.mark.parametrize(
    "configuration",
    [
        {"issuer": "https://other.example"},
        {"token_endpoint": "http://192.0.2.1/t"},
        {"jwks_uri": "ftp://localhost/k"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"userinfo_endpoint": "{}/u"},  # which tells of somebody else
        {"userinfo_endpoint": "http://192.0.2.1/u"},
    ],
    ids=str,
)
async def test_a_provider_that_is_not_what_was_set_is_refused(configuration: dict[str, str]) -> None:
    with pytest.raises(SignInRefused):
        await told(configuration=configuration)


async def test_an_answer_that_names_another_provider_is_refused() -> None:
    with pytest.raises(SignInRefused, match="issuer"):
        await told(answer={"iss": "https://other.example"})


async def test_a_provider_that_does_not_answer_is_said_so_without_its_address() -> None:
    provider = Provider(name="Gone", issuer=f"http://localhost:{free_port()}", client_id="us", client_secret=SECRET)
    with pytest.raises(Unreachable) as gone:
        await Conversation(provider, "http://localhost:8765/back").address(ASKED)
    assert "localhost" not in str(gone.value)
    assert gone.value.__cause__ is None


GOOD = Provider(name="Clinic login", issuer="https://login.example.com", client_id="us", client_secret=SECRET)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": " "},
        {"issuer": "login.example.com"},
        {"issuer": "http://login.example.com"},
        {"issuer": "https://login.example.com?x=1"},
        {"issuer": "https://user@login.example.com"},
        {"client_id": ""},
        {"client_secret": ""},
        {"scope": "email"},
        {"group_claim": "groups"},
        {"group": "clinic"},
    ],
    ids=str,
)
async def test_what_cannot_be_a_provider_is_refused(database: Database, wrong: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        await put_provider(database, OPERATOR, None, replace(GOOD, **wrong))  # type: ignore[arg-type]


async def test_the_secret_stays_when_it_is_not_given_and_is_never_sent_to_another_address(database: Database) -> None:
    provider_id = await put_provider(database, OPERATOR, None, GOOD)
    await put_provider(database, OPERATOR, provider_id, replace(GOOD, name="New name", client_secret=""))
    async with database.shared() as transaction:
        assert await read_provider(transaction, provider_id) == replace(GOOD, name="New name")
        stored = str(await (await transaction.connection.execute("select sign_in_providers::text from sign_in_providers")).fetchall())
        trail = await read_trail(transaction, provider_id)
    assert SECRET not in stored + str(trail) + repr(GOOD)
    assert trail[1]["changes"] == {"name": ["Clinic login", "New name"]}
    with pytest.raises(InvalidValue, match="entered again"):
        await put_provider(database, OPERATOR, provider_id, replace(GOOD, issuer="https://evil.example", client_secret=""))
    await drop_provider(database, OPERATOR, provider_id)
    async with database.shared() as transaction:
        assert provider_id not in [one for one, _ in await list_providers(transaction)]


async def test_providers_are_set_by_administrators_of_all_practices(database: Database, practice: Practice, someone: Someone) -> None:
    boss = await someone(practice.id, *Role)
    with pytest.raises(NotAllowed):
        await put_provider(database, boss, None, GOOD)
    with pytest.raises(NotAllowed):
        await drop_provider(database, boss, new_id())
