"""The rows of an appointment, booked or open."""

from practicestudio.mapping.codes import APPOINTMENT_STATUS
from practicestudio.mapping.conversions import Code, Flag, Number, Reference, Stamp, Text
from practicestudio.mapping.notes import NoteList
from practicestudio.mapping.rows import LONGEST_NOTE, FieldMap, Row, not_kept

APPOINTMENT = FieldMap(
    "appointment",
    "Appointment",
    (
        Row("appointmentid", "external_id", Text(100), "in", required=True, note="athenahealth appointment identifier"),
        Row("patientid", "patient_id", Text(100), part="patient_external_id", number=True, note="the linked patient's id"),
        Row("providerid", "provider_id", Reference("provider"), number=True),
        Row(
            "departmentid",
            "location_id",
            Reference("location", unknown="error", whole=True),
            required=True,
            number=True,
            note="its zone dates the start",
        ),
        Row("appointmenttypeid", "appointment_type", Reference("appointment type"), number=True),
        Row("date", "start_time", Text(40), "in", part="date", note="local to the department"),
        Row("starttime", "start_time", Text(40), required=True, part="clock", note="local to the department; a whole ISO time in the guide"),
        Row("duration", "end_time", Number(), part="duration", number=True, note="minutes after the start"),
        Row("appointmentstatus", "status", Code(APPOINTMENT_STATUS.name, unknown="error"), "in", required=True),
        Row("reason", "reason", Text(), note="words; reasonid is chosen at booking"),
        Row("note", "notes", Text(LONGEST_NOTE), "both", max_sent=4_000, note="bookingnote at athenahealth when sent", sent_as="bookingnote"),
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
