"""An appointment has come in: map it, find its patient, merge it, store it. Many at a time, in the worker's transaction."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import msgspec
import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import new_id
from practicestudio.delivery.inbox import accept, lane_of
from practicestudio.delivery.message import Message, NewMessage
from practicestudio.delivery.outcome import Done, Failed, Outcome, Parked
from practicestudio.errors import IntegrationError, NotYet, Unreadable
from practicestudio.mapping import Report
from practicestudio.merging import Merge, Units, merge, rebuild, units
from practicestudio.records import Appointment
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.records import Link, Stored
from practicestudio.sync import reviews
from practicestudio.sync.freshness import ASKED_ALREADY, OLDER, OVERTAKEN, is_older, may_be_older
from practicestudio.sync.intents import to_fetch
from practicestudio.sync.receive_patient import both_changed
from practicestudio.sync.setup import Setup, setup_of

_OPEN = "o"
_to_json = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Incoming:
    """A message, read. patient: athenahealth's id of the patient, where it names one."""

    message: Message
    body: dict[str, Any]
    external_id: str
    identity: UUID
    patient: str | None


@dataclass(slots=True)
class _Batch:
    """What the batch knows and has still to write. coming: patients who are not known, but about whom the log has messages, to where those are."""

    transaction: Transaction
    setup: Setup
    links: dict[UUID, Link]
    patients: dict[str, UUID]
    ours_alone: list[Stored[Appointment]]
    appointments: dict[UUID, Stored[Appointment]]
    coming: dict[str, str]
    in_question: set[UUID]
    added: set[UUID] = field(default_factory=set)
    changed: set[UUID] = field(default_factory=set)
    new_links: dict[UUID, Link] = field(default_factory=dict)
    trail: list[AuditEntry] = field(default_factory=list)
    to_send: list[NewMessage] = field(default_factory=list)


async def receive_appointments(transaction: Transaction, messages: Sequence[Message]) -> Sequence[Outcome]:
    """Handle inbound messages of kind `appointment`: one outcome a message, in their order."""
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
        try:
            outcomes[one.message.id] = await _take(batch, one)
        except IntegrationError as error:
            outcomes[one.message.id] = Failed(error)
    await _write(batch)
    return [outcomes[message.id] for message in messages]


def _read(transaction: Transaction, setup: Setup, message: Message) -> _Incoming:
    try:
        body = orjson.loads(message.body)
    except orjson.JSONDecodeError:
        raise Unreadable("The appointment is not JSON.", advice="Correct the message and send it again.") from None
    external_id = setup.mapping.appointment_external_id(body) if isinstance(body, dict) else None
    if external_id is None:
        raise Unreadable("The appointment has no appointmentid.", advice="Correct the message and send it again.")
    patient = setup.mapping.patient_external_id(body)
    return _Incoming(message, body, external_id, store.identity_of(transaction, "appointment", external_id), patient)


async def _prepare(transaction: Transaction, setup: Setup, incoming: Sequence[_Incoming]) -> _Batch:
    links = await store.find_links(transaction, "appointment", [one.identity for one in incoming])
    if new := [one for one in incoming if one.identity not in links]:
        await store.link_among_others(transaction)
        links |= await store.find_links(transaction, "appointment", [one.identity for one in new])
    wanted = {one.patient: store.identity_of(transaction, "patient", one.patient) for one in incoming if one.patient}
    found = await store.find_links(transaction, "patient", list(wanted.values())) if wanted else {}
    patients = {external_id: found[identity].record_id for external_id, identity in wanted.items() if identity in found}
    appointments = await store.read_appointments(transaction, [link.record_id for link in links.values()], lock=True) if links else {}
    strangers = {patients[one.patient] for one in incoming if one.identity not in links and one.patient in patients}
    ours_alone = await store.unlinked_appointments(transaction, sorted(strangers)) if strangers else []
    coming = await _coming(transaction, wanted.keys() - patients.keys())
    in_question = await reviews.in_question(transaction, "appointment") if links else set()
    return _Batch(transaction, setup, links, patients, ours_alone, appointments, coming, in_question)


async def _coming(transaction: Transaction, strangers: Collection[str]) -> dict[str, str]:
    """Unknown patients whose messages are still being worked, or wait for a person."""
    if not strangers:
        return {}
    lanes = {lane_of(transaction.sealer, f"patient:{one}"): one for one in strangers}
    found = await rows(sql.messages.where_lanes_stand(transaction.connection, practice_id=transaction.practice_id, lanes=list(lanes)))
    return {lanes[lane]: where for lane, where in found}


async def _take(batch: _Batch, one: _Incoming) -> Outcome:
    link = batch.new_links.get(one.identity) or batch.links.get(one.identity)
    if one.patient is None:
        return _without_patient(batch, one, link)
    if one.patient not in batch.patients:
        return _wait_for_patient(batch, one)
    if link is not None and is_older(one.message, link):
        return Done(link.record_id, report=_to_json((OLDER,)))
    mapped = batch.setup.mapping.appointment_in(one.body, batch.patients[one.patient])
    if mapped.record is None:
        raise mapped.refused or Unreadable("The appointment could not be read.")
    link = link or _link_to_ours(batch, one, mapped.record)
    if link is None:
        return _add(batch, one, mapped.record, mapped.report)
    return await _merge(batch, one, link, mapped.record, mapped.report)


