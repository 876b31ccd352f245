"""Telling athenahealth of an appointment that was booked, moved, cancelled or begun here.

Before each write the appointment is read: what is as wanted already, because an earlier try took effect or somebody was faster, is not done
again; a slot that is gone is offered back with the nearest free ones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import msgspec
import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.athena.rest import Appointments, Purpose, as_text
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.outcome import Done, Effect, Failed, Outcome, Parked
from practicestudio.delivery.worker import Call
from practicestudio.errors import InvalidValue, NotYet, SlotTaken
from practicestudio.records import Appointment
from practicestudio.records.appointment import AppointmentStatus
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link, Stored
from practicestudio.sync.doors import Doors
from practicestudio.sync.find_slots import Slot, around, find_slots, nearest, slot_of
from practicestudio.sync.intents import arrived
from practicestudio.sync.setup import Setup, setup_of

_to_json = msgspec.json.Encoder().encode
BOOKED, CHECKED_IN, CHECKED_OUT, CHARGED, CANCELLED = "f", "2", "3", "4", "x"
LIVE = (BOOKED, CHECKED_IN, CHECKED_OUT, CHARGED)
WITH_PAST = {"showpast": True}


@dataclass(frozen=True, slots=True)
class _Ours:
    """Our side of an appointment, and the patient's id at athenahealth."""

    setup: Setup
    stored: Stored[Appointment]
    patient: str
    asked: dict[str, Any]
    theirs: Appointments


