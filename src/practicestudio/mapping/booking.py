"""What is sent to book an appointment."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from practicestudio.mapping.findings import Finding, Outgoing
from practicestudio.mapping.outbound import SendingPlan
from practicestudio.mapping.references import References
from practicestudio.mapping.rows import Dialect
from practicestudio.mapping.times import utc_to_local
from practicestudio.records import Appointment

NO_TYPE = "A booking needs an appointment type or a reason."


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """The values that a booking may name. start_time: as the clocks of the location show it. duration: minutes."""

    patient_external_id: str
    provider_id: UUID | None
    location_id: UUID | None
    appointment_type: UUID | None
    reason_id: str | None
    start_time: datetime | None
    duration: int | None
    notes: str | None


def booking_of(appointment: Appointment, patient_external_id: str, reason_id: str | None, dialect: Dialect, references: References) -> Booking:
    """The booking of an appointment. On the platform a reason stands for the type, which athenahealth then chooses itself."""
    location = references.locations_by_id.get(appointment.location_id) if appointment.location_id else None
    start, end = appointment.start_time, appointment.end_time
    return Booking(
        patient_external_id=patient_external_id,
        provider_id=appointment.provider_id,
        location_id=appointment.location_id,
        appointment_type=None if reason_id and dialect == "platform" else appointment.appointment_type,
        reason_id=reason_id,
        start_time=utc_to_local(start, location.time_zone) if start and location else None,
        duration=int((end - start).total_seconds() // 60) if start and end else None,
        notes=appointment.notes,
    )


def outgoing_booking(booking: Booking, plan: SendingPlan) -> Outgoing:
    """The booking in athenahealth's words."""
    report: list[Finding] = []
    values = plan.to_create(booking, report)
    if booking.appointment_type is None and booking.reason_id is None:
        report.append(Finding("appointment_type", NO_TYPE, "error"))
    return Outgoing(values=values, report=tuple(report), numbers=plan.numbers, what="appointment")
