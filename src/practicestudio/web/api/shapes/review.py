"""Questions for a person as programs send and see them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from practicestudio.sync.reviews import ReviewKind, ReviewState
from practicestudio.web.api.shapes.message import MESSAGE_ID
from practicestudio.web.api.shapes.patient import PATIENT_ID
from practicestudio.web.api.shapes.scalars import Cursor, Given, Reason, Shown, Word

REVIEW_ID = "01a20e70-3c4d-7e5f-8a6b-7c8d9e0f1a2b"
_UUID = "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class ReviewsWanted(Given):
    """Which questions: open ones, the oldest first, or those of another state, the last closed first."""

    state: ReviewState = "open"
    kind: ReviewKind | None = None
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")


class ReviewShown(Shown):
    """A question, without the values in question."""

    id: UUID
    kind: ReviewKind = Field(description="`match`: who is it? `conflict`: whose value stands?")
    state: ReviewState
    because: str = Field(description="What is asked.")
    message_id: UUID = Field(description="The message that asks, and waits for the answer.")
    record_kind: str
    record_id: UUID | None
    created_at: datetime
    decision: str | None = Field(description="The patient, or `new`; `ours`, `theirs` or `both`.")
    decided_at: datetime | None
    decided_by: str | None
    undone_at: datetime | None
    undone_by: str | None


class ReviewsPage(Shown):
    """A page of questions. total: of all that fit, at this moment."""

    items: list[ReviewShown]
    total: int
    next_cursor: str | None = Field(description="For the next page; null behind the last.")


class FieldBeside(Shown):
    """One field on both sides. weight: points for (positive) or against."""

    field: str
    arriving: list[Any]
    candidate: list[Any]
    weight: int
    note: str


class CandidateBeside(Shown):
    """Somebody who may be the one who came."""

    patient_id: UUID
    verdict: str
    because: str
    weight: int
    linked: bool = Field(description="athenahealth knows this patient by another id.")
    fields: list[FieldBeside]


class UnitBeside(Shown):
    """One value that both sides changed. base: what both last agreed on."""

    unit: str
    base: Any
    ours: Any
    theirs: Any


class ReviewWhole(ReviewShown):
    """A question with both sides: patient data. candidates are those of a match, the likeliest first; units those of a conflict."""

    candidates: list[CandidateBeside]
    units: list[UnitBeside]
    cannot_be_undone: str | None = Field(description="Why a decision cannot be taken back; null where it can, or there is none.")


class Decision(Given):
    """The answer to a question."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": PATIENT_ID, "why": "Same person, moved house."}, {"decision": "theirs"}]})

    decision: Annotated[str, StringConstraints(pattern=f"^(new|ours|theirs|{_UUID})$")] = Field(
        description="Of a match the id of one of the candidates, or `new`; of a conflict `ours` or `theirs`."
    )
    by_unit: dict[Word, Literal["ours", "theirs"]] | None = Field(
        None, max_length=100, description="Of a conflict: units that are decided otherwise."
    )
    why: Reason | None = None


class Undoing(Given):
    """Why a decision is taken back."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"why": "It is another patient of the same name."}]})

    why: Reason


REVIEW: dict[str, Any] = {
    "id": REVIEW_ID, "kind": "match", "state": "open", "because": "One patient agrees in name and date of birth, but not in the address.",
    "message_id": MESSAGE_ID, "record_kind": "patient", "record_id": None, "created_at": "2026-11-24T15:02:11.201Z", "decision": None,
    "decided_at": None, "decided_by": None, "undone_at": None, "undone_by": None,
}  # fmt: skip
WHOLE: dict[str, Any] = {
    **REVIEW,
    "candidates": [
        {
            "patient_id": PATIENT_ID, "verdict": "unsure", "because": "The address differs.", "weight": 11, "linked": True,
            "fields": [{"field": "last_name", "arriving": ["Delgado"], "candidate": ["Delgado"], "weight": 6, "note": ""}],
        }
    ],
    "units": [],
    "cannot_be_undone": None,
}  # fmt: skip
DECIDED: dict[str, Any] = {**REVIEW, "state": "decided", "decision": PATIENT_ID, "decided_at": "2026-11-24T15:20:00Z", "decided_by": "key:01a20e44"}
