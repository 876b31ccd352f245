"""Single values as programs send them: nothing is guessed, so a number is no text and a day no time."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StringConstraints
from pydantic_core import PydanticCustomError

from practicestudio.clock import now
from practicestudio.web.api.problems import OURS

EARLIEST, LATEST = 1800, 2200
"""Years beyond these are slips."""

LINE = r"^[^\x00-\x20\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\x00-\x20\x7f-\x9f])?$"
LINES = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f]+$"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE)
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def _only(form: re.Pattern[str], says: str) -> Callable[[Any], Any]:
    def check(value: Any) -> Any:
        if not isinstance(value, str) or not form.fullmatch(value) or not value.isascii():
            raise PydanticCustomError(OURS, says)
        return value

    return check


def _likely(value: date) -> date:
    if not EARLIEST <= value.year <= LATEST:
        raise PydanticCustomError(OURS, "Its year is not a likely one.")
    return value


def _not_to_come(value: date) -> date:
    if value > now().date() + timedelta(days=1):  # it may be tomorrow where the patient is
        raise PydanticCustomError(OURS, "It lies in the future.")
    return value


def _in_utc(value: datetime) -> datetime:
    return value.astimezone(UTC)


Day = Annotated[date, BeforeValidator(_only(_DAY, "It is a date, YYYY-MM-DD.")), AfterValidator(_likely)]
PastDay = Annotated[Day, AfterValidator(_not_to_come)]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_only(_MOMENT, "It is a time with its offset, 2026-11-24T09:30:00-05:00.")),
    AfterValidator(_likely),
    AfterValidator(_in_utc),
]
Id = Annotated[UUID, BeforeValidator(_only(_ID, "It is an id (UUID)."))]
Flag = StrictBool
Number = StrictInt

Name = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=LINE)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=50, pattern=LINE)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=4_000, pattern=LINES)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=LINE)]
Phone = Annotated[str, StringConstraints(pattern=r"^\+[1-9][0-9]{6,14}$")]
Email = Annotated[str, StringConstraints(max_length=254, pattern=r"^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")]
FourDigits = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$")]
Cursor = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[A-Za-z0-9_-]+$")]

Limit = Annotated[StrictInt, Field(ge=1, le=200, description="How many at most.")]


class Given(BaseModel):
    """Something that a program sends: a field that it does not have is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Shown(BaseModel):
    """Something that a program is answered."""

    model_config = ConfigDict(extra="forbid")