@dataclass(frozen=True, slots=True)
class PushAppointment:
    """Handles `appointment.book`, `.reschedule`, `.cancel`, `.check_in` and `.check_out`."""

    doors: Doors

    async def book(self, call: Call) -> Outcome:
        """Book the slot. Body: {"slot"}."""
        ours = await self._read(call)
        slot = ours.asked["slot"]
        booked = await self._booked_already(call, ours, ours.stored.record, slot)
        if booked is None:
            free = await self._still_free(call, ours.stored.record, slot)
            if not free:
                return await self._offer_others(call, ours, ours.stored.record)
            outgoing = ours.setup.mapping.booking_out(ours.stored.record, ours.patient)
            if outgoing.refused:
                raise outgoing.refused
            await call.mark_sent()
            try:
                answer = await ours.theirs.book(slot, outgoing.json_body())
            except SlotTaken:
                return await self._offer_others(call, ours, ours.stored.record)
            booked = str(answer.fields.get("appointmentid") or slot)
        if ours.setup.dialect == "guide" and ours.stored.record.notes:
            await _note(call, ours.theirs, booked, ours.stored.record.notes)
        body = await ours.theirs.get(booked)
        return Done(ours.stored.id, effect=_linked(call, ours, ours.stored.id, booked, [(booked, body)]))

    async def reschedule(self, call: Call) -> Outcome:
        """Move to the slot. Body: {"slot", "new": our id of the new appointment, "reason"}."""
        ours = await self._read(call)
        slot, new_id = ours.asked["slot"], UUID(ours.asked["new"])
        external_id = _linked_id(ours)
        async with call.database.practice(call.message.practice_id) as transaction:
            new = (await store.read_appointments(transaction, [new_id]))[new_id].record
        moved = await self._booked_already(call, ours, new, slot)
        if moved is None:
            if not await self._still_free(call, new, slot):
                return await self._offer_others(call, ours, new)
            await call.mark_sent()
            try:
                answer = await ours.theirs.reschedule(external_id, slot, ours.patient, reason=ours.asked.get("reason"))
            except SlotTaken:
                return await self._offer_others(call, ours, new)
            moved = str(answer.fields.get("appointmentid") or slot)
        bodies = [(one, await ours.theirs.get(one)) for one in (external_id, moved)]
        return Done(ours.stored.id, effect=_linked(call, ours, new_id, moved, bodies))

    async def cancel(self, call: Call) -> Outcome:
        """Cancel. Body: {"reason"}. What never came to be booked there needs no cancelling."""
        ours = await self._read(call)
        if ours.stored.record.external_id is None and (given_up := await _given_up(call, ours.stored.id)):
            return given_up
        external_id = _linked_id(ours)
        body = await ours.theirs.get(external_id)
        if _status(body) == BOOKED and as_text(body.get("patientid")) == ours.patient:
            await call.mark_sent()
            await ours.theirs.cancel(external_id, ours.patient, reason=ours.asked.get("reason"))
            body = await ours.theirs.get(external_id)
        return _settled(call, ours, external_id, body, "cancelled", (CANCELLED,))

    async def check_in(self, call: Call) -> Outcome:
        """Check the patient in."""
        ours = await self._read(call)
        external_id = _linked_id(ours)
        body = await ours.theirs.get(external_id)
        if _status(body) == BOOKED:
            await call.mark_sent()
            await ours.theirs.check_in(external_id)
            body = await ours.theirs.get(external_id)
        return _settled(call, ours, external_id, body, "checked_in", (CHECKED_IN, CHECKED_OUT, CHARGED))

    async def check_out(self, call: Call) -> Outcome:
        """Check the patient out."""
        ours = await self._read(call)
        external_id = _linked_id(ours)
        body = await ours.theirs.get(external_id)
        if _status(body) == CHECKED_IN:
            await call.mark_sent()
            await ours.theirs.check_out(external_id)
            body = await ours.theirs.get(external_id)
        return _settled(call, ours, external_id, body, "checked_out", (CHECKED_OUT, CHARGED))

    async def _read(self, call: Call) -> _Ours:
        message = call.message
        async with call.database.practice(message.practice_id) as transaction:
            setup = await setup_of(transaction)
            found = await store.read_appointments(transaction, [message.record_id] if message.record_id else [])
            if not found:
                raise InvalidValue("The appointment is not there any more.", advice="Discard the message.")
            stored = next(iter(found.values()))
            patients = await store.read_patients(transaction, [stored.record.patient_id] if stored.record.patient_id else [])
        patient = next((one.record.external_id for one in patients.values()), None)
        if patient is None:
            raise NotYet("The appointment's patient is not known at athenahealth yet.")
        theirs = Appointments(await self.doors.rest(message.practice_id), Purpose(urgency="person", message_id=message.id))
        return _Ours(setup, stored, patient, orjson.loads(message.body), theirs)

    async def _booked_already(self, call: Call, ours: _Ours, wanted: Appointment, slot: str) -> str | None:
        """The appointment that an earlier try may have booked: the patient's, at this time, with this provider."""
        if call.message.sent_at is None:
            return None
        for body in await ours.theirs.of_patient(ours.patient, also=WITH_PAST):
            record = ours.setup.mapping.appointment_in(body, wanted.patient_id).record
            same = record is not None and (record.start_time, record.provider_id) == (wanted.start_time, wanted.provider_id)
            if same and _status(body) in LIVE:
                return as_text(body.get("appointmentid")) or slot
        return None

    async def _still_free(self, call: Call, wanted: Appointment, slot: str) -> bool:
        free = await self._free_around(call, wanted, days=1)
        return any(one.external_id == slot for one in free)

    async def _free_around(self, call: Call, wanted: Appointment, days: int) -> list[Slot]:
        message = call.message
        wish = around(_as_slot(wanted), days)
        return await find_slots(self.doors, call.database, message.practice_id, wish, message_id=message.id)

    async def _offer_others(self, call: Call, ours: _Ours, wanted: Appointment) -> Outcome:
        """The time is gone: a person chooses another. The nearest free ones are in the message's report."""
        others = nearest(await self._free_around(call, wanted, days=7), _as_slot(wanted).start_time)
        error = SlotTaken(
            "The time was booked by someone else meanwhile.", advice=f"Choose another: {len(others)} near it are listed with the message."
        )
        return Parked(error, ours.stored.id, report=_to_json({"nearest": others}))


async def _note(call: Call, theirs: Appointments, appointment: str, text: str) -> None:
    """The booking as the guide prints it has no room for a note, so it is added afterwards, unless an earlier try did."""
    if any(as_text(note.get("notetext")) == text for note in await theirs.notes(appointment)):
        return
    await call.mark_sent()
    await theirs.add_note(appointment, text)


