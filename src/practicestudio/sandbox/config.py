"""What a sandbox is made of and how strict it is."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

StringTypes = Literal["strings", "numbers", "mixed"]
Version = Literal["preview", "standard"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Calls per second and per day for each client, token requests per minute; None is no limit. tokens: seconds a token lives.

    retry_after, body: what a refused call says; athenahealth's own answer is not known, so the plainest is the default.
    """

    calls_per_second: int | None = None
    calls_per_day: int | None = None
    tokens_per_minute: int | None = None
    token_seconds: int = 3600
    retry_after: bool = False
    body: Literal["empty", "json", "html"] = "empty"


@dataclass(frozen=True, slots=True)
class SandboxConfig:
    """A sandbox's first state.

    practices: their ids. patients: how many each of them begins with, numbered from 1. seed: another seed, other people.
    clients: client id to secret. public_keys: client id to a public JWK, for private_key_jwt.
    grants: client id to the practices it may use; a client that is not named may use all of them.
    versions: practice id or client id to API version; what is not named is on `standard`.
    activation_delay: seconds from subscribing to a changed-data feed until it acts; athenahealth takes 300, its preview up to 900.
    processed_retention: seconds that changes already read can be shown again.
    booked_window_days: how much of a longer date window /appointments/booked really answers, without saying so.
    string_types: how ids, numbers and booleans are written.
    """

    practices: tuple[str, ...] = ("195900", "195901")
    patients: int = 500
    seed: int = 1
    clients: Mapping[str, str] = field(default_factory=lambda: {"sandbox": "sandbox"})
    public_keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    grants: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    versions: Mapping[str, Version] = field(default_factory=dict)
    calls_per_second: int | None = None
    calls_per_day: int | None = None
    tokens_per_minute: int | None = None
    token_seconds: int = 3600
    activation_delay: float = 0
    processed_retention: float = 86400
    booked_window_days: int = 90
    string_types: StringTypes = "strings"

    @property
    def limits(self) -> Limits:
        """The limits that a fresh sandbox keeps."""
        return replace(
            Limits(),
            calls_per_second=self.calls_per_second,
            calls_per_day=self.calls_per_day,
            tokens_per_minute=self.tokens_per_minute,
            token_seconds=self.token_seconds,
        )
