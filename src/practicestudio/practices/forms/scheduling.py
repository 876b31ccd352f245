"""What may be booked: who sees what, how early, when."""

from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from typing import Any

from practicestudio.practices.entries import Entries
from practicestudio.practices.fields import Field
from practicestudio.practices.forms.schedules import DAYS
from practicestudio.practices.scheduling import SchedulingRules, faults_of

FIELDS = (
    Field("lead_hours", "Lead", "How long before its start a time may still be booked.", "hours"),
    Field("ahead_days", "Ahead", "How far in the future a time may be booked.", "days"),
)


def read(entries: Entries, providers: Iterable[str]) -> SchedulingRules:
    """The rules that were entered. providers: athenahealth's ids of those whom the form shows. Notes every fault."""
    lead, ahead = entries.number("lead_hours"), entries.number("ahead_days")
    if ahead is None:
        entries.fault("ahead_days", "Enter a number of days.")
    found = SchedulingRules(
        provider_types={one: entries.several(f"provider_types.{one}") for one in providers if entries.text(f"restricted.{one}")},
        lead=timedelta(hours=lead or 0),
        ahead=timedelta(days=365 if ahead is None else ahead),
        hours=_hours(entries) if entries.text("opening") == "hours" else {},
    )
    for one, types in found.provider_types.items():
        if not types:
            entries.fault(f"provider_types.{one}", "Nothing could be booked with this provider. Tick what they see, or let them see all.")
    for fault in faults_of(found):
        entries.fault(fault.field, fault.sentence)
    return found


def _hours(entries: Entries) -> dict[int, tuple[time, time]]:
    found = {}
    for day, name in enumerate(DAYS):
        if not entries.ticked(f"hours.{day}.open"):
            continue
        first, last = entries.clock(f"hours.{day}.from"), entries.clock(f"hours.{day}.until")
        if first is None or last is None:
            entries.fault(f"hours.{day}.from" if first is None else f"hours.{day}.until", f"Enter when {name} begins and ends, or close the day.")
        else:
            found[day] = (first, last)
    if not found:
        entries.fault("opening", "With every day closed nothing could be booked. Open a day, or do not restrict the hours.")
    return found


def lines(value: Any, names: Mapping[str, str] | None = None) -> dict[str, str]:
    """Stored rules in words. names: of providers and appointment types, as `provider:71` and `type:82`."""
    if value is None:
        return {}
    known = names or {}
    found = {field.label: field.words(value[field.name]) for field in FIELDS if field.name in value}
    for provider, types in value.get("provider_types", {}).items():
        label = f"Sees only: {known.get(f'provider:{provider}', f'provider {provider}')}"
        found[label] = ", ".join(known.get(f"type:{one}", f"type {one}") for one in types)
    for day, clocks in value.get("hours", {}).items():
        found[f"Open on {DAYS[int(day)] if str(day) in '0123456' else day}"] = " to ".join(map(str, clocks))
    return found
