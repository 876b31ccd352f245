"""Records made from the values that rows have read."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from practicestudio.mapping.findings import Finding
from practicestudio.mapping.inbound import Groups
from practicestudio.mapping.times import local_to_utc, read_clock, read_date, read_local
from practicestudio.records import Address, Appointment, Contact, Guarantor, Location, Patient

NO_SUCH_START = "There is no such date and time."
NO_DURATION = "The duration is missing, so the end is not known."
IMPOSSIBLE_DURATION = "The duration is not between a minute and a day, so the end is not known."

CONTACT_KINDS = ("emergency", "next_of_kin")
LONGEST_APPOINTMENT = 24 * 60
"""Minutes."""


def patient_of(groups: Groups) -> Patient:
    """A patient from the groups of the patient map."""
    top = groups[""]
    if address := groups["address"]:
        top["address"] = Address(**address)
    if custom := groups["custom_fields"]:
        top["custom_fields"] = custom
    guarantor, guarantor_address = groups["guarantor"], groups["guarantor.address"]
    if guarantor_address:
        guarantor["address"] = Address(**guarantor_address)
    if guarantor:
        top["guarantor"] = Guarantor(**guarantor)
    contacts = tuple(Contact(kind=kind, **found) for kind in CONTACT_KINDS if (found := groups[f"contacts.{kind}"]))
    if contacts:
        top["contacts"] = contacts
    return Patient(**top)


def appointment_of(top: dict[str, Any], patient_id: UUID | None, report: list[Finding]) -> Appointment | None:
    """An appointment from the values of the appointment map; None where no start can be made of them, which is reported."""
    location: Location | None = top.pop("location_id", None)
    day, clock, minutes = top.pop("date", ""), top.pop("clock", None), top.pop("duration", None)
    top.pop("frozen", None)
    top.pop("patient_external_id", None)
    if location is None or clock is None:
        return None
    start = _start(day, clock, location.time_zone)
    if start is None:
        report.append(Finding("starttime", NO_SUCH_START, "error"))
        return None
    moment, warning = start
    if warning is not None:
        report.append(Finding("starttime", warning, "warning"))
    if _possible_duration(minutes, report):
        top["end_time"] = moment + timedelta(minutes=minutes)
    return Appointment(patient_id=patient_id, location_id=location.id, start_time=moment, **top)


def _start(day: str, clock: str, zone: str) -> Any:
    if "T" in clock or not day:
        return read_local(clock, zone)
    date, time = read_date(day), read_clock(clock)
    return None if date is None or time is None else local_to_utc(date, time, zone)


def _possible_duration(minutes: Any, report: list[Finding]) -> bool:
    if minutes is None:
        report.append(Finding("duration", NO_DURATION, "warning"))
        return False
    if not 0 < minutes <= LONGEST_APPOINTMENT:
        report.append(Finding("duration", IMPOSSIBLE_DURATION, "no_place"))
        return False
    return True
