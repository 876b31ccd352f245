"""Appointments: find, read, book, move, cancel, check in and out; and the free times to book."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from practicestudio.access.kept_answers import Answer
from practicestudio.access.rights import Right
from practicestudio.records import Appointment
from practicestudio.sync.change_appointment import Step, book, cancel, reschedule, take_step
from practicestudio.sync.find_appointments import FROM_THE_FIRST, AppointmentsSought, find_appointments
from practicestudio.sync.find_slots import Wish, find_slots
from practicestudio.sync.hold_record import hold_appointment, hold_patient, see_appointment
from practicestudio.web.api.answers import Act, answer, once, reply
from practicestudio.web.api.described import tells
from practicestudio.web.api.faults import InTheWay, Invalid, NotThere, Wrong
from practicestudio.web.api.guard import ApiRoute, PracticeCall, allowed_by_key
from practicestudio.web.api.paging import as_bytes, cursor_at, start_at
from practicestudio.web.api.patients import no_patient
from practicestudio.web.api.shapes.appointment import (
    APPOINTMENT,
    FREE,
    AppointmentSearch,
    AppointmentShown,
    AppointmentsPage,
    Booking,
    Cancellation,
    Move,
    SlotSearch,
    SlotsFound,
)
from practicestudio.web.api.slots import slot_of, token_of
from practicestudio.web.api.versions import Versions, check_version

if TYPE_CHECKING:
    from practicestudio.store.database import Transaction
    from practicestudio.store.records import Stored

router = APIRouter(prefix="/api/v1/practices/{practice}", tags=["Appointments"], route_class=ApiRoute)

LONGEST_SEARCH = timedelta(days=31)
_FIELDS = tuple(Appointment.__dataclass_fields__)
_MOVED = {**APPOINTMENT, "status": "cancelled", "version": 2, "external_id": "1402317"}

Change = Annotated[PracticeCall, allowed_by_key(Right.APPOINTMENTS_CHANGE)]
View = Annotated[PracticeCall, allowed_by_key(Right.APPOINTMENTS_VIEW)]


@router.post("/appointments/search", **tells(AppointmentsPage, {"items": [APPOINTMENT], "next_cursor": None}, "The appointments that fit."))
async def search(call: View, wish: AppointmentSearch) -> Response:
    """Find appointments.

    Every search stands in the audit trail, with the appointments that it showed.
    """
    sought = AppointmentsSought(start=wish.start, end=wish.end, provider_id=wish.provider_id, patient_id=wish.patient_id, statuses=wish.statuses)
    async with call.transaction() as transaction:
        after = start_at(transaction, wish, wish.cursor) or FROM_THE_FIRST
        found = await find_appointments(transaction, sought, call.by, wish.limit, after)
        cursor = cursor_at(transaction, wish, as_bytes(found.after)) if found.after else None
    return reply(answer({"items": [shown(one) for one in found.appointments], "next_cursor": cursor}))


@router.post("/slots/search", **tells(SlotsFound, {"items": [FREE]}, "The free times.", asks_athenahealth=True))
async def free_times(call: View, wish: SlotSearch) -> Response:
    """Find free times.

    athenahealth is asked for them at this moment, which counts against the practice's limits there.
    """
    if not timedelta() < wish.end - wish.start <= LONGEST_SEARCH:
        raise Invalid("The time to search is not as it should be.", wrong=[Wrong("/end", "It is after the start, by 31 days at most.")])
    wanted = Wish(location_id=wish.location_id, start=wish.start, end=wish.end, provider_id=wish.provider_id, appointment_type=wish.appointment_type)
    slots = (await find_slots(call.services.doors, call.services.database, call.practice.id, wanted))[: wish.limit]
    async with call.transaction() as transaction:
        items = [_free(token_of(transaction, one, call.services.clock()), one) for one in slots]
    return reply(answer({"items": items}))


@router.get("/appointments/{appointment_id}", **tells(AppointmentShown, APPOINTMENT, "The appointment.", version=True))
async def read(call: View, appointment_id: UUID) -> Response:
    """Read an appointment."""
    async with call.transaction() as transaction:
        stored = await see_appointment(transaction, appointment_id, call.by)
    if stored is None:
        raise _no_appointment()
    return reply(answer(shown(stored), version=stored.version))


@router.post("/appointments", **tells(AppointmentShown, APPOINTMENT, "Booked.", 201, changes=True, version=True))
async def book_one(call: Change, wish: Booking) -> Response:
    """Book a free time for a patient.

    It is booked here at once; a worker books it at athenahealth right after, and `external_id` tells when that is done. Where somebody else was
    faster there, the booking waits in the error queue for another time to be chosen. Send an Idempotency-Key, and no repetition books twice.
    """

    async def act(transaction: "Transaction") -> Answer:
        slot = slot_of(transaction, wish.slot, call.services.clock())
        patient = await hold_patient(transaction, wish.patient_id)
        if patient is None or patient.merged_into is not None:
            raise Invalid("The patient cannot be booked.", wrong=[Wrong("/patient_id", no_patient().what)])
        made = await book(transaction, wish.patient_id, slot, call.by, reason=wish.reason, notes=wish.notes)
        return await _answer(transaction, call, made, 201)

    return await once(call, act)


@router.post(
    "/appointments/{appointment_id}/reschedule", **tells(AppointmentShown, APPOINTMENT, "The new appointment.", 201, changes=True, version=True)
)
async def move(call: Change, appointment_id: UUID, wish: Move, expected: Versions) -> Response:
    """Move an appointment to another free time.

    The old one is cancelled and a new one, with an id of its own, is booked, in one go.
    """

    async def act(transaction: "Transaction") -> Answer:
        slot = slot_of(transaction, wish.slot, call.services.clock())
        await _hold(transaction, appointment_id, expected, "booked")
        made = await reschedule(transaction, appointment_id, slot, call.by, reason=wish.reason)
        return await _answer(transaction, call, made, 201)

    return await once(call, act)


@router.post("/appointments/{appointment_id}/cancel", **tells(AppointmentShown, _MOVED, "Cancelled.", changes=True, version=True))
async def cancel_one(call: Change, appointment_id: UUID, wish: Cancellation, expected: Versions) -> Response:
    """Cancel an appointment that has not begun."""

    async def act(transaction: "Transaction") -> Answer:
        await _hold(transaction, appointment_id, expected, "booked")
        await cancel(transaction, appointment_id, call.by, reason=wish.reason)
        return await _answer(transaction, call, appointment_id)

    return await once(call, act)


@router.post(
    "/appointments/{appointment_id}/check-in",
    **tells(AppointmentShown, {**_MOVED, "status": "checked_in"}, "Checked in.", changes=True, version=True),
)
async def check_in(call: Change, appointment_id: UUID, expected: Versions) -> Response:
    """Note that the patient has come."""
    return await once(call, _step(call, appointment_id, expected, "check_in", "booked"))


@router.post(
    "/appointments/{appointment_id}/check-out",
    **tells(AppointmentShown, {**_MOVED, "status": "checked_out"}, "Checked out.", changes=True, version=True),
)
async def check_out(call: Change, appointment_id: UUID, expected: Versions) -> Response:
    """Note that the visit is over."""
    return await once(call, _step(call, appointment_id, expected, "check_out", "checked_in"))


def shown(stored: "Stored[Appointment]") -> dict[str, Any]:
    """An appointment as a program sees it."""
    return {"id": stored.id, "version": stored.version, **{name: getattr(stored.record, name) for name in _FIELDS}}


def _step(call: PracticeCall, appointment_id: UUID, expected: frozenset[str], step: Step, needed: str) -> Act:
    async def act(transaction: "Transaction") -> Answer:
        await _hold(transaction, appointment_id, expected, needed)
        await take_step(transaction, appointment_id, step, call.by)
        return await _answer(transaction, call, appointment_id)

    return act


async def _hold(transaction: "Transaction", appointment_id: UUID, expected: frozenset[str], needed: str) -> None:
    """Keep others from changing it. Raises NotThere, Stale, or InTheWay where it is not in the needed state."""
    stored = await hold_appointment(transaction, appointment_id)
    if stored is None:
        raise _no_appointment()
    check_version(stored.version, expected)
    if stored.record.status != needed:
        raise InTheWay(f"The appointment is {stored.record.status.replace('_', ' ')}, so this cannot be done.")


async def _answer(transaction: "Transaction", call: PracticeCall, appointment_id: UUID, status: int = 200) -> Answer:
    stored = await hold_appointment(transaction, appointment_id)
    if stored is None:
        raise _no_appointment()
    location = f"{call.root}/appointments/{appointment_id}" if status == 201 else None
    return answer(shown(stored), status, version=stored.version, location=location)


def _free(token: str, slot: Any) -> dict[str, Any]:
    names = ("location_id", "provider_id", "appointment_type", "start_time", "end_time")
    return {"slot": token, **{name: getattr(slot, name) for name in names}}


def _no_appointment() -> NotThere:
    return NotThere("There is no such appointment in this practice.")
