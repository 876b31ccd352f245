"""Trying a mapping before it is in force: a real record through it, beside what is in force now. Nothing of it is stored but who looked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.delivery.log import Filter, list_messages
from practicestudio.delivery.story import read_bodies
from practicestudio.errors import FieldFault, InvalidFields
from practicestudio.mapping import APPOINTMENT, PATIENT, UNITS_OF_PATIENT, Outgoing, Override, PracticeMapping, Report, override_to_row
from practicestudio.mapping.overrides import named_custom_fields
from practicestudio.mapping.trace import Lines, TraceLine, Tried, record_lines, trace
from practicestudio.merging import units
from practicestudio.practices.items import read_items
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import RecordKind
from practicestudio.sync.change_mapping import check_names
from practicestudio.sync.change_settings import read_settings
from practicestudio.sync.setup import MAPPING, OVERRIDES, mapping_of

MOST_BYTES = 1_000_000
NOT_JSON = "This is not the JSON of one record. Paste one object, as athenahealth sends it."
NOTHING_RECEIVED = "The log has nothing that was received for this record: it was made here, or its messages are older than what is kept. Paste JSON."

NOTHING_YET = "The log has nothing of this kind that was received. Synchronise first, or paste JSON."


@dataclass(frozen=True, slots=True)
class Sample:
    """A body to try. record_id: ours, None for pasted JSON; message_id: of the message that brought it."""

    kind: RecordKind
    body: Mapping[str, Any]
    record_id: UUID | None = None
    message_id: UUID | None = None
    received_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """What one mapping makes of the body. record: in lines, empty where it is refused; sent: athenahealth's fields to what would be sent of it,
    if all of it had changed here; not_sent: what is to be known about that."""

    record: Lines
    report: Report
    refused: str | None
    sent: Lines
    not_sent: Report


@dataclass(frozen=True, slots=True)
class Trial:
    """A record through a mapping. lines: field by field. read_otherwise, sent_otherwise: paths, and fields sent, of which the two mappings make
    something else: with what is in force, and what would be."""

    sample: Sample
    lines: tuple[TraceLine, ...]
    tried: Side
    in_force: Side
    read_otherwise: tuple[tuple[str, str, str], ...]
    sent_otherwise: tuple[tuple[str, str, str], ...]


async def newest_received(transaction: Transaction, kind: RecordKind) -> Sample:
    """The body of this kind that came last, whosever it is. Raises InvalidFields where the log has none."""
    return await _newest(transaction, Filter(kinds=[kind], direction="in"), kind, NOTHING_YET)


async def last_received(transaction: Transaction, kind: RecordKind, record_id: UUID) -> Sample:
    """The last body that was received for a record of ours. Raises InvalidFields where the log has none."""
    found = await _newest(transaction, Filter(kinds=[kind], direction="in", record_id=record_id), kind, NOTHING_RECEIVED)
    return replace(found, record_id=record_id)


async def _newest(transaction: Transaction, chosen: Filter, kind: RecordKind, nothing: str) -> Sample:
    for entry in await list_messages(transaction, chosen, 1):
        if (body := (await read_bodies(transaction, entry.id)).get("received")) is not None:
            return Sample(kind, read_object(body), entry.record_id, entry.id, entry.received_at)
    raise InvalidFields([FieldFault("record", nothing)])


def pasted(kind: RecordKind, text: str) -> Sample:
    """JSON that somebody pasted; of a list of one, that one. Raises InvalidFields where it is not one object."""
    if len(text) > MOST_BYTES:
        raise InvalidFields([FieldFault("pasted", NOT_JSON)])
    try:
        return Sample(kind, read_object(text.encode()))
    except InvalidFields:
        raise InvalidFields([FieldFault("pasted", NOT_JSON)]) from None


def read_object(text: bytes) -> Mapping[str, Any]:
    """The one object of a body. Raises InvalidFields where it is none."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if not isinstance(found, dict):
        raise InvalidFields([FieldFault("record", NOT_JSON)])
    return found


@dataclass(frozen=True, slots=True)
class Bench:
    """Two mappings of one practice, to be held against each other. names: of its places, providers and types; own: of its custom fields."""

    overrides: Sequence[Override]
    tried: PracticeMapping
    in_force: PracticeMapping
    names: Mapping[UUID, str]
    own: Mapping[str, str]


