"""Practices as programs see them."""

from typing import Any
from uuid import UUID

from pydantic import Field

from practicestudio.web.api.shapes.appointment import TYPE_ID
from practicestudio.web.api.shapes.patient import LOCATION_ID, PROVIDER_ID
from practicestudio.web.api.shapes.scalars import Shown

PRACTICE_ID = "01a20e44-cd01-7b20-9d7c-2f6a5b3c4d5e"


class PracticeShown(Shown):
    """A practice that the key is for."""

    id: UUID
    athena_id: str = Field(description="Its practice id at athenahealth, by which addresses name it.")
    name: str
    time_zone: str = Field(description="IANA name.")


class PracticesShown(Shown):
    """The practices that the key is for."""

    items: list[PracticeShown]


class LocationShown(Shown):
    """Where patients are seen: a department of athenahealth. closed: athenahealth no longer lists it."""

    id: UUID
    external_id: str
    name: str
    time_zone: str
    closed: bool


class ProviderShown(Shown):
    """Somebody who treats."""

    id: UUID
    external_id: str
    name: str
    npi: str | None
    schedulable: bool


class AppointmentTypeShown(Shown):
    """A kind of appointment. duration: minutes."""

    id: UUID
    external_id: str
    name: str
    duration: int | None


class PracticeWhole(PracticeShown):
    """A practice with what it is made of, whose ids patients and appointments name."""

    connected: bool = Field(description="Whether it has a connection to athenahealth.")
    locations: list[LocationShown]
    providers: list[ProviderShown]
    appointment_types: list[AppointmentTypeShown]


PRACTICE: dict[str, Any] = {"id": PRACTICE_ID, "athena_id": "195900", "name": "Harborview Medical Group", "time_zone": "America/New_York"}
WHOLE: dict[str, Any] = {
    **PRACTICE,
    "connected": True,
    "locations": [{"id": LOCATION_ID, "external_id": "1", "name": "Main Street", "time_zone": "America/New_York", "closed": False}],
    "providers": [{"id": PROVIDER_ID, "external_id": "71", "name": "Ada Hill, MD", "npi": "1234567893", "schedulable": True}],
    "appointment_types": [{"id": TYPE_ID, "external_id": "82", "name": "Office visit", "duration": 30}],
}
