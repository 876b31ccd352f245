"""Giving athenahealth back what it had before it was told of values that turned out to be wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.athena.rest import Patients, Purpose
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.outcome import Done, Effect, Outcome
from practicestudio.delivery.worker import Call
from practicestudio.errors import InvalidValue
from practicestudio.mapping import Mapped, Outgoing
from practicestudio.merging import Units, holds, rebuild, units, units_from_json, with_values
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.store.records import Stored
from practicestudio.sync.doors import Doors
from practicestudio.sync.fetch_record import WHOLE_PATIENT
from practicestudio.sync.intents import arrived
from practicestudio.sync.push_patient import Ours, report_of, send
from practicestudio.sync.setup import Setup, setup_of

KIND = "patient.put_back"


@dataclass(frozen=True, slots=True)
class PutBack:
    """What athenahealth gets back. told: what it was told, by unit; theirs: what it had before, without a value where it had none.

    base: what both sides had agreed on in these units, to hold again afterwards; None where the link itself was taken apart.
    """

    external_id: str
    told: Units
    theirs: Units
    base: Units | None = None


def to_put_back(asked: PutBack, record_id: UUID | None, cause_id: UUID | None) -> NewMessage:
    """The intent to give it back."""
    return NewMessage(
        direction="out",
        door="rest",
        kind=KIND,
        about=f"patient:{asked.external_id}",
        body=orjson.dumps(asked),
        urgency="person",
        record_id=record_id,
        cause_id=cause_id,
    )


@dataclass(frozen=True, slots=True)
class PutPatientBack:
    """Handles `patient.put_back`. Body: a PutBack as JSON."""

    doors: Doors

    async def __call__(self, call: Call) -> Outcome:
        """Write back where our value still stands; what somebody at athenahealth changed since is left. The state of then comes in as news."""
        asked = _asked(call.message.body)
        async with call.database.practice(call.message.practice_id) as transaction:
            setup = await setup_of(transaction)
        patients = Patients(await self.doors.rest(call.message.practice_id), Purpose(urgency="person", message_id=call.message.id))
        body = await patients.get(asked.external_id, also=WHOLE_PATIENT)
        theirs = setup.mapping.patient_in(body)
        outgoing, standing = _outgoing(setup, asked, theirs)
        if not outgoing.empty:
            await send(call, patients, asked.external_id, _theirs_as_ours(setup, theirs), outgoing, call.message.body)
            body = await patients.get(asked.external_id, also=WHOLE_PATIENT)
        return Done(call.message.record_id, report=report_of(outgoing), effect=_put(call, asked, standing, body))


def _asked(body: bytes) -> PutBack:
    value = orjson.loads(body)
    told, theirs = units_from_json(Patient, value["told"]), units_from_json(Patient, value["theirs"])
    base = None if value["base"] is None else dict.fromkeys(value["base"]) | units_from_json(Patient, value["base"])
    return PutBack(value["external_id"], dict.fromkeys(value["told"]) | told, theirs, base)


def _outgoing(setup: Setup, asked: PutBack, theirs: Mapped[Patient]) -> tuple[Outgoing, list[str]]:
    """What is to be sent, and the units in which our value still stands there."""
    if theirs.record is None:
        raise theirs.refused or InvalidValue("athenahealth's state of the patient could not be read.")
    present = units(theirs.record)
    standing = [unit for unit, told in asked.told.items() if unit not in theirs.unread and holds(present.get(unit), told)]
    before = rebuild(Patient, with_values(present, standing, asked.theirs), external_id=asked.external_id)
    return setup.mapping.patient_out(before, standing, theirs.record), standing


def _theirs_as_ours(setup: Setup, theirs: Mapped[Patient]) -> Ours:
    return Ours(setup, Stored(UUID(int=0), theirs.record or Patient()), None)


def _put(call: Call, asked: PutBack, standing: Sequence[str], body: Mapping[str, Any]) -> Effect:
    async def effect(transaction: Transaction) -> None:
        changes = {unit: (asked.told.get(unit), asked.theirs.get(unit)) for unit in standing}
        entry = AuditEntry(Action.SYSTEM_PATIENT_SEND, audit.SYSTEM, "patient", call.message.record_id, call.message.id, changes)
        await audit.write(transaction, [entry] if standing else [])
        if asked.base is None:
            return
        identity = store.identity_of(transaction, "patient", asked.external_id)
        for link in (await store.find_links(transaction, "patient", [identity])).values():
            await store.put_links(transaction, "patient", [replace(link, base=with_values(link.base or {}, asked.base, asked.base))])
        await accept(transaction, [arrived("patient", body, asked.external_id, call)])

    return effect
