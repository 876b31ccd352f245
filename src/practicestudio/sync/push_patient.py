"""Telling athenahealth of a patient that was made or changed here: read, merge, then write only what differs.

athenahealth takes no idempotency key, so a write is never repeated blindly: what a try that was broken off may have done is looked for first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.athena.rest import Patients, Purpose
from practicestudio.clock import Clock
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import ATTENTION, UNFINISHED, NewMessage
from practicestudio.delivery.outcome import Done, Effect, Outcome, Parked
from practicestudio.delivery.worker import Call
from practicestudio.errors import InvalidValue, UnsureMatch
from practicestudio.mapping import Finding, Mapped, Outgoing
from practicestudio.merging import Change, Merge, Units, decode_units, encode_units, holds, merge, pushed, units
from practicestudio.merging.adoption import adopted_ids, with_adopted_ids
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link, Stored
from practicestudio.sync import reviews
from practicestudio.sync.doors import Doors
from practicestudio.sync.fetch_record import WHOLE_PATIENT
from practicestudio.sync.intents import arrived, to_update
from practicestudio.sync.receive_patient import someone_else
from practicestudio.sync.setup import Setup, setup_of
from practicestudio.sync.spoken_units import spoken_units

WITH_REGISTRATION = Finding("", "The patient's registration at athenahealth is not done yet; this goes with it.", "warning")


@dataclass(frozen=True, slots=True)
class Ours:
    """Our side of a patient, read for sending."""

    setup: Setup
    stored: Stored[Patient]
    link: Link | None


async def read_ours(call: Call) -> Ours:
    message = call.message
    if message.record_id is None:
        raise InvalidValue("The message does not say which patient it is about.", advice="Discard it, and change the patient again.")
    async with call.database.practice(message.practice_id) as transaction:
        stored = (await store.read_patients(transaction, [message.record_id])).get(message.record_id)
        if stored is None:
            raise InvalidValue("The patient is not there any more.", advice="Discard the message.")
        if stored.merged_into is not None:
            raise InvalidValue("The patient was merged into another.", advice="Make the change there, and discard this one.")
        return Ours(await setup_of(transaction), stored, await _link(transaction, stored))


async def _link(transaction: Transaction, stored: Stored[Patient]) -> Link | None:
    """The link of the id that the patient goes by; after a merge there are others, of the ids that were taken in."""
    if stored.record.external_id is None:
        return None
    identity = store.identity_of(transaction, "patient", stored.record.external_id)
    return (await store.find_links(transaction, "patient", [identity])).get(identity)


@dataclass(frozen=True, slots=True)
class UpdatePatient:
    """Handles `patient.update`: whatever differs from what both sides agreed on is sent."""

    doors: Doors
    clock: Clock

    async def __call__(self, call: Call) -> Outcome:
        """Read theirs, merge, and send our changes; theirs come in as any change of theirs does."""
        ours = await read_ours(call)
        external_id = ours.stored.record.external_id
        if ours.link is None or external_id is None:
            return await _goes_with_registration(call)
        patients = await self._patients(call)
        body = await patients.get(external_id, also=WHOLE_PATIENT)
        theirs = ours.setup.mapping.patient_in(body)
        if theirs.record is None:
            raise theirs.refused or InvalidValue("athenahealth's state of the patient could not be read.")
        news = arrived("patient", body, external_id, call)
        if someone_else(ours.link.base, theirs.record):
            return _not_the_same(ours, news)
        own = _own_writes(call, units(theirs.record))
        link = replace(ours.link, base={**(ours.link.base or {}), **own}) if own else ours.link
        merged = self._merged(ours, link, body, theirs)
        noted = [Change(unit, (ours.link.base or {}).get(unit), value) for unit, value in own.items()]
        if merged.take:  # what changed there comes in first, so that what is sent afterwards is all that differs
            return Done(ours.stored.id, effect=_sent(call, ours, link, noted, [news, to_update(external_id, ours.stored.id, call.message.id)]))
        to_ask = [news] if merged.asked and not await _is_asked(call, ours) else []
        if not merged.send:
            return Done(ours.stored.id, effect=_sent(call, ours, link, noted, to_ask))
        outgoing = ours.setup.mapping.patient_out(ours.stored.record, [change.unit for change in merged.send], theirs.record)
        await send(call, patients, external_id, ours, outgoing, _as_intent(merged.send))
        return Done(
            ours.stored.id,
            report=report_of(outgoing),
            effect=_sent(call, ours, link, [*noted, *_that_went(merged.send, outgoing)], to_ask),
        )

    def _merged(self, ours: Ours, link: Link, body: Mapping[str, Any], theirs: Mapped[Patient]) -> Merge:
        return merge(
            link.base,
            units(ours.stored.record),
            units(theirs.record or Patient()),
            ours.setup.merge_rules["patient"],
            ours_changed={unit: touched.at for unit, touched in ours.stored.changed.items()},
            theirs_changed=ours.setup.mapping.modified_at(body) or self.clock(),
            known=spoken_units(body, theirs),
        )

    async def _patients(self, call: Call) -> Patients:
        return Patients(await self.doors.rest(call.message.practice_id), Purpose(urgency=call.message.urgency, message_id=call.message.id))


def _as_intent(wanted: Sequence[Change]) -> bytes:
    """What is about to be written, kept with the message. A member of a list that is taken away leaves nothing to know it by."""
    return encode_units({change.unit: change.new for change in wanted if change.new is not None or "." not in change.unit})


def _intent(call: Call) -> Units:
    """What an earlier try of this message was about to write when it broke off."""
    return decode_units(Patient, call.message.body) if call.message.sent_at is not None else {}


def _own_writes(call: Call, theirs: Units) -> Units:
    """What an earlier try of ours wrote, where it stands there: it is not a change of theirs, though nobody noted it."""
    intent = _intent(call)
    intent = with_adopted_ids(intent, adopted_ids(intent, theirs), theirs)
    return {unit: value for unit, value in intent.items() if holds(theirs.get(unit), value)}


async def _is_asked(call: Call, ours: Ours) -> bool:
    async with call.database.practice(call.message.practice_id) as transaction:
        return ours.stored.id in await reviews.in_question(transaction, "patient")


async def _goes_with_registration(call: Call) -> Outcome:
    """A patient whom athenahealth does not know yet is registered as they are by then, so there is nothing to send beside it."""
    message = call.message
    async with call.database.practice(message.practice_id) as transaction:
        row = await sql.messages.last_of_record(
            transaction.connection, practice_id=message.practice_id, record_id=message.record_id, kind="patient.create"
        )
    if row is None or row[1] not in (*UNFINISHED, *ATTENTION):
        raise InvalidValue("The patient is not known at athenahealth.", advice="Register the patient again, or discard the message.")
    return Done(message.record_id, report=orjson.dumps([WITH_REGISTRATION]))


def _not_the_same(ours: Ours, news: NewMessage) -> Outcome:
    """Nothing is written over somebody else; whose the id is now is asked when what was read is worked."""
    error = UnsureMatch("This id belongs to a patient with another name and date of birth now.", advice="Decide the review, then retry this.")
    return Parked(error, ours.stored.id, effect=_taken([news]))


def _that_went(wanted: Sequence[Change], outgoing: Outgoing) -> list[Change]:
    """Those changes that athenahealth was really told of; the others stay ours, and differ."""
    stayed = {finding.place for finding in outgoing.report if finding.severity == "no_place"}
    stayed |= {place.partition(".")[0] for place in stayed}
    return [change for change in wanted if change.unit not in stayed]


async def send(call: Call, patients: Patients, external_id: str, ours: Ours, outgoing: Outgoing, intent: bytes) -> None:
    """Make the calls that an Outgoing stands for. Each sets values rather than adding any, but for a new insurance, which is only made
    while theirs, just read, lacks it; so a try that was broken off may be made again."""
    if outgoing.refused:
        raise outgoing.refused
    if outgoing.empty:
        return
    await call.mark_sent(intent)
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


def _department(ours: Ours) -> str:
    """athenahealth's department of the patient, which custom fields want named."""
    by_id = {location.id: external_id for external_id, location in ours.setup.items.locations.items()}
    record = ours.stored.record
    for location in (record.primary_location_id, record.registration_location_id):
        if location in by_id:
            return by_id[location]
    return min(by_id.values(), key=int)


def report_of(outgoing: Outgoing) -> bytes | None:
    return orjson.dumps(outgoing.report) if outgoing.report else None


def _taken(news: Sequence[NewMessage]) -> Effect:
    async def effect(transaction: Transaction) -> None:
        await accept(transaction, news)

    return effect


def _sent(call: Call, ours: Ours, link: Link, sent: Sequence[Change], news: Sequence[NewMessage]) -> Effect:
    """Both sides agree on what was sent; the trail says so."""
    if not sent:
        return _taken(news)

    async def effect(transaction: Transaction) -> None:
        links = await store.find_links(transaction, "patient", [link.identity])
        base = pushed(links[link.identity].base, sent)
        position = await sql.messages.position(transaction.connection)
        agreed = replace(links[link.identity], base=base, message_id=call.message.id, position=position)
        await store.put_links(transaction, "patient", [agreed])
        changes = {change.unit: (change.old, change.new) for change in sent}
        entry = AuditEntry(Action.SYSTEM_PATIENT_SEND, audit.SYSTEM, "patient", ours.stored.id, call.message.id, changes)
        await audit.write(transaction, [entry])
        await accept(transaction, news)

    return effect
