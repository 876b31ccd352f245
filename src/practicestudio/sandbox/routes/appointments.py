"""Reading appointments: booked ones in a window of dates, open slots, one by its id; and the notes on them."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta

from practicestudio.sandbox.call import Call, Operation
from practicestudio.sandbox.catalogue import REASONS, Record
from practicestudio.sandbox.clock import EASTERN
from practicestudio.sandbox.diary import is_frozen
from practicestudio.sandbox.parameters import Parameters
from practicestudio.sandbox.people import number
from practicestudio.sandbox.practice import Practice
from practicestudio.sandbox.refusals import missing, not_found
from practicestudio.sandbox.wire import Window, page

ANY_REASON = -1
MIN_AHEAD, MAX_AHEAD = timedelta(hours=24), timedelta(days=90)
_PATIENT_DETAIL = (
    *("patientid", "firstname", "lastname", "suffix", "dob", "sex", "address1", "address2", "city", "state", "zip"),
    *("homephone", "mobilephone", "email", "departmentid", "status", "language6392code", "contactpreference"),
)
_HIDDEN_IN_SLOTS = (
    *("templateappointmentid", "templateappointmenttypeid", "hl7providerid", "chargeentrynotrequired", "coordinatorenterprise"),
    *("appointmentstatus", "frozenyn"),
)


def shown(practice: Practice, record: Record, parameters: Parameters) -> Record:
    """An appointment as it is answered, with what the show flags ask for."""
    notes = practice.diary.notes.get(number(record.get("appointmentid")) or 0)
    if notes and (standing := [note for note in notes if "deleted" not in note]):
        record["appointmentnotes"] = [
            {"id": int(note["noteid"]), "text": note["notetext"], "displayonschedule": note["displayonschedule"]} for note in standing
        ]
    patient = number(record.get("patientid"))
    if patient is not None and parameters.flag("showpatientdetail") and (person := practice.people.record(patient)):
        record["patient"] = {name: person[name] for name in _PATIENT_DETAIL if name in person}
    if patient is not None and parameters.flag("showinsurance"):
        record["insurances"] = practice.people.insurances(patient)
    if not parameters.flag("showcopay", default=True):
        record.pop("copay", None)
        record.pop("appointmentcopay", None)
    if parameters.flag("showclaimdetail") and patient is not None:
        record["claims"] = []
    return record


# Booked.


def booked(call: Call) -> Record:
    """GET /appointments/booked: dates and a department or provider are needed; a window longer than the sandbox answers is cut, unsaid."""
    parameters = call.parameters
    other_window = parameters.text("startlastmodified") or parameters.text("scheduledstartdate")
    dates = () if other_window else ("startdate", "enddate")
    absent = [name for name in dates if parameters.text(name) is None]
    if not (parameters.texts("departmentid") or parameters.texts("providerid")):
        absent.append("departmentid")
    if absent:
        raise missing(absent)
    records = [record for record in _in_window(call) if _is_wanted(record, call)]
    window = Window.read(parameters, default=1000, most=10_000)
    listed = [shown(call.practice, record, parameters) for record in window.cut(records)]
    return page("appointments", listed, len(records), window, call.path, parameters)


def booked_in_departments(call: Call) -> Record:
    call.parameters.require("departmentid")
    return booked(call)


def _in_window(call: Call) -> Iterator[Record]:
    parameters, today = call.parameters, call.practice.now().date()
    longest = timedelta(days=call.config.booked_window_days)
    first = parameters.day("startdate") or today - longest / 2
    last = parameters.day("enddate") or today + longest / 2
    for day in _days(first, min(last, first + longest - timedelta(days=1))):
        yield from call.practice.diary.booked(day)


def _is_wanted(record: Record, call: Call) -> bool:
    parameters = call.parameters
    status = record.get("appointmentstatus")
    if status == "o" or number(record.get("patientid")) is None or (status == "x" and not parameters.flag("showcancelled")):
        return False
    for name in ("departmentid", "providerid", "appointmenttypeid", "patientid"):
        if name in parameters and (wanted := parameters.integers(name)) and number(record.get(name)) not in wanted:
            return False
    return _between(record, "lastmodified", parameters, "startlastmodified", "endlastmodified") and _between(
        record, "scheduleddatetime", parameters, "scheduledstartdate", "scheduledenddate"
    )


def _between(record: Record, name: str, parameters: Parameters, start: str, end: str) -> bool:
    """Is a moment of the record in a window of which one side may be open."""
    first, last = parameters.moment(start, EASTERN), parameters.moment(end, EASTERN, last=True)
    if first is None and last is None:
        return True
    try:
        moment = datetime.strptime(str(record.get(name)), "%m/%d/%Y %H:%M:%S").replace(tzinfo=EASTERN)
    except ValueError:
        return False
    return (first is None or moment >= first) and (last is None or moment <= last)


# Open slots.


def open_slots(call: Call) -> Record:
    """GET /appointments/open. What does not lead to slots (no reason or type, no provider, too soon, too late) is an empty list."""
    parameters = call.parameters
    parameters.require("departmentid")
    records = list(_open(call)) if _leads_to_slots(parameters) else []
    window = Window.read(parameters, default=1000, most=10_000)
    listed = [_slot(record, parameters) for record in window.cut(records)]
    return page("appointments", listed, len(records), window, call.path, parameters)


def _leads_to_slots(parameters: Parameters) -> bool:
    reasons, types = parameters.integers("reasonid"), parameters.integers("appointmenttypeid")
    return ANY_REASON in reasons or (bool(reasons or types) and bool(parameters.integers("providerid")))


def _open(call: Call) -> Iterator[Record]:
    parameters, diary, now = call.parameters, call.practice.diary, call.practice.now()
    today = now.astimezone(EASTERN).date()
    first = max(parameters.day("startdate") or today, today - timedelta(days=1))
    last = parameters.day("enddate") or first + timedelta(days=7)
    last = min(last, today + timedelta(days=366))
    unchecked = parameters.flag("bypassscheduletimechecks")
    for day in _days(first, last):
        for record in diary.free(day, frozen=parameters.flag("showfrozenslots")):
            span = diary.span(record)
            if span is None or span[0] <= now or not _serves(record, parameters):
                continue
            if unchecked or now + MIN_AHEAD <= span[0] <= now + MAX_AHEAD:
                yield record


def _days(first: date, last: date) -> Iterable[int]:
    return range(first.toordinal(), last.toordinal() + 1)


def _serves(record: Record, parameters: Parameters) -> bool:
    departments, providers = parameters.integers("departmentid"), parameters.integers("providerid")
    if number(record["departmentid"]) not in departments or (providers and number(record["providerid"]) not in providers):
        return False
    reasons, types = parameters.integers("reasonid"), parameters.integers("appointmenttypeid")
    kind = number(record["appointmenttypeid"])
    if types:
        return kind in types or kind == 82
    return ANY_REASON in reasons or any(kind in one.types for one in REASONS if one.id in reasons)


def _slot(record: Record, parameters: Parameters) -> Record:
    """A slot as the list shows it: here ids are numbers."""
    slot = {name: value for name, value in record.items() if name not in _HIDDEN_IN_SLOTS}
    for name in ("appointmentid", "departmentid", "providerid", "appointmenttypeid"):
        slot[name] = int(slot[name])
    slot["localproviderid"] = slot["providerid"]
    slot["reasonid"] = parameters.texts("reasonid") or ["-1"]
    if is_frozen(record):
        slot["frozen"] = True
    return slot


def get_appointment(call: Call) -> list[Record]:
    _, record = call.appointment()
    return [shown(call.practice, record, call.parameters)]


# Notes.


def list_notes(call: Call) -> Record:
    appointment, _ = call.appointment()
    deleted = call.parameters.flag("showdeleted")
    notes = [dict(note) for note in call.practice.diary.notes.get(appointment, ()) if deleted or "deleted" not in note]
    return {"notes": notes, "totalcount": len(notes)}


def create_note(call: Call) -> Record:
    appointment, _ = call.appointment()
    text = call.parameters.required("notetext")
    call.practice.add_note(appointment, text, call.actor, on_schedule=call.parameters.flag("displayonschedule"))
    return {"success": "true"}


def _note(call: Call) -> tuple[int, Record]:
    appointment, _ = call.appointment()
    wanted = str(call.id("noteid"))
    note = next((one for one in call.practice.diary.notes.get(appointment, ()) if one["noteid"] == wanted and "deleted" not in one), None)
    if note is None:
        raise not_found("note")
    return appointment, note


def update_note(call: Call) -> Record:
    appointment, note = _note(call)
    note["notetext"] = call.parameters.required("notetext")
    if "displayonschedule" in call.parameters:
        note["displayonschedule"] = call.parameters.flag("displayonschedule")
    call.practice.update_appointment(appointment, {}, call.actor, what="note updated")
    return {"success": "true"}


def delete_note(call: Call) -> Record:
    appointment, note = _note(call)
    note["deleted"] = "true"
    call.practice.update_appointment(appointment, {}, call.actor, what="note deleted")
    return {"success": "true"}


OPERATIONS = (
    Operation("booked_appointments", "GET", "appointments/booked", booked),
    Operation("booked_in_departments", "GET", "appointments/booked/multipledepartment", booked_in_departments),
    Operation("open_slots", "GET", "appointments/open", open_slots),
    Operation("get_appointment", "GET", "appointments/{appointmentid}", get_appointment),
    Operation("list_appointment_notes", "GET", "appointments/{appointmentid}/notes", list_notes),
    Operation("create_appointment_note", "POST", "appointments/{appointmentid}/notes", create_note),
    Operation("update_appointment_note", "PUT", "appointments/{appointmentid}/notes/{noteid}", update_note),
    Operation("delete_appointment_note", "DELETE", "appointments/{appointmentid}/notes/{noteid}", delete_note),
)
