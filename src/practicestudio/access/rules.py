"""What holds for everybody's sign-in: how long a session lasts, what a second factor is asked of, how passwords are hashed, who has to wait."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Hashing:
    """How a password is hashed: argon2id (RFC 9106 §4, its second recommended option, with as many lanes as small machines have)."""

    time_cost: int = 3
    memory_kib: int = 65_536
    parallelism: int = 2


@dataclass(frozen=True, slots=True)
class Patience:
    """How failed tries are slowed down.

    free: failures without a wait. first: the wait after the next one, which doubles with each further. most: the longest wait.
    forgotten: when a failure no longer counts.
    """

    free: int
    first: timedelta
    most: timedelta
    forgotten: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What holds for everybody's sign-in.

    address: the address of the pages as browsers know it (scheme, host, port): what passkeys are bound to, and where providers send people back to.
    idle, absolute: how long a session lasts without a sign of life, and at most. confirmed: how long after proving who they are people may
    change how they sign in. one_time: how long a one-time password can be used. emergency: how long emergency access lasts.
    strangers: for tries on one name from devices unknown to it. device: for tries from a known one. network: for tries on any name from one address.
    second: for tries on a person's second factor, or on confirming. ca_file: certificates (PEM) by which sign-in providers are trusted besides the
    machine's own.
    """

    address: str = "http://localhost:8000"
    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    confirmed: timedelta = timedelta(minutes=15)
    one_time: timedelta = timedelta(days=3)
    emergency: timedelta = timedelta(minutes=60)
    second_factor_required: bool = False
    ca_file: Path | None = None
    hashing: Hashing = field(default_factory=Hashing)
    strangers: Patience = Patience(free=5, first=timedelta(seconds=30), most=timedelta(hours=1))
    device: Patience = Patience(free=5, first=timedelta(seconds=30), most=timedelta(minutes=15))
    network: Patience = Patience(free=30, first=timedelta(seconds=10), most=timedelta(minutes=15), forgotten=timedelta(hours=1))
    second: Patience = Patience(free=5, first=timedelta(seconds=30), most=timedelta(hours=1))
