"""Reading one record at athenahealth: whom an appointment names and nobody here knows, what a feed tells only in part, or what was overtaken."""

from dataclasses import dataclass

import orjson

from practicestudio.athena.rest import Appointments, Patients, Purpose
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.outcome import Done, Outcome
from practicestudio.delivery.worker import Call
from practicestudio.store.database import Transaction
from practicestudio.sync.doors import Doors
from practicestudio.sync.intents import arrived

WHOLE_PATIENT = {"showinsurance": True, "showcustomfields": True, "showpreviouspatientids": True}
"""What makes a patient come with everything that is kept of one."""


@dataclass(frozen=True, slots=True)
class FetchRecord:
    """Handles `patient.fetch` and `appointment.fetch`. Body: {"id": athenahealth's}."""

    doors: Doors

    async def patient(self, call: Call) -> Outcome:
        """Read the patient whole and take it in as a message."""
        external_id, purpose = _asked(call)
        body = await Patients(await self.doors.rest(call.message.practice_id), purpose).get(external_id, also=WHOLE_PATIENT)
        return _taken(arrived("patient", body, external_id, call))

    async def appointment(self, call: Call) -> Outcome:
        """Read the appointment and take it in as a message."""
        external_id, purpose = _asked(call)
        body = await Appointments(await self.doors.rest(call.message.practice_id), purpose).get(external_id)
        return _taken(arrived("appointment", body, external_id, call))


def _asked(call: Call) -> tuple[str, Purpose]:
    return str(orjson.loads(call.message.body)["id"]), Purpose(urgency=call.message.urgency, message_id=call.message.id)


def _taken(news: NewMessage) -> Done:
    async def effect(transaction: Transaction) -> None:
        await accept(transaction, [news])

    return Done(effect=effect)
