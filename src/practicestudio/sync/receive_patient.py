"""A patient has come in: map it, find whose it is, merge it, store it. Many at a time, in the worker's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
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
from practicestudio.mapping import Report
from practicestudio.matching import Candidate, Decision, FullAgreement, KeyKind, Matcher, New, Unsure, Weighed, compare
from practicestudio.matching import Link as Matched
from practicestudio.merging import Merge, Units, merge, rebuild, units
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link, Stored
from practicestudio.sync import merge_patients, reviews
from practicestudio.sync.freshness import ASKED_ALREADY, MERGED, OLDER, OVERTAKEN, is_older, may_be_older
from practicestudio.sync.intents import to_fetch, to_update
from practicestudio.sync.setup import Setup, setup_of
from practicestudio.sync.spoken_units import spoken_units

TAKEN_APART = "A person took this link apart, so a person decides anew."
_MATCHER: Matcher = FullAgreement()
_to_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Incoming:
    """A message, read and mapped. known: the units that it speaks about."""

    message: Message
    record: Patient
    identity: UUID
    report: Report
    known: frozenset[str] | None
    keys: dict[int, KeyKind] = field(default_factory=dict)


@dataclass(slots=True)
class _Batch:
    """What the batch knows and has still to write. asked: lanes of strangers about whom a person is being asked, or was and took it back."""

    transaction: Transaction
    setup: Setup
    links: dict[UUID, Link]
    patients: dict[UUID, Stored[Patient]]
    by_key: dict[int, set[UUID]]
    decided: dict[UUID, UUID | None]
    asked: dict[int, set[str]]
    in_question: set[UUID]
    added: set[UUID] = field(default_factory=set)
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
        if one.identity in batch.new_links and _is_told_in_part(one):
            batch.to_send.append(to_fetch("patient", one.record.external_id or "", one.message.id))
    await _write(batch)
    for one in incoming:
        if one.record.previous_external_ids and one.identity in batch.new_links:
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
    return _Incoming(
        message,
        mapped.record,
        store.identity_of(transaction, "patient", external_id),
        mapped.report,
        spoken_units(body, mapped),
    )


def _is_told_in_part(one: _Incoming) -> bool:
    """Whether more is to be asked for: a feed does not tell a patient's insurances and custom fields."""
    return one.known is not None and one.message.door == "rest" and one.message.run_id is None and one.message.cause_id is None


async def _prepare(transaction: Transaction, setup: Setup, incoming: Sequence[_Incoming]) -> _Batch:
    """Read in bulk what the decisions need: links, their patients, and candidates for those who have no link."""
    links = await store.find_links(transaction, "patient", [one.identity for one in incoming])
    if new := [one for one in incoming if one.identity not in links]:
        await store.link_among_others(transaction)
        links |= await store.find_links(transaction, "patient", [one.identity for one in new])
    strangers = [one for one in new if one.identity not in links]
    for one in strangers:
        one.keys = store.blind_match_keys(transaction, one.record)
    keys = {key: kind for one in strangers for key, kind in one.keys.items()}
    await store.lock_keys(transaction, keys)
    by_key = await store.find_candidates(transaction, keys) if keys else {}
    decided = await reviews.match_decisions(transaction, [one.message.id for one in strangers]) if strangers else {}
    asked = await reviews.lanes_of_matches(transaction, [one.message.lane for one in strangers]) if strangers else {}
    known = {link.record_id for link in links.values()}.union(one for one in decided.values() if one)
    patients = await store.read_patients(transaction, list(known), lock=True) if known else {}
    candidates = set().union(*by_key.values()) - patients.keys()
    if candidates:
        patients |= await store.read_patients(transaction, list(candidates))
    in_question = await reviews.in_question(transaction, "patient") if links else set()
    return _Batch(transaction, setup, links, patients, by_key, decided, asked, in_question)


