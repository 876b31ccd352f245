"""Appointments and free times as programs send and see them."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from practicestudio.records.appointment import AppointmentStatus
from practicestudio.web.api.shapes.patient import LOCATION_ID, PATIENT_ID, PROVIDER_ID
from practicestudio.web.api.shapes.scalars import Cursor, Given, Id, Limit, Moment, Note, Reason, Shown

APPOINTMENT_ID = "01a20e51-03b7-7c11-b6a0-3d3f2a91c5e8"
TYPE_ID = "01a20e44-ce02-7f10-8a55-6a0be4c7d190"
SLOT = "AQAAAAG0y2cU8q1hX0mYw3V6b0c4u5f7Zk2nQ9pR1sT8aL5dE6gH"

SlotToken = Annotated[
    str,
    StringConstraints(min_length=1, max_length=1_000, pattern=r"^[A-Za-z0-9_-]+$"),
    Field(description="The `slot` of a free time, as the search for free times gave it. It can be booked for half an hour."),
]


class AppointmentSearch(Given):
    """Which appointments: those that start from `start` on and before `end`; what is left out does not narrow."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"start": "2026-11-24T00:00:00-05:00", "end": "2026-11-25T00:00:00-05:00", "provider_id": PROVIDER_ID}]}
    )

    start: Moment | None = None
    end: Moment | None = None
    provider_id: Id | None = None
    patient_id: Id | None = None
    statuses: list[AppointmentStatus] | None = Field(None, min_length=1, max_length=6)
    limit: Limit = 50
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")


class AppointmentShown(Shown):
    """An appointment. `version` is also the ETag. Ids are Practice Studio's own."""

    id: UUID
    version: int
    external_id: str | None = Field(description="athenahealth's id; null until it is booked there.")
    patient_id: UUID | None
    provider_id: UUID | None
    location_id: UUID | None
    appointment_type: UUID | None
    start_time: datetime | None
    end_time: datetime | None
    status: AppointmentStatus
    no_show: bool
    reason: str | None
    notes: str | None
    cancel_reason: str | None
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    rescheduled_to: str | None = Field(description="athenahealth's id of the appointment that replaced this one.")


class AppointmentsPage(Shown):
    """A page of appointments, by start."""

    items: list[AppointmentShown]
    next_cursor: str | None = Field(description="For the next page; null behind the last.")


class SlotSearch(Given):
    """Which free times: those that start from `start` on and before `end`, 31 days at most."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"location_id": LOCATION_ID, "start": "2026-11-30T00:00:00-05:00", "end": "2026-12-05T00:00:00-05:00", "appointment_type": TYPE_ID}
            ]
        }
    )

    location_id: Id
    start: Moment
    end: Moment
    provider_id: Id | None = None
    appointment_type: Id | None = None
    limit: Limit = 50


class SlotShown(Shown):
    """A free time."""

    slot: str = Field(description="By which it is booked, within half an hour.")
    location_id: UUID
    provider_id: UUID
    appointment_type: UUID
    start_time: datetime
    end_time: datetime


class SlotsFound(Shown):
    """Free times by start, as athenahealth has them now, less what the practice's scheduling rules do not allow."""

    items: list[SlotShown]


class Booking(Given):
    """An appointment to book."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"patient_id": PATIENT_ID, "slot": SLOT, "reason": "Annual physical"}]})

    patient_id: Id
    slot: SlotToken
    reason: Reason | None = None
    notes: Note | None = None


class Move(Given):
    """Another time for an appointment."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"slot": SLOT, "reason": "The patient asked for a later day."}]})

    slot: SlotToken
    reason: Reason | None = None


class Cancellation(Given):
    """Why an appointment is cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The patient called."}]})

    reason: Reason | None = None


APPOINTMENT: dict[str, Any] = {
    "id": APPOINTMENT_ID, "version": 1, "external_id": None, "patient_id": PATIENT_ID, "provider_id": PROVIDER_ID, "location_id": LOCATION_ID,
    "appointment_type": TYPE_ID, "start_time": "2026-11-30T14:30:00Z", "end_time": "2026-11-30T15:00:00Z", "status": "booked", "no_show": False,
    "reason": "Annual physical", "notes": None, "cancel_reason": None, "checked_in_at": None, "checked_out_at": None, "rescheduled_to": None,
}  # fmt: skip
FREE: dict[str, Any] = {
    "slot": SLOT, "location_id": LOCATION_ID, "provider_id": PROVIDER_ID, "appointment_type": TYPE_ID,
    "start_time": "2026-11-30T14:30:00Z", "end_time": "2026-11-30T15:00:00Z",
}  # fmt: skip
