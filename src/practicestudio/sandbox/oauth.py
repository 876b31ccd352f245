"""The token endpoint: client credentials by Basic, in the body, or as a signed assertion (RFC 6749 §4.4, RFC 7523)."""

import base64
import binascii
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.config import SandboxConfig
from practicestudio.sandbox.limits import Meter
from practicestudio.sandbox.parameters import Parameters
from practicestudio.sandbox.wire import Answer, encode

ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_SCOPES = ("athena/service/", "system/", "user/", "patient/", "launch", "openid", "fhirUser", "offline_access", "profile")
_DENIED: Record = {
    "detailedmessage": "Policy evaluation failed for this request, please check the policy configurations.",
    "error": "access_denied",
}


@dataclass(frozen=True, slots=True)
class Token:
    """Whose it is and until when it holds."""

    client: str
    expires: datetime


class TokenOffice:
    """Gives out tokens and knows them again. A token is an opaque string and lives in memory only."""

    def __init__(self, config: SandboxConfig) -> None:
        self._config = config
        self._tokens: dict[str, Token] = {}
        self._revoked: set[str] = set()
        self.given = 0

    def client_of(self, token: str, at: datetime) -> str | None:
        known = self._tokens.get(token)
        return known.client if known and known.expires > at else None

    def expire(self, token: str) -> None:
        self._tokens.pop(token, None)

    def revoke(self, client: str, *, revoked: bool) -> None:
        """Take a client's credentials and tokens away, or let it in again."""
        self._revoked.discard(client)
        if revoked:
            self._revoked.add(client)
            self._tokens = {name: token for name, token in self._tokens.items() if token.client != client}

    def request(self, authorization: str, parameters: Parameters, url: str, meter: Meter, at: datetime) -> Answer:
        """The answer to one token request."""
        client = claimed_client(authorization, parameters)
        allowance = meter.token(client, at)
        if not allowance.allowed:
            return meter.refuse(allowance)
        answer = self._decide(client, authorization, parameters, url, meter.limits.token_seconds, at)
        answer.headers.update(allowance.headers())
        return answer

    def _decide(self, client: str, authorization: str, parameters: Parameters, url: str, seconds: int, at: datetime) -> Answer:
        if parameters.text("grant_type") != "client_credentials":
            return _bad("unsupported_grant_type", "The authorization grant type is not supported by the authorization server.")
        if not self._proves(client, authorization, parameters, url, at) or parameters.text("scope") is None:
            return Answer(status=401, raw=encode(_DENIED), content_type="application/json")
        scopes = parameters.sent("scope").split()
        if not all(scope.startswith(_SCOPES) for scope in scopes):
            return _bad("invalid_scope", "One or more scopes are not configured for the authorization server resource.")
        token = secrets.token_urlsafe(32)
        self._tokens[token] = Token(client, at + timedelta(seconds=seconds))
        self.given += 1
        body = {"access_token": token, "token_type": "Bearer", "expires_in": str(seconds), "scope": " ".join(scopes)}
        return Answer(raw=encode(body), content_type="application/json")

    def _proves(self, client: str, authorization: str, parameters: Parameters, url: str, at: datetime) -> bool:
        if client in self._revoked:
            return False
        if parameters.text("client_assertion_type") == ASSERTION:
            return self._assertion_holds(client, parameters.sent("client_assertion"), url, at)
        secret = basic(authorization)[1] if authorization else parameters.sent("client_secret")
        expected = self._config.clients.get(client)
        return expected is not None and hmac.compare_digest(secret.encode(), expected.encode())

    def _assertion_holds(self, client: str, assertion: str, url: str, at: datetime) -> bool:
        """Signed by the client's key; issuer and subject are the client, the audience is this endpoint, and it runs out within the hour."""
        public = self._config.public_keys.get(client)
        if public is None:
            return False
        try:
            read = jwt.decode(assertion, _key(public), algorithms=["RS256", "RS384", "ES256", "ES384"])
        except (JoseError, ValueError):
            return False
        claims, now = read.claims, at.timestamp()
        audience = claims.get("aud")
        expires = claims.get("exp")
        return (
            claims.get("iss") == claims.get("sub") == client
            and url in (audience if isinstance(audience, list) else [audience])
            and isinstance(expires, int | float)
            and now < expires <= now + 3600
            and read.header.get("kid") == public.get("kid", read.header.get("kid"))
        )


def _key(public: Mapping[str, object]) -> RSAKey | ECKey:
    fields: dict[str, str | list[str]] = {
        name: str(value) for name, value in public.items() if name in ("kty", "n", "e", "crv", "x", "y", "kid", "use", "alg")
    }
    return ECKey.import_key(fields) if fields.get("kty") == "EC" else RSAKey.import_key(fields)


def _bad(error: str, description: str) -> Answer:
    return Answer(status=400, raw=encode({"error": error, "error_description": description}), content_type="application/json")


def basic(authorization: str) -> tuple[str, str]:
    """Client id and secret of a Basic header (RFC 7617); empty where it is none."""
    kind, _, coded = authorization.partition(" ")
    try:
        client, _, secret = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return (client, secret) if kind.lower() == "basic" else ("", "")


def claimed_client(authorization: str, parameters: Parameters) -> str:
    """Who the caller says it is, for counting; proof comes after."""
    if parameters.text("client_assertion_type") == ASSERTION and parameters.text("client_id") is None:
        return _issuer(parameters.sent("client_assertion"))
    return basic(authorization)[0] if authorization else parameters.sent("client_id")


def _issuer(assertion: str) -> str:
    """The issuer that an assertion names, before its signature is looked at."""
    part = [*assertion.split("."), "", ""][1]
    try:
        claims = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        return ""
    return str(claims.get("iss", "")) if isinstance(claims, dict) else ""