async def _take(batch: _Batch, one: _Incoming) -> Outcome:
    link = batch.new_links.get(one.identity) or batch.links.get(one.identity)
    if link is not None:
        return await _take_linked(batch, one, link)
    if one.message.id in batch.decided:
        chosen = batch.decided[one.message.id]
        return _add(batch, one) if chosen is None else await _bind(batch, one, chosen)
    candidates = {candidate for key in one.keys for candidate in batch.by_key.get(key, ())}
    weighed = [
        Candidate(candidate, batch.patients[candidate].record, batch.patients[candidate].record.external_id is not None)
        for candidate in candidates
        if candidate in batch.patients and batch.patients[candidate].merged_into is None
    ]
    return await _decide(batch, one, _MATCHER.decide(one.record, weighed) if weighed else New())


async def _decide(batch: _Batch, one: _Incoming, decision: Decision) -> Outcome:
    """What the matcher says, unless it would link what a person has taken apart: that is asked again."""
    asked = batch.asked.get(one.message.lane, set())
    if isinstance(decision, Matched) and "undone" in asked:
        decision = Unsure(TAKEN_APART, (Weighed(decision.id, "unsure", decision.because, decision.evidence),))
    if isinstance(decision, Unsure):
        await reviews.ask_match(batch.transaction, one.message, decision.because, decision.candidates)
        return Parked(UnsureMatch(decision.because), report=_report(one.report))
    if "open" in asked:
        await reviews.drop_matches(batch.transaction, one.message)
    return await _bind(batch, one, decision.id) if isinstance(decision, Matched) else _add(batch, one)


def _add(batch: _Batch, one: _Incoming) -> Outcome:
    """A person whom nobody knew: what athenahealth says is what both sides agree on."""
    stored = Stored(new_id(), one.record)
    batch.patients[stored.id] = stored
    batch.added.add(stored.id)
    for key in one.keys:
        batch.by_key.setdefault(key, set()).add(stored.id)
    batch.new_links[one.identity] = _agreed(one, stored.id, units(one.record))
    batch.trail.append(AuditEntry(Action.ATHENA_PATIENT_CREATE, audit.ATHENAHEALTH, "patient", stored.id, one.message.id))
    return Done(stored.id, report=_report(one.report))


def _agreed(one: _Incoming, patient_id: UUID, base: Units) -> Link:
    return Link(one.identity, patient_id, base, one.message.received_at, one.message.id, one.message.position)


async def _bind(batch: _Batch, one: _Incoming, patient_id: UUID) -> Outcome:
    """A patient of ours whom athenahealth knows by this id from now on."""
    if patient_id not in batch.added:
        batch.patients |= await store.read_patients(batch.transaction, [patient_id], lock=True)
    patient_id = batch.patients[patient_id].merged_into or patient_id
    batch.trail.append(AuditEntry(Action.ATHENA_PATIENT_LINK, audit.ATHENAHEALTH, "patient", patient_id, one.message.id))
    return await _take_linked(batch, one, Link(one.identity, patient_id, None, one.message.received_at))


async def _take_linked(batch: _Batch, one: _Incoming, link: Link) -> Outcome:
    if link.record_id not in batch.patients:
        batch.patients |= await store.read_patients(batch.transaction, [link.record_id], lock=True)
    stored = batch.patients[link.record_id]
    if is_older(one.message, link):
        return Done(stored.id, report=_report((*one.report, OLDER)))
    if one.record.external_id in stored.record.previous_external_ids:
        return Done(stored.id, report=_report((*one.report, MERGED)))
    if someone_else(link.base, one.record):
        return await _ask_who(batch, one, stored, link)
    return await _merge(batch, one, stored, link)


async def _ask_who(batch: _Batch, one: _Incoming, stored: Stored[Patient], link: Link) -> Outcome:
    """Whether an id that carries another name and date of birth is still the same person, unless that was answered."""
    answers = await reviews.match_decisions(batch.transaction, [one.message.id])
    if one.message.id not in answers:
        because = "This id belonged to a patient with another name and date of birth."
        weighed = Weighed(stored.id, "unsure", because, compare(one.record, stored.record))
        await reviews.ask_match(batch.transaction, one.message, because, [weighed])
        return Parked(UnsureMatch(because), stored.id, _report(one.report))
    if answers[one.message.id] is not None:
        return await _merge(batch, one, stored, link)
    left = replace(stored.record, external_id=None)
    batch.patients[stored.id] = stored.having(left, [], one.message.received_at, audit.ATHENAHEALTH)
    batch.changed.add(stored.id)
    changes = {"external_id": (stored.record.external_id, None)}
    batch.trail.append(AuditEntry(Action.ATHENA_PATIENT_CHANGE, audit.ATHENAHEALTH, "patient", stored.id, one.message.id, changes))
    return _add(batch, one)