async def set_up_bench(transaction: Transaction, overrides: Sequence[Override]) -> Bench:
    """The mapping with these overrides beside the one in force. Raises InvalidFields or Misconfigured where they make none."""
    await check_names(transaction, overrides)
    values, items = await read_settings(transaction), await read_items(transaction)
    wanted = {**values, MAPPING: {OVERRIDES: [override_to_row(one) for one in overrides]}}
    own = {one: field.name for one, field in named_custom_fields(items.custom_fields.values(), overrides).items()}
    kinds = (items.locations, items.providers, items.appointment_types)
    names = {one.id: one.name for kind in kinds for one in kind.values()}
    return Bench(overrides, mapping_of(wanted, items), mapping_of(values, items), names, own)


async def try_mapping(transaction: Transaction, sample: Sample, overrides: Sequence[Override], by: str) -> Trial:
    """The sample through the mapping with these overrides, and through the one in force; the trail notes whose data was looked at.

    Raises InvalidFields or Misconfigured where the overrides make no mapping.
    """
    bench = await set_up_bench(transaction, overrides)
    patient_id = await _patient(transaction, sample, bench.in_force)
    tried, in_force = (run(sample, mapping, patient_id, bench.names) for mapping in (bench.tried, bench.in_force))
    lines = trace(PATIENT if sample.kind == "patient" else APPOINTMENT, sample.body, Tried(overrides, tried.record, tried.report, bench.own))
    entry = AuditEntry(Action.PERSON_MAPPING_TRY, by, sample.kind, sample.record_id, sample.message_id, patient_id=patient_id)
    await audit.write(transaction, [entry])
    return Trial(sample, tuple(lines), tried, in_force, otherwise(in_force.record, tried.record), otherwise(in_force.sent, tried.sent))


async def _patient(transaction: Transaction, sample: Sample, mapping: PracticeMapping) -> UUID | None:
    """Our patient whom the body is about, or whose appointment it is, where they are known."""
    if sample.kind == "patient" and sample.record_id is not None:
        return sample.record_id
    external_id = mapping.patient_external_id(sample.body)
    if external_id is None:
        return None
    identity = store.identity_of(transaction, "patient", external_id)
    link = (await store.find_links(transaction, "patient", [identity])).get(identity)
    return link.record_id if link else None


def run(sample: Sample, mapping: PracticeMapping, patient_id: UUID | None, names: Mapping[UUID, str]) -> Side:
    """The sample through one mapping, in and out again."""
    body = dict(sample.body)
    mapped = mapping.patient_in(body) if sample.kind == "patient" else mapping.appointment_in(body, patient_id)
    record: Patient | Appointment | None = mapped.record
    lines = record_lines(record, {**names, **({patient_id: "the patient"} if patient_id else {})})
    outgoing = Outgoing() if record is None else _outgoing(mapping, record, mapping.patient_external_id(body) or "")
    refused = mapped.refused.sentence if mapped.refused is not None else None
    return Side(lines, mapped.report, refused, _sent(outgoing), outgoing.report)


def _outgoing(mapping: PracticeMapping, record: Patient | Appointment, patient: str) -> Outgoing:
    """What would be sent of a record if everything that it has were new to athenahealth."""
    if isinstance(record, Appointment):
        return mapping.booking_out(record, patient)
    own = [unit for unit in units(record) if unit not in UNITS_OF_PATIENT]
    filled = [unit for unit in UNITS_OF_PATIENT if getattr(record, unit) != getattr(Patient(), unit)]
    return mapping.patient_out(record, fields=[*filled, *own], previous=Patient(insurances=record.insurances))


def _sent(outgoing: Outgoing) -> Lines:
    found = dict(outgoing.values)
    for item in outgoing.custom_fields:
        found[f"customfields.{item['customfieldid']}"] = item.get("customfieldvalue", item.get("optionid", ""))
    for place, insurance in enumerate(outgoing.insurances, 1):
        found |= {f"insurances.{place}.{name}": value for name, value in insurance.values.items()}
    return found


def otherwise(before: Lines, after: Lines) -> tuple[tuple[str, str, str], ...]:
    """Where two sides differ: the path, the value before and after."""
    return tuple((one, before.get(one, ""), after.get(one, "")) for one in {**before, **after} if before.get(one) != after.get(one))
