"""Patients and appointments at rest: sealed records, their links to athenahealth, the keys they are found by. All in bulk."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar
from uuid import UUID

import msgspec

from practicestudio.matching import Key, KeyKind, fits_query, match_keys, search_keys, search_terms
from practicestudio.merging import Units, decode_units, encode_units
from practicestudio.records import Appointment, Patient
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows

SEARCH_PAGE = 20
RecordKind = Literal["patient", "appointment"]
R = TypeVar("R", Patient, Appointment)


@dataclass(frozen=True, slots=True)
class Touched:
    """The last change of one merge unit after the record was made: when, and by whom."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Stored(Generic[R]):
    """A record as it is kept. changed: unit to its last change; a unit that is not there is as the record was made."""

    id: UUID
    record: R
    version: int = 0
    changed: Mapping[str, Touched] = field(default_factory=dict)
    merged_into: UUID | None = None

    def having(self, record: R, units: Iterable[str], at: datetime, by: str) -> "Stored[R]":
        """The same record with new content, these units of which were changed now."""
        return replace(self, record=record, changed={**self.changed, **dict.fromkeys(units, Touched(at, by))})


@dataclass(frozen=True, slots=True)
class Link:
    """Which record of ours an identity at athenahealth is. base: the state both sides last agreed on; agreed_at: as of when.

    position: where the message log stood then, by which an older state of theirs is told from a newer one whatever the clocks say.
    """

    identity: UUID
    record_id: UUID
    base: Units | None
    agreed_at: datetime
    message_id: UUID | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class _Kept(Generic[R]):
    record: R
    changed: dict[str, Touched]


_encode = msgspec.json.Encoder().encode
_decode_patient = msgspec.json.Decoder(_Kept[Patient]).decode
_decode_appointment = msgspec.json.Decoder(_Kept[Appointment]).decode
_CLASSES: dict[RecordKind, type[Patient] | type[Appointment]] = {"patient": Patient, "appointment": Appointment}


def identity_of(transaction: Transaction, kind: RecordKind, external_id: str) -> UUID:
    """The blind identity of athenahealth's id."""
    return transaction.sealer.identity(kind, external_id)


async def find_links(transaction: Transaction, kind: RecordKind, identities: Sequence[UUID]) -> dict[UUID, Link]:
    """The links of these identities that there are, by identity."""
    found = sql.records.find_links(transaction.connection, practice_id=transaction.practice_id, kind=kind, identities=list(identities))
    return {row[0]: _link(transaction, kind, *row) for row in await rows(found)}


def _link(
    transaction: Transaction, kind: RecordKind, identity: UUID, record_id: UUID, base: bytes | None, agreed_at: datetime, position: int
) -> Link:
    opened = None if base is None else decode_units(_CLASSES[kind], transaction.sealer.open("links", identity, base))
    return Link(identity, record_id, opened, agreed_at, position=position)


async def links_of_record(transaction: Transaction, kind: RecordKind, record_id: UUID) -> list[Link]:
    """Every identity at athenahealth that this record is, the one that was agreed on longest ago first."""
    found = sql.records.links_of_record(transaction.connection, practice_id=transaction.practice_id, kind=kind, record_id=record_id)
    return [replace(_link(transaction, kind, *row[:5]), message_id=row[5]) for row in await rows(found)]


async def drop_link(transaction: Transaction, kind: RecordKind, identity: UUID) -> None:
    """An identity at athenahealth is nobody's here from now on."""
    await sql.records.drop_link(transaction.connection, practice_id=transaction.practice_id, kind=kind, identity=identity)


async def put_links(transaction: Transaction, kind: RecordKind, links: Sequence[Link]) -> None:
    """Store links, new or changed."""
    if links:
        await sql.records.put_links(
            transaction.connection,
            practice_id=transaction.practice_id,
            kind=kind,
            identities=[link.identity for link in links],
            record_ids=[link.record_id for link in links],
            bases=[None if one.base is None else transaction.sealer.seal("links", one.identity, encode_units(one.base)) for one in links],
            agreed_ats=[link.agreed_at for link in links],
            positions=[link.position for link in links],
            message_ids=[link.message_id for link in links],
        )


def blind_match_keys(transaction: Transaction, patient: Patient) -> dict[int, KeyKind]:
    """The keys by which people who may be this one are found, each with its kind."""
    index = transaction.sealer.index
    return {index(kind, text): kind for kind, text in match_keys(patient)}


async def lock_keys(transaction: Transaction, keys: Mapping[int, KeyKind]) -> None:
    """Keep others from making one of these people until the transaction ends.

    Whoever could be linked shares a date of birth and the sound of a name: the other keys need no lock, and locks are few in PostgreSQL.
    """
    if wanted := sorted(key for key, kind in keys.items() if kind in ("dob_sound_last", "dob_sound_first")):
        await rows(sql.records.lock_keys(transaction.connection, keys=wanted))