async def _merge(batch: _Batch, one: _Incoming, stored: Stored[Patient], link: Link) -> Outcome:
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
    if (merged.take or merged.conflicts) and may_be_older(one.message, link):
        batch.to_send.append(to_fetch("patient", one.record.external_id or "", one.message.id))
        return Done(stored.id, report=_report((*one.report, OVERTAKEN)))
    batch.new_links[one.identity] = _agreed(one, stored.id, merged.base)
    return await _apply(batch, one, stored, link, merged)


async def _apply(batch: _Batch, one: _Incoming, stored: Stored[Patient], link: Link, merged: Merge) -> Outcome:
    record = rebuild(Patient, merged.merged, external_id=one.record.external_id)
    if merged.take or record.external_id != stored.record.external_id:
        taken = [change.unit for change in merged.take]
        batch.patients[stored.id] = stored.having(record, taken, one.message.received_at, audit.ATHENAHEALTH)
        batch.changed.add(stored.id)
        changes = {change.unit: (change.old, change.new) for change in merged.take}
        if record.external_id != stored.record.external_id:
            changes["external_id"] = (stored.record.external_id, record.external_id)
        batch.trail.append(AuditEntry(Action.ATHENA_PATIENT_CHANGE, audit.ATHENAHEALTH, "patient", stored.id, one.message.id, changes))
    if merged.send and (link.base is None or merged.conflicts or stored.id in batch.in_question):
        batch.to_send.append(to_update(one.record.external_id or "", stored.id, one.message.id))
    return await _ask_whose(batch, one, stored.id, merged)


async def _ask_whose(batch: _Batch, one: _Incoming, patient_id: UUID, merged: Merge) -> Outcome:
    """Done, unless a person has to say whose values stand; what was asked before and has gone away is asked no longer."""
    if not merged.asked:
        if patient_id in batch.in_question:
            await reviews.drop_conflict(batch.transaction, one.message.id, patient_id)
        return Done(patient_id, report=_report(one.report))
    asked = [conflict for conflict in merged.conflicts if conflict.winner is None]
    if await reviews.ask_conflict(batch.transaction, one.message.id, "patient", patient_id, asked):
        return Parked(both_changed(merged.asked), patient_id, _report(one.report))
    return Done(patient_id, report=_report((*one.report, ASKED_ALREADY)))


async def _write(batch: _Batch) -> None:
    transaction = batch.transaction
    await store.add_patients(transaction, [batch.patients[one] for one in batch.added])
    await store.change_patients(transaction, [batch.patients[one] for one in batch.changed if one not in batch.added])
    await store.put_links(transaction, "patient", list(batch.new_links.values()))
    await audit.write(transaction, batch.trail)
    await accept(transaction, batch.to_send)


def someone_else(base: Units | None, came: Patient) -> bool:
    """Whether an id now carries another person than athenahealth last said: first name, last name and date of birth given, and all different."""
    if base is None:
        return False
    pairs = [(base.get(name), getattr(came, name)) for name in ("first_name", "last_name", "date_of_birth")]
    return all(one is not None and other is not None and str(one).lower() != str(other).lower() for one, other in pairs)


def both_changed(asked: Sequence[str]) -> Conflict:
    """The error for units that a person is asked about; an insurance's name would hold its id, so only the kind is told."""
    return Conflict(f"Both sides changed {', '.join(dict.fromkeys(unit.partition('.')[0] for unit in asked))}.")


def _report(report: Report) -> bytes | None:
    return _to_json(report) if report else None
