"""The calendar of a location: who is booked with whom, day by day in the location's time zone; with the free times, as athenahealth has them now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.errors import InvalidValue
from practicestudio.records import Appointment, Location, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.find_slots import Slot
from practicestudio.sync.setup import Setup, setup_of


@dataclass(frozen=True, slots=True)
class Booked:
    """An appointment in the calendar, with its patient; start and end in the location's zone."""

    stored: Stored[Appointment]
    patient: Patient | None
    start: datetime
    end: datetime

    @property
    def provider_id(self) -> UUID | None:
        """With whom."""
        return self.stored.record.provider_id


@dataclass(frozen=True, slots=True)
class Free:
    """A free time in the calendar, in the location's zone."""

    slot: Slot
    start: datetime
    end: datetime

    @property
    def provider_id(self) -> UUID | None:
        """With whom."""
        return self.slot.provider_id


Entry = Booked | Free


@dataclass(frozen=True, slots=True)
class Calendar:
    """entries: by start. cancelled: those that are not shown in their place, for the time is free again."""

    location: Location
    first: date
    days: int
    entries: tuple[Entry, ...]
    cancelled: tuple[Booked, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The location's time zone."""
        return ZoneInfo(self.location.time_zone)


async def read_calendar(
    transaction: Transaction,
    location_id: UUID,
    first: date,
    days: int,
    by: str,
    *,
    provider_id: UUID | None = None,
    free: Sequence[Slot] = (),
) -> Calendar:
    """A location's days; who looked at which stands in the trail. provider_id: this one's only. free: to be shown between."""
    location = location_of(await setup_of(transaction), location_id)
    zone = ZoneInfo(location.time_zone)
    start, end = day_bounds(first, zone)[0], day_bounds(first + timedelta(days=days - 1), zone)[1]
    found = await store.appointments_between(transaction, start, end, provider_id=provider_id)
    here = [one for one in found if one.record.location_id == location_id and one.record.start_time]
    patients = await store.read_patients(transaction, list({one.record.patient_id for one in here if one.record.patient_id}))
    await audit.write(transaction, [_looked(location, first, days, by, here)])
    booked = [_booked(one, patients, zone) for one in here]
    entries: list[Entry] = [one for one in booked if one.stored.record.status != "cancelled"]
    entries += [_free(one, zone) for one in free]
    entries.sort(key=lambda one: (one.start, one.end))
    return Calendar(location, first, days, tuple(entries), tuple(one for one in booked if one.stored.record.status == "cancelled"))


def location_of(setup: Setup, location_id: UUID) -> Location:
    """The practice's location. Raises InvalidValue where there is none."""
    for location in setup.items.locations.values():
        if location.id == location_id:
            return location
    raise InvalidValue("The practice has no such location.", advice="Choose one of the list.")


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where a day begins and ends in a zone."""
    return datetime.combine(day, time(), zone), datetime.combine(day + timedelta(days=1), time(), zone)


def _looked(location: Location, first: date, days: int, by: str, seen: Iterable[Stored[Appointment]]) -> AuditEntry:
    changes = {
        "location": (None, str(location.id)),
        "first": (None, first.isoformat()),
        "days": (None, days),
        "shown": (None, [str(one.id) for one in seen]),
    }
    return AuditEntry(Action.PERSON_APPOINTMENT_SEARCH, by, changes=changes)


def _booked(stored: Stored[Appointment], patients: dict[UUID, Stored[Patient]], zone: ZoneInfo) -> Booked:
    record = stored.record
    patient = patients.get(record.patient_id) if record.patient_id else None
    start = (record.start_time or stored.record.end_time or datetime.now(zone)).astimezone(zone)
    end = record.end_time.astimezone(zone) if record.end_time else start
    return Booked(stored, patient.record if patient else None, start, end)


def _free(slot: Slot, zone: ZoneInfo) -> Free:
    return Free(slot, slot.start_time.astimezone(zone), slot.end_time.astimezone(zone))


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the calendar's table: what begins in it, and over how many rows it goes."""

    rows: int
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table: a time of day, and the cells that begin in it; None where one from above goes on."""

    at: time
    cells: tuple[Cell | None, ...]


def table_of(columns: Sequence[Sequence[Entry]], step: int = 30, opens: time = time(8), closes: time = time(17)) -> list[Row]:
    """The columns' entries as rows of a table of `step` minutes; what overlaps in a column shares a cell. Pure.

    The table begins at `opens` or with the first entry, and ends at `closes` or with the last.
    """
    everything = [one for column in columns for one in column]
    first = min([_minutes(opens), *(_minute(one.start) for one in everything)]) // step
    last = -(-max([_minutes(closes), *(_last_minute(one) for one in everything)]) // step)
    cells = [_cells(column, step) for column in columns]
    rows = []
    for number in range(first, last):
        at = time(number * step // 60, number * step % 60)
        rows.append(Row(at, tuple(_cell(one, number) for one in cells)))
    return rows


def _cells(column: Sequence[Entry], step: int) -> list[tuple[int, int, tuple[Entry, ...]]]:
    """Entries that share a row, joined: first row, row behind the last, entries."""
    joined: list[tuple[int, int, tuple[Entry, ...]]] = []
    for one in sorted(column, key=lambda entry: (entry.start, entry.end)):
        first, behind = _minute(one.start) // step, max(-(-_last_minute(one) // step), _minute(one.start) // step + 1)
        if joined and first < joined[-1][1]:
            before = joined.pop()
            joined.append((before[0], max(before[1], behind), (*before[2], one)))
        else:
            joined.append((first, behind, (one,)))
    return joined


def _cell(joined: Iterable[tuple[int, int, tuple[Entry, ...]]], number: int) -> Cell | None:
    for first, behind, entries in joined:
        if first == number:
            return Cell(behind - first, entries)
        if first < number < behind:
            return None
    return Cell(1)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _minute(moment: datetime) -> int:
    return moment.hour * 60 + moment.minute


def _last_minute(entry: Entry) -> int:
    """Minutes from the day's beginning to the entry's end; what goes over midnight ends there."""
    return 24 * 60 if entry.end.date() > entry.start.date() else _minute(entry.end)
