"""What the practice is made of: departments, providers, appointment types, custom fields. Patients and appointments need them first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from practicestudio.athena.rest import Practice, Purpose
from practicestudio.delivery.outcome import Done, Outcome
from practicestudio.delivery.worker import Call
from practicestudio.errors import NotYet
from practicestudio.mapping import Finding
from practicestudio.mapping.practice_items import ItemKind, practice_item_in
from practicestudio.practices.items import put_items
from practicestudio.sync.doors import Doors
from practicestudio.sync.setup import setup_of


@dataclass(frozen=True, slots=True)
class PullPractice:
    """Handles `pull.practice`."""

    doors: Doors

    async def __call__(self, call: Call) -> Outcome:
        """Read everything anew; what an item was given here (its id) it keeps."""
        findings = await pull_practice(self.doors, call, Purpose(urgency="feed", message_id=call.message.id))
        return Done(report=orjson.dumps(findings) if findings else None)


async def pull_practice(doors: Doors, call: Call, purpose: Purpose) -> list[Finding]:
    """Ask for all kinds of items and store them together."""
    practice = Practice(await doors.rest(call.message.practice_id), purpose)
    found: dict[ItemKind, Sequence[dict[str, Any]]] = {
        "location": await practice.departments(),
        "provider": await practice.providers(),
        "appointment_type": await practice.appointment_types(),
        "custom_field": await practice.custom_fields(),
    }
    findings: list[Finding] = []
    async with call.database.practice(call.message.practice_id) as transaction:
        for kind, bodies in found.items():
            mapped = [practice_item_in(kind, body) for body in bodies]
            findings += [finding for one in mapped for finding in one.report]
            await put_items(transaction, kind, [one.record for one in mapped if one.record is not None])
    return findings


async def open_locations(doors: Doors, call: Call, purpose: Purpose) -> list[str]:
    """athenahealth's ids of the departments that it lists, in order; asked for first where none is known. Raises NotYet where there are none."""
    for _ in range(2):
        async with call.database.practice(call.message.practice_id) as transaction:
            items = (await setup_of(transaction)).items
        if found := items.locations.keys() - items.closed_locations:
            return sorted(found, key=int)
        await pull_practice(doors, call, purpose)
    raise NotYet("The practice has no departments at athenahealth.", advice="Check the practice id of the connection.")
