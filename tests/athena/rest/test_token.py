"""What is asked of the token endpoint, how its answer is read, and when it is asked again."""

import json
from base64 import b64decode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from practicestudio.athena.rest import BadAnswer, ConnectionSettings
from practicestudio.athena.rest.connection import check_connection
from practicestudio.athena.rest.token import decide_refresh, read_token, refusal_lasts, refused_before, token_request
from practicestudio.errors import AccessDenied, IntegrationError, Misconfigured, RateLimited, ServerFault, Unreachable

NOON = datetime(2026, 3, 2, 12, 0, 20, tzinfo=UTC)
Make = Callable[..., ConnectionSettings]


def form_of(body: bytes) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(body.decode()).items()}


def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_basic_credentials_go_in_the_header(make_settings: Make) -> None:
    request = token_request(make_settings(), NOON, uuid4())
    kind, _, coded = request.headers["Authorization"].partition(" ")
    assert (kind, b64decode(coded)) == ("Basic", b"client:the-secret")
    assert form_of(request.body) == {"grant_type": "client_credentials", "scope": "athena/service/Athenanet.MDP.*"}
    assert request.url == "https://athena.example/oauth2/v1/token"


def test_body_credentials_go_in_the_form(make_settings: Make) -> None:
    request = token_request(make_settings(auth_method="body", scopes=("a", "b")), NOON, uuid4())
    assert "Authorization" not in request.headers
    assert form_of(request.body) == {"grant_type": "client_credentials", "scope": "a b", "client_id": "client", "client_secret": "the-secret"}


RSA = rsa.generate_private_key(65537, 2048)
EC = ec.generate_private_key(ec.SECP384R1())
KEYS = [
    (pem(RSA), "RS256", RSAKey.import_key(RSA)),
    (pem(EC), "ES384", ECKey.import_key(EC)),
    (ECKey.import_key(EC).as_dict(private=True), "ES384", ECKey.import_key(EC)),
]


@pytest.mark.parametrize(("text", "algorithm", "key"), KEYS)
def test_a_private_key_signs_who_we_are(make_settings: Make, text: Any, algorithm: str, key: Any) -> None:
    private_key = text if isinstance(text, str) else json.dumps(text)
    nonce = uuid4()
    settings = make_settings(auth_method="private_key_jwt", secret="", private_key=private_key, key_id="key-1")
    form = form_of(token_request(settings, NOON, nonce).body)
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    signed = jwt.decode(form["client_assertion"], key, algorithms=[algorithm])
    assert signed.header == {"alg": algorithm, "kid": "key-1", "typ": "JWT"}
    assert (signed.claims["iss"], signed.claims["sub"]) == ("client", "client")
    assert signed.claims["aud"] == "https://athena.example/oauth2/v1/token"
    assert signed.claims["jti"] == str(nonce)
    assert 0 < signed.claims["exp"] - NOON.timestamp() < 3600


P256 = pem(ec.generate_private_key(ec.SECP256R1()))
BROKEN_KEYS = ["no key", "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----", '{"kty": "oct", "k": "SECRETSECRET"}', "{", P256]


@pytest.mark.parametrize("text", BROKEN_KEYS)
def test_a_key_that_cannot_be_used_is_said_without_a_word_of_it(make_settings: Make, text: str) -> None:
    with pytest.raises(Misconfigured, match="private key cannot be used") as caught:
        token_request(make_settings(auth_method="private_key_jwt", private_key=text, key_id="k"), NOON, uuid4())
    assert "SECRETSECRET" not in caught.value.sentence


def test_secrets_do_not_show(make_settings: Make) -> None:
    settings = make_settings(private_key="THE-KEY")
    assert "the-secret" not in repr(settings)
    assert "THE-KEY" not in repr(settings)
    assert "Basic" not in repr(token_request(settings, NOON, uuid4()))
    assert "opaque" not in repr(read_token(200, {}, b'{"access_token":"opaque"}', NOON))


@pytest.mark.parametrize(("expires_in", "life"), [('"3600"', 3600), ("3600", 3600), ("null", 3600), ("60.0", 60)])
def test_a_lifetime_may_be_a_number_or_text(expires_in: str, life: int) -> None:
    token = read_token(200, {}, f'{{"access_token":"t","expires_in":{expires_in}}}'.encode(), NOON)
    assert token.expires_at == NOON + timedelta(seconds=life)


