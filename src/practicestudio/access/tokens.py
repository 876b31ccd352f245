"""Random tokens that browsers and programs hold, of which only the hash is kept."""

import hashlib
import hmac
import secrets


def new_token() -> str:
    """32 random bytes, base64url."""
    return secrets.token_urlsafe(32)


def hash_of(token: str) -> str:
    """SHA-256 of a token in hexadecimal. A random token needs no slow hash: there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def derived(token: str, purpose: str) -> str:
    """A second token that only the holder of the first can have, and from which the first cannot be told: for a form beside its cookie."""
    return hmac.new(token.encode(), purpose.encode(), "sha256").hexdigest()


def same(one: str, other: str) -> bool:
    """Whether two tokens are equal, in a time that does not tell how far."""
    return hmac.compare_digest(one.encode(), other.encode())