def _without_patient(batch: _Batch, one: _Incoming, link: Link | None) -> Outcome:
    """A slot that nobody has booked is no appointment; one that somebody had booked is cancelled, and its time is free again."""
    status = str(one.body.get("appointmentstatus") or "")
    if link is None or link.record_id not in batch.appointments:
        if status in (_OPEN, ""):
            return Done()
        raise Unreadable("The appointment names no patient.", advice="Look at it in athenahealth; it is taken with its next change.")
    stored = batch.appointments[link.record_id]
    if stored.record.status == "cancelled" or status != _OPEN:
        return Done(stored.id)
    _change(batch, one, stored, replace(stored.record, status="cancelled"), {"status": (stored.record.status, "cancelled")})
    batch.new_links[one.identity] = _agreed(one, stored.id, {**(link.base or {}), "status": "cancelled"})
    return Done(stored.id)


def _agreed(one: _Incoming, appointment_id: UUID, base: Units) -> Link:
    return Link(one.identity, appointment_id, base, one.message.received_at, one.message.id, one.message.position)


def _wait_for_patient(batch: _Batch, one: _Incoming) -> Outcome:
    """The patient is fetched, unless there are messages about them already."""
    patient = one.patient or ""
    if batch.coming.get(patient) == "error queue":
        return Failed(NotYet("The appointment's patient waits in the error queue.", advice="Decide about the patient first."))
    if patient not in batch.coming and one.message.tries == 0:
        batch.to_send.append(to_fetch("patient", patient, one.message.id))
        batch.coming[patient] = "work"
    return Failed(NotYet("The appointment's patient has not arrived yet, and is being fetched."))


def _link_to_ours(batch: _Batch, one: _Incoming, record: Appointment) -> Link | None:
    """An appointment that was booked here and comes back before its booking is noted: same patient, provider and time."""
    for stored in batch.ours_alone:
        known = stored.record
        if (known.patient_id, known.provider_id, known.start_time) == (record.patient_id, record.provider_id, record.start_time):
            batch.ours_alone.remove(stored)
            batch.appointments[stored.id] = stored
            return Link(one.identity, stored.id, None, one.message.received_at)
    return None


def _add(batch: _Batch, one: _Incoming, record: Appointment, report: Report) -> Outcome:
    stored = Stored(new_id(), record)
    batch.appointments[stored.id] = stored
    batch.added.add(stored.id)
    batch.new_links[one.identity] = _agreed(one, stored.id, units(record))
    entry = AuditEntry(Action.ATHENA_APPOINTMENT_CREATE, audit.ATHENAHEALTH, "appointment", stored.id, one.message.id, patient_id=record.patient_id)
    batch.trail.append(entry)
    return Done(stored.id, report=_to_json(report) if report else None)


async def _merge(batch: _Batch, one: _Incoming, link: Link, record: Appointment, report: Report) -> Outcome:
    stored = batch.appointments[link.record_id]
    merged: Merge = merge(
        link.base,
        units(stored.record),
        units(record),
        batch.setup.merge_rules["appointment"],
        ours_changed={unit: touched.at for unit, touched in stored.changed.items()},
        theirs_changed=one.message.received_at,
    )
    if (merged.take or merged.conflicts) and may_be_older(one.message, link):
        batch.to_send.append(to_fetch("appointment", one.external_id, one.message.id))
        return Done(stored.id, report=_to_json((*report, OVERTAKEN)))
    batch.new_links[one.identity] = _agreed(one, stored.id, merged.base)
    if merged.take or stored.record.external_id != one.external_id:
        changes = {change.unit: (change.old, change.new) for change in merged.take}
        _change(batch, one, stored, rebuild(Appointment, merged.merged, external_id=one.external_id), changes)
    return await _ask_whose(batch, one, stored.id, merged, report)


async def _ask_whose(batch: _Batch, one: _Incoming, appointment_id: UUID, merged: Merge, report: Report) -> Outcome:
    """Done, unless a person has to say whose values stand; what was asked before and has gone away is asked no longer."""
    shown = _to_json(report) if report else None
    if not merged.asked:
        if appointment_id in batch.in_question:
            await reviews.drop_conflict(batch.transaction, one.message.id, appointment_id)
        return Done(appointment_id, report=shown)
    asked = [conflict for conflict in merged.conflicts if conflict.winner is None]
    if await reviews.ask_conflict(batch.transaction, one.message.id, "appointment", appointment_id, asked):
        return Parked(both_changed(merged.asked), appointment_id, shown)
    return Done(appointment_id, report=_to_json((*report, ASKED_ALREADY)))


def _change(batch: _Batch, one: _Incoming, stored: Stored[Appointment], record: Appointment, changes: dict[str, tuple[Any, Any]]) -> None:
    batch.appointments[stored.id] = stored.having(record, changes, one.message.received_at, audit.ATHENAHEALTH)
    batch.changed.add(stored.id)
    what, whose = Action.ATHENA_APPOINTMENT_CHANGE, record.patient_id
    batch.trail.append(AuditEntry(what, audit.ATHENAHEALTH, "appointment", stored.id, one.message.id, changes, whose))


async def _write(batch: _Batch) -> None:
    transaction = batch.transaction
    await store.add_appointments(transaction, [batch.appointments[one] for one in batch.added])
    await store.change_appointments(transaction, [batch.appointments[one] for one in batch.changed - batch.added])
    await store.put_links(transaction, "appointment", list(batch.new_links.values()))
    await audit.write(transaction, batch.trail)
    await accept(transaction, batch.to_send)
