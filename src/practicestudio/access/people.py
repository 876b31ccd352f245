"""People who may sign in: their names, sealed, and how they are found."""

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from email_validator import EmailNotValidError, validate_email

from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

LONGEST_NAME = 100
_SIGN_IN_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,99}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """What is kept of a person. sign_in_name: small letters, digits and `._@+-`. email: by which a sign-in provider's identity is known at first."""

    name: str
    sign_in_name: str
    email: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Particulars):
    """Somebody who may sign in, unless deactivated. Times are aware, in UTC."""

    id: UUID
    added_at: datetime
    signed_in_at: datetime | None
    deactivated_at: datetime | None

    @property
    def actor(self) -> str:
        """The person as the audit trail names it."""
        return actor_of(self.id)


def actor_of(person_id: UUID) -> str:
    """A person as the audit trail names it."""
    return f"person:{person_id}"


def plain_name(sign_in_name: str) -> str:
    """A sign-in name in the one form that it is kept and looked for in."""
    return unicodedata.normalize("NFKC", sign_in_name).strip().casefold()


def checked(given: Particulars) -> Particulars:
    """The particulars in the form they are kept in. Raises InvalidValue for what cannot be."""
    name, sign_in_name = " ".join(given.name.split()), plain_name(given.sign_in_name)
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise InvalidValue(f"A person's name is 1 to {LONGEST_NAME} printable characters.", advice="Give the name as colleagues know it.")
    if not _SIGN_IN_NAME.fullmatch(sign_in_name):
        raise InvalidValue("A sign-in name is 2 to 100 letters a to z, digits and . _ @ + -", advice="An e-mail address will do.")
    return Particulars(name=name, sign_in_name=sign_in_name, email=_checked_email(given.email))


def _checked_email(email: str | None) -> str | None:
    if not email or not email.strip():
        return None
    try:
        return validate_email(email.strip(), check_deliverability=False, test_environment=True).normalized.casefold()
    except EmailNotValidError:
        raise InvalidValue("The e-mail address is not one.", advice="Give one such as ann@example.com, or leave it out.") from None


async def insert_person(transaction: Transaction, given: Particulars) -> UUID:
    """Store a new person. Raises InvalidValue where the sign-in name or the e-mail address is somebody else's."""
    person_id, given = new_id(), checked(given)
    await _require_free(transaction, person_id, given)
    await sql.access.insert_person(transaction.connection, **_stored(transaction, person_id, given))
    return person_id


async def put_person(transaction: Transaction, person_id: UUID, given: Particulars) -> None:
    """Store a person's new particulars. Raises as insert_person."""
    given = checked(given)
    await _require_free(transaction, person_id, given)
    await sql.access.put_person(transaction.connection, **_stored(transaction, person_id, given))


async def read_person(transaction: Transaction, person_id: UUID) -> Person:
    """The person with this id. Raises Misconfigured where there is none."""
    row = await sql.access.person(transaction.connection, id=person_id)
    if row is None:
        raise Misconfigured("There is no such person.", advice="Choose one from the list of people.")
    return _person(transaction, row)


async def find_person(transaction: Transaction, sign_in_name: str) -> Person | None:
    """The person who signs in with this name, deactivated or not."""
    row = await sql.access.person_named(transaction.connection, sign_in_name=_name_identity(transaction, plain_name(sign_in_name)))
    return _person(transaction, row) if row else None


async def find_mailed(transaction: Transaction, email: str) -> Person | None:
    """The person with this e-mail address."""
    row = await sql.access.person_mailed(transaction.connection, email=_email_identity(transaction, email.strip().casefold()))
    return _person(transaction, row) if row else None


async def read_people(transaction: Transaction) -> list[Person]:
    """Everybody, by name."""
    return _by_name(transaction, await rows(sql.access.people(transaction.connection)))


async def read_people_of(transaction: Transaction, practice_ids: Collection[UUID]) -> list[Person]:
    """Those who have a role at one of these practices, by name."""
    return _by_name(transaction, await rows(sql.access.people_of(transaction.connection, practice_ids=list(practice_ids))))


async def _require_free(transaction: Transaction, person_id: UUID, given: Particulars) -> None:
    named = await find_person(transaction, given.sign_in_name)
    if named and named.id != person_id:
        raise InvalidValue("Somebody signs in with this name already.", advice="Choose another sign-in name, or give that person a role.")
    mailed = await find_mailed(transaction, given.email) if given.email else None
    if mailed and mailed.id != person_id:
        raise InvalidValue("This e-mail address is somebody else's.", advice="Each person has one of their own, or none.")


def _stored(transaction: Transaction, person_id: UUID, given: Particulars) -> dict[str, Any]:
    plain = {"name": given.name, "sign_in_name": given.sign_in_name, "email": given.email}
    return {
        "id": person_id,
        "sign_in_name": _name_identity(transaction, given.sign_in_name),
        "email": _email_identity(transaction, given.email) if given.email else None,
        "sealed": transaction.sealer.seal("people", person_id, orjson.dumps(plain)),
    }


def _name_identity(transaction: Transaction, sign_in_name: str) -> UUID:
    return transaction.sealer.identity("sign_in_name", sign_in_name)


def _email_identity(transaction: Transaction, email: str) -> UUID:
    return transaction.sealer.identity("person_email", email)


def opened_name(transaction: Transaction, person_id: UUID, sealed: bytes) -> str:
    """The name out of what is sealed of a person."""
    return str(orjson.loads(transaction.sealer.open("people", person_id, sealed))["name"])


def _person(transaction: Transaction, row: Any) -> Person:
    person_id, sealed, added_at, signed_in_at, deactivated_at = row
    plain = orjson.loads(transaction.sealer.open("people", person_id, sealed))
    return Person(id=person_id, **plain, added_at=added_at, signed_in_at=signed_in_at, deactivated_at=deactivated_at)


def _by_name(transaction: Transaction, found: list[Any]) -> list[Person]:
    return sorted((_person(transaction, row) for row in found), key=lambda person: (person.name.casefold(), person.id))
