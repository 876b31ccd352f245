"""The questions of a practice as a list: who each is about, what is asked, since when; whoever looks through it stands in the trail."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.records import Patient
from practicestudio.store import records as store
from practicestudio.store.database import Transaction
from practicestudio.sync.match_question import arriving_patients
from practicestudio.sync.reviews import Review
from practicestudio.sync.setup import setup_of


@dataclass(frozen=True, slots=True)
class QuestionLine:
    """A question in the list. person: who came, or whose record it is; None where that is no longer known."""

    review: Review
    person: Patient | None

    @property
    def asked(self) -> tuple[str, ...]:
        """The fields in question of a conflict."""
        return tuple(one["unit"] for one in self.review.content) if self.review.kind == "conflict" else ()

    @property
    def candidates(self) -> int:
        """How many the person may be, of a match."""
        return len(self.review.content["candidates"]) if self.review.kind == "match" else 0


async def question_lines(transaction: Transaction, found: Sequence[Review], by: str) -> list[QuestionLine]:
    """The lines of these questions, in their order."""
    came = await arriving_patients(transaction, await setup_of(transaction), [one.message_id for one in found if one.kind == "match"])
    patients = await _patients(transaction, [one for one in found if one.kind == "conflict"])
    lines = [QuestionLine(one, came.get(one.message_id) if one.kind == "match" else patients.get(one.id)) for one in found]
    if lines:
        shown = {"shown": (None, [str(one.id) for one in found])}
        await audit.write(transaction, [AuditEntry(Action.PERSON_REVIEW_SEARCH, by, "review", changes=shown)])
    return lines


async def _patients(transaction: Transaction, conflicts: Sequence[Review]) -> dict[UUID, Patient]:
    """Whose record each conflict is about, by review."""
    of_record = {one.id: one.record_id for one in conflicts if one.record_id}
    appointments = await store.read_appointments(
        transaction, [one.record_id for one in conflicts if one.record_kind == "appointment" and one.record_id]
    )
    whose = {review_id: appointments[one].record.patient_id if one in appointments else one for review_id, one in of_record.items()}
    patients = await store.read_patients(transaction, [one for one in whose.values() if one])
    return {review_id: patients[one].record for review_id, one in whose.items() if one in patients}
