"""Every column that holds sealed values, and the place that each value is sealed for: what a change of keys goes through."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Composed, Identifier

Key = tuple[Any, ...]
Place = tuple[str, UUID]

# Bytes 2 to 5 of a sealed value name its data key, see Sealer.
COUNT = SQL("select {name}, substring({column} from 2 for 4) as key, count(*) from {table} where {own} and {column} is not null group by key")
PAGE = SQL(
    "select {key}, octet_length({column}) from {table} where {own} and ({key}) > ({after}) and substring({column} from 2 for 4) <> %(active)s"
    " order by {key} limit %(limit)s"
)
LOCK = SQL(
    "select {key}, {column} from {table} where {own} and ({key}) in (select * from unnest({keys}))"
    " and substring({column} from 2 for 4) <> %(active)s for update skip locked"
)
PUT = SQL("update {table} set {column} = new.value from unnest({keys}, %(values)s::bytea[]) as new ({key}, value) where {own} and {same_key}")

_LEAST = {"uuid": UUID(int=0), "text": ""}


@dataclass(frozen=True, slots=True)
class SealedTable:
    """A table with a column of sealed values.

    key: the columns, with their types, that tell a row within its practice. place: the place that the value of a practice's row is sealed for.
    shared: its rows belong to no practice and are sealed under the keys of the nil practice. of_both: practices have rows in it, and so has the nil
    practice. append_only: its rows are never written again.
    """

    name: str
    key: Mapping[str, str]
    place: Callable[[UUID, Key], Place]
    column: str = "sealed"
    shared: bool = False
    of_both: bool = False
    append_only: bool = False

    def holds(self, *, shared: bool) -> bool:
        """Whether it has rows of practices, or of the nil practice."""
        return self.of_both or self.shared == shared

    def statement(self, form: SQL) -> Composed:
        """One of the statements above for this table."""
        table, key = Identifier(self.name), [Identifier(name) for name in self.key]
        return form.format(
            name=self.name,
            table=table,
            column=Identifier(self.column),
            key=SQL(", ").join(key),
            own=SQL("true") if self.shared else SQL("{}.practice_id = %(practice)s").format(table),
            after=SQL(", ").join(SQL(f"%({name})s::{kind}") for name, kind in self.key.items()),
            keys=SQL(", ").join(SQL(f"%({name})s::{kind}[]") for name, kind in self.key.items()),
            same_key=SQL(" and ").join(SQL("{}.{} = new.{}").format(table, name, name) for name in key),
        )

    @property
    def before_all(self) -> Key:
        """A key that comes before every row's."""
        return tuple(_LEAST[kind] for kind in self.key.values())

    def after(self, key: Key) -> dict[str, Any]:
        """A key as the parameters of PAGE."""
        return dict(zip(self.key, key, strict=True))

    def keys(self, keys: Sequence[Key]) -> dict[str, list[Any]]:
        """Keys as the parameters of LOCK and PUT."""
        return {name: [key[at] for key in keys] for at, name in enumerate(self.key)}


def key_bytes(key_id: int) -> bytes:
    """How a sealed value names its data key."""
    return key_id.to_bytes(4, "big")


def _by_id(name: str, column: str = "sealed", *, of_both: bool = False, append_only: bool = False) -> SealedTable:
    return SealedTable(name, {"id": "uuid"}, lambda _, key: (name, key[0]), column, of_both=of_both, append_only=append_only)


def _shared(name: str, key: str = "id") -> SealedTable:
    return SealedTable(name, {key: "uuid"}, lambda _, values: (name, values[0]), shared=True)


SEALED_TABLES: tuple[SealedTable, ...] = (
    SealedTable("credentials", {"name": "text"}, lambda practice_id, _: ("credentials", practice_id)),
    _by_id("patients"),
    _by_id("appointments"),
    SealedTable("links", {"identity": "uuid", "kind": "text"}, lambda _, key: ("links", key[0]), "base"),
    _by_id("reviews"),
    _by_id("alert_channels", of_both=True),
    SealedTable("message_bodies", {"message_id": "uuid", "part": "text"}, lambda _, key: (f"message_bodies.{key[1]}", key[0])),
    # The trail stays as it was written, to the byte, so that whoever checks it needs no key: its entries keep the key they were sealed under.
    _by_id("audit_entries", of_both=True, append_only=True),
    SealedTable("tokens", {"credential": "text"}, lambda _, key: ("tokens", UUID(key[0])), shared=True),
    _shared("people"),
    _shared("passwords", "person_id"),
    _shared("sessions"),
    _shared("challenges"),
    _shared("totp_secrets", "person_id"),
    _shared("passkeys"),
    _shared("sign_in_providers"),
    _shared("api_keys"),
    _shared("emergencies"),
    _by_id("api_answers"),
)
