"""Making and changing appointments: slots, booking in both dialects, cancelling, rescheduling, freezing."""

import re
from datetime import datetime
from typing import Any

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import APPOINTMENT_TYPES, CANCEL_REASONS, REASONS, Record
from practicestudio.sandbox.parameters import us_date
from practicestudio.sandbox.people import number
from practicestudio.sandbox.practice import Practice
from practicestudio.sandbox.refusals import Refusal, additional, invalid, missing, not_found, slot_taken
from practicestudio.sandbox.routes.appointments import shown
from practicestudio.sandbox.schedule import type_fields

_TYPES = {kind.id: kind for kind in APPOINTMENT_TYPES}
_REASONS = {reason.id: reason for reason in REASONS}
_ANSWERED = (
    *("date", "appointmentid", "starttime", "departmentid", "appointmentstatus", "patientid", "duration", "appointmenttypeid"),
    *("appointmenttype", "providerid", "chargeentrynotrequired", "patientappointmenttypename", "rescheduledappointmentid", "reasonid"),
)

_CARRIED = ("appointmenttypeid", "appointmenttype", "patientappointmenttypename", "reasonid", "reason")


def _kind(call: Call) -> Record:
    """The type and reason that a booking names, as the appointment will say them."""
    parameters = call.parameters
    kind, reason = parameters.integer("appointmenttypeid"), parameters.integer("reasonid")
    if kind is None and reason is None:
        raise additional("An appointment type or reason must be provided.")
    if kind is not None and kind not in _TYPES:
        raise invalid("The appointment type ID is not valid.")
    if reason is not None and reason != -1 and reason not in _REASONS and not parameters.json:
        raise invalid("The reason ID is not valid.")
    fields: Record = type_fields(kind) if kind is not None else {}
    if reason in _REASONS:
        fields |= {"reasonid": str(reason), "reason": _REASONS[reason].name}
    return fields


def _bookable_patient(call: Call) -> int:
    patient = call.parameters.required_integer("patientid")
    record = call.practice.people.record(patient)
    if record is None or record.get("status") == "deleted":
        raise invalid("The patient ID is not valid.")
    return patient


def _free_slot(call: Call, appointment: int) -> Record:
    """The slot, if it can be booked now; 409 if not, whatever the reason."""
    record = call.practice.diary.record(appointment)
    if record is None:
        raise not_found("appointment")
    span = call.practice.diary.span(record)
    if not call.practice.diary.is_free(record) or span is None or span[0] <= call.practice.now():
        raise slot_taken()
    return record


def _answer(call: Call, appointment: int) -> Record:
    record = shown(call.practice, call.practice.diary.record(appointment) or {}, call.parameters)
    answer = {name: record[name] for name in _ANSWERED if name in record}
    return answer | {"referringproviderid": "", "renderingproviderid": "", "supervisingproviderid": 0}


def book(call: Call) -> list[Record]:
    """PUT /appointments/{id}: book an open slot for a patient."""
    appointment = call.id("appointmentid")
    call.parameters.require("patientid")
    fields = _kind(call)
    patient = _bookable_patient(call)
    _free_slot(call, appointment)
    _book(call, appointment, patient, fields)
    return [_answer(call, appointment)]


def _book(call: Call, appointment: int, patient: int, fields: Record) -> None:
    if call.parameters.flag("urgentyn"):
        fields = fields | {"urgentyn": "true"}
    call.practice.book(appointment, patient, fields, call.actor)
    if note := call.parameters.text("bookingnote") or call.parameters.text("note"):
        call.practice.add_note(appointment, note, call.actor)


def open_or_book(call: Call) -> Any:
    """POST /appointments/open makes slots; with a patientid in a JSON body it is the guide's way to book."""
    if call.parameters.json and call.parameters.text("patientid"):
        return book_at(call)
    return create_slots(call)


