"""Emergency access: somebody takes rights that they do not have, for an hour and with a reason, and everybody can see it."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.access.audit import Action, AuditEntry
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.rights import Right
from practicestudio.access.roles import note
from practicestudio.access.rules import Rules
from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue, NotAllowed
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction, rows

FEWEST_LETTERS, LONGEST_REASON = 10, 500


@dataclass(frozen=True, slots=True)
class Emergency:
    """Emergency access that somebody took at a practice, and why. ends_at: in the past where it is over."""

    id: UUID
    person_id: UUID
    practice_id: UUID
    reason: str
    started_at: datetime
    ends_at: datetime


async def take_emergency(database: Database, by: Caller, practice_id: UUID, reason: str, rules: Rules, now: datetime, origin: Origin) -> datetime:
    """Take emergency access; returns when it ends.

    Raises:
        NotAllowed: `by` is no person with the right to it. InvalidValue: the reason says nothing, or it is taken already.
    """
    by.require(practice_id, Right.EMERGENCY_TAKE)
    if by.person_id is None or practice_id == EVERYWHERE:
        raise NotAllowed("Only a person takes emergency access, and at one practice.")
    reason = " ".join(reason.split())
    if len(reason) > LONGEST_REASON or sum(letter.isalpha() for letter in reason) < FEWEST_LETTERS:
        raise InvalidValue(f"The reason has at least {FEWEST_LETTERS} letters.", advice="Say who needs help, and why it cannot wait.")
    emergency_id, ends_at = new_id(), now + rules.emergency
    async with database.shared(replace(origin, emergency=True)) as transaction:
        await sql.access.lock_person(transaction.connection, id=by.person_id)
        if any(one.practice_id == practice_id for one in await _running_of(transaction, by.person_id, now)):
            raise InvalidValue("You have emergency access here already.", advice="It ends by itself.")
        await sql.access.insert_emergency(
            transaction.connection,
            id=emergency_id,
            person_id=by.person_id,
            at_practice=practice_id,
            sealed=transaction.sealer.seal("emergencies", emergency_id, reason.encode()),
            started_at=now,
            ends_at=ends_at,
        )
        changes = {"ends_at": (None, ends_at.isoformat())}
        entry = AuditEntry(Action.PERSON_EMERGENCY_BEGIN, by.actor, "emergency", emergency_id, changes=changes, purpose=reason)
        await note(database, transaction, practice_id, entry)
    return ends_at


async def end_emergency(database: Database, by: Caller, practice_id: UUID, now: datetime, origin: Origin) -> None:
    """Give one's emergency access back before it ends by itself."""
    if by.person_id is None:
        return
    async with database.shared(replace(origin, emergency=True)) as transaction:
        for one in await _running_of(transaction, by.person_id, now):
            if one.practice_id == practice_id:
                await sql.access.end_emergency(transaction.connection, id=one.id, at=now)
                await note(database, transaction, practice_id, AuditEntry(Action.PERSON_EMERGENCY_END, by.actor, "emergency", one.id))


async def list_emergencies(transaction: Transaction, practice_id: UUID, most: int = 50) -> list[Emergency]:
    """Emergency access that was taken at a practice, the latest first."""
    found = await rows(sql.access.emergencies_at(transaction.connection, at_practice=practice_id, most=most))
    return [_emergency(transaction, row) for row in found]


async def _running_of(transaction: Transaction, person_id: UUID, now: datetime) -> list[Emergency]:
    return [_emergency(transaction, row) for row in await rows(sql.access.running_emergencies(transaction.connection, person_id=person_id, now=now))]


def _emergency(transaction: Transaction, row: Any) -> Emergency:
    emergency_id, person_id, practice_id, sealed, started_at, ends_at = row
    reason = transaction.sealer.open("emergencies", emergency_id, sealed).decode()
    return Emergency(emergency_id, person_id, practice_id, reason, started_at, ends_at)
