"""Where a list goes on: a cursor is opaque, and good for the very query that it was given for."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

import orjson

from practicestudio.sync.find_appointments import Place
from practicestudio.web.api.faults import Malformed
from practicestudio.web.api.shapes.scalars import Given

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

_MARK = 16
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def cursor_at(transaction: "Transaction", query: Given, place: bytes) -> str:
    """The cursor from which this query goes on. place: where, in bytes."""
    return urlsafe_b64encode(_mark(transaction, query, place) + place).rstrip(b"=").decode()


def place_at(transaction: "Transaction", query: Given, cursor: str | None, size: int) -> bytes | None:
    """The place of a cursor, None where there is none. Raises Malformed for one of another query, or that we did not make."""
    if cursor is None:
        return None
    try:
        content = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    except ValueError:
        content = b""
    mark, place = content[:_MARK], content[_MARK:]
    if len(place) != size or mark != _mark(transaction, query, place):
        raise Malformed("The cursor does not belong to this query.", advice="Send it with the very query that gave it, or begin without one.")
    return place


def id_at(transaction: "Transaction", query: Given, cursor: str | None) -> UUID | None:
    """The id behind which the query goes on."""
    place = place_at(transaction, query, cursor, 16)
    return UUID(bytes=place) if place else None


def start_at(transaction: "Transaction", query: Given, cursor: str | None) -> Place | None:
    """The start and id behind which the query goes on."""
    place = place_at(transaction, query, cursor, 24)
    if place is None:
        return None
    return Place(_EPOCH + timedelta(microseconds=int.from_bytes(place[:8], "big", signed=True)), UUID(bytes=place[8:]))


def as_bytes(place: Place) -> bytes:
    """A start and an id as bytes."""
    return ((place.start - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, "big", signed=True) + place.id.bytes


def next_link(path: str, query: Mapping[str, Any], cursor: str | None) -> dict[str, str]:
    """The header that leads a GET to its next page (RFC 8288)."""
    if cursor is None:
        return {}
    wanted = [(name, value) for name, given in query.items() for value in (given if isinstance(given, list) else [given])]
    return {"Link": f'<{path}?{urlencode([*wanted, ("cursor", cursor)])}>; rel="next"'}


def _mark(transaction: "Transaction", query: Given, place: bytes) -> bytes:
    asked = query.model_dump(mode="json", exclude={"cursor", "limit"})
    told = orjson.dumps([type(query).__name__, asked, place.hex()], option=orjson.OPT_SORT_KEYS)
    return transaction.sealer.identity("cursor", told.decode()).bytes