def create_slots(call: Call) -> Record:
    parameters = call.parameters
    parameters.require("appointmentdate", "appointmenttime", "departmentid", "providerid")
    kind = _kind(call)
    if "appointmenttypeid" not in kind:
        kind |= type_fields(_REASONS[int(kind["reasonid"])].types[0]) if "reasonid" in kind else type_fields(82)
    day = parameters.day("appointmentdate")
    times = parameters.texts("appointmenttime")
    if day is None or not all(re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", time) for time in times):
        raise invalid(f"Expecting format time, but value is {','.join(times)}")
    place = _place(call)
    duration = _TYPES[int(kind["appointmenttypeid"])].duration
    made: Record = {}
    for time in times:
        fields = {**place, **kind, "date": us_date(day), "starttime": time, "duration": duration, "appointmentstatus": "o"}
        fields |= {"templateappointmenttypeid": kind["appointmenttypeid"], "chargeentrynotrequired": False}
        made[str(call.practice.add_slot(fields, day.toordinal(), call.actor))] = time
    return {"appointmentids": made}


def _place(call: Call) -> Record:
    """Department and provider, both of the practice."""
    department, provider = call.parameters.required_integer("departmentid"), call.parameters.required_integer("providerid")
    if call.practice.catalogue.department(department) is None:
        raise invalid("The department ID is not valid.")
    if call.practice.catalogue.provider(provider) is None:
        raise invalid("The provider ID is not valid.")
    return {"departmentid": str(department), "providerid": str(provider), "hl7providerid": provider}


def book_at(call: Call) -> list[Record]:
    """The guide's booking: a patient, a provider, a department and a start in local time, `YYYY-MM-DDTHH:MM:SS`.

    The slot that begins then is booked; where there is none, one is made, if the provider is free for as long.
    """
    parameters = call.parameters
    parameters.require("patientid", "providerid", "appointmenttypeid", "departmentid", "starttime")
    start = _local_start(parameters.sent("starttime"))
    patient, fields, place = _bookable_patient(call), _kind(call), _place(call)
    duration = parameters.integer("duration") or _TYPES[int(fields["appointmenttypeid"])].duration
    if not 0 < duration <= 24 * 60:
        raise invalid(f"Expecting type integer, but value is {duration}")
    wanted: Record = {**place, "date": us_date(start.date()), "starttime": f"{start:%H:%M}", "duration": duration, "appointmentstatus": "o"}
    span = call.practice.diary.span(wanted)
    if span is None or span[0] <= call.practice.now() or not call.practice.diary.is_free(wanted):
        raise slot_taken()
    slot = _slot_at(call.practice, wanted, start.toordinal())
    if slot is None:
        extra = type_fields(int(fields["appointmenttypeid"]))
        wanted |= extra | {"templateappointmenttypeid": extra["appointmenttypeid"], "chargeentrynotrequired": False}
        slot = call.practice.add_slot(wanted, start.toordinal(), call.actor)
    _book(call, slot, patient, fields | {"duration": duration})
    return [_answer(call, slot)]


def _local_start(text: str) -> datetime:
    """A start without a zone: it is the department's local time."""
    try:
        start = datetime.fromisoformat(text)
    except ValueError as error:
        raise invalid(f"Expecting format datetime, but value is {text}") from error
    return start.replace(tzinfo=None)


def _slot_at(practice: Practice, wanted: Record, day: int) -> int | None:
    """The slot of that provider and department that begins then. A frozen one is refused."""
    for record in practice.diary.free(day, frozen=True):
        if all(record.get(name) == wanted[name] for name in ("providerid", "departmentid", "date", "starttime")):
            if str(record.get("frozenyn")) == "true":
                raise slot_taken()
            return int(record["appointmentid"])
    return None


def _booked(call: Call, *states: str) -> tuple[int, Record]:
    """The appointment of the path, in one of these states and of the patient that was named."""
    appointment, record = call.appointment()
    patient = call.parameters.integer("patientid")
    if record.get("appointmentstatus") not in states:
        raise Refusal(400, {"error": "The appointment is not in a state that allows this.", "detailedmessage": "Check APPOINTMENTSTATUS."})
    if patient is not None and number(record.get("patientid")) != patient:
        raise invalid("The patient ID does not match the appointment.")
    return appointment, record


def cancel(call: Call) -> Record:
    call.parameters.require("patientid")
    appointment, _ = _booked(call, "f")
    wanted = call.parameters.integer("appointmentcancelreasonid")
    reason = next((one for one in CANCEL_REASONS if one["appointmentcancelreasonid"] == (-5 if wanted is None else wanted)), None)
    if reason is None:
        raise invalid("The appointment cancel reason ID is not valid.")
    words = call.parameters.text("cancellationreason")
    note = f"API appointment cancellation. Reported reason for cancellation: {words}" if words else None
    call.practice.cancel(appointment, reason, call.actor, note)
    return {"status": "x"}


def reschedule(call: Call) -> list[Record]:
    """The appointment moves to an open slot: the new id carries on, the old one is cancelled and points to it."""
    call.parameters.require("newappointmentid", "patientid")
    old, record = _booked(call, "f")
    new = call.parameters.required_integer("newappointmentid")
    _free_slot(call, new)
    kept: Record = {name: record[name] for name in _CARRIED if name in record}
    fields = kept | _kind(call) if call.parameters.text("reasonid") else kept
    call.practice.reschedule(old, new, fields, call.actor)
    if words := call.parameters.text("reschedulereason"):
        call.practice.add_note(new, words, call.actor)
    return [_answer(call, new) | {"providerid": "", "rescheduledappointmentid": str(old)}]


def update_booked(call: Call) -> int | str:
    """PUT /appointments/booked/{id}: the answer is a bare 1, or a bare sentence, with status 200 both times."""
    appointment, _ = call.appointment()
    parameters, catalogue = call.parameters, call.practice.catalogue
    fields: Record = {}
    kind = parameters.integer("appointmenttypeid")
    if kind is not None:
        if kind not in _TYPES:
            return "Invalid APPOINTMENTTYPEID input"
        fields |= type_fields(kind)
    for name, known in (("departmentid", catalogue.department), ("providerid", catalogue.provider)):
        wanted = parameters.integer(name)
        if wanted is not None:
            if known(wanted) is None:
                return f"Invalid {name.upper()} input"
            fields[name] = str(wanted)
    if not fields:
        raise missing(["appointmenttypeid"])
    call.practice.update_appointment(appointment, fields, call.actor)
    return 1


def freeze(call: Call) -> Record:
    appointment, record = call.appointment()
    call.parameters.require("freeze")
    frozen = call.parameters.flag("freeze")
    if record.get("appointmentstatus") != "o":
        return {"success": False, "errormessage": "Appointment is not open."}
    if frozen == (str(record.get("frozenyn")) == "true"):
        return {"success": False, "errormessage": f"Appointment is {'already' if frozen else 'not'} frozen."}
    event = "FreezeAppointment" if frozen else "UnfreezeAppointment"
    call.practice.update_appointment(appointment, {"frozenyn": "true" if frozen else "false"}, call.actor, event=event, what=event)
    return {"success": True, "errormessage": ""}


def delete_slot(call: Call) -> Record:
    appointment, record = call.appointment()
    if record.get("appointmentstatus") != "o":
        raise Refusal(400, {"error": "Only open appointment slots can be deleted."})
    call.practice.delete_slot(appointment, call.actor)
    return {"success": "true"}


OPERATIONS = (
    Operation("open_or_book", "POST", "appointments/open", open_or_book),
    Operation("book_appointment", "PUT", "appointments/{appointmentid}", book),
    Operation("cancel_appointment", "PUT", "appointments/{appointmentid}/cancel", cancel),
    Operation("reschedule_appointment", "PUT", "appointments/{appointmentid}/reschedule", reschedule),
    Operation("update_booked_appointment", "PUT", "appointments/booked/{appointmentid}", update_booked),
    Operation("freeze_appointment", "PUT", "appointments/{appointmentid}/freeze", freeze),
    Operation("delete_slot", "DELETE", "appointments/{appointmentid}", delete_slot),
)
