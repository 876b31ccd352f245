"""The rows of an appointment, booked or open, and of what is sent to book one in each dialect."""

from practicestudio.mapping.codes import APPOINTMENT_STATUS
from practicestudio.mapping.conversions import Code, Flag, LocalStart, Number, Reference, Stamp, Text
from practicestudio.mapping.notes import NoteList
from practicestudio.mapping.rows import LONGEST_NOTE, FieldMap, Row, not_kept

APPOINTMENT = FieldMap(
    "appointment",
    "Appointment",
    (
        Row("appointmentid", "external_id", Text(100), "in", required=True, note="athenahealth appointment identifier"),
        Row("patientid", "patient_id", Text(100), "in", part="patient_external_id", note="the patient who is linked to that id"),
        Row("providerid", "provider_id", Reference("provider"), "in"),
        Row("departmentid", "location_id", Reference("location", unknown="error", whole=True), "in", required=True, note="its zone dates the start"),
        Row("appointmenttypeid", "appointment_type", Reference("appointment type"), "in"),
        Row("date", "start_time", Text(40), "in", part="date", note="local to the department"),
        Row("starttime", "start_time", Text(40), "in", required=True, part="clock", note="local to the department; with its date in the guide"),
        Row("duration", "end_time", Number(), "in", part="duration", note="minutes after the start"),
        Row("appointmentstatus", "status", Code(APPOINTMENT_STATUS.name, unknown="error"), "in", required=True),
        Row("reason", "reason", Text(), "in"),
        Row("note", "notes", Text(LONGEST_NOTE), "in"),
        Row("appointmentnotes", "notes", NoteList(), "in", fallback=True, note="the texts in the order they were written"),
        Row("cancelreasonname", "cancel_reason", Text(), "in"),
        Row("cancelreasonnoshow", "no_show", Flag(), "in"),
        Row("checkindatetime", "checked_in_at", Stamp(), "in"),
        Row("checkoutdatetime", "checked_out_at", Stamp(), "in"),
        Row("rescheduledappointmentid", "rescheduled_to", Text(100), "in", note="the appointment that replaced this one"),
        Row("frozen", "status", Flag(), "in", part="frozen", note="a frozen slot is not open"),
        Row("frozenyn", "status", Flag(), "in", part="frozen", fallback=True),
        *not_kept("the name of another field's id", "appointmenttype", "patientappointmenttypename", "templateappointmenttypeid"),
        *not_kept("the reasons a slot may be booked for are asked for at booking", "reasonid", "localproviderid"),
        *not_kept("the slot that the appointment was booked from", "templateappointmentid"),
        *not_kept("another name for the provider", "hl7providerid", "renderingproviderid", "supervisingproviderid", "referringproviderid"),
        *not_kept(
            "athenahealth's own bookkeeping of the appointment",
            "scheduledby",
            "scheduleddatetime",
            "lastmodified",
            "lastmodifiedby",
            "cancelledby",
            "cancelleddatetime",
            "cancelreasonid",
            "cancelreasonslotavailable",
            "coordinatorenterprise",
            "coordinatorenterpriseyn",
            "suggestedoverbooking",
            "appointmentconfirmationid",
            "appointmentconfirmationname",
            "reminderdetails",
            "remindercall",
            "remindercalldate",
        ),
        *not_kept(
            "a step of the visit that the status does not tell apart",
            "startcheckin",
            "stopcheckin",
            "startcheckindatetime",
            "startcheckoutdatetime",
            "stopexamdatetime",
            "stopintakedatetime",
            "stopsignoff",
            "urgentyn",
            "patientlocationid",
        ),
        *not_kept(
            "money is read from the billing side", "copay", "appointmentcopay", "claims", "chargeentrynotrequired", "chargeentrynotrequiredreason"
        ),
        *not_kept(
            "belongs to the chart", "encounterid", "encounterstatus", "encounterstate", "encounterprep", "visitid", "useexpectedprocedurecodes"
        ),
        *not_kept("comes with the patient", "patient", "insurances"),
        *not_kept("custom fields of appointments are not kept", "customfields"),
    ),
)

_PATIENT_TO_BOOK = Row("patientid", "patient_external_id", Text(), "out", needed_to_create=True, number=True, note="the linked patient's id")
_NOTES_TO_BOOK = Row("bookingnote", "notes", Text(), "out", guide="note", max_sent=4_000)

BOOKING = FieldMap(
    "booking",
    "Appointment",
    (
        _PATIENT_TO_BOOK,
        Row("departmentid", "location_id", Reference("location"), "out", note="the time itself is the free slot's, which is named in the path"),
        Row("reasonid", "reason_id", Text(), "out", note="comes before the type"),
        Row("appointmenttypeid", "appointment_type", Reference("appointment type"), "out", note="where there is no reason"),
        _NOTES_TO_BOOK,
    ),
)

BOOKING_IN_GUIDE = FieldMap(
    "booking, guide",
    "Appointment",
    (
        _PATIENT_TO_BOOK,
        Row("providerid", "provider_id", Reference("provider"), "out", needed_to_create=True, number=True),
        Row("appointmenttypeid", "appointment_type", Reference("appointment type"), "out", number=True),
        Row("departmentid", "location_id", Reference("location"), "out", needed_to_create=True, number=True),
        Row("starttime", "start_time", LocalStart(), "out", needed_to_create=True, note="local to the department, without an offset"),
        Row("duration", "duration", Number(), "out", needed_to_create=True, number=True, note="minutes"),
        Row("reasonid", "reason_id", Text(), "out", number=True),
        _NOTES_TO_BOOK,
    ),
)