async def link_among_others(transaction: Transaction) -> None:
    """Before links are made for what came in: what an answer tells of a new id (`link_alone`) comes before or after this transaction."""
    await rows(sql.records.lock_linking_shared(transaction.connection, key=transaction.sealer.index("lock", "links")))


async def link_alone(transaction: Transaction) -> None:
    """Before a link is made for an id that an answer told, which may be coming in at the same time."""
    await rows(sql.records.lock_linking(transaction.connection, key=transaction.sealer.index("lock", "links")))


async def find_candidates(transaction: Transaction, keys: Iterable[int]) -> dict[int, set[UUID]]:
    """Patients by each of these match keys."""
    candidates: dict[int, set[UUID]] = {}
    wanted = list(set(keys))
    for key, patient_id in await rows(sql.records.match_candidates(transaction.connection, practice_id=transaction.practice_id, keys=wanted)):
        candidates.setdefault(key, set()).add(patient_id)
    return candidates


async def read_patients(transaction: Transaction, ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Stored[Patient]]:
    """Patients by id. lock: until the transaction ends, nobody else changes them."""
    query = sql.records.lock_patients if lock else sql.records.read_patients
    found = await rows(query(transaction.connection, practice_id=transaction.practice_id, ids=list(ids)))
    return {row[0]: _patient(transaction, row) for row in found}


def _patient(transaction: Transaction, row: Sequence[Any]) -> Stored[Patient]:
    kept = _decode_patient(transaction.sealer.open("patients", row[0], row[3]))
    return Stored(row[0], kept.record, row[1], kept.changed, row[4])


def _sealed(transaction: Transaction, table: str, stored: Stored[Any]) -> bytes:
    return transaction.sealer.seal(table, stored.id, _encode(_Kept(stored.record, dict(stored.changed))))


async def add_patients(transaction: Transaction, patients: Sequence[Stored[Patient]]) -> None:
    """Store new patients, and the keys they are found by."""
    if patients:
        keys = _Keys.of(transaction, patients)
        await sql.records.insert_patients(
            transaction.connection,
            practice_id=transaction.practice_id,
            ids=[stored.id for stored in patients],
            statuses=[stored.record.status for stored in patients],
            sealed=[_sealed(transaction, "patients", stored) for stored in patients],
            **keys.columns(),
        )
        await _add_match_keys(transaction, keys)


async def change_patients(transaction: Transaction, patients: Sequence[Stored[Patient]]) -> None:
    """Store patients that are there already, with new content; their keys are made anew."""
    if patients:
        keys = _Keys.of(transaction, patients)
        ids = [stored.id for stored in patients]
        await sql.records.drop_match_keys(transaction.connection, practice_id=transaction.practice_id, patient_ids=ids)
        await sql.records.update_patients(
            transaction.connection,
            practice_id=transaction.practice_id,
            ids=ids,
            statuses=[stored.record.status for stored in patients],
            sealed=[_sealed(transaction, "patients", stored) for stored in patients],
            merged_intos=[stored.merged_into for stored in patients],
            **keys.columns(),
        )
        await _add_match_keys(transaction, keys)


@dataclass(slots=True)
class _Keys:
    """The keys of many patients in one list: a patient's search keys are those after its first up to its middle, its match keys those up to
    its last. Whoever was merged into another patient has none."""

    ids: list[UUID] = field(default_factory=list)
    keys: list[int] = field(default_factory=list)
    firsts: list[int] = field(default_factory=list)
    middles: list[int] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, transaction: Transaction, patients: Sequence[Stored[Patient]]) -> "_Keys":
        found = cls()
        index = transaction.sealer.index
        for stored in patients:
            found.ids.append(stored.id)
            found.firsts.append(len(found.keys))
            if stored.merged_into is None:
                found.keys.extend([index(kind, text) for kind, text in search_keys(stored.record)])
            found.middles.append(len(found.keys))
            if stored.merged_into is None:
                found.keys.extend(blind_match_keys(transaction, stored.record))
            found.lasts.append(len(found.keys))
        return found

    def columns(self) -> dict[str, list[int]]:
        return {"keys": self.keys, "firsts": self.firsts, "middles": self.middles, "lasts": self.lasts}


async def _add_match_keys(transaction: Transaction, of: _Keys) -> None:
    pairs = [(one, key) for one, middle, last in zip(of.ids, of.middles, of.lasts, strict=True) for key in of.keys[middle:last]]
    await sql.records.add_match_keys(
        transaction.connection,
        practice_id=transaction.practice_id,
        patient_ids=[patient_id for patient_id, _ in pairs],
        keys=[key for _, key in pairs],
    )


