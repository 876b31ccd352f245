"""A practice's appointments now: the first schedule, and over it whatever has changed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.people import ABSENT, number, without_absent
from practicestudio.sandbox.schedule import Schedule

FIRST_NEW_ID = 50_000_000
LIVE = frozenset("f234")

Span = tuple[datetime, datetime]


class Diary:
    """Appointments and slots by id. Only what differs from the first schedule is kept."""

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.changes: dict[int, Record] = {}
        self.deleted: set[int] = set()
        self.notes: defaultdict[int, list[Record]] = defaultdict(list)
        self._next = FIRST_NEW_ID
        self._days: defaultdict[int, set[int]] = defaultdict(set)
        self._patients: defaultdict[int, set[int]] = defaultdict(set)
        self._first_patients: defaultdict[int, set[int]] | None = None

    def record(self, appointment: int) -> Record | None:
        """A fresh copy of an appointment or slot; also of a deleted one, for feeds."""
        first = None if appointment >= FIRST_NEW_ID else self.schedule.appointment(appointment)
        change = self.changes.get(appointment)
        if first is None and change is None:
            return None
        return without_absent({**(first or {}), **(change or {})})

    def create(self, fields: Record, day: int) -> int:
        """A new slot or appointment on a day (an ordinal)."""
        appointment, self._next = self._next, self._next + 1
        self._days[day].add(appointment)
        self.change(appointment, {"appointmentid": str(appointment), "templateappointmentid": str(appointment), **fields})
        return appointment

    def change(self, appointment: int, fields: Mapping[str, Any], absent: Iterable[str] = ()) -> None:
        overlay = self.changes.setdefault(appointment, {})
        overlay.update(fields)
        overlay.update(dict.fromkeys(absent, ABSENT))
        patient = number(overlay.get("patientid"))
        if patient is not None:
            self._patients[patient].add(appointment)

    def delete(self, appointment: int) -> None:
        self.deleted.add(appointment)
        self.change(appointment, {"appointmentstatus": "x"})

    def day(self, day: int) -> list[Record]:
        """Everything that stands on a day, free, booked and cancelled, in order of time."""
        return self._in_order((*self.schedule.day(day), *self._days.get(day, ())))

    def booked(self, day: int) -> list[Record]:
        """What stands on a day and was ever booked, in order of time. A slot that nobody touched is not even looked at."""
        first = (one for one in self.schedule.day(day) if one in self.changes or self.schedule.is_booked(one, day))
        return self._in_order((*first, *self._days.get(day, ())))

    def _in_order(self, appointments: Iterable[int]) -> list[Record]:
        found = (self.record(one) for one in appointments if one not in self.deleted)
        return sorted((record for record in found if record), key=lambda record: (str(record.get("starttime")), str(record.get("appointmentid"))))

    def free(self, day: int, *, frozen: bool = False) -> Iterator[Record]:
        """The slots of a day that can be booked. frozen: and those that are held back."""
        records = self.day(day)
        busy = self._busy(records)
        for record in records:
            if record.get("appointmentstatus") == "o" and (frozen or not is_frozen(record)) and not self._overlaps(record, busy):
                yield record

    def is_free(self, record: Record) -> bool:
        """May this slot be booked: open, not frozen, and nothing else at that time with that provider."""
        if record.get("appointmentstatus") != "o" or is_frozen(record) or number(record.get("appointmentid")) in self.deleted:
            return False
        span = self.span(record)
        return span is not None and not self._overlaps(record, self._busy(self._around(span)))

    def _around(self, span: Span) -> Iterator[Record]:
        first = span[0].toordinal()
        for day in range(first - 1, first + 2):
            yield from self.day(day)

    def span(self, record: Record) -> Span | None:
        """From when to when, in UTC; None where the record says nothing sensible."""
        try:
            start = self.schedule.start(record)
            return start, start + timedelta(minutes=int(record["duration"]))
        except (KeyError, ValueError, TypeError, AttributeError):
            return None

    def _busy(self, records: Iterable[Record]) -> dict[str, list[Span]]:
        busy: defaultdict[str, list[Span]] = defaultdict(list)
        for record in records:
            if record.get("appointmentstatus") in LIVE and (span := self.span(record)):
                busy[str(record.get("providerid"))].append(span)
        return busy

    def _overlaps(self, record: Record, busy: Mapping[str, list[Span]]) -> bool:
        span = self.span(record)
        return span is None or any(start < span[1] and span[0] < end for start, end in busy.get(str(record.get("providerid")), ()))

    def of_patient(self, patient: int) -> dict[int, Record]:
        """Appointments of a patient by their id, in order of time."""
        found = ((one, self.record(one)) for one in self._first_of(patient) | self._patients.get(patient, set()))
        mine = [(one, record) for one, record in found if record and number(record.get("patientid")) == patient]
        return dict(sorted(mine, key=lambda pair: (self.span(pair[1]) or (self.schedule.opened,))[0]))

    def _first_of(self, patient: int) -> set[int]:
        if self._first_patients is None:
            self._first_patients = defaultdict(set)
            for day in self.schedule.booked_days():
                for appointment in self.schedule.day(day):
                    record = self.schedule.appointment(appointment) or {}
                    if "patientid" in record:
                        self._first_patients[int(record["patientid"])].add(appointment)
        return self._first_patients.get(patient, set())


def is_frozen(record: Record) -> bool:
    return str(record.get("frozenyn", "")).lower() == "true"
