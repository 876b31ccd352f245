"""A patient has come in: map it, find whose it is, merge it, store it. Many at a time, in the worker's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import new_id
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome, Parked
from practicestudio.errors import Conflict, IntegrationError, Unreadable, UnsureMatch
from practicestudio.mapping import Finding, Report
from practicestudio.matching import Candidate, FullAgreement, Matcher, New, Unsure
from practicestudio.matching import Link as Matched
from practicestudio.merging import Merge, merge, rebuild, units
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link, Stored
from practicestudio.sync import merge_patients, reviews
from practicestudio.sync.setup import Setup, setup_of

_MATCHER: Matcher = FullAgreement()
_ONLY_WHERE_TOLD = {"insurances": "insurances.*", "customfields": "custom_fields.*", "previouspatientids": "previous_external_ids"}
_OF_THE_PERSON = frozenset(units(Patient())) - set(_ONLY_WHERE_TOLD.values())
_to_json = msgspec.json.Encoder().encode

OLDER = Finding("", "A newer state of this record has been taken since, so this one changes nothing.", "warning")


@dataclass(slots=True)
class _Incoming:
    """A message, read and mapped. known: the units that it speaks about (`known_units`)."""

    message: Message
    record: Patient
    identity: UUID
    report: Report
    known: frozenset[str] | None
    keys: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Batch:
    """What the batch knows and has still to write."""

    transaction: Transaction
    setup: Setup
    links: dict[UUID, Link]
    patients: dict[UUID, Stored[Patient]]
    by_key: dict[int, set[UUID]]
    linked: set[UUID]
    decided: dict[UUID, UUID | None]
    added: dict[UUID, list[int]] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)
    new_links: dict[UUID, Link] = field(default_factory=dict)
    trail: list[AuditEntry] = field(default_factory=list)
    to_send: list[NewMessage] = field(default_factory=list)


async def receive_patients(transaction: Transaction, messages: Sequence[Message]) -> Sequence[Outcome]:
    """Handle inbound messages of kind `patient`: one outcome a message, in their order."""
    setup = await setup_of(transaction)
    outcomes: dict[UUID, Outcome] = {}
    incoming = []
    for message in messages:
        try:
            incoming.append(_read(transaction, setup, message))
        except IntegrationError as error:
            outcomes[message.id] = Failed(error)
    batch = await _prepare(transaction, setup, incoming)
    for one in incoming:
        outcomes[one.message.id] = await _take(batch, one)
    await _write(batch)
    for one in incoming:
        if one.record.previous_external_ids and isinstance(outcomes[one.message.id], Done):
            await merge_patients.follow(transaction, one.identity, one.record.previous_external_ids, one.message.id)
    return [outcomes[message.id] for message in messages]


def _read(transaction: Transaction, setup: Setup, message: Message) -> _Incoming:
    try:
        body = orjson.loads(message.body)
    except orjson.JSONDecodeError:
        raise Unreadable("The patient is not JSON.", advice="Correct the message and send it again.") from None
    if not isinstance(body, dict):
        raise Unreadable("The patient is not a JSON object.", advice="Correct the message and send it again.")
    external_id = setup.mapping.patient_external_id(body)
    if external_id is None:
        raise Unreadable("The patient has no patientid.", advice="Correct the message and send it again.")
    mapped = setup.mapping.patient_in(body)
    if mapped.record is None:
        raise mapped.refused or Unreadable("The patient could not be read.")
    return _Incoming(message, mapped.record, store.identity_of(transaction, "patient", external_id), mapped.report, known_units(body))


async def _prepare(transaction: Transaction, setup: Setup, incoming: Sequence[_Incoming]) -> _Batch:
    """Read in bulk what the decisions need: links, their patients, and candidates for those who have no link."""
    links = await store.find_links(transaction, "patient", [one.identity for one in incoming])
    strangers = [one for one in incoming if one.identity not in links]
    for one in strangers:
        one.keys = store.blind_match_keys(transaction, one.record)
    await store.lock_keys(transaction, (key for one in strangers for key in one.keys))
    by_key = await store.find_candidates(transaction, (key for one in strangers for key in one.keys)) if strangers else {}
    decided = await reviews.match_decisions(transaction, [one.message.id for one in strangers]) if strangers else {}
    wanted = {link.record_id for link in links.values()}.union(*by_key.values(), (one for one in decided.values() if one))
    patients = await store.read_patients(transaction, list(wanted), lock=True) if wanted else {}
    candidates = set().union(*by_key.values()) & patients.keys()
    linked = await store.linked_records(transaction, "patient", list(candidates)) if candidates else set()
    return _Batch(transaction, setup, links, patients, by_key, linked, decided)


async def _take(batch: _Batch, one: _Incoming) -> Outcome:
    link = batch.new_links.get(one.identity) or batch.links.get(one.identity)
    if link is not None:
        return await _take_linked(batch, one, link)
    if one.message.id in batch.decided:
        chosen = batch.decided[one.message.id]
        return await _bind(batch, one, chosen) if chosen in batch.patients and chosen is not None else _add(batch, one)
    candidates = {candidate for key in one.keys for candidate in batch.by_key.get(key, ())}
    weighed = [
        Candidate(candidate, batch.patients[candidate].record, candidate in batch.linked)
        for candidate in candidates
        if candidate in batch.patients and batch.patients[candidate].merged_into is None
    ]
    decision = _MATCHER.decide(one.record, weighed) if weighed else New()
    match decision:
        case Matched(id=patient_id):
            return await _bind(batch, one, patient_id)
        case Unsure(because=because, candidates=found):
            await reviews.ask_match(batch.transaction, one.message.id, because, found)
            return Parked(UnsureMatch(because), report=_report(one.report))
        case _:
            return _add(batch, one)


def _add(batch: _Batch, one: _Incoming) -> Outcome:
    """A person whom nobody knew: what athenahealth says is what both sides agree on."""
    stored = Stored(new_id(), one.record)
    batch.patients[stored.id] = stored
    batch.added[stored.id] = one.keys
    batch.linked.add(stored.id)
    for key in one.keys:
        batch.by_key.setdefault(key, set()).add(stored.id)
    batch.new_links[one.identity] = Link(one.identity, stored.id, units(one.record), one.message.received_at, one.message.id)
    batch.trail.append(AuditEntry(Action.ATHENA_PATIENT_CREATE, audit.ATHENAHEALTH, "patient", stored.id, one.message.id))
    return Done(stored.id, report=_report(one.report))


async def _bind(batch: _Batch, one: _Incoming, patient_id: UUID) -> Outcome:
    """A patient of ours whom athenahealth knows by this id from now on."""
    batch.linked.add(patient_id)
    batch.trail.append(AuditEntry(Action.ATHENA_PATIENT_LINK, audit.ATHENAHEALTH, "patient", patient_id, one.message.id))
    return await _take_linked(batch, one, Link(one.identity, patient_id, None, one.message.received_at))


async def _take_linked(batch: _Batch, one: _Incoming, link: Link) -> Outcome:
    stored = batch.patients[link.record_id]
    if link.base is not None and one.message.received_at < link.agreed_at:
        return Done(stored.id, report=_report((*one.report, OLDER)))
    if link.base is not None and someone_else(stored.record, one.record):
        return Parked(
            UnsureMatch(
                "This id belonged to a patient with another name and date of birth.", advice="Find out in athenahealth who it is, then retry."
            ),
            stored.id,
        )
    ours = units(stored.record)
    merged = merge(
        link.base,
        ours,
        units(one.record),
        batch.setup.merge_rules["patient"],
        ours_changed={unit: touched.at for unit, touched in stored.changed.items()},
        theirs_changed=one.message.received_at,
        known=one.known,
    )
    batch.new_links[one.identity] = Link(one.identity, stored.id, merged.base, one.message.received_at, one.message.id)
    return await _apply(batch, one, stored, link, merged)


async def _apply(batch: _Batch, one: _Incoming, stored: Stored[Patient], link: Link, merged: Merge) -> Outcome:
    record = rebuild(Patient, merged.merged, external_id=one.record.external_id)
    if merged.take or record.external_id != stored.record.external_id:
        taken = [change.unit for change in merged.take]
        batch.patients[stored.id] = stored.having(record, taken, one.message.received_at, audit.ATHENAHEALTH)
        batch.changed.add(stored.id)
        changes = {change.unit: (change.old, change.new) for change in merged.take}
        batch.trail.append(AuditEntry(Action.ATHENA_PATIENT_CHANGE, audit.ATHENAHEALTH, "patient", stored.id, one.message.id, changes))
    if merged.send and (link.base is None or merged.conflicts):
        batch.to_send.append(update_message(one.record.external_id or "", stored.id, one.message.id))
    if merged.asked:
        asked = [conflict for conflict in merged.conflicts if conflict.winner is None]
        await reviews.ask_conflict(batch.transaction, one.message.id, "patient", stored.id, asked)
        return Parked(Conflict(f"Both sides changed {', '.join(merged.asked)}."), stored.id, _report(one.report))
    return Done(stored.id, report=_report(one.report))


async def _write(batch: _Batch) -> None:
    transaction = batch.transaction
    await store.add_patients(transaction, [batch.patients[one] for one in batch.added], batch.added)
    await store.change_patients(transaction, [batch.patients[one] for one in batch.changed if one not in batch.added])
    await store.put_links(transaction, "patient", list(batch.new_links.values()))
    await audit.write(transaction, batch.trail)
    await accept(transaction, batch.to_send)


def someone_else(known: Patient, came: Patient) -> bool:
    """Whether an id now carries another person: first name, last name and date of birth all given, and all different."""
    pairs = (
        (known.first_name, came.first_name),
        (known.last_name, came.last_name),
        (known.date_of_birth, came.date_of_birth),
    )
    return all(one is not None and other is not None and str(one).lower() != str(other).lower() for one, other in pairs)


def known_units(body: dict[str, Any]) -> frozenset[str] | None:
    """Which units a body speaks about: all of the person's own, but lists
    that athenahealth gives only when asked for them only where they are there. None: everything."""
    told = {units for key, units in _ONLY_WHERE_TOLD.items() if key in body}
    return None if len(told) == len(_ONLY_WHERE_TOLD) else _OF_THE_PERSON | told


def update_message(external_id: str, patient_id: UUID, cause_id: UUID | None) -> NewMessage:
    """The intent to tell athenahealth what changed on our side; what that is, is read when it is sent."""
    return NewMessage(
        direction="out",
        door="rest",
        kind="patient.update",
        about=f"patient:{external_id}",
        body=b"{}",
        record_id=patient_id,
        cause_id=cause_id,
    )


def _report(report: Report) -> bytes | None:
    return _to_json(report) if report else None
