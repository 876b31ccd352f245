"""What a page of the audit trail is asked for, in its address: period, filters, order, where the page before ended."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from practicestudio.access.audit_actions import GROUPS, Action, actions_of
from practicestudio.access.audit_list import TrailFilter
from practicestudio.access.audit_order import COLUMNS, Column, Order
from practicestudio.errors import InvalidValue

PERIODS: Mapping[str, tuple[str, int | None]] = {
    "today": ("Today", 1),
    "week": ("7 days", 7),
    "month": ("30 days", 30),
    "quarter": ("90 days", 90),
    "year": ("A year", 365),
    "all": ("All time", None),
}
"""By what stands in the address: the words, and how many days up to today."""

USUAL = "week"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrailQuery:
    """As it stands in the address. since, until: days in the practice's zone, both included, which win over period."""

    period: str = USUAL
    since: str = ""
    until: str = ""
    who: str = ""
    what: str = ""
    record: str = ""
    patient: str = ""
    emergency: str = ""
    sort: str = "at"
    way: str = "down"
    where: str = ""
    after: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> "TrailQuery":
        """Of an address or a form; what is unknown is left out."""
        asked = cls(**{name: str(value) for name, value in given.items() if name in cls.__dataclass_fields__ and value})
        known = asked.period in PERIODS and asked.sort in COLUMNS and asked.way in ("up", "down")
        return asked if known else replace(asked, period=USUAL, sort="at", way="down")

    def having(self, **changed: str) -> str:
        """The address' query with something else; a change leads back to the first page."""
        asked = replace(self, **{"after": "", **changed})
        standard = TrailQuery()
        return urlencode({name: getattr(asked, name) for name in self.__dataclass_fields__ if getattr(asked, name) != getattr(standard, name)})

    @property
    def kept(self) -> dict[str, str]:
        """What a form carries on: all but the page."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "after" and getattr(self, name)}

    @property
    def narrows(self) -> bool:
        """Whether anything but the period narrows it."""
        return any((self.who, self.what, self.record, self.patient, self.emergency))

    @property
    def order(self) -> Order:
        """The order wanted."""
        return Order(cast(Column, self.sort), self.way == "down")

    @property
    def last(self) -> UUID | None:
        """The entry that the page before ended with."""
        return _id(self.after, "page") if self.after else None

    def filter(self, now: datetime, zone: tzinfo | None) -> TrailFilter:
        """What it narrows to. Raises InvalidValue for a date or an id that is none."""
        since, until = self._days(now.astimezone(zone).date())
        return TrailFilter(
            since=_midnight(since, zone) if since else None,
            until=_midnight(until + timedelta(days=1), zone) if until else None,
            actor=self.who or None,
            actions=_actions(self.what) if self.what else None,
            record_id=_id(self.record, "record") if self.record else None,
            patient_id=_id(self.patient, "patient") if self.patient else None,
            emergency=bool(self.emergency),
        )

    def _days(self, today: date) -> tuple[date | None, date | None]:
        if self.since or self.until:
            return _day(self.since), _day(self.until)
        days = PERIODS[self.period][1]
        return (today - timedelta(days=days - 1) if days else None), None


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, time(), zone)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidValue("A day of the period is no date.", advice="Give it as 2026-11-24.") from None


def _id(text: str, what: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise InvalidValue(f"The id of the {what} is none.", advice="Copy it whole: 32 hexadecimal digits with dashes.") from None


def _actions(what: str) -> frozenset[Action]:
    if what in GROUPS:
        return actions_of(what)
    try:
        return frozenset({Action(what)})
    except ValueError:
        raise InvalidValue("There is no such action.", advice="Choose one of the list.") from None
