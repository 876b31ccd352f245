"""Telling athenahealth of a patient that was made or changed here: read, merge, then write only what differs.

athenahealth takes no idempotency key, so a write is never repeated blindly: what a try that was broken off may have done is looked for first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.athena.rest import Patients, Purpose
from practicestudio.clock import Clock
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.outcome import Done, Effect, Outcome, Parked
from practicestudio.delivery.worker import Call
from practicestudio.errors import InvalidValue, NotYet, UnsureMatch
from practicestudio.mapping import Outgoing
from practicestudio.merging import Change, merge, pushed, units
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link, Stored
from practicestudio.sync.doors import Doors
from practicestudio.sync.receive_patient import update_message
from practicestudio.sync.setup import Setup, setup_of

WITH_PREVIOUS = {"showinsurance": True, "showcustomfields": True, "showpreviouspatientids": True}


@dataclass(frozen=True, slots=True)
class _Ours:
    """Our side of a patient, read for sending."""

    setup: Setup
    stored: Stored[Patient]
    link: Link | None


async def _read_ours(call: Call) -> _Ours:
    message = call.message
    if message.record_id is None:
        raise InvalidValue("The message does not say which patient it is about.", advice="Discard it, and change the patient again.")
    async with call.database.practice(message.practice_id) as transaction:
        patients = await store.read_patients(transaction, [message.record_id])
        links = await store.links_of(transaction, "patient", [message.record_id])
        if message.record_id not in patients:
            raise InvalidValue("The patient is not there any more.", advice="Discard the message.")
        return _Ours(await setup_of(transaction), patients[message.record_id], links.get(message.record_id))


@dataclass(frozen=True, slots=True)
class UpdatePatient:
    """Handles `patient.update`: whatever differs from what both sides agreed on is sent."""

    doors: Doors
    clock: Clock

    async def __call__(self, call: Call) -> Outcome:
        """Read theirs, merge, and send our changes; theirs come in as any change of theirs does."""
        ours = await _read_ours(call)
        external_id = ours.stored.record.external_id
        if ours.link is None or external_id is None:
            raise NotYet("The patient is not known at athenahealth yet.")
        patients = await self._patients(call)
        now = self.clock()
        body = await patients.get(external_id, also=WITH_PREVIOUS)
        theirs = ours.setup.mapping.patient_in(body)
        if theirs.record is None:
            raise theirs.refused or InvalidValue("athenahealth's state of the patient could not be read.")
        merged = merge(
            ours.link.base,
            units(ours.stored.record),
            units(theirs.record),
            ours.setup.merge_rules["patient"],
            ours_changed={unit: touched.at for unit, touched in ours.stored.changed.items()},
            theirs_changed=ours.setup.mapping.modified_at(body) or now,
        )
        if merged.take:  # what changed there comes in first, so that what is sent afterwards is all that differs
            news = incoming_message(body, external_id, call.message.id)
            return Done(ours.stored.id, effect=_taken([news, update_message(external_id, ours.stored.id, call.message.id)]))
        if not merged.send:
            return Done(ours.stored.id)
        outgoing = ours.setup.mapping.patient_out(ours.stored.record, [change.unit for change in merged.send], theirs.record)
        await send(call, patients, external_id, ours, outgoing)
        return Done(ours.stored.id, report=_report(outgoing), effect=_sent(call, ours, ours.link, merged.send))

    async def _patients(self, call: Call) -> Patients:
        return Patients(await self.doors.rest(call.message.practice_id), Purpose(urgency=call.message.urgency, message_id=call.message.id))


@dataclass(frozen=True, slots=True)
class CreatePatient:
    """Handles `patient.create`: registers a patient that was made here."""

    doors: Doors

    async def __call__(self, call: Call) -> Outcome:
        """Register, unless a try that was broken off did; then link both, and let their state come in as any other."""
        ours = await _read_ours(call)
        if ours.link is not None:
            return Done(ours.stored.id)
        patients = Patients(await self.doors.rest(call.message.practice_id), Purpose(urgency=call.message.urgency, message_id=call.message.id))
        outgoing = ours.setup.mapping.patient_out(ours.stored.record)
        if outgoing.refused:
            raise outgoing.refused
        external_id = await self._find(call, patients, ours) if call.message.sent_at else None
        if external_id is None:
            await call.mark_sent()
            answer = await patients.create(outgoing.values)
            external_id = str(answer.fields["patientid"])
        if await self._is_other(call, external_id):
            return Parked(
                UnsureMatch(
                    "athenahealth says this patient is one that another patient here is linked to.",
                    advice="Compare the two and merge them, or register the patient in athenahealth by hand.",
                ),
                ours.stored.id,
            )
        body = await patients.get(external_id, also=WITH_PREVIOUS)
        return Done(ours.stored.id, report=_report(outgoing), effect=_linked(ours, external_id, body, call.message.id))

    async def _find(self, call: Call, patients: Patients, ours: _Ours) -> str | None:
        """The patient that an earlier try may have registered: same name and date of birth, and nobody else's here."""
        record = ours.stored.record
        asked = ours.setup.mapping.patient_out(record).values
        found = await patients.search({name: asked[name] for name in ("firstname", "lastname", "dob") if name in asked})
        ids = [external_id for body in found if (external_id := ours.setup.mapping.patient_external_id(body))]
        free = [external_id for external_id in ids if not await self._is_other(call, external_id)]
        if len(free) > 1:
            raise UnsureMatch("athenahealth has several patients with this name and date of birth.", advice="Choose the right one there.")
        return free[0] if free else None

    async def _is_other(self, call: Call, external_id: str) -> bool:
        async with call.database.practice(call.message.practice_id) as transaction:
            identity = store.identity_of(transaction, "patient", external_id)
            links = await store.find_links(transaction, "patient", [identity])
        return identity in links and links[identity].record_id != call.message.record_id


