"""Registering a patient at athenahealth who was made here: looked for first where an earlier try broke off, then linked, and their state taken in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.athena.rest import Patients, Purpose
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.outcome import Done, Effect, Outcome, Parked
from practicestudio.delivery.worker import Call
from practicestudio.errors import UnsureMatch
from practicestudio.mapping import Outgoing
from practicestudio.matching import Candidate, decide
from practicestudio.matching import Link as Matched
from practicestudio.merging import Units, is_missing, units
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Link
from practicestudio.sync.doors import Doors
from practicestudio.sync.fetch_record import WHOLE_PATIENT
from practicestudio.sync.intents import arrived, to_update
from practicestudio.sync.push_patient import Ours, read_ours, report_of


@dataclass(frozen=True, slots=True)
class RegisterPatient:
    """Handles `patient.create`: registers a patient that was made here."""

    doors: Doors

    async def __call__(self, call: Call) -> Outcome:
        """Register, unless a try that was broken off did; then link both, and let their state come in as any other."""
        ours = await read_ours(call)
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
        body = await patients.get(external_id, also=WHOLE_PATIENT)
        lists = bool(outgoing.insurances or outgoing.custom_fields)
        return Done(
            ours.stored.id, report=report_of(outgoing), effect=_linked(ours, external_id, body, _agreed_on(ours, outgoing, body), lists, call)
        )

    async def _find(self, call: Call, patients: Patients, ours: Ours) -> str | None:
        """The patient that an earlier try may have registered: one who agrees in full and is nobody else's here."""
        record = ours.stored.record
        found = await patients.search({"firstname": record.first_name, "lastname": record.last_name, "dob": record.date_of_birth})
        same = [external_id for body in found if (external_id := _same_person(ours, body))]
        free = [external_id for external_id in same if not await self._is_other(call, external_id)]
        if len(free) > 1:
            raise UnsureMatch("athenahealth has this patient more than once.", advice="Merge them there, then retry this.")
        return free[0] if free else None

    async def _is_other(self, call: Call, external_id: str) -> bool:
        async with call.database.practice(call.message.practice_id) as transaction:
            identity = store.identity_of(transaction, "patient", external_id)
            links = await store.find_links(transaction, "patient", [identity])
        return identity in links and links[identity].record_id != call.message.record_id


def _same_person(ours: Ours, body: dict[str, Any]) -> str | None:
    """athenahealth's id, where the patient who was found is without doubt ours."""
    theirs = ours.setup.mapping.patient_in(body).record
    same = theirs is not None and isinstance(decide(theirs, [Candidate(ours.stored.id, ours.stored.record)]), Matched)
    return ours.setup.mapping.patient_external_id(body) if same else None


def _agreed_on(ours: Ours, outgoing: Outgoing, body: Mapping[str, Any]) -> Units | None:
    """What both sides agree on after a registration: every unit that came back as it was sent, though athenahealth may have added to it (a
    country to an address). None where something came back otherwise, for then it was a patient whom athenahealth had already."""
    theirs = ours.setup.mapping.patient_in(dict(body)).record
    if theirs is None:
        return None
    came_back = ours.setup.mapping.patient_out(theirs).values
    if any(came_back.get(name, value) != value for name, value in outgoing.values.items()):
        return None
    known = {unit for unit, value in units(theirs).items() if not is_missing(unit, value)}
    return {unit: value for unit, value in units(ours.stored.record).items() if unit in known and not is_missing(unit, value)}


def _linked(ours: Ours, external_id: str, body: Mapping[str, Any], agreed: Units | None, lists: bool, call: Call) -> Effect:
    """The patient is athenahealth's too from now on. What else differs there is merged as nothing was agreed on before.

    lists: insurances and custom fields, which a registration does not take, are to be sent too.
    """

    async def effect(transaction: Transaction) -> None:
        identity = store.identity_of(transaction, "patient", external_id)
        await store.link_alone(transaction)
        if identity not in await store.find_links(transaction, "patient", [identity]):
            stored = (await store.read_patients(transaction, [ours.stored.id], lock=True))[ours.stored.id]
            linked = Link(identity, stored.id, agreed, ours.setup.practice.created_at, call.message.id)
            await store.put_links(transaction, "patient", [linked])
            await store.change_patients(transaction, [store.with_external_id(stored, external_id)])
        await audit.write(transaction, [AuditEntry(Action.SYSTEM_PATIENT_SEND, audit.SYSTEM, "patient", ours.stored.id, call.message.id)])
        left = [to_update(external_id, ours.stored.id, call.message.id)] if lists else []
        await accept(transaction, [arrived("patient", body, external_id, call), *left])

    return effect
