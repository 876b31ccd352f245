"""Passwords: what may be one (NIST SP 800-63B-4 §3.1.1), how they are hashed and checked, and one-time passwords to begin with."""

import asyncio
import re
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from practicestudio.access.common_passwords import COMMON
from practicestudio.access.people import Particulars
from practicestudio.access.rules import Hashing
from practicestudio.errors import InvalidValue
from practicestudio.store import sql
from practicestudio.store.database import Transaction

SHORTEST, LONGEST = 12, 256
_FEWEST_DIFFERENT = 5
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that is taken for another

# Hashing takes memory on purpose: two at a time, however many people come at once.
_HASHING = ThreadPoolExecutor(2, "argon2")


@dataclass(frozen=True, slots=True)
class Password:
    """A stored password. hash: argon2id, with its parameters and salt. ends_at: until when it can be used, where it must be changed."""

    hash: str
    must_change: bool
    ends_at: datetime | None


def check_password(password: str, person: Particulars) -> None:
    """Raise InvalidValue, with what to do, for what this person must not have as a password.

    Length counts, and that nobody guesses it: there are no rules of which characters are in it.
    """
    folded = _folded(password)
    if not SHORTEST <= len(_normal(password)) <= LONGEST:
        raise InvalidValue(f"A password has {SHORTEST} to {LONGEST} characters.", advice="A few words that do not belong together are easy to keep.")
    if len(_without_names(folded, person)) < SHORTEST - 4:
        raise InvalidValue("The password is little more than your name, or ours.", advice="Whoever knows you tries that first.")
    if _is_common(folded):
        raise InvalidValue("The password is one of those that everybody tries.", advice="A few words that do not belong together are better.")


def _normal(password: str) -> str:
    """One form for what may be typed in several (NIST SP 800-63B-4 §3.1.1.2)."""
    return unicodedata.normalize("NFKC", password)


def _folded(password: str) -> str:
    return _normal(password).casefold()


def _without_names(folded: str, person: Particulars) -> str:
    names = {*person.name.casefold().split(), *re.split(r"[^a-z0-9]+", person.sign_in_name), "practice", "studio", "athenahealth", "athena"}
    for name in sorted((name for name in names if len(name) > 2), key=len, reverse=True):
        folded = folded.replace(name, "")
    return folded


def _is_common(folded: str) -> bool:
    bare = re.sub(r"[\W\d_]+", "", folded)
    # The step from 9 to 0 is one of one.
    steps = {(ord(after) - ord(before)) % 10 for before, after in pairwise(folded)}
    return folded in COMMON or bare in COMMON or len(set(folded)) < _FEWEST_DIFFERENT or len(steps) == 1 or _is_repeated(folded)


def _is_repeated(folded: str) -> bool:
    """Whether it is a short text said again and again."""
    return any(folded == (folded[:size] * len(folded))[: len(folded)] for size in range(1, 5))


def one_time_password() -> str:
    """A random password to begin with, of about 99 bits, easy to read out."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


async def hash_password(password: str, hashing: Hashing) -> str:
    """The password's hash."""
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _hasher(hashing).hash, _normal(password))


async def is_right(password: str, stored: Password | None, hashing: Hashing) -> bool:
    """Whether this is the stored password. Where there is none it takes as long, and it is not."""
    against = stored.hash if stored else None
    return await asyncio.get_running_loop().run_in_executor(_HASHING, _verify, against, _normal(password)[: LONGEST + 1], hashing)


def is_outdated(stored: Password, hashing: Hashing) -> bool:
    """Whether the hash is weaker than what is made today."""
    made = extract_parameters(stored.hash)
    return made.type != Type.ID or made.time_cost < hashing.time_cost or made.memory_cost < hashing.memory_kib


def _verify(against: str | None, password: str, hashing: Hashing) -> bool:
    nobodys = _nobodys(hashing)
    try:
        return PasswordHasher().verify(against or nobodys, password) and against is not None
    except (VerificationError, InvalidHashError):
        return False


@lru_cache
def _hasher(hashing: Hashing) -> PasswordHasher:
    return PasswordHasher(hashing.time_cost, hashing.memory_kib, hashing.parallelism)


@lru_cache
def _nobodys(hashing: Hashing) -> str:
    """A hash for names that nobody has."""
    return _hasher(hashing).hash(secrets.token_urlsafe())


async def read_password(transaction: Transaction, person_id: UUID) -> Password | None:
    """The person's password, if there is one."""
    row = await sql.access.password(transaction.connection, person_id=person_id)
    if row is None:
        return None
    sealed, must_change, ends_at = row
    return Password(transaction.sealer.open("passwords", person_id, sealed).decode(), must_change, ends_at)


async def put_password(transaction: Transaction, person_id: UUID, password: Password) -> None:
    """Store the person's password."""
    await sql.access.put_password(
        transaction.connection,
        person_id=person_id,
        sealed=transaction.sealer.seal("passwords", person_id, password.hash.encode()),
        must_change=password.must_change,
        ends_at=password.ends_at,
    )
