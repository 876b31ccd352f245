"""One practice's mapping: compiled once from rows and overrides, then called for every record in either direction."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.mapping.appointment_rows import APPOINTMENT
from practicestudio.mapping.assembled import appointment_of, patient_of
from practicestudio.mapping.codes import ALL_CODE_TABLES
from practicestudio.mapping.findings import Finding, Mapped
from practicestudio.mapping.inbound import ReadingPlan, compile_reading
from practicestudio.mapping.overrides import Override, named_custom_fields, overridden_tables
from practicestudio.mapping.patient_rows import PATIENT
from practicestudio.mapping.references import References
from practicestudio.mapping.rows import Context, Dialect, FieldMap
from practicestudio.mapping.times import read_eastern_stamp
from practicestudio.mapping.values import as_text
from practicestudio.records import Appointment, CustomField, Patient

NOT_OPEN = "This slot is not open."


class PracticeMapping:
    """Frozen after it is made; make a new one when the practice's set-up or overrides change (about 2 ms)."""

    def __init__(
        self,
        dialect: Dialect,
        overrides: Iterable[Override] = (),
        custom_fields: Iterable[CustomField] = (),
        references: References | None = None,
    ) -> None:
        """Raises Misconfigured where an override names what does not exist."""
        self.dialect: Dialect = dialect
        self._overrides = tuple(overrides)
        self._context = Context(
            dialect=dialect,
            references=references or References(),
            tables=overridden_tables(ALL_CODE_TABLES, self._overrides),
            custom_fields=named_custom_fields(custom_fields, self._overrides),
            compile_map=lambda fields: self._plan(fields).read,
        )
        self._patient = self._plan(PATIENT)
        self._appointment = self._plan(APPOINTMENT)

    def _plan(self, fields: FieldMap) -> ReadingPlan:
        return compile_reading(fields, self._context, self._overrides)

    def patient_in(self, body: dict[str, Any]) -> Mapped[Patient]:
        """One athenahealth patient object, as received."""
        report: list[Finding] = []
        groups = self._patient.read(body, report)
        if report and _refused(report):
            return Mapped(None, tuple(report), "patient")
        return Mapped(patient_of(groups), tuple(report), "patient")

    def appointment_in(self, body: dict[str, Any], patient_id: UUID | None) -> Mapped[Appointment]:
        """One booked, changed or cancelled appointment. patient_id: of the patient that its patientid is linked to."""
        report: list[Finding] = []
        top = self._appointment.read(body, report)[""]
        return _mapped_appointment(top, patient_id, report, "appointment")

    def appointment_slot(self, body: dict[str, Any]) -> Mapped[Appointment]:
        """One open slot, which athenahealth lists without a status or a patient."""
        report: list[Finding] = []
        given = body if not isinstance(body, dict) else {"appointmentstatus": "o", **body}
        top = self._appointment.read(given, report)[""]
        if top.get("status", "open") != "open" or top.get("frozen"):
            report.append(Finding("appointmentstatus", NOT_OPEN, "error"))
        return _mapped_appointment(top, None, report, "slot")

    def patient_external_id(self, body: Mapping[str, Any]) -> str | None:
        """athenahealth's patientid of a patient or an appointment, whatever its type."""
        return _id(body, "patientid")

    def appointment_external_id(self, body: Mapping[str, Any]) -> str | None:
        """athenahealth's appointmentid, whatever its type."""
        return _id(body, "appointmentid")

    def modified_at(self, body: Mapping[str, Any]) -> datetime | None:
        """When athenahealth last changed the record, where it says so; a day without a time is its beginning, Eastern."""
        for field in ("lastmodified", "lastupdated"):
            raw = body.get(field) if isinstance(body, Mapping) else None
            moment = read_eastern_stamp(raw) if isinstance(raw, str) and len(raw) < 40 else None
            if moment is not None:
                return moment
        return None


def _mapped_appointment(top: dict[str, Any], patient_id: UUID | None, report: list[Finding], what: str) -> Mapped[Appointment]:
    made = None if _refused(report) else appointment_of(top, patient_id, report)
    return Mapped(None if _refused(report) else made, tuple(report), what)


def _refused(report: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in report)


def _id(body: Any, field: str) -> str | None:
    if not isinstance(body, Mapping):
        return None
    raw = body.get(field)
    return None if raw is None or raw == 0 else as_text(raw, [], field, 100)
