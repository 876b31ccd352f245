"""One practice of the sandbox: its people, diary and feeds, and every change that can happen to them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zlib import crc32

from practicestudio.sandbox.catalogue import CANCEL_REASONS, Catalogue, Record
from practicestudio.sandbox.clock import SandboxClock, stamp
from practicestudio.sandbox.diary import Diary
from practicestudio.sandbox.feeds import Feeds
from practicestudio.sandbox.people import People, number
from practicestudio.sandbox.schedule import booking_fields, cancel_fields, type_fields


@dataclass(frozen=True, slots=True)
class Actor:
    """Who makes a change: a client with one of its requests, or the people of the practice themselves."""

    client: str = ""
    operation: str = ""
    method: str = ""
    request_id: str = ""

    @property
    def label(self) -> str:
        """How the record names who did it."""
        return f"API-{crc32(self.client.encode()) % 90_000 + 1000}" if self.client else "FRONTDESK"


class Ledger:
    """Every write that took effect, in order, so that what was lost or doubled can be told."""

    def __init__(self, clock: SandboxClock) -> None:
        self.entries: list[Record] = []
        self._clock = clock

    def write(self, practice: str, actor: Actor, what: str, **ids: Any) -> None:
        self.entries.append(
            {
                "seq": len(self.entries) + 1,
                "at": self._clock.now().isoformat(),
                "practice": practice,
                "by": actor.client or "control",
                "operation": actor.operation,
                "method": actor.method,
                "request_id": actor.request_id,
                "what": what,
                **ids,
            }
        )


class Practice:
    """Changes are laid over the first state, announced to the feeds and written to the ledger, all at once."""

    def __init__(self, catalogue: Catalogue, people: People, diary: Diary, feeds: Feeds, ledger: Ledger, clock: SandboxClock) -> None:
        self.id = catalogue.practice
        self.catalogue, self.people, self.diary, self.feeds = catalogue, people, diary, feeds
        self.providers: dict[int, Record] = {}
        self._ledger, self._clock = ledger, clock

    def now(self) -> datetime:
        return self._clock.now()

    # Patients.

    def create_patient(self, fields: Record, actor: Actor) -> int:
        patient = self.people.create(fields)
        self._patient_changed(patient, "AddPatient", actor, "patient created", fields)
        return patient

    def update_patient(self, patient: int, fields: Record, actor: Actor, *, absent: Iterable[str] = (), event: str = "UpdatePatient") -> None:
        self.people.change(patient, fields, absent)
        self._patient_changed(patient, "DeletePatient" if fields.get("status") == "deleted" else event, actor, "patient updated", fields)

    def merge_patients(self, kept: int, gone: int, actor: Actor) -> None:
        """The second record is taken into the first: it is deleted, its appointments go over, and the first remembers its id."""
        previous = [*(self.people.changes.get(kept, {}).get("previouspatientids") or ()), str(gone)]
        for appointment in self.diary.of_patient(gone):
            self._change_appointment(appointment, {"patientid": str(kept)}, "UpdateAppointment", actor, "appointment moved")
        self.people.change(kept, {"previouspatientids": previous})
        self.people.change(gone, {"status": "deleted"})
        self._patient_changed(kept, "MergePatient", actor, "patients merged", {"gone": str(gone)})
        self._patient_changed(gone, "MergePatient", actor, "patient merged away", {"kept": str(kept)})

    def set_custom_fields(self, patient: int, values: list[Record], actor: Actor) -> None:
        self.people.set_custom_fields(patient, values)
        self._patient_changed(patient, "UpdatePatientCustomField", actor, "custom fields updated", {})

    def set_insurances(self, patient: int, policies: list[Record], actor: Actor, what: str) -> None:
        self.people.set_insurances(patient, policies)
        self._patient_changed(patient, "UpdatePatient", actor, what, {})

    def _patient_changed(self, patient: int, event: str, actor: Actor, what: str, fields: Mapping[str, Any]) -> None:
        department = number((self.people.record(patient) or {}).get("departmentid"))
        self.feeds.announce("patients", event, patient, department, self.now())
        self._ledger.write(self.id, actor, what, patientid=str(patient), fields=sorted(fields))

    # Appointments.

    def add_slot(self, fields: Record, day: int, actor: Actor) -> int:
        slot = self.diary.create(fields, day)
        self._appointment_changed(slot, "AddAppointmentSlot", actor, "slot created")
        return slot

    def book(self, appointment: int, patient: int, fields: Record, actor: Actor) -> None:
        booking = booking_fields(str(patient), self.now(), actor.label) | fields
        self._change_appointment(appointment, booking, "ScheduleAppointment", actor, "booked")

    def cancel(self, appointment: int, reason: Record, actor: Actor, note: str | None = None) -> None:
        """The record stays, cancelled; its time becomes free as a slot of its own, where the reason says so."""
        record = self.diary.record(appointment) or {}
        if note:
            self.add_note(appointment, note, actor)
        fields = cancel_fields(reason, self.now(), actor.label)
        self._change_appointment(appointment, fields, "CancelAppointment", actor, "cancelled")
        if reason["slotavailable"]:
            self.reopen(record, actor)

    def reopen(self, record: Record, actor: Actor) -> int | None:
        span = self.diary.span(record)
        if span is None:
            return None
        kept = ("date", "starttime", "duration", "departmentid", "providerid", "hl7providerid", "templateappointmenttypeid")
        fields = {name: record[name] for name in kept if name in record} | type_fields(number(record.get("templateappointmenttypeid")))
        month, day, year = (int(part) for part in record["date"].split("/"))
        fields |= {"appointmentstatus": "o", "chargeentrynotrequired": False}
        return self.add_slot(fields, datetime(year, month, day, tzinfo=span[0].tzinfo).toordinal(), actor)

    def reschedule(self, old: int, new: int, fields: Record, actor: Actor) -> None:
        """The new one is booked for the same patient; the old one is cancelled and names the new one."""
        record = self.diary.record(old) or {}
        self.book(new, int(record["patientid"]), fields, actor)
        self.cancel(old, next(one for one in CANCEL_REASONS if one["name"] == "PATIENT RESCHEDULED"), actor)
        self.diary.change(old, {"rescheduledappointmentid": str(new)})

    def update_appointment(
        self,
        appointment: int,
        fields: Record,
        actor: Actor,
        *,
        absent: Iterable[str] = (),
        event: str = "UpdateAppointment",
        what: str = "updated",
    ) -> None:
        self.diary.change(appointment, {}, absent)
        self._change_appointment(appointment, fields, event, actor, what)

    def delete_slot(self, appointment: int, actor: Actor) -> None:
        self.diary.delete(appointment)
        self._appointment_changed(appointment, "DeleteAppointment", actor, "slot deleted")

    def start_check_in(self, appointment: int, actor: Actor) -> None:
        self.update_appointment(appointment, {"startcheckin": stamp(self.now())}, actor, what="check-in started")

    def check_in(self, appointment: int, actor: Actor) -> None:
        at = stamp(self.now())
        started = (self.diary.record(appointment) or {}).get("startcheckin") or at
        fields = {"appointmentstatus": "2", "startcheckin": started, "stopcheckin": at, "checkindatetime": at, "encounterstatus": "OPEN"}
        fields["encounterid"] = str(appointment + 500_000)
        self.update_appointment(appointment, fields, actor, event="CheckIn", what="checked in")

    def cancel_check_in(self, appointment: int, actor: Actor) -> None:
        fields = {"appointmentstatus": "f", "startcheckin": "", "stopcheckin": "", "checkindatetime": "", "encounterstatus": "DELETED"}
        self.update_appointment(appointment, fields, actor, what="check-in cancelled")

    def check_out(self, appointment: int, actor: Actor) -> None:
        fields = {"appointmentstatus": "3", "checkoutdatetime": stamp(self.now()), "encounterstatus": "CLOSED"}
        self.update_appointment(appointment, fields, actor, event="CheckOut", what="checked out")

    def add_note(self, appointment: int, text: str, actor: Actor, *, on_schedule: bool = False) -> Record:
        notes = self.diary.notes[appointment]
        note: Record = {"noteid": str(40_000 + len(notes) + appointment * 10), "notetext": text, "displayonschedule": on_schedule}
        note |= {"created": stamp(self.now()), "createdby": actor.label}
        notes.append(note)
        self.update_appointment(appointment, {}, actor, what="note added")
        return note

    def _change_appointment(self, appointment: int, fields: Record, event: str, actor: Actor, what: str) -> None:
        self.diary.change(appointment, {"lastmodified": stamp(self.now()), "lastmodifiedby": actor.label} | fields)
        self._appointment_changed(appointment, event, actor, what)

    def _appointment_changed(self, appointment: int, event: str, actor: Actor, what: str) -> None:
        record = self.diary.record(appointment) or {}
        self.feeds.announce("appointments", event, appointment, number(record.get("departmentid")), self.now())
        self._ledger.write(self.id, actor, what, appointmentid=str(appointment), patientid=str(record.get("patientid", "")))

    # Providers.

    def update_provider(self, provider: int, fields: Record, actor: Actor) -> None:
        self.providers.setdefault(provider, {}).update(fields)
        self.feeds.announce("providers", "ProviderUpdate", provider, None, self.now())
        self._ledger.write(self.id, actor, "provider updated", providerid=str(provider))
