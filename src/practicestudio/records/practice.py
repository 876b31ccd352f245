"""What a practice is made of: places, people who treat, kinds of appointment, fields of its own. None of it is about a patient."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A department of athenahealth. time_zone: IANA name, in which its appointments are written."""

    id: UUID
    external_id: str
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Somebody who treats. npi: the ten-digit national provider identifier, where known."""

    id: UUID
    external_id: str
    name: str
    npi: str | None = None
    schedulable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentType:
    """A kind of appointment. duration: minutes."""

    id: UUID
    external_id: str
    name: str
    short_name: str | None = None
    duration: int | None = None
    generic: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentReason:
    """A reason a patient may be booked for, with its own lead time. Hours and days as athenahealth limits them."""

    id: UUID
    external_id: str
    name: str
    min_hours: int | None = None
    max_days: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomField:
    """A field that the practice added in athenahealth. options: optionid to its words, for kind `select`."""

    external_id: str
    name: str
    kind: Literal["text", "date", "select"]
    options: tuple[tuple[str, str], ...] = ()
    read_only: bool = False
