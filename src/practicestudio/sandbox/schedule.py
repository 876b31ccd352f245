"""Slots and first bookings as a pure function of seed, practice, provider and day."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from practicestudio.sandbox.catalogue import APPOINTMENT_TYPES, CANCEL_REASONS, REASONS, Catalogue, Provider, Record
from practicestudio.sandbox.clock import stamp
from practicestudio.sandbox.mixing import mix, salt
from practicestudio.sandbox.population import Population

SLOTS = 16
REOPENED = SLOTS  # a cancelled appointment gives its time back as another slot, this much further on
PER_DAY = 2 * SLOTS
FIRST_ID = 10_000
FIRST_DAY = date(2020, 1, 1).toordinal()
BOOKED_DAYS = 14
REMEMBERED = 32_768  # what was asked for last is asked for again: a month of a practice's slots, and the times at which they begin
_TIMES = tuple(f"{hour:02}:{minute:02}" for hour in (8, 9, 10, 11, 13, 14, 15, 16) for minute in (0, 30))
_TYPES = {one.id: one for one in APPOINTMENT_TYPES}
_REASONS = {one.id: one for one in REASONS}


@dataclass(frozen=True, slots=True)
class SlotKey:
    """Which slot: the day as an ordinal, the provider's rank in the practice, the number in the day (reopened ones from REOPENED)."""

    day: int
    provider: int
    number: int


class Schedule:
    """The diary that a practice begins with, seen from `opened`, the moment its world was made.

    Ids are 10000 + ((day - first day) * providers + provider) * 32 + number, so that an id tells its slot.
    """

    def __init__(self, seed: int, catalogue: Catalogue, population: Population, opened: datetime) -> None:
        self.opened = opened
        self._catalogue, self._population = catalogue, population
        self._salt = salt(seed, catalogue.practice, "slots")
        self._today = opened.date().toordinal()
        self._remembered = lru_cache(REMEMBERED)(self._record)

    def identify(self, key: SlotKey) -> int:
        return FIRST_ID + ((key.day - FIRST_DAY) * len(self._catalogue.providers) + key.provider) * PER_DAY + key.number

    def locate(self, appointment: int) -> SlotKey | None:
        rest, number = divmod(appointment - FIRST_ID, PER_DAY)
        days, provider = divmod(rest, len(self._catalogue.providers))
        day = FIRST_DAY + days
        return SlotKey(day, provider, number) if appointment >= FIRST_ID and self.works(provider, day) else None

    def works(self, provider: int, day: int) -> bool:
        """Monday to Friday, until five years from the opening."""
        return FIRST_DAY <= day < self._today + 1830 and (day + 6) % 7 < 5

    def department(self, provider: Provider, day: int) -> int:
        """Where the provider is on that day: every third day at the second department, if there is one."""
        return provider.departments[-1] if day % 3 == 0 else provider.departments[0]

    def day(self, day: int) -> Iterator[int]:
        """The ids of a day's slots, of all providers."""
        for rank in range(len(self._catalogue.providers)):
            if self.works(rank, day):
                first = self.identify(SlotKey(day, rank, 0))
                yield from range(first, first + SLOTS)
                yield from (first + REOPENED + number for number in range(SLOTS) if self._gives_back(first + number, day))

    def booked_days(self) -> range:
        return range(self._today - BOOKED_DAYS, self._today + BOOKED_DAYS)

    def _draw(self, appointment: int) -> int:
        return mix(self._salt + appointment)

    def is_booked(self, appointment: int, day: int) -> bool:
        """Is a slot of that day booked (or booked and cancelled) from the beginning."""
        return day in self.booked_days() and self._draw(appointment) & 15 < 8

    def _gives_back(self, appointment: int, day: int) -> bool:
        return self.is_booked(appointment, day) and self._is_cancelled(self._draw(appointment))

    @staticmethod
    def _is_cancelled(drawn: int) -> bool:
        return drawn >> 8 & 15 == 0

    def appointment(self, appointment: int) -> Mapping[str, Any] | None:
        """The record of a slot, free or booked; None where the practice has none. It is remembered: copy it before changing it."""
        return self._remembered(appointment)

    def _record(self, appointment: int) -> Record | None:
        key = self.locate(appointment)
        if key is None or (key.number >= REOPENED and not self._gives_back(appointment - REOPENED, key.day)):
            return None
        drawn = self._draw(appointment)
        provider = self._catalogue.providers[key.provider]
        kind = _TYPES[(82, 82, 82, 82, 1, 2, 2, 82)[drawn >> 4 & 7]]
        record: Record = {
            "appointmentid": str(appointment),
            "date": date.fromordinal(key.day).strftime("%m/%d/%Y"),
            "starttime": _TIMES[key.number % SLOTS],
            "duration": 30,
            "departmentid": str(self.department(provider, key.day)),
            "providerid": str(provider.id),
            "appointmentstatus": "o",
            **type_fields(kind.id),
            "templateappointmentid": str(appointment),
            "templateappointmenttypeid": str(kind.id),
            "hl7providerid": provider.id,
            "chargeentrynotrequired": False,
            "coordinatorenterprise": False,
        }
        if key.number < REOPENED and self.is_booked(appointment, key.day):
            self._book(record, drawn)
        return record

    def _book(self, record: Record, drawn: int) -> None:
        department = int(record["departmentid"])
        people = self._population.count_in(department)
        if not people:
            return
        patient = self._population.nth_in(department, (drawn >> 24) % people)
        start = self.start(record)
        scheduled = min(start, self.opened) - timedelta(minutes=(drawn >> 16 & 0x3FFF) + 60)
        record.update(booking_fields(str(patient), scheduled, "FRONTDESK"))
        if reason := _REASONS.get((563, 564, 123, 0)[drawn >> 12 & 3]):
            record["reasonid"], record["reason"] = str(reason.id), reason.name
        if self._is_cancelled(drawn):
            record.update(cancel_fields(CANCEL_REASONS[drawn >> 14 & 1], min(self.opened, start), "FRONTDESK"))
        elif start < self.opened:
            record.update(visit_fields(record["appointmentid"], start, "34"[drawn >> 15 & 1]))

    def start(self, record: Record) -> datetime:
        """When an appointment begins, in UTC."""
        department = self._catalogue.department(int(record["departmentid"])) or self._catalogue.departments[0]
        return _moment(record["date"], record["starttime"], department.zone)


