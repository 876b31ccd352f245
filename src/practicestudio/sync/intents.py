"""Messages that one use case leaves for another: what was read, what is to be read, what is to be told."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from practicestudio.delivery.message import NewMessage, Urgency
from practicestudio.delivery.worker import Call
from practicestudio.store.records import RecordKind

ID_FIELDS: Mapping[RecordKind, str] = {"patient": "patientid", "appointment": "appointmentid"}


def arrived(kind: RecordKind, body: Mapping[str, Any], external_id: str, call: Call) -> NewMessage:
    """A record that the call has read, as an inbound message."""
    return NewMessage(
        direction="in",
        door="rest",
        kind=kind,
        about=f"{kind}:{external_id}",
        body=orjson.dumps(dict(body)),
        cause_id=call.message.id,
        asked=call.asked,
    )


def listed(
    kind: RecordKind, item: Mapping[str, Any], *, asked: int, urgency: Urgency = "feed", run_id: UUID | None = None, rereadable: bool = False
) -> NewMessage:
    """A record of a list, as an inbound message. Its keys are sorted, so that the same state is the same bytes."""
    return NewMessage(
        direction="in",
        door="rest",
        kind=kind,
        about=f"{kind}:{item.get(ID_FIELDS[kind])}",
        body=orjson.dumps(dict(item), option=orjson.OPT_SORT_KEYS),
        asked=asked,
        urgency=urgency,
        rereadable=rereadable,
        run_id=run_id,
    )


def to_fetch(kind: RecordKind, external_id: str, cause_id: UUID | None) -> NewMessage:
    """The wish to read one record at athenahealth."""
    return NewMessage(
        direction="out",
        door="rest",
        kind=f"{kind}.fetch",
        about=f"{kind}:{external_id}",
        body=orjson.dumps({"id": external_id}),
        cause_id=cause_id,
    )


def to_update(external_id: str, patient_id: UUID, cause_id: UUID | None) -> NewMessage:
    """The intent to tell athenahealth what changed on our side of a patient; what that is, is read when it is sent."""
    return NewMessage(
        direction="out",
        door="rest",
        kind="patient.update",
        about=f"patient:{external_id}",
        body=b"{}",
        record_id=patient_id,
        cause_id=cause_id,
    )
