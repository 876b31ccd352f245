"""Codes on paper for the day the second factor is lost: ten, each good once, kept only as their blind identity."""

import secrets
from datetime import datetime
from uuid import UUID

from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

COUNT = 10
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_LENGTH = 12  # of 31 letters: 59 bits


async def make_codes(transaction: Transaction, person_id: UUID) -> list[str]:
    """Ten new codes in place of all before; they are shown now, and kept nowhere."""
    codes = ["".join(secrets.choice(_LETTERS) for _ in range(_LENGTH)) for _ in range(COUNT)]
    identities = [_identity(transaction, person_id, code) for code in codes]
    await sql.access.drop_recovery_codes(transaction.connection, person_id=person_id)
    await sql.access.insert_recovery_codes(transaction.connection, person_id=person_id, codes=identities)
    return ["-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)) for code in codes]


async def take_recovery_code(transaction: Transaction, person_id: UUID, code: str, now: datetime) -> bool:
    """Whether this is one of the person's codes that was not used before; then it is used."""
    identity = _identity(transaction, person_id, "".join(letter for letter in code.lower() if letter.isalnum()))
    return bool(await sql.access.use_recovery_code(transaction.connection, person_id=person_id, code=identity, at=now))


async def codes_left(transaction: Transaction, person_id: UUID) -> int:
    """How many codes the person has that were not used."""
    return len(await rows(sql.access.unused_recovery_codes(transaction.connection, person_id=person_id)))


async def drop_codes(transaction: Transaction, person_id: UUID) -> None:
    """They are good for nothing without a second factor."""
    await sql.access.drop_recovery_codes(transaction.connection, person_id=person_id)


def _identity(transaction: Transaction, person_id: UUID, code: str) -> UUID:
    return transaction.sealer.identity("recovery_code", f"{person_id} {code}")
