"""A person joins two of our patients who are one: one goes on with what both knew, the other points to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import now
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept, lane_of
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.errors import InvalidValue
from practicestudio.merging import Units, is_missing, rebuild, same, units, with_values
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.records import Stored
from practicestudio.sync import reviews
from practicestudio.sync.intents import to_update

Whose = Literal["goes_on", "taken_in"]
JOINED = "the patient was joined with another"


@dataclass(frozen=True, slots=True)
class Joined:
    """What the patient who goes on knows afterwards. differs: units in which both knew something, and not the same."""

    units: Units
    differs: tuple[str, ...]


def joined(goes_on: Patient, taken_in: Patient, whose: Mapping[str, Whose]) -> Joined:
    """What both knew. Where they differ, whose value stands is said by unit; else it is that of the patient who goes on. Pure."""
    ours, others = units(goes_on), units(taken_in)
    stated = [unit for unit, value in others.items() if not is_missing(unit, value)]
    differs = tuple(unit for unit in stated if not is_missing(unit, ours.get(unit)) and not same(unit, ours[unit], others[unit]))
    gained = [unit for unit in stated if is_missing(unit, ours.get(unit)) or (unit in differs and whose.get(unit) == "taken_in")]
    result = with_values(ours, gained, others)
    known = (*goes_on.previous_external_ids, *taken_in.previous_external_ids)
    return Joined({**result, "previous_external_ids": tuple(dict.fromkeys(known))}, differs)


async def join_patients(
    transaction: Transaction, goes_on: UUID, taken_in: UUID, by: str, *, whose: Mapping[str, Whose] | None = None, why: str | None = None
) -> None:
    """Make one of two. whose: by unit, for those in which they differ; what is not named, and athenahealth has another value for, is asked.

    Raises InvalidValue where they cannot be joined: one is not there, or athenahealth keeps them as two.
    """
    found = await store.read_patients(transaction, [goes_on, taken_in], lock=True)
    one, other = _of(found, goes_on), _of(found, taken_in)
    if one.id == other.id:
        raise InvalidValue("These are the same record.", advice="Choose two patients.")
    if one.record.external_id and other.record.external_id:
        raise InvalidValue("athenahealth keeps these as two patients.", advice="Merge them in athenahealth; then they are merged here by themselves.")
    result = joined(one.record, other.record, whose or {})
    undecided = [unit for unit in result.differs if unit not in (whose or {})]
    await _carry_links(transaction, one, other, undecided)
    await _carry_appointments(transaction, one.id, other.id, by)
    record = await _write(transaction, one, other, result, by, why)
    await _end_errands(transaction, other, by)
    if record.external_id:
        await accept(transaction, [to_update(record.external_id, one.id, None)])


def _of(found: Mapping[UUID, Stored[Patient]], wanted: UUID) -> Stored[Patient]:
    stored = found.get(wanted)
    if stored is None or stored.merged_into is not None:
        raise InvalidValue("There is no such patient.", advice="Search for the patient again; it may have been merged into another.")
    return stored


async def _write(transaction: Transaction, one: Stored[Patient], other: Stored[Patient], result: Joined, by: str, why: str | None) -> Patient:
    before = units(one.record)
    changes: dict[str, tuple[Any, Any]] = {
        unit: (before.get(unit), value) for unit, value in result.units.items() if not same(unit, before.get(unit), value)
    }
    external_id = one.record.external_id or other.record.external_id
    record = rebuild(Patient, result.units, external_id=external_id)
    await store.change_patients(transaction, [one.having(record, changes, now(), by), replace(other, merged_into=one.id)])
    if external_id != one.record.external_id:
        changes["external_id"] = (one.record.external_id, external_id)
    taken = AuditEntry(Action.PERSON_PATIENT_MERGE, by, "patient", other.id, None, {"merged_into": (None, str(one.id))}, purpose=why)
    await audit.write(transaction, [AuditEntry(Action.PERSON_PATIENT_MERGE, by, "patient", one.id, None, changes, purpose=why), taken])
    return record


async def _carry_links(transaction: Transaction, one: Stored[Patient], other: Stored[Patient], undecided: list[str]) -> None:
    """athenahealth's ids follow. In what nobody decided, both sides have agreed on nothing, so that a person is asked."""
    links = await store.links_of_record(transaction, "patient", other.id)
    moved = [replace(link, record_id=one.id, base=with_values(link.base or {}, undecided, {})) for link in links]
    await store.put_links(transaction, "patient", moved)


async def _carry_appointments(transaction: Transaction, one: UUID, other: UUID, by: str) -> None:
    appointments = await store.appointments_of_patient(transaction, other)
    moved = [stored.having(replace(stored.record, patient_id=one), ["patient_id"], now(), by) for stored in appointments]
    await store.change_appointments(transaction, moved)
    changes = {"patient_id": (str(other), str(one))}
    entries = [AuditEntry(Action.PERSON_APPOINTMENT_CHANGE, by, "appointment", two.id, None, changes, patient_id=one) for two in moved]
    await audit.write(transaction, entries)


async def _end_errands(transaction: Transaction, other: Stored[Patient], by: str) -> None:
    """Nothing more is told of the record that was taken in, and nothing is asked about it."""
    about = other.record.external_id or f"ours:{other.id}"
    lane = lane_of(transaction.sealer, f"patient:{about}")
    await error_queue.hold_still(transaction, lane)
    found = sql.messages.unfinished_of_lane(transaction.connection, practice_id=transaction.practice_id, lane=lane, record_id=other.id)
    await error_queue.withdraw(transaction, [row[0] for row in await rows(found)], JOINED, by)
    failed = await list_messages(transaction, Filter(states=("failed", "parked"), direction="out", record_id=other.id), 1000)
    await error_queue.discard(transaction, [entry.id for entry in failed if entry.kind.startswith("patient.")], JOINED, by)
    await reviews.drop_conflict(transaction, UUID(int=0), other.id)
