"""The OAuth 2.0 client credentials flow of athenahealth, without I/O: what to ask, how to read the answer, when to ask again.

RFC 6749 §4.4, RFC 7523 (private_key_jwt); https://docs.athenahealth.com/api/guides/authentication-and-url-locations
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import UUID

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from practicestudio.athena.rest.answers import parse_json
from practicestudio.athena.rest.coercion import as_int
from practicestudio.athena.rest.connection import ConnectionSettings
from practicestudio.athena.rest.faults import BadAnswer, shown
from practicestudio.athena.rest.headers import Told, read_headers
from practicestudio.errors import AccessDenied, IntegrationError, Misconfigured, RateLimited, ServerFault, Unreachable, Unreadable

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_LIFE = timedelta(minutes=5)
TOKEN_LIFE = 3600  # seconds, where an answer does not say
REMEMBER_REFUSAL = timedelta(minutes=1)
"""How long credentials that were refused are not tried again: five tries a minute lock the endpoint."""

REMEMBER_FAULT = timedelta(seconds=5)
"""How long nobody asks again after any other failure."""

Refresh = Literal["keep", "renew_early", "renew_now"]


@dataclass(frozen=True, slots=True)
class TokenRequest:
    """A POST to the token endpoint; its secrets do not show in its repr."""

    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Token:
    """An access token. expires_at: by our clock."""

    value: str = field(repr=False)
    expires_at: datetime


def token_request(settings: ConnectionSettings, now: datetime, nonce: UUID) -> TokenRequest:
    """The request for a token, by the connection's way of signing in. nonce: the `jti` of a signed assertion, which must not repeat."""
    form = {"grant_type": "client_credentials", "scope": " ".join(settings.scopes)}
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
    if settings.auth_method == "basic":
        headers["Authorization"] = "Basic " + b64encode(f"{settings.client_id}:{settings.secret}".encode()).decode()
    elif settings.auth_method == "body":
        form |= {"client_id": settings.client_id, "client_secret": settings.secret}
    else:
        form |= {"client_id": settings.client_id, "client_assertion_type": ASSERTION_TYPE, "client_assertion": sign_assertion(settings, now, nonce)}
    return TokenRequest(settings.token_url, headers, urlencode(form).encode())


def sign_assertion(settings: ConnectionSettings, now: datetime, nonce: UUID) -> str:
    """The signed statement of who we are (RFC 7523 §3): RS256 for an RSA key, ES384 for an EC key on P-384."""
    key = _read_key(settings.private_key)
    algorithm = "RS256" if isinstance(key, RSAKey) else "ES384"
    claims = {
        "iss": settings.client_id,
        "sub": settings.client_id,
        "aud": settings.token_url,
        "iat": int(now.timestamp()),
        "exp": int((now + ASSERTION_LIFE).timestamp()),
        "jti": str(nonce),
    }
    return jwt.encode({"alg": algorithm, "kid": settings.key_id, "typ": "JWT"}, claims, key, algorithms=[algorithm])


def read_token(status: int, headers: Mapping[str, str], body: bytes, now: datetime) -> Token:
    """The token in the endpoint's answer, or an error: AccessDenied, RateLimited (until the minute ends), ServerFault, BadAnswer."""
    told = read_headers(headers, now)
    value, trouble = parse_json(body, told.content_type)
    if not 200 <= status < 300:
        raise _fault(status, told, value, "HTML page" in trouble, now)
    if trouble:
        raise BadAnswer(f"{trouble} It was to be the answer to the request for a token.")
    text = value.get("access_token") if isinstance(value, dict) else None
    if not isinstance(text, str) or not text:
        raise BadAnswer("The answer to the request for a token holds no token.")
    return Token(text, now + timedelta(seconds=_life(value)))


def decide_refresh(expires_at: datetime, now: datetime, early: float) -> Refresh:
    """Whether a token is good, is good but to be renewed (in its last `early` seconds), or is over."""
    if now >= expires_at:
        return "renew_now"
    return "renew_early" if now >= expires_at - timedelta(seconds=early) else "keep"


def minute_end(now: datetime) -> datetime:
    """When the minute ends that `now` is in: token requests are counted and blocked by the clock's minute."""
    return now.replace(second=0, microsecond=0) + timedelta(minutes=1)