def _as_slot(wanted: Appointment) -> Slot:
    """The time that is wanted, whatever its id was."""
    slot = slot_of(replace(wanted, external_id=wanted.external_id or "wanted"))
    if slot is None:
        raise InvalidValue("The appointment lacks its place, provider, type or time.", advice="Discard the message and book it again.")
    return slot


def _linked_id(ours: _Ours) -> str:
    external_id = ours.stored.record.external_id
    if external_id is None:
        raise NotYet("The appointment is not booked at athenahealth yet.")
    return external_id


def _status(body: Mapping[str, Any]) -> str:
    return as_text(body.get("appointmentstatus")) or ""


async def _given_up(call: Call, appointment_id: UUID) -> Outcome | None:
    """A booking that waits in the error queue is taken out of it, where it is certain that athenahealth has not carried it out."""
    message = call.message
    async with call.database.practice(message.practice_id) as transaction:
        row = await sql.messages.last_of_record(
            transaction.connection, practice_id=message.practice_id, record_id=appointment_id, kind="appointment.book"
        )
    if row is None or row[1] != "parked":
        return None

    async def effect(transaction: Transaction) -> None:
        await error_queue.discard(transaction, [row[0]], "the appointment was cancelled before it came to be booked", audit.SYSTEM)

    return Done(appointment_id, effect=effect)


def _linked(call: Call, ours: _Ours, record_id: UUID, external_id: str, bodies: Sequence[tuple[str, dict[str, Any]]]) -> Effect:
    """Link our appointment to athenahealth's, unless its feed was faster; what state they are in there comes in as messages."""

    async def effect(transaction: Transaction) -> None:
        identity = store.identity_of(transaction, "appointment", external_id)
        await store.link_alone(transaction)
        if identity not in await store.find_links(transaction, "appointment", [identity]):
            stored = (await store.read_appointments(transaction, [record_id], lock=True))[record_id]
            await store.change_appointments(transaction, [store.with_external_id(stored, external_id)])
            await store.put_links(transaction, "appointment", [Link(identity, record_id, None, call.message.received_at, call.message.id)])
        whose = ours.stored.record.patient_id
        entry = AuditEntry(Action.SYSTEM_APPOINTMENT_SEND, audit.SYSTEM, "appointment", record_id, call.message.id, patient_id=whose)
        await audit.write(transaction, [entry])
        await accept(transaction, [arrived("appointment", body, one, call) for one, body in bodies])

    return effect


def _settled(call: Call, ours: _Ours, external_id: str, body: dict[str, Any], agreed: AppointmentStatus, means: Sequence[str]) -> Outcome:
    """Both sides agree on what was done, if athenahealth's appointment is in one of the states that it means; else somebody there was faster
    and did something else, which comes in, and a person is told. The rest of their state comes in as a message."""
    news = arrived("appointment", body, external_id, call)
    if _status(body) not in means:
        words = agreed.replace("_", " ")
        error = InvalidValue(f"The appointment could not be {words}: its state at athenahealth does not allow it.", advice="Look at it there.")
        return Failed(error, ours.stored.id, effect=_taken([news]))

    async def effect(transaction: Transaction) -> None:
        identity = store.identity_of(transaction, "appointment", external_id)
        link = (await store.find_links(transaction, "appointment", [identity]))[identity]
        base = {**(link.base or {}), "status": agreed}
        position = await sql.messages.position(transaction.connection)
        await store.put_links(transaction, "appointment", [replace(link, base=base, message_id=call.message.id, position=position)])
        whose = ours.stored.record.patient_id
        entry = AuditEntry(Action.SYSTEM_APPOINTMENT_SEND, audit.SYSTEM, "appointment", ours.stored.id, call.message.id, patient_id=whose)
        await audit.write(transaction, [entry])
        await accept(transaction, [news])

    return Done(ours.stored.id, effect=effect)


def _taken(news: Sequence[NewMessage]) -> Effect:
    async def effect(transaction: Transaction) -> None:
        await accept(transaction, news)

    return effect
