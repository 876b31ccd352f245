"""Free times to book, as athenahealth has them now, less what the practice's own rules do not allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from practicestudio.athena.rest import Appointments, Purpose
from practicestudio.delivery.message import Urgency
from practicestudio.errors import InvalidValue
from practicestudio.records import Appointment, AppointmentType, Location, Provider
from practicestudio.store.database import Database
from practicestudio.sync.doors import Doors
from practicestudio.sync.setup import Setup, setup_of

Item = TypeVar("Item", Location, Provider, AppointmentType)

NO_TIME_CHECKS = {"bypassscheduletimechecks": True}
"""athenahealth would hide what is less than a day ahead; how early may be booked is the practice's own rule here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A free time. external_id: athenahealth's id of it, by which it is booked."""

    external_id: str
    location_id: UUID
    provider_id: UUID
    appointment_type: UUID
    start_time: datetime
    end_time: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is looked for. Ids are ours; start and end are aware. provider_id, appointment_type: None for any."""

    location_id: UUID
    start: datetime
    end: datetime
    provider_id: UUID | None = None
    appointment_type: UUID | None = None


async def find_slots(
    doors: Doors, database: Database, practice_id: UUID, wish: Wish, *, urgency: Urgency = "person", message_id: UUID | None = None
) -> list[Slot]:
    """Free slots that may be booked, by start; as the type that is wanted, though athenahealth may keep the time for a more general one.

    Raises InvalidValue for an unknown location, provider or type.
    """
    async with database.practice(practice_id) as transaction:
        setup = await setup_of(transaction)
    location = _one(setup.items.locations, wish.location_id, "location")
    provider = _one(setup.items.providers, wish.provider_id, "provider") if wish.provider_id else None
    kind = _one(setup.items.appointment_types, wish.appointment_type, "appointment type") if wish.appointment_type else None
    appointments = Appointments(await doors.rest(practice_id), Purpose(urgency=urgency, message_id=message_id))
    zone = ZoneInfo(location.time_zone)
    found = await appointments.open(
        location.external_id,
        start=wish.start.astimezone(zone).date(),
        end=wish.end.astimezone(zone).date(),
        providerids=[provider.external_id] if provider else sorted(setup.items.providers, key=int) if kind else [],
        appointmenttypeid=kind.external_id if kind else None,
        also=NO_TIME_CHECKS,
    )
    slots = []
    for body in found:
        mapped = setup.mapping.appointment_slot(body)
        if mapped.record is not None and (slot := slot_of(mapped.record)) and wish.start <= slot.start_time < wish.end:
            slots.append(replace(slot, appointment_type=wish.appointment_type or slot.appointment_type))
    return sorted((slot for slot in slots if objection(setup, slot, doors.clock()) is None), key=lambda slot: slot.start_time)


def objection(setup: Setup, slot: Slot, now: datetime) -> str | None:
    """Why the practice's rules do not allow this slot, or None."""
    zone = ZoneInfo(_one(setup.items.locations, slot.location_id, "location").time_zone)
    return setup.scheduling.objection(
        _one(setup.items.providers, slot.provider_id, "provider").external_id,
        _one(setup.items.appointment_types, slot.appointment_type, "appointment type").external_id,
        slot.start_time.astimezone(zone),
        slot.end_time.astimezone(zone),
        now,
    )


def nearest(slots: Sequence[Slot], wanted: datetime, count: int = 5) -> list[Slot]:
    """The slots that start closest to the wanted time, by start."""
    closest = sorted(slots, key=lambda slot: abs(slot.start_time - wanted))[:count]
    return sorted(closest, key=lambda slot: slot.start_time)


def around(slot: Slot, days: int = 7) -> Wish:
    """The wish for something like this slot, some days before and after."""
    return Wish(
        location_id=slot.location_id,
        provider_id=slot.provider_id,
        appointment_type=slot.appointment_type,
        start=slot.start_time - timedelta(days=days),
        end=slot.start_time + timedelta(days=days),
    )


def slot_of(record: Appointment) -> Slot | None:
    """The slot that an appointment record describes, if it says enough."""
    if not (record.external_id and record.location_id and record.provider_id and record.appointment_type and record.start_time and record.end_time):
        return None
    return Slot(
        external_id=record.external_id,
        location_id=record.location_id,
        provider_id=record.provider_id,
        appointment_type=record.appointment_type,
        start_time=record.start_time,
        end_time=record.end_time,
    )


def _one(known: Mapping[str, Item], wanted: UUID | None, what: str) -> Item:
    for item in known.values():
        if item.id == wanted:
            return item
    raise InvalidValue(f"The practice has no such {what}.", advice="Pull the practice's set-up anew: `practicestudio sync practice`.")
