"""A free time as a program holds it: sealed, so that it can only be one that was found here, and good for half an hour."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import msgspec

from practicestudio.errors import Permanent
from practicestudio.sync.find_slots import Slot
from practicestudio.web.api.faults import InTheWay, Invalid, Wrong

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction

GOOD_FOR = timedelta(minutes=30)
_PLACE = ("slot_tokens", UUID(int=0))

_encode = msgspec.json.Encoder().encode


class _Held(msgspec.Struct):
    slot: Slot
    found_at: datetime


_decode = msgspec.json.Decoder(_Held).decode


def token_of(transaction: "Transaction", slot: Slot, now: datetime) -> str:
    """What a program books the time by."""
    return urlsafe_b64encode(transaction.sealer.seal(*_PLACE, _encode(_Held(slot, now)))).rstrip(b"=").decode()


def slot_of(transaction: "Transaction", token: str, now: datetime) -> Slot:
    """The time that a token stands for. Raises Invalid for what is none of this practice's, InTheWay for one that is too old."""
    try:
        held = _decode(transaction.sealer.open(*_PLACE, urlsafe_b64decode(token + "=" * (-len(token) % 4))))
    except (ValueError, Permanent):
        raise Invalid(
            "The slot is not one of this practice's free times.", wrong=[Wrong("/slot", "Take it from the search for free times.")]
        ) from None
    if now - held.found_at > GOOD_FOR:
        raise InTheWay("The free time was found too long ago.", advice="Search for free times again.")
    return held.slot
