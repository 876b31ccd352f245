"""The conversation with an OpenID Connect provider: authorization code with PKCE, state and nonce (OpenID Connect Core 1.0 §3.1, RFC 9700)."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from practicestudio.access.providers import Provider, check_address
from practicestudio.access.sign_in import SignInRefused
from practicestudio.access.tokens import new_token
from practicestudio.errors import InvalidValue, Unreachable

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "Ed25519", "EdDSA")
"""Signatures with a key of the provider's own; none that our secret could make."""

_SECONDS = 15
_SKEW = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of the provider, kept until the answer comes; the answer must fit all of it."""

    state: str = field(default_factory=new_token, repr=False)
    nonce: str = field(default_factory=new_token, repr=False)
    verifier: str = field(default_factory=new_token, repr=False)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider answers. names_itself: whether its answers say who it is (RFC 9207)."""

    authorization: str
    token: str
    keys: str
    userinfo: str | None
    names_itself: bool


@dataclass(frozen=True, slots=True)
class Conversation:
    """Speaks with one provider. redirect_uri: where it sends people back to. ca_file: certificates to trust besides the machine's own."""

    provider: Provider
    redirect_uri: str
    ca_file: Path | None = None

    async def address(self, asked: Asked) -> str:
        """Where to send the person. Raises Unreachable, or SignInRefused where the provider is not what was set."""
        async with self._client() as client:
            endpoints = await self._discover(client)
            address, _ = client.create_authorization_url(
                endpoints.authorization, state=asked.state, nonce=asked.nonce, code_verifier=asked.verifier, response_type="code"
            )
        return str(address)

    async def identify(self, asked: Asked, answer: Mapping[str, str], now: datetime) -> dict[str, Any]:
        """The claims about whoever came back with this answer. Raises Unreachable; SignInRefused where anything does not fit."""
        async with self._client() as client:
            endpoints = await self._discover(client)
            self._check_issuer(endpoints, answer)
            token = await client.fetch_token(
                endpoints.token, grant_type="authorization_code", code=answer.get("code", ""), code_verifier=asked.verifier
            )
            key_document: Any = await _document(client, endpoints.keys)
            keys = KeySet.import_key_set(key_document)
            claims = self._verified(str(token.get("id_token", "")), keys, asked, now)
            if endpoints.userinfo is None:
                return claims
            about = await _document(client, endpoints.userinfo, headers={"Authorization": f"Bearer {token['access_token']}"})
        if about.get("sub") != claims["sub"]:
            raise _unfit("userinfo")
        return {**about, **claims}

    @asynccontextmanager
    async def _client(self) -> AsyncIterator[Any]:
        """A client for one exchange; whatever goes wrong with it becomes one of our errors, without the address and what was in it."""
        context = httpx2.create_ssl_context()
        if self.ca_file is not None:
            context.load_verify_locations(self.ca_file)
        secret, provider = self.provider.client_secret, self.provider
        fault: SignInRefused | Unreachable
        try:
            async with AsyncOAuth2Client(
                provider.client_id, secret, scope=provider.scope, redirect_uri=self.redirect_uri, code_challenge_method="S256",
                verify=context, timeout=_SECONDS, follow_redirects=False,
            ) as client:  # fmt: skip
                yield client
            return
        except httpx2.HTTPError:
            fault = Unreachable("The sign-in provider does not answer.", advice="Sign in with your password or a passkey, or try again later.")
        except (OAuthError, JoseError, ValueError, KeyError, TypeError):
            fault = _unfit("answer")
        raise fault

    async def _discover(self, client: Any) -> Endpoints:
        issuer = self.provider.issuer
        found = await _document(client, f"{issuer.rstrip('/')}/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise _unfit("issuer")
        endpoints = Endpoints(
            found["authorization_endpoint"],
            found["token_endpoint"],
            found["jwks_uri"],
            found.get("userinfo_endpoint"),
            bool(found.get("authorization_response_iss_parameter_supported")),
        )
        for address in (endpoints.authorization, endpoints.token, endpoints.keys, endpoints.userinfo or issuer):
            _check_endpoint(address)
        return endpoints

    def _check_issuer(self, endpoints: Endpoints, answer: Mapping[str, str]) -> None:
        """Against answers of one provider passed off as those of another (RFC 9207)."""
        named = answer.get("iss")
        if (named is None and endpoints.names_itself) or (named is not None and named != self.provider.issuer):
            raise _unfit("issuer")

    def _verified(self, id_token: str, keys: KeySet, asked: Asked, now: datetime) -> dict[str, Any]:
        """The claims of an ID token that is the provider's, for us, of now, and for what we asked (OpenID Connect Core 1.0 §3.1.3.7)."""
        claims = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS)).claims
        registry = jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=_SKEW,
            iss={"essential": True, "value": self.provider.issuer},
            aud={"essential": True, "value": self.provider.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": asked.nonce},
            sub={"essential": True},
        )
        registry.validate(claims)
        audience = claims["aud"]
        if isinstance(audience, list) and len(audience) > 1 and claims.get("azp") != self.provider.client_id:
            raise _unfit("audience")
        if not isinstance(claims["sub"], str) or not claims["sub"]:
            raise _unfit("subject")
        return dict(claims)


def _unfit(what: str) -> SignInRefused:
    return SignInRefused(f"The sign-in provider's {what} does not fit.", advice="Try again; if it stays so, an administrator looks at its settings.")


def _check_endpoint(address: Any) -> None:
    try:
        check_address(str(address).partition("?")[0])
    except InvalidValue:
        raise _unfit("configuration") from None


async def _document(client: Any, address: str, **given: Any) -> dict[str, Any]:
    """A JSON document."""
    answer = await client.request("GET", address, withhold_token=True, auth=None, **given)
    if answer.status_code != 200:
        raise _unfit("answer")
    found = answer.json()
    if not isinstance(found, dict):
        raise _unfit("answer")
    return found
