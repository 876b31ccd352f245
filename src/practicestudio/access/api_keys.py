"""Keys by which programs use the API: for one practice, for some rights, for a time; shown once, kept as a hash."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access.audit import Action, AuditEntry
from practicestudio.access.caller import EVERYWHERE, Caller
from practicestudio.access.rights import Right, Role
from practicestudio.access.roles import note
from practicestudio.access.tokens import hash_of, new_token
from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue, Misconfigured, NotAllowed
from practicestudio.store import sql
from practicestudio.store.database import Database, Origin, Transaction, rows

MARK = "psk_"
"""How every key begins, so that one that lies about is found by searching for it."""
LONGEST_NAME = 100
LONGEST_LIFE = timedelta(days=366)

NEVER = frozenset({Right.PEOPLE_MANAGE, Right.KEYS_MANAGE, Right.EMERGENCY_TAKE, Right.CREDENTIALS_CHANGE, Right.SETTINGS_CHANGE, Right.MAPPING_TRY})
"""What no program may, whoever made its key: to give access, or to change how things are set up."""

_SHOWN = len(MARK) + 6
_TOUCH = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key. prefix: its beginning, by which people recognise it. name: what it is for. Times are aware, in UTC."""

    id: UUID
    prefix: str
    practice_id: UUID
    scopes: frozenset[Right]
    name: str
    made_at: datetime
    made_by: str
    ends_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None

    @property
    def caller(self) -> Caller:
        """The program that holds it: at its practice, everything that its scopes allow."""
        return Caller(f"key:{self.id}", self.name, roles={self.practice_id: frozenset(Role)}, scopes=self.scopes - NEVER)

    def open(self, now: datetime) -> bool:
        """Whether it opens anything."""
        return self.revoked_at is None and now < self.ends_at


def scopes_for(by: Caller, practice_id: UUID) -> frozenset[Right]:
    """The rights that `by` may give a key there: those they have for good, and a program may have."""
    return replace(by, emergency={}).rights(practice_id) - NEVER


async def make_key(
    database: Database,
    by: Caller,
    practice_id: UUID,
    name: str,
    scopes: Collection[Right],
    ends_at: datetime,
    now: datetime,
    origin: Origin | None = None,
) -> tuple[ApiKey, str]:
    """A new key, and what the program sends, which is kept nowhere.

    Raises:
        NotAllowed: `by` does not manage keys there, or asks for a right that they do not have, or that no program may have.
        InvalidValue: what cannot be a key: no name, no scope, no end within a year, no single practice.
    """
    by.require(practice_id, Right.KEYS_MANAGE)
    name = " ".join(name.split())
    _check(name, practice_id, scopes, ends_at, now)
    if beyond := set(scopes) - scopes_for(by, practice_id):
        words = ", ".join(sorted(right.value for right in beyond))
        raise NotAllowed(f"You cannot give a key these rights: {words}.", advice="Nobody gives a key more than they may themselves.")
    token = MARK + new_token()
    key = ApiKey(new_id(), token[:_SHOWN], practice_id, frozenset(scopes), name, now, by.actor, ends_at, None, None)
    async with database.shared(origin) as transaction:
        await sql.access.insert_api_key(
            transaction.connection,
            id=key.id,
            token=hash_of(token),
            prefix=key.prefix,
            at_practice=practice_id,
            scopes=sorted(right.value for right in key.scopes),
            sealed=transaction.sealer.seal("api_keys", key.id, orjson.dumps({"name": name})),
            made_by=by.actor,
            ends_at=ends_at,
        )
        changes = {"name": (None, name), "scopes": (None, sorted(right.value for right in key.scopes)), "ends_at": (None, ends_at)}
        await note(database, transaction, practice_id, AuditEntry(Action.PERSON_KEY_CREATE, by.actor, "key", key.id, changes=changes))
    return key, token


def _check(name: str, practice_id: UUID, scopes: Collection[Right], ends_at: datetime, now: datetime) -> None:
    if practice_id == EVERYWHERE:
        raise InvalidValue("A key is for one practice.", advice="Make one for each practice that the program works for.")
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidValue(f"A key's name is 1 to {LONGEST_NAME} printable characters.", advice="Say what it is for.")
    if not scopes:
        raise InvalidValue("A key without scopes opens nothing.", advice="Choose what its program may do.")
    if not now < ends_at <= now + LONGEST_LIFE:
        raise InvalidValue("A key ends within a year.", advice="Choose an end from tomorrow to a year ahead.")


async def find_key(transaction: Transaction, token: str, now: datetime) -> ApiKey | None:
    """The key that a program sent, whether or not it still opens anything; None where there never was one. In a shared transaction."""
    row = await sql.access.api_key_of(transaction.connection, token=hash_of(token))
    if row is None:
        return None
    key = _key(transaction, row)
    if key.open(now) and (key.used_at is None or now - key.used_at >= _TOUCH):
        await sql.access.touch_api_key(transaction.connection, id=key.id, at=now)
    return key


async def list_keys(transaction: Transaction, practice_id: UUID) -> list[ApiKey]:
    """A practice's keys, the newest first."""
    return [_key(transaction, row) for row in await rows(sql.access.api_keys_at(transaction.connection, at_practice=practice_id))]


async def revoke_key(database: Database, by: Caller, practice_id: UUID, key_id: UUID, now: datetime, origin: Origin | None = None) -> None:
    """End a key at once. Raises NotAllowed, or Misconfigured where the practice has no such key that still opens anything."""
    by.require(practice_id, Right.KEYS_MANAGE)
    async with database.shared(origin) as transaction:
        if not await sql.access.revoke_api_key(transaction.connection, id=key_id, at_practice=practice_id, by=by.actor, at=now):
            raise Misconfigured("There is no such key to revoke.", advice="It may have been revoked already.")
        await note(database, transaction, practice_id, AuditEntry(Action.PERSON_KEY_REVOKE, by.actor, "key", key_id))


def _key(transaction: Transaction, row: Any) -> ApiKey:
    key_id, prefix, practice_id, scopes, sealed, *times = row
    name = orjson.loads(transaction.sealer.open("api_keys", key_id, sealed))["name"]
    known = {right.value for right in Right}
    return ApiKey(key_id, prefix, practice_id, frozenset(Right(one) for one in scopes if one in known), name, *times)
