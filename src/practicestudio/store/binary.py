"""Values to and from PostgreSQL in binary: rows come so, and lists go so, for the program reads and writes sealed values by the thousand.

Asking a dumper for each element of a list, as psycopg does, was a third of the time of storing a patient. Only flat lists of the types below
are packed here; all others are left to psycopg. Format: `array_recv` in PostgreSQL's src/backend/utils/adt/arrayfuncs.c.
"""

import struct
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection, AsyncCursor
from psycopg.adapt import AdaptersMap, Buffer, Dumper, PyFormat
from psycopg.pq import Format
from psycopg.types.array import ListDumper

_HEAD = struct.Struct("!IIIII")  # dimensions, whether there are nulls, element oid, length, lower bound
_LENGTH = struct.Struct("!i")
_length = _LENGTH.pack
_INT8 = struct.Struct("!iq")
_NULL = b"\xff\xff\xff\xff"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def _uuid(value: UUID) -> bytes:
    return b"\x00\x00\x00\x10" + value.bytes


def _int8(value: int) -> bytes:
    return _INT8.pack(8, value)


def _bytea(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _LENGTH.pack(len(encoded)) + encoded


def _bool(value: bool) -> bytes:
    return b"\x00\x00\x00\x01\x01" if value else b"\x00\x00\x00\x01\x00"


def _timestamptz(value: datetime) -> bytes:
    past = value - _EPOCH
    return _INT8.pack(8, (past.days * 86_400 + past.seconds) * 1_000_000 + past.microseconds)


_PACKERS: dict[type, tuple[int, int, Callable[[Any], bytes]]] = {
    UUID: (2950, 2951, _uuid),
    int: (20, 1016, _int8),
    bytes: (17, 1001, _bytea),
    str: (25, 1009, _text),
    bool: (16, 1000, _bool),
    datetime: (1184, 1185, _timestamptz),
}
"""Type of the elements to the oid of an element, the oid of the array, and how one is packed with its length before it."""


def wire(values: Iterable[Any]) -> bytes:
    """Values as PostgreSQL sends a row: each its length and its binary form; None is the length -1. What is binary already stays as it is."""
    return b"".join([_NULL if value is None else _PACKERS[type(value)][2](value) for value in values])


def wire_of_stored(values: Iterable[bytes | None]) -> bytes:
    """The same, of values that came in binary."""
    return b"".join([_NULL if value is None else _length(len(value)) + value for value in values])


class _Packed(Dumper):
    """Packs lists of one type, None among them."""

    format = Format.BINARY

    def __init__(self, cls: type, context: Any, element: type) -> None:
        super().__init__(cls, context)
        self._element_oid, self.oid, self._pack = _PACKERS[element]
        self._element = element

    def get_key(self, obj: list[Any], format: PyFormat) -> tuple[type, ...] | type:
        return (self.cls, self._element)

    def upgrade(self, obj: list[Any], format: PyFormat) -> Dumper:
        return self

    def dump(self, obj: list[Any]) -> Buffer | None:
        pack = self._pack
        head = _HEAD.pack(1, 1, self._element_oid, len(obj), 1)
        return head + b"".join([_NULL if value is None else pack(value) for value in obj])


class FlatListDumper(Dumper):
    """Chooses by the type of the first element that is not None."""

    format = Format.BINARY

    def get_key(self, obj: list[Any], format: PyFormat) -> tuple[type, ...] | type:
        return (self.cls, _element_type(obj))

    def upgrade(self, obj: list[Any], format: PyFormat) -> Dumper:
        element = _element_type(obj)
        if element in _PACKERS:
            return _Packed(self.cls, self.connection, element)
        return ListDumper(self.cls, self.connection).upgrade(obj, format)

    def dump(self, obj: list[Any]) -> Buffer | None:
        return self.upgrade(obj, PyFormat.AUTO).dump(obj)


def _element_type(values: Sequence[Any]) -> type:
    """A list without a value is one of texts, which PostgreSQL turns into whatever the cast beside it says."""
    for value in values:
        if value is not None:
            return type(value)
    return str


def register(adapters: AdaptersMap) -> None:
    """Have lists packed by connections with these adapters."""
    adapters.register_dumper(list, FlatListDumper)


class BinaryCursor(AsyncCursor[Any]):
    """A cursor whose rows come in binary: sealed values as they are, not as twice as much text."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.format = Format.BINARY


async def configure(connection: AsyncConnection[Any]) -> None:
    """For a pool's `configure`."""
    register(connection.adapters)
