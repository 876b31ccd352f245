"""Booking: a patient, a free time as athenahealth has it now, and then the appointment; moving one goes the same way."""

from datetime import date, timedelta
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form
from starlette.responses import Response

from practicestudio.access.rights import Right
from practicestudio.errors import IntegrationError, InvalidValue, SlotTaken
from practicestudio.sync.appointment_page import read_appointment
from practicestudio.sync.calendars import day_bounds, location_of
from practicestudio.sync.change_appointment import book, choose_slot, reschedule
from practicestudio.sync.find_slots import Slot, Wish, find_slots
from practicestudio.sync.look_up import look_up_patient, names_of_items
from practicestudio.sync.setup import setup_of
from practicestudio.web.faults import status_of
from practicestudio.web.guard import PracticeVisit, allowed
from practicestudio.web.pages.appointments import open_locations, providers_of
from practicestudio.web.rendering import go, page

router = APIRouter(prefix="/practices/{practice}/appointments")
Changer = Annotated[PracticeVisit, allowed(Right.APPOINTMENTS_CHANGE)]

DAYS = 7


@router.get("/book")
async def choose(
    visit: Changer,
    patient: UUID | None = None,
    move: UUID | None = None,
    message: UUID | None = None,
    day: date | None = None,
    location: UUID | None = None,
    provider: UUID | None = None,
    kind: UUID | None = None,
) -> Response:
    """Free times to choose from. move: an appointment that is to be moved; message: a booking whose time was taken."""
    wished = {"patient": patient, "move": move, "message": message, "day": day, "location": location, "provider": provider, "kind": kind}
    return await _choice(visit, wished)


@router.post("/book")
async def take(
    visit: Changer,
    slot: Annotated[str, Form()] = "",
    patient: Annotated[UUID | None, Form()] = None,
    move: Annotated[UUID | None, Form()] = None,
    message: Annotated[UUID | None, Form()] = None,
    day: Annotated[date | None, Form()] = None,
    location: Annotated[UUID | None, Form()] = None,
    provider: Annotated[UUID | None, Form()] = None,
    kind: Annotated[UUID | None, Form()] = None,
    reason: Annotated[str, Form(max_length=500)] = "",
    notes: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Book the time that was chosen, if it is still free."""
    wished = {"patient": patient, "move": move, "message": message, "day": day, "location": location, "provider": provider, "kind": kind}
    said = {"reason": reason.strip(), "notes": notes.strip()}
    if not slot:
        return await _choice(visit, wished, said, "Choose a time.", 422)
    try:
        chosen = await _find(visit, wished, slot)
        async with visit.transaction() as transaction:
            if message is not None:
                await choose_slot(transaction, message, chosen, visit.caller.actor)
                return go(visit, f"{visit.root}/appointments", "The other time is booked here, and athenahealth is being told.")
            if move is not None:
                made = await reschedule(transaction, move, chosen, visit.caller.actor, reason=said["reason"] or None)
            elif patient is not None:
                made = await book(transaction, patient, chosen, visit.caller.actor, reason=said["reason"] or None, notes=said["notes"] or None)
            else:
                raise InvalidValue("Nobody is chosen.", advice="Choose a patient first.")
    except IntegrationError as error:
        return await _choice(visit, wished, said, error.sentence, status_of(error))
    return go(visit, f"{visit.root}/appointments/{made}", "It is booked here, and is being booked at athenahealth.")


async def _find(visit: PracticeVisit, wished: dict[str, Any], slot: str) -> Slot:
    """The slot that was chosen, as athenahealth has it now."""
    for one in await _slots(visit, wished):
        if one.external_id == slot:
            return one
    raise SlotTaken("This time is not free any more.")


async def _slots(visit: PracticeVisit, wished: dict[str, Any]) -> list[Slot]:
    async with visit.transaction() as transaction:
        location = location_of(await setup_of(transaction), wished["location"])
    zone = ZoneInfo(location.time_zone)
    start, end = day_bounds(wished["day"], zone)[0], day_bounds(wished["day"] + timedelta(days=DAYS - 1), zone)[1]
    wish = Wish(location_id=location.id, start=start, end=end, provider_id=wished["provider"], appointment_type=wished["kind"])
    return await find_slots(visit.services.doors, visit.services.database, visit.practice.id, wish)


async def _choice(visit: PracticeVisit, wished: dict[str, Any], said: dict[str, str] | None = None, fault: str = "", status: int = 200) -> Response:
    async with visit.transaction() as transaction:
        setup = await setup_of(transaction)
        moved = await read_appointment(transaction, wished["move"]) if wished["move"] else None
        of = wished["patient"] or (moved.record.patient_id if moved else None)
        found = await look_up_patient(transaction, of, visit.caller.actor) if of else None
        names = await names_of_items(transaction)
    locations = open_locations(setup)
    own = moved.record.location_id if moved else found.patient.primary_location_id if found else None
    if wished["location"] is None and locations:
        wished["location"] = own if own in {one.id for one in locations} else locations[0].id
    today = visit.services.clock().astimezone(visit.practice.zone).date()
    wished["day"] = max(wished["day"] or today, today)
    if moved and not wished["provider"] and not wished["kind"]:
        wished["provider"], wished["kind"] = moved.record.provider_id, moved.record.appointment_type
    slots: list[Slot] = []
    if wished["location"] is not None and (found or wished["message"]):
        try:
            slots = await _slots(visit, wished)
        except IntegrationError as error:
            fault, status = fault or error.sentence, status if fault else status_of(error)
    zone = ZoneInfo(location_of(setup, wished["location"]).time_zone) if wished["location"] else visit.practice.zone
    types = sorted(setup.items.appointment_types.values(), key=lambda one: one.name)
    return page(
        visit,
        "booking.html",
        status=status,
        wished=wished,
        said=said or {"reason": "", "notes": ""},
        fault=fault,
        moved=moved,
        person=found,
        by_day=_by_day(slots, zone),
        zone=zone,
        names=names,
        locations=locations,
        providers=providers_of(setup),
        types=types,
        before=wished["day"] - timedelta(days=DAYS),
        after=wished["day"] + timedelta(days=DAYS),
        today=today,
    )


def _by_day(slots: list[Slot], zone: ZoneInfo) -> dict[date, list[tuple[Any, Slot]]]:
    """Free times by day, each with its start in the location's zone."""
    found: dict[date, list[tuple[Any, Slot]]] = {}
    for slot in slots:
        start = slot.start_time.astimezone(zone)
        found.setdefault(start.date(), []).append((start, slot))
    return found