def refusal_lasts(error: IntegrationError) -> timedelta:
    """How long no process asks for a token after this error."""
    if isinstance(error, RateLimited):
        return timedelta(seconds=error.retry_after) if error.retry_after is not None else REMEMBER_REFUSAL
    return REMEMBER_REFUSAL if isinstance(error, AccessDenied) else REMEMBER_FAULT


def to_remember(error: IntegrationError) -> str:
    """What all processes are told of a failure to get a token: the error's code, and its sentence."""
    return f"{error.code} {error.sentence}"


def refused_before(why: str, left: timedelta) -> IntegrationError:
    """The error that was remembered (`to_remember`), said again without asking again. left: until a token is asked for again."""
    seconds = max(0.0, left.total_seconds())
    code, _, sentence = why.partition(" ")
    if code == RateLimited.code:
        return RateLimited("The token requests of this minute are used up.", retry_after=seconds)
    if code == AccessDenied.code:
        return AccessDenied(
            "The credentials were refused a moment ago; to try them again at once could lock them out.",
            advice=f"Check client id, secret or key; they are tried again in {seconds:.0f} seconds.",
        )
    if code == Misconfigured.code:
        return Misconfigured("No token could be asked for a moment ago, because the connection is not set up right.")
    said = f"The token endpoint failed a moment ago: {sentence or code}"
    return Unreachable(said, advice=f"It is asked again in {seconds:.0f} seconds.")


def _life(value: dict[str, Any]) -> int:
    try:
        life = as_int(value.get("expires_in"))
    except Unreadable:
        life = -1
    if life is None:
        return TOKEN_LIFE
    if life <= 0:
        raise BadAnswer("The answer to the request for a token gives it no lifetime.")
    return life


def _fault(status: int, told: Told, value: Any, html: bool, now: datetime) -> IntegrationError:
    words = value.get("error") if isinstance(value, dict) else None
    said = f'athenahealth said: "{shown(words, ())}"' if isinstance(words, str) and words else "athenahealth gave no reason."
    if status == 429:
        there = told.server_time or now.astimezone(UTC)
        pause = told.retry_after if told.retry_after is not None else (minute_end(there) - there).total_seconds()
        return RateLimited("athenahealth's limit of token requests a minute is reached.", retry_after=pause)
    if html and status not in (400, 401):
        return BadAnswer(f"The token endpoint answered with an HTML page and status {status}, as a proxy sends.")
    if status >= 500:
        return ServerFault(f"The token endpoint answered with status {status}, a fault of its own.")
    if status in (400, 401, 402, 403):
        if words == "invalid_scope":
            return AccessDenied(f"The scopes were refused. {said}", advice="Check the connection's scopes.")
        return AccessDenied(
            f"The credentials were refused. {said}", advice="Check client id, secret or key, and the scopes, then test the connection."
        )
    return Misconfigured(f"There is no token endpoint at the base URL (status {status}).", advice="Check the base URL.")


def _read_key(text: str) -> RSAKey | ECKey:
    """A private key from PEM or JWK. Raises Misconfigured without a word of the key."""
    try:
        key = _read_jwk(text) if text.lstrip().startswith("{") else _read_pem(text)
    except (ValueError, TypeError, UnsupportedAlgorithm, JoseError):
        key = None
    if isinstance(key, RSAKey) and key.is_private:
        return key
    if isinstance(key, ECKey) and key.is_private and key.curve_name == "P-384":
        return key
    raise Misconfigured("The private key cannot be used.", advice="Enter an RSA key or an EC key on P-384, as PEM or JWK, without a password.")


def _read_jwk(text: str) -> RSAKey | ECKey | None:
    key = json.loads(text)
    if key.get("kty") == "RSA":
        return RSAKey.import_key(key)
    return ECKey.import_key(key) if key.get("kty") == "EC" else None


def _read_pem(text: str) -> RSAKey | ECKey | None:
    key = load_pem_private_key(text.encode(), password=None)
    if isinstance(key, RSAPrivateKey):
        return RSAKey.import_key(key)
    return ECKey.import_key(key) if isinstance(key, EllipticCurvePrivateKey) else None