TOKEN_ERRORS: list[tuple[int, bytes, type[IntegrationError], str]] = [
    (
        401,
        b'{"detailedmessage":"Policy evaluation failed for this request, please check the policy configurations.","error":"access_denied"}',
        AccessDenied,
        "access_denied",
    ),
    (400, b'{"error":"invalid_scope","error_description":"One or more scopes are not configured."}', AccessDenied, "scopes were refused"),
    (401, b'{"error":"invalid_client"}', AccessDenied, "invalid_client"),
    (403, b"", AccessDenied, "credentials were refused"),
    (404, b"Service not registered with API gateway.", Misconfigured, "no token endpoint"),
    (429, b"", RateLimited, "limit of token requests"),
    (503, b"", ServerFault, "status 503"),
    (200, b"<html><body>Sign in</body></html>", BadAnswer, "HTML page"),
    (403, b"<html><body>Blocked</body></html>", BadAnswer, "HTML page"),
    (200, b'{"access_token":"t', BadAnswer, "breaks off"),
    (200, b'{"token_type":"Bearer"}', BadAnswer, "holds no token"),
    (200, b"[]", BadAnswer, "holds no token"),
    (200, b'{"access_token":"t","expires_in":"0"}', BadAnswer, "no lifetime"),
    (200, b'{"access_token":"t","expires_in":"soon"}', BadAnswer, "no lifetime"),
]


@pytest.mark.parametrize(("status", "body", "kind", "words"), TOKEN_ERRORS)
def test_every_refusal_of_a_token_has_its_type(status: int, body: bytes, kind: type[IntegrationError], words: str) -> None:
    with pytest.raises(kind, match=words) as caught:
        read_token(status, {}, body, NOON)
    assert caught.value.advice


def test_a_limited_token_request_waits_for_the_end_of_the_minute() -> None:
    with pytest.raises(RateLimited) as caught:
        read_token(429, {"Date": "Mon, 02 Mar 2026 11:00:45 GMT"}, b"", NOON)
    assert caught.value.retry_after == 15
    with pytest.raises(RateLimited) as caught:
        read_token(429, {}, b"", NOON)
    assert caught.value.retry_after == 40


@pytest.mark.parametrize(("left", "decision"), [(301, "keep"), (300, "renew_early"), (1, "renew_early"), (0, "renew_now"), (-5, "renew_now")])
def test_a_token_is_renewed_before_its_end(left: int, decision: str) -> None:
    assert decide_refresh(NOON + timedelta(seconds=left), NOON, early=300) == decision


FAILURES = [AccessDenied("x"), RateLimited("x", retry_after=30), RateLimited("x"), Misconfigured("x"), ServerFault("x"), Unreachable("x")]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: error.code)
def test_a_failure_is_remembered_and_said_again_as_what_it_was(error: IntegrationError) -> None:
    lasts = refusal_lasts(error)
    assert timedelta() < lasts <= timedelta(minutes=1)
    again = refused_before(error.code, lasts)
    assert isinstance(again, type(error) if not isinstance(error, ServerFault) else Unreachable)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"practice_id": "195900/../1"}, "practice id"),
    ({"practice_id": ""}, "practice id"),
    ({"client_id": ""}, "client id"),
    ({"secret": ""}, "client secret"),
    ({"scopes": ()}, "scope"),
    ({"auth_method": "private_key_jwt"}, "key id"),
    ({"base_url": "athena.example"}, "base URL"),
    ({"base_url": "ftp://athena.example"}, "base URL"),
    ({"base_url": "https://user:pass@athena.example"}, "base URL"),
    ({"base_url": "http://athena.example"}, "unencrypted"),
    ({"base_url": "http://10.0.0.1"}, "unencrypted"),
]


@pytest.mark.parametrize(("changes", "words"), WRONG)
def test_a_connection_that_cannot_work_is_named_before_anything_is_sent(make_settings: Make, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        check_connection(make_settings(**changes))


@pytest.mark.parametrize("base_url", ["http://localhost:8799", "http://127.0.0.1:1", "http://[::1]:8799", "https://api.platform.athenahealth.com/"])
def test_https_and_this_machine_are_fine(make_settings: Make, base_url: str) -> None:
    check_connection(make_settings(base_url=base_url))


def test_limits_are_shared_by_client_and_host_and_tokens_by_scopes_too(make_settings: Make) -> None:
    one, other = make_settings(practice_id="1"), make_settings(practice_id="2", scopes=("system/Patient.read",))
    assert one.credential == other.credential == "client@athena.example"
    assert one.token_name != other.token_name
