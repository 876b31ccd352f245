"""A practice's own rules for booking: who sees what, how early, and when."""

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Any

from practicestudio.errors import FieldFault, InvalidValue

SECTION, NAME = "scheduling_rule", "booking"
LONGEST_LEAD, FURTHEST_AHEAD = timedelta(days=90), timedelta(days=730)
_HELP = 'Give opening hours as {"0": ["08:00", "17:00"], …} with 0 for Monday.'


@dataclass(frozen=True, slots=True)
class SchedulingRules:
    """What may be booked. All ids are athenahealth's.

    provider_types: provider to the appointment types that the provider sees; a provider that is not named sees all.
    lead: at least this long before the start. ahead: at most this far in the future. hours: weekday (0 Monday) to opening and closing time,
    local to the location; without any, always open; a weekday that is missing then is closed.
    """

    provider_types: dict[str, tuple[str, ...]] = field(default_factory=dict)
    lead: timedelta = timedelta(0)
    ahead: timedelta = timedelta(days=365)
    hours: dict[int, tuple[time, time]] = field(default_factory=dict)

    def objection(self, provider: str, appointment_type: str, start: datetime, end: datetime, now: datetime) -> str | None:
        """Why this may not be booked, in one sentence, or None. start and end are in the location's time zone."""
        types = self.provider_types.get(provider)
        if types is not None and appointment_type not in types:
            return "This provider does not see appointments of this type."
        if start < now + self.lead:
            return f"This practice books at least {_words(self.lead)} ahead." if self.lead else "This time has passed."
        if start > now + self.ahead:
            return f"This practice books at most {_words(self.ahead)} ahead."
        if self.hours and not self._open(start, end):
            return "The practice is closed at this time."
        return None

    def _open(self, start: datetime, end: datetime) -> bool:
        opening = self.hours.get(start.weekday())
        return opening is not None and opening[0] <= start.time() and end.time() <= opening[1] and end.date() == start.date()


def _words(span: timedelta) -> str:
    hours = span.total_seconds() / 3600
    return f"{hours:g} hours" if hours < 48 else f"{hours / 24:g} days"


def from_value(value: dict[str, Any] | None) -> SchedulingRules:
    """The rules from configuration: {"provider_types", "lead_hours", "ahead_days", "hours"}; what is not given does not restrict."""
    if value is None:
        return SchedulingRules()
    try:
        return SchedulingRules(
            provider_types={str(one): tuple(str(kind) for kind in types) for one, types in value.get("provider_types", {}).items()},
            lead=timedelta(hours=float(value.get("lead_hours", 0))),
            ahead=timedelta(days=float(value.get("ahead_days", 365))),
            hours={int(day): (time.fromisoformat(first), time.fromisoformat(last)) for day, (first, last) in value.get("hours", {}).items()},
        )
    except (AttributeError, TypeError, ValueError):
        raise InvalidValue("The scheduling rules cannot be read.", advice=_HELP) from None


def to_value(rules: SchedulingRules) -> dict[str, Any]:
    """The rules as configuration keeps them."""
    return {
        "provider_types": {provider: list(types) for provider, types in rules.provider_types.items()},
        "lead_hours": rules.lead.total_seconds() / 3600,
        "ahead_days": rules.ahead.total_seconds() / 86400,
        "hours": {str(day): [f"{first:%H:%M}", f"{last:%H:%M}"] for day, (first, last) in sorted(rules.hours.items())},
    }


def faults_of(rules: SchedulingRules) -> list[FieldFault]:
    """Everything that is wrong with the rules."""
    found = []
    if not timedelta(0) <= rules.lead <= LONGEST_LEAD:
        found.append(FieldFault("lead_hours", f"Enter 0 to {LONGEST_LEAD.days * 24:,} hours; 0 books at any time before the start."))
    if not timedelta(0) < rules.ahead <= FURTHEST_AHEAD:
        found.append(FieldFault("ahead_days", f"Enter 1 to {FURTHEST_AHEAD.days:,} days."))
    elif rules.ahead <= rules.lead:
        found.append(
            FieldFault("ahead_days", "Nothing could be booked: this is not further ahead than the lead. Enter more days, or a shorter lead.")
        )
    for day, (first, last) in rules.hours.items():
        if day not in range(7):
            found.append(FieldFault(f"hours.{day}", "There is no such weekday; 0 is Monday, 6 is Sunday."))
        elif first >= last:
            found.append(FieldFault(f"hours.{day}.until", "Opening hours end after they begin. Enter a later end, or close the day."))
    return found
