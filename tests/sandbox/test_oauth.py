import base64
from typing import Any

import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey

from practicestudio.sandbox.oauth import ASSERTION

SCOPE = "athena/service/Athenanet.MDP.*"
FORM = {"grant_type": "client_credentials", "scope": SCOPE}
URL = "http://sandbox.test/oauth2/v1/token"
KEY = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})


async def ask(caller: Any, form: dict[str, str], **options: Any) -> httpx2.Response:
    answer: httpx2.Response = await caller.http.post("/oauth2/v1/token", data=form, **options)
    return answer


async def test_a_token_lives_an_hour_and_says_so_in_a_string(caller: Any) -> None:
    body = (await ask(caller, FORM, auth=("sandbox", "sandbox"))).json()
    assert body["expires_in"] == "3600"
    assert body["token_type"] == "Bearer"
    assert body["scope"] == SCOPE


async def test_credentials_may_stand_in_the_body(caller: Any) -> None:
    assert (await ask(caller, FORM | {"client_id": "sandbox", "client_secret": "sandbox"})).status_code == 200


@pytest.mark.parametrize("secret", ["wrong", "", "sandboxx"])
async def test_a_wrong_secret_is_denied_in_athenahealths_words(caller: Any, secret: str) -> None:
    answer = await ask(caller, FORM, auth=("sandbox", secret))
    assert answer.status_code == 401
    assert answer.json() == {
        "detailedmessage": "Policy evaluation failed for this request, please check the policy configurations.",
        "error": "access_denied",
    }


async def test_a_header_that_is_no_basic_credentials_is_denied(caller: Any) -> None:
    for header in ("Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode(), "Bearer sandbox"):
        assert (await ask(caller, FORM, headers={"authorization": header})).status_code == 401


async def test_the_scope_is_mandatory(caller: Any) -> None:
    assert (await ask(caller, {"grant_type": "client_credentials"}, auth=("sandbox", "sandbox"))).status_code == 401


async def test_an_unknown_scope_and_another_grant_are_bad_requests(caller: Any) -> None:
    unknown = await ask(caller, FORM | {"scope": "everything"}, auth=("sandbox", "sandbox"))
    assert (unknown.status_code, unknown.json()["error"]) == (400, "invalid_scope")
    password = await ask(caller, FORM | {"grant_type": "password"}, auth=("sandbox", "sandbox"))
    assert (password.status_code, password.json()["error"]) == (400, "unsupported_grant_type")


async def test_several_scopes_come_in_one_request(caller: Any) -> None:
    assert (await ask(caller, FORM | {"scope": f"{SCOPE} system/Patient.read"}, auth=("sandbox", "sandbox"))).status_code == 200


async def test_only_post_gets_a_token(caller: Any) -> None:
    assert (await caller.http.get("/oauth2/v1/token")).status_code == 405


async def test_five_tokens_a_minute_and_then_none_until_the_next_minute(open_sandbox: Any) -> None:
    caller = await open_sandbox()
    await caller.control("POST", "clock", {"at": "2026-11-20T12:00:01Z"})
    await caller.control("POST", "limits", {"tokens_per_minute": 5})
    answers = [await ask(caller, FORM, auth=("sandbox", "sandbox")) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [429]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["4", "3", "2", "1", "0", "0"]
    assert {answer.headers["x-ratelimit-limit"] for answer in answers} == {"5"}
    await caller.control("POST", "clock", {"advance": 60})
    assert (await ask(caller, FORM, auth=("sandbox", "sandbox"))).status_code == 200


async def test_a_token_runs_out(caller: Any) -> None:
    assert (await caller.get("ping")).status_code == 200
    await caller.control("POST", "clock", {"advance": 3601})
    assert (await caller.get("ping")).status_code == 401


async def test_revoked_credentials_are_worth_nothing_until_they_are_given_back(caller: Any) -> None:
    await caller.control("POST", "clients", {"client": "sandbox", "revoked": True})
    assert (await caller.get("ping")).status_code == 401
    assert (await ask(caller, FORM, auth=("sandbox", "sandbox"))).status_code == 401
    await caller.control("POST", "clients", {"client": "sandbox", "revoked": False})
    assert (await ask(caller, FORM, auth=("sandbox", "sandbox"))).status_code == 200


def assertion(now: float, **changed: Any) -> dict[str, str]:
    claims = {"iss": "app", "sub": "app", "aud": URL, "exp": int(now) + 300, "jti": "1"} | changed
    signed = jwt.encode({"alg": "RS256", "kid": "one"}, claims, KEY)
    return FORM | {"client_assertion_type": ASSERTION, "client_assertion": signed}


async def test_a_signed_assertion_takes_the_place_of_a_secret(open_sandbox: Any) -> None:
    caller = await open_sandbox(public_keys={"app": KEY.as_dict(private=False)})
    now = caller.sandbox.clock.now().timestamp()
    body = (await ask(caller, assertion(now))).json()
    caller.headers = {"authorization": f"Bearer {body['access_token']}"}
    assert (await caller.get("ping")).json() == {"pong": "true"}


@pytest.mark.parametrize(
    "changed", [{"aud": "http://elsewhere.test"}, {"exp": 1}, {"exp": 9_999_999_999}, {"sub": "other"}, {"iss": "stranger", "sub": "stranger"}]
)
async def test_an_assertion_for_another_time_place_or_client_is_denied(open_sandbox: Any, changed: dict[str, Any]) -> None:
    caller = await open_sandbox(public_keys={"app": KEY.as_dict(private=False)})
    assert (await ask(caller, assertion(caller.sandbox.clock.now().timestamp(), **changed))).status_code == 401


async def test_an_assertion_signed_by_another_key_or_not_at_all_is_denied(open_sandbox: Any) -> None:
    caller = await open_sandbox(public_keys={"app": RSAKey.generate_key(2048, {"kid": "one"}).as_dict(private=False)})
    form = assertion(caller.sandbox.clock.now().timestamp())
    assert (await ask(caller, form)).status_code == 401
    assert (await ask(caller, form | {"client_assertion": "not a token"})).status_code == 401
