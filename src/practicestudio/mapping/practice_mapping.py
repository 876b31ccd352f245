"""One practice's mapping: compiled once from rows and overrides, then called for every record in either direction."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from practicestudio.mapping.appointment_rows import APPOINTMENT, BOOKING, BOOKING_IN_GUIDE
from practicestudio.mapping.assembled import CONTACT_KINDS, appointment_of, patient_of
from practicestudio.mapping.booking import booking_of, outgoing_booking
from practicestudio.mapping.codes import ALL_CODE_TABLES
from practicestudio.mapping.findings import Finding, Mapped, Outgoing, Report
from practicestudio.mapping.inbound import ReadingPlan, compile_reading
from practicestudio.mapping.insurance_rows import INSURANCE
from practicestudio.mapping.outbound import compile_sending
from practicestudio.mapping.outgoing_lists import INSURANCES, changed_insurances_out, custom_fields_out, new_insurances_out
from practicestudio.mapping.overrides import CUSTOM, Override, named_custom_fields, overridden_tables
from practicestudio.mapping.patient_rows import ONE_OF_TO_CREATE, PATIENT
from practicestudio.mapping.references import References
from practicestudio.mapping.rows import Context, Dialect, FieldMap
from practicestudio.mapping.times import read_eastern_stamp
from practicestudio.mapping.values import as_text
from practicestudio.records import Appointment, CustomField, Patient

UNITS_OF_PATIENT = tuple(one.name for one in fields_of(Patient) if one.name not in ("external_id", "insurances", "custom_fields"))
"""The merge units that every patient has. Besides them each insurance is one, `insurances.<external_id>` or `insurances.sequence-<n>`
while athenahealth has not numbered it, and each custom field, `custom_fields.<name>`."""

EVERY_INSURANCE = "insurances.*"
_NOBODY = Patient()

NOT_OPEN = "This slot is not open."
ONE_WAY_TO_REACH = "athenahealth makes a patient only with a phone number, an e-mail address or a postal code."
TOO_MANY_CONTACTS = "athenahealth has room for one emergency contact and one next of kin; the others were not sent."


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
        self._send_patient = compile_sending(PATIENT, self._context, self._overrides)
        self._send_insurance = compile_sending(INSURANCE, self._context, self._overrides)
        self._send_booking = compile_sending(BOOKING if dialect == "platform" else BOOKING_IN_GUIDE, self._context, self._overrides)

    def _plan(self, fields: FieldMap) -> ReadingPlan:
        return compile_reading(fields, self._context, self._overrides)

    def patient_in(self, body: dict[str, Any]) -> Mapped[Patient]:
        """One athenahealth patient object, as received."""
        report: list[Finding] = []
        groups = self._patient.read(body, report)
        if report and _refused(report):
            return Mapped(None, _once(report), "patient")
        patient = patient_of(groups)
        return Mapped(patient, _once(report), "patient", self._unread(patient, report)) if report else Mapped(patient, (), "patient")

    def _unread(self, patient: Patient, report: list[Finding]) -> frozenset[str]:
        """Units that a left-out value would have filled: custom fields, whole lists, and what is empty now."""
        units = {self._patient.units.get(finding.place, finding.place) for finding in report if finding.severity == "no_place"}
        named = {EVERY_INSURANCE if unit == "insurances" else unit for unit in units}
        return frozenset(unit for unit in named if unit.startswith(CUSTOM) or unit == EVERY_INSURANCE or _is_empty(patient, unit))

    def patient_out(self, patient: Patient, fields: Collection[str] | None = None, previous: Patient | None = None) -> Outgoing:
        """What is to be sent of a patient.

        fields: the merge units that changed; None: the patient is new to athenahealth. previous: the last state that both sides know, so that
        only what was there is cleared, by an empty value.
        """
        report: list[Finding] = []
        if fields is None:
            return self._new_patient(patient, report)
        units = _with_declined(fields, patient, previous)
        own = [unit for unit in units if unit.startswith(CUSTOM) and unit not in self._send_patient.by_unit]
        insurances = [unit for unit in units if unit.startswith(INSURANCES)]
        plain = [unit for unit in units if unit not in own and unit not in insurances]
        if "contacts" in plain:
            _report_contacts(patient, report)
        return Outgoing(
            values=self._send_patient.to_change(patient, previous, plain, report),
            custom_fields=self._custom_fields_out(patient, [unit.removeprefix(CUSTOM) for unit in own], report),
            insurances=changed_insurances_out(patient, previous, insurances, self._send_insurance, report),
            report=tuple(report),
            what="patient",
        )

    def _new_patient(self, patient: Patient, report: list[Finding]) -> Outgoing:
        if patient.registration_location_id is None:
            patient = replace(patient, registration_location_id=patient.primary_location_id)
        values = self._send_patient.to_create(patient, report)
        if not any(values.get(field) for field in ONE_OF_TO_CREATE) and not _refused(report):
            report.append(Finding("phone_home", ONE_WAY_TO_REACH, "error"))
        _report_contacts(patient, report)
        own = [name for name in patient.custom_fields if CUSTOM + name not in self._send_patient.by_unit]
        return Outgoing(
            values=values,
            custom_fields=self._custom_fields_out(patient, own, report),
            insurances=new_insurances_out(patient, self._send_insurance, report),
            report=tuple(report),
            what="patient",
        )

    def _custom_fields_out(self, patient: Patient, names: Collection[str], report: list[Finding]) -> list[dict[str, str]]:
        return custom_fields_out(patient, names, self._context.custom_fields, self.dialect, report)

    def appointment_in(self, body: dict[str, Any], patient_id: UUID | None) -> Mapped[Appointment]:
        """One booked, changed or cancelled appointment. patient_id: of the patient that its patientid is linked to."""
        report: list[Finding] = []
        top = self._appointment.read(body, report)[""]
        return _mapped_appointment(top, patient_id, report, "appointment")

    def appointment_slot(self, body: dict[str, Any]) -> Mapped[Appointment]:
        """One open slot, which athenahealth lists without a status or a patient."""
        report: list[Finding] = []
        given = {**body, "appointmentstatus": body.get("appointmentstatus") or "o"} if isinstance(body, dict) else body
        top = self._appointment.read(given, report)[""]
        if top.get("status", "open") != "open" or top.get("frozen"):
            report.append(Finding("appointmentstatus", NOT_OPEN, "error"))
        return _mapped_appointment(top, None, report, "slot")

    def booking_out(self, appointment: Appointment, patient_external_id: str, reason_id: str | None = None) -> Outgoing:
        """What is to be sent to book the appointment: on the platform for the free slot in the path, in the guide by its time."""
        booking = booking_of(appointment, patient_external_id, reason_id, self.dialect, self._context.references)
        return outgoing_booking(booking, self._send_booking)

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


def _is_empty(patient: Patient, unit: str) -> bool:
    return unit in UNITS_OF_PATIENT and getattr(patient, unit) == getattr(_NOBODY, unit)


def _with_declined(units: Collection[str], patient: Patient, previous: Patient | None) -> list[str]:
    """The units in order, without doubles; a change of `declined` stands for the fields that it names or no longer names."""
    named = set(patient.declined) ^ set(previous.declined) if previous else set(patient.declined)
    return list(dict.fromkeys(one for unit in units for one in (sorted(named) if unit == "declined" else (unit,))))


def _report_contacts(patient: Patient, report: list[Finding]) -> None:
    kinds = [contact.kind for contact in patient.contacts]
    if len(kinds) > len(set(kinds) & set(CONTACT_KINDS)):
        report.append(Finding("contacts", TOO_MANY_CONTACTS, "no_place"))


def _mapped_appointment(top: dict[str, Any], patient_id: UUID | None, report: list[Finding], what: str) -> Mapped[Appointment]:
    made = None if _refused(report) else appointment_of(top, patient_id, report)
    return Mapped(None if _refused(report) else made, _once(report), what)


def _once(report: list[Finding]) -> Report:
    """The findings in order, each once, however often a list has the same fault."""
    return tuple(dict.fromkeys(report))


def _refused(report: list[Finding]) -> bool:
    return any(finding.severity == "error" for finding in report)


def _id(body: Any, field: str) -> str | None:
    if not isinstance(body, Mapping):
        return None
    raw = body.get(field)
    return None if raw is None or raw == 0 else as_text(raw, [], field, 100)
