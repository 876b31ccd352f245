"""Devices (browsers) from which somebody has signed in, known by a random token in a cookie; several people may share one."""

from datetime import datetime
from uuid import UUID

from practicestudio.access.tokens import hash_of, new_token
from practicestudio.store import sql
from practicestudio.store.database import Transaction


async def is_known(transaction: Transaction, device: str | None, person_id: UUID) -> bool:
    """Whether this person has signed in from the device with this token."""
    return bool(device and await sql.access.known_device(transaction.connection, token=hash_of(device), person_id=person_id))


async def remember_device(transaction: Transaction, device: str | None, person_id: UUID, now: datetime) -> str:
    """Know the device for this person, and for whom it was known before; returns its new token, for a token that somebody planted must not stay."""
    token = new_token()
    if device:
        await sql.access.rename_device(transaction.connection, before=hash_of(device), after=hash_of(token))
    await sql.access.put_known_device(transaction.connection, token=hash_of(token), person_id=person_id, at=now)
    return token


async def forget_devices(transaction: Transaction, person_id: UUID) -> None:
    """Know none of this person's devices any more."""
    await sql.access.drop_known_devices(transaction.connection, person_id=person_id)
