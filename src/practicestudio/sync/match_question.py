"""A question about who somebody is, as a person sees it: who came beside each candidate, field by field, with what speaks for and against."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import orjson

from practicestudio.access import audit
from practicestudio.clock import now
from practicestudio.delivery.inbox import open_body
from practicestudio.matching import Candidate as Compared
from practicestudio.matching import Evidence, FullAgreement, Verdict, compare
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.records import Stored
from practicestudio.sync.histories import as_of
from practicestudio.sync.reviews import Review
from practicestudio.sync.setup import Setup, setup_of

_MATCHER = FullAgreement()
_EVIDENCE = tuple[Evidence, ...]

Read = Callable[[Patient], Iterable[Any]]
COMPARED: Mapping[str, Read] = {
    "last_name": lambda one: (one.last_name,),
    "first_name": lambda one: (one.first_name, one.preferred_name),
    "middle_name": lambda one: (one.middle_name,),
    "suffix": lambda one: (one.suffix,),
    "date_of_birth": lambda one: (one.date_of_birth,),
    "gender": lambda one: (None if one.gender == "unknown" else one.gender,),
    "phone": lambda one: (one.phone_mobile, one.phone_home, one.phone_work),
    "email": lambda one: (one.email,),
    "street": lambda one: (one.address.line1, one.address.line2),
    "postal_code": lambda one: (" ".join(part for part in (one.address.city, one.address.state, one.address.postal_code) if part),),
    "ssn_last4": lambda one: (one.ssn_last4,),
}
"""The values that stand behind each field that the matcher compares."""


@dataclass(frozen=True, slots=True)
class FieldCompared:
    """One field on both sides. weight: points for (positive) or against; note: why it is similar or missing."""

    field: str
    arriving: tuple[Any, ...]
    candidate: tuple[Any, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class CandidateShown:
    """Somebody who may be the one who came. linked: athenahealth knows the candidate by another id. gone_into: merged into that one since."""

    id: UUID
    patient: Patient
    verdict: Verdict
    because: str
    fields: tuple[FieldCompared, ...]
    past: int
    to_come: int
    gone_into: UUID | None

    @property
    def weight(self) -> int:
        """The sum of the evidence: the higher, the likelier it is the same person."""
        return sum(one.evidence.weight for one in self.fields)

    @property
    def linked(self) -> bool:
        """Whether athenahealth knows the candidate by another id."""
        return self.patient.external_id is not None


@dataclass(frozen=True, slots=True)
class MatchQuestion:
    """arriving: None where the log no longer keeps the message. A closed question shows both as they were when it was asked."""

    review: Review
    arriving: Patient | None
    candidates: tuple[CandidateShown, ...]


async def match_question(transaction: Transaction, review: Review) -> MatchQuestion:
    """The question with what speaks for each answer, the likeliest candidate first."""
    setup = await setup_of(transaction)
    arriving = (await arriving_patients(transaction, setup, [review.message_id])).get(review.message_id)
    ids = [UUID(one["id"]) for one in review.content["candidates"]]
    found = await store.read_patients(transaction, ids)
    shown = [await _candidate(transaction, review, arriving, found[one], told) for one, told in zip(ids, review.content["candidates"], strict=True)]
    return MatchQuestion(review, arriving, tuple(sorted(shown, key=lambda one: (-one.weight, one.id))))


async def arriving_patients(transaction: Transaction, setup: Setup, message_ids: Iterable[UUID]) -> dict[UUID, Patient]:
    """Who came, by message; without those whose message is no longer kept or cannot be read any more."""
    found = sql.reviews.received_bodies(transaction.connection, practice_id=transaction.practice_id, message_ids=list(message_ids))
    arrived = {}
    for message_id, sealed in await rows(found):
        mapped = setup.mapping.patient_in(orjson.loads(open_body(transaction.sealer, message_id, "received", sealed)))
        if mapped.record is not None:
            arrived[message_id] = mapped.record
    return arrived


async def _candidate(
    transaction: Transaction, review: Review, arriving: Patient | None, stored: Stored[Patient], told: Mapping[str, Any]
) -> CandidateShown:
    """An open question is weighed anew by the values of now; a closed one shows what it was decided by."""
    patient, verdict, because = stored.record, told["verdict"], told["because"]
    evidence = msgspec.convert(told["evidence"], _EVIDENCE)
    if review.state != "open":
        patient = as_of(patient, await audit.read_trail(transaction, stored.id), review.decided_at or review.created_at)
    elif arriving is not None and stored.merged_into is None:
        weighed = _MATCHER.weigh(arriving, Compared(stored.id, patient, patient.external_id is not None))
        verdict, because, evidence = weighed.verdict, weighed.because, compare(arriving, patient)
    past, to_come = await _visits(transaction, stored.id)
    fields = tuple(FieldCompared(one.field, values_of(arriving, one.field), values_of(patient, one.field), one) for one in evidence)
    return CandidateShown(stored.id, patient, verdict, because, fields, past, to_come, stored.merged_into)


def values_of(patient: Patient | None, field: str) -> tuple[Any, ...]:
    """What the patient has in a field that is compared."""
    return tuple(value for value in COMPARED[field](patient) if value) if patient else ()


async def _visits(transaction: Transaction, patient_id: UUID) -> tuple[int, int]:
    """How many appointments the patient has had, and how many are to come."""
    moment: datetime = now()
    kept = [one.record for one in await store.list_appointments_of(transaction, patient_id) if one.record.status != "cancelled"]
    to_come = sum(1 for one in kept if one.start_time is not None and one.start_time > moment)
    return len(kept) - to_come, to_come
