"""The day of the visit: check-in, begun, done or taken back, and check-out."""

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.people import number


def _refuse(message: str) -> Record:
    return {"success": "false", "message": message}


def requirements(call: Call) -> Record:
    """What check-in asks for, and whether the patient has it."""
    _, record = call.appointment()
    person = call.practice.people.record(number(record.get("patientid")) or 0) or {}
    fields = [{"fieldname": name, "complete": bool(person.get(name))} for name in ("dob", "sex", "address1", "homephone")]
    return {"fields": fields, "appointmentid": record["appointmentid"]}


def start_check_in(call: Call) -> Record:
    appointment, record = call.appointment()
    if record.get("appointmentstatus") != "f":
        return _refuse("The appointment is not booked, or check-in is already done.")
    call.practice.start_check_in(appointment, call.actor)
    return {"success": "true", "message": ""}


def check_in(call: Call) -> Record:
    appointment, record = call.appointment()
    if record.get("appointmentstatus") != "f":
        return _refuse("The appointment is not booked, or check-in is already done.")
    call.practice.check_in(appointment, call.actor)
    return {"success": "true", "message": ""}


def cancel_check_in(call: Call) -> Record:
    appointment, record = call.appointment()
    if record.get("appointmentstatus") != "2" and not (record.get("appointmentstatus") == "f" and record.get("startcheckin")):
        return _refuse("The appointment is not checked in.")
    call.practice.cancel_check_in(appointment, call.actor)
    return {"success": "true", "message": ""}


def check_out(call: Call) -> Record:
    appointment, record = call.appointment()
    if record.get("appointmentstatus") != "2":
        return _refuse("The appointment is not checked in.")
    call.practice.check_out(appointment, call.actor)
    return {"success": "true", "message": ""}


OPERATIONS = (
    Operation("check_in_requirements", "GET", "appointments/{appointmentid}/checkin", requirements),
    Operation("check_in", "POST", "appointments/{appointmentid}/checkin", check_in),
    Operation("start_check_in", "POST", "appointments/{appointmentid}/startcheckin", start_check_in),
    Operation("cancel_check_in", "POST", "appointments/{appointmentid}/cancelcheckin", cancel_check_in),
    Operation("check_out", "POST", "appointments/{appointmentid}/checkout", check_out),
)
