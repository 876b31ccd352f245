"""An appointment: who, with whom, where, when, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

AppointmentStatus = Literal["open", "booked", "checked_in", "checked_out", "charge_entered", "cancelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Appointment:
    """Times are aware and in UTC. The ids are Practice Studio's own; external_id is athenahealth's appointmentid.

    appointment_type: the id of one of the practice's appointment types. rescheduled_to: athenahealth's id of the appointment that replaced this one.
    """

    external_id: str | None = None
    patient_id: UUID | None = None
    provider_id: UUID | None = None
    location_id: UUID | None = None
    appointment_type: UUID | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    status: AppointmentStatus = "booked"
    no_show: bool = False
    reason: str | None = None
    notes: str | None = None
    cancel_reason: str | None = None
    checked_in_at: datetime | None = None
    checked_out_at: datetime | None = None
    rescheduled_to: str | None = None