@dataclass(frozen=True, slots=True)
class FetchPatient:
    """Handles `patient.fetch`: reads one patient whom an appointment names and nobody here knows."""

    doors: Doors

    async def __call__(self, call: Call) -> Outcome:
        """Read the patient and take it in as a message."""
        external_id = str(orjson.loads(call.message.body)["patientid"])
        patients = Patients(await self.doors.rest(call.message.practice_id), Purpose(urgency="feed", message_id=call.message.id))
        return Done(effect=_taken([incoming_message(await patients.get(external_id, also=WITH_PREVIOUS), external_id, call.message.id)]))


async def send(call: Call, patients: Patients, external_id: str, ours: _Ours, outgoing: Outgoing) -> None:
    """Make the calls that an Outgoing stands for. Each sets values rather than adding any, but for a new insurance, which is only made
    while theirs, just read, lacks it; so a try that was broken off may be made again."""
    if outgoing.refused:
        raise outgoing.refused
    if outgoing.empty:
        return
    await call.mark_sent()
    if outgoing.values:
        await patients.update(external_id, outgoing.values)
    if outgoing.custom_fields:
        await patients.update_custom_fields(external_id, _department(ours), outgoing.custom_fields)
    for insurance in outgoing.insurances:
        if insurance.action == "create":
            await patients.add_insurance(external_id, insurance.values)
        elif insurance.action == "update":
            await patients.update_insurance(external_id, insurance.external_id or "", insurance.values)
        else:
            await patients.remove_insurance(external_id, insurance.external_id or "")


def _department(ours: _Ours) -> str:
    """athenahealth's department of the patient, which custom fields want named."""
    by_id = {location.id: external_id for external_id, location in ours.setup.items.locations.items()}
    record = ours.stored.record
    for location in (record.primary_location_id, record.registration_location_id):
        if location in by_id:
            return by_id[location]
    return min(by_id.values(), key=int)


def incoming_message(body: Mapping[str, Any], external_id: str, cause_id: UUID | None) -> NewMessage:
    """A patient that was read, as an inbound message."""
    return NewMessage(direction="in", door="rest", kind="patient", about=f"patient:{external_id}", body=orjson.dumps(dict(body)), cause_id=cause_id)


def _report(outgoing: Outgoing) -> bytes | None:
    return orjson.dumps(outgoing.report) if outgoing.report else None


def _taken(news: Sequence[NewMessage]) -> Effect:
    async def effect(transaction: Transaction) -> None:
        await accept(transaction, news)

    return effect


def _sent(call: Call, ours: _Ours, link: Link, sent: Sequence[Change]) -> Effect:
    """Both sides agree on what was sent; the trail says so."""

    async def effect(transaction: Transaction) -> None:
        links = await store.find_links(transaction, "patient", [link.identity])
        base = pushed(links[link.identity].base, sent)
        await store.put_links(transaction, "patient", [Link(link.identity, ours.stored.id, base, links[link.identity].agreed_at, call.message.id)])
        changes = {change.unit: (change.old, change.new) for change in sent}
        entry = AuditEntry(Action.SYSTEM_PATIENT_SEND, audit.SYSTEM, "patient", ours.stored.id, call.message.id, changes)
        await audit.write(transaction, [entry])

    return effect


def _linked(ours: _Ours, external_id: str, body: Mapping[str, Any], message_id: UUID) -> Effect:
    """The patient is athenahealth's too from now on. What differs there is merged as nothing was agreed on before."""

    async def effect(transaction: Transaction) -> None:
        identity = store.identity_of(transaction, "patient", external_id)
        stored = (await store.read_patients(transaction, [ours.stored.id], lock=True))[ours.stored.id]
        linked = Link(identity, stored.id, None, ours.setup.practice.created_at, message_id)
        await store.put_links(transaction, "patient", [linked])
        await store.change_patients(transaction, [store.with_external_id(stored, external_id)])
        await audit.write(transaction, [AuditEntry(Action.SYSTEM_PATIENT_SEND, audit.SYSTEM, "patient", stored.id, message_id)])
        await accept(transaction, [incoming_message(body, external_id, message_id)])

    return effect
