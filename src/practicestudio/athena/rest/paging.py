"""Which page comes next, and is anything missing: pure decisions over athenahealth's `next` and `totalcount`.

`next` is an address with upper-cased parameters that may lack the limit; only its offset is taken, since the question is ours. Not every
list has a `next`, and a list may grow or shrink while it is read.
"""

from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from practicestudio.athena.rest.answers import Answer, Record
from practicestudio.athena.rest.faults import BadAnswer
from practicestudio.errors import Transient


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list. position: records up to and with this page. total: as athenahealth counts now. next_cursor: where to go on, None at the
    end; it holds no patient data, so it may be stored as it is."""

    items: list[Record] = field(repr=False)
    total: int | None
    position: int
    next_cursor: str | None


class Shortfall(Transient):
    """A list came with fewer records than announced. position: how many came; cursor: where to go on behind the gap."""

    code = "shortfall"
    default_advice = "It is tried again by itself. If it stays so, ask athenahealth why records of the list are held back."

    def __init__(self, what: str, *, position: int, cursor: str | None) -> None:
        super().__init__(what)
        self.position = position
        self.cursor = cursor


def decide_next(answer: Answer, offset: int, limit: int, total_before: int | None) -> Page:
    """The page that an answer is, with the place of the next.

    offset, limit: as asked. total_before: what the page before announced. Raises Shortfall where records are missing, BadAnswer where `next`
    leads nowhere. After a list has shrunk, records moved up to before this page, so it is read again from there. A full page without `next`
    is followed by one more question, since `totalcount` may have been cut off with the list.
    """
    position = offset + len(answer.items)
    shrunk = max(0, total_before - answer.total) if total_before is not None and answer.total is not None else 0
    if shrunk:
        following: int | None = max(0, offset - shrunk)
    elif answer.next:
        following = _announced(answer, offset, position)
    elif answer.total is not None and position < answer.total:
        if not answer.items:
            raise Shortfall(f"{answer.operation} announced {answer.total} records and gave {position}.", position=position, cursor=None)
        following = position
    else:
        following = position if len(answer.items) >= limit else None
    return Page(answer.items, answer.total, position, None if following is None else str(following))


def _announced(answer: Answer, offset: int, position: int) -> int:
    """Where `next` says to go on, held against what came."""
    announced = next_offset(answer.next or "")
    if announced <= offset:
        raise BadAnswer(f"The next page of {answer.operation} begins at {announced}, before the end of this one.")
    if announced > position:
        raise Shortfall(
            f"A page of {answer.operation} came with {len(answer.items)} records, {announced - position} fewer than it counts.",
            position=position,
            cursor=str(announced),
        )
    return announced


def next_offset(address: str) -> int:
    """The offset in a `next` address, whatever the case of its name. Raises BadAnswer where there is none."""
    for name, value in parse_qsl(urlsplit(address).query):
        if name.lower() == "offset" and value.isascii() and value.isdigit() and len(value) < 19:
            return int(value)
    raise BadAnswer("The address of the next page says no offset.")