@lru_cache(REMEMBERED)
def _moment(day: str, at: str, zone: str) -> datetime:
    """MM/DD/YYYY and HH:MM on the clock of a zone, in UTC."""
    month, of_month, year = (int(part) for part in day.split("/"))
    hour, minute = (int(part) for part in at.split(":"))
    return datetime.combine(date(year, month, of_month), time(hour, minute), ZoneInfo(zone)).astimezone(UTC)


def type_fields(wanted: int | None) -> Record:
    """What an appointment says of its type; of an unknown one it says the generic type."""
    kind = _TYPES.get(wanted or 0, APPOINTMENT_TYPES[0])
    return {"appointmenttypeid": str(kind.id), "appointmenttype": kind.name, "patientappointmenttypename": kind.name}


def booking_fields(patient: str, at: datetime, by: str) -> Record:
    """What a booking adds to a slot."""
    return {
        "appointmentstatus": "f",
        "patientid": patient,
        "scheduledby": by,
        "scheduleddatetime": stamp(at),
        "lastmodified": stamp(at),
        "lastmodifiedby": by,
        "copay": 0,
        "appointmentcopay": {"collectedforother": 0, "collectedforappointment": 0, "insurancecopay": 0},
    }


def cancel_fields(reason: Record, at: datetime, by: str) -> Record:
    """What a cancellation adds; a no-show is a cancellation whose reason says so."""
    return {
        "appointmentstatus": "x",
        "cancelledby": by,
        "cancelleddatetime": stamp(at),
        "cancelreasonid": str(reason["appointmentcancelreasonid"]),
        "cancelreasonname": reason["name"],
        "cancelreasonnoshow": reason["noshow"],
        "cancelreasonslotavailable": reason["slotavailable"],
        "lastmodified": stamp(at),
        "lastmodifiedby": by,
    }


def visit_fields(appointment: str, start: datetime, status: str) -> Record:
    """What a visit that is over adds: checked in a little before its time, out twenty minutes after."""
    return {
        "appointmentstatus": status,
        "startcheckin": stamp(start - timedelta(minutes=8)),
        "stopcheckin": stamp(start - timedelta(minutes=5)),
        "checkindatetime": stamp(start - timedelta(minutes=5)),
        "checkoutdatetime": stamp(start + timedelta(minutes=20)),
        "encounterid": str(int(appointment) + 500_000),
        "encounterstatus": "CLOSED",
        "lastmodified": stamp(start + timedelta(minutes=20)),
    }