async def search_patients(transaction: Transaction, query: str, limit: int = 20) -> list[Stored[Patient]]:
    """Patients that fit every word of what a person typed. The keys are coarser than words can be, so what they find is looked through."""
    keys = [transaction.sealer.index(kind, text) for kind, text in search_terms(query)]
    fitting: list[Stored[Patient]] = []
    after = UUID(int=0)
    while keys and len(fitting) < limit:
        page = sql.records.search_patients(transaction.connection, keys=keys, after=after, limit=max(limit, SEARCH_PAGE))
        found = [_patient(transaction, row) for row in await rows(page)]
        fitting += [stored for stored in found if fits_query(stored.record, query)]
        if len(found) < max(limit, SEARCH_PAGE):
            break
        after = found[-1].id
    return fitting[:limit]


async def patients_found(transaction: Transaction, terms: Sequence[Key], after: UUID, limit: int) -> list[Stored[Patient]]:
    """Patients with all of these terms, by id, behind `after`."""
    keys = [transaction.sealer.index(kind, text) for kind, text in terms]
    if not keys:
        return []
    found = sql.records.search_patients(transaction.connection, keys=keys, after=after, limit=limit)
    return [_patient(transaction, row) for row in await rows(found)]


async def read_appointments(transaction: Transaction, ids: Sequence[UUID], *, lock: bool = False) -> dict[UUID, Stored[Appointment]]:
    """Appointments by id. lock: until the transaction ends, nobody else changes them."""
    query = sql.records.lock_appointments if lock else sql.records.read_appointments
    found = await rows(query(transaction.connection, practice_id=transaction.practice_id, ids=list(ids)))
    return {row[0]: _appointment(transaction, row) for row in found}


async def appointments_between(
    transaction: Transaction, start: datetime, end: datetime, *, provider_id: UUID | None = None, patient_id: UUID | None = None
) -> list[Stored[Appointment]]:
    """Appointments that start in [start, end), by start."""
    found = sql.records.appointments_between(
        transaction.connection,
        practice_id=transaction.practice_id,
        start_time=start,
        end_time=end,
        provider_id=provider_id,
        patient_id=patient_id,
    )
    return [_appointment(transaction, row) for row in await rows(found)]


async def list_appointments_of(transaction: Transaction, patient_id: UUID) -> list[Stored[Appointment]]:
    """A patient's appointments, by start."""
    found = sql.records.list_appointments_of(transaction.connection, practice_id=transaction.practice_id, patient_id=patient_id)
    return [_appointment(transaction, row) for row in await rows(found)]


async def appointments_of_patient(transaction: Transaction, patient_id: UUID) -> list[Stored[Appointment]]:
    """A patient's appointments, locked."""
    found = sql.records.appointments_of_patient(transaction.connection, practice_id=transaction.practice_id, patient_id=patient_id)
    return [_appointment(transaction, row) for row in await rows(found)]


async def unlinked_appointments(transaction: Transaction, patient_ids: Sequence[UUID]) -> list[Stored[Appointment]]:
    """Appointments of these patients that athenahealth is not known to have, locked."""
    found = sql.records.unlinked_appointments(transaction.connection, practice_id=transaction.practice_id, patient_ids=list(patient_ids))
    return [_appointment(transaction, row) for row in await rows(found)]


def _appointment(transaction: Transaction, row: Sequence[Any]) -> Stored[Appointment]:
    kept = _decode_appointment(transaction.sealer.open("appointments", row[0], row[2]))
    return Stored(row[0], kept.record, row[1], kept.changed)


async def add_appointments(transaction: Transaction, appointments: Sequence[Stored[Appointment]]) -> None:
    """Store new appointments."""
    if appointments:
        await sql.records.insert_appointments(transaction.connection, **_columns(transaction, appointments))


async def change_appointments(transaction: Transaction, appointments: Sequence[Stored[Appointment]]) -> None:
    """Store appointments that are there already, with new content."""
    if appointments:
        await sql.records.update_appointments(transaction.connection, **_columns(transaction, appointments))


def _columns(transaction: Transaction, appointments: Sequence[Stored[Appointment]]) -> dict[str, Any]:
    return {
        "practice_id": transaction.practice_id,
        "ids": [stored.id for stored in appointments],
        "statuses": [stored.record.status for stored in appointments],
        "patient_ids": [stored.record.patient_id for stored in appointments],
        "provider_ids": [stored.record.provider_id for stored in appointments],
        "location_ids": [stored.record.location_id for stored in appointments],
        "type_ids": [stored.record.appointment_type for stored in appointments],
        "starts": [stored.record.start_time for stored in appointments],
        "ends": [stored.record.end_time for stored in appointments],
        "no_shows": [stored.record.no_show for stored in appointments],
        "sealed": [_sealed(transaction, "appointments", stored) for stored in appointments],
    }


async def move_links(transaction: Transaction, kind: RecordKind, from_record: UUID, to_record: UUID) -> None:
    """What athenahealth calls one record of ours means another from now on."""
    await sql.records.move_links(transaction.connection, practice_id=transaction.practice_id, kind=kind, from_record=from_record, to_record=to_record)


def with_external_id(stored: Stored[R], external_id: str) -> Stored[R]:
    """The record under the id that athenahealth gave it."""
    return replace(stored, record=replace(stored.record, external_id=external_id))
