"""Messages, errors and sync runs as programs send and see them."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from practicestudio.delivery.message import Direction, State, Urgency
from practicestudio.web.api.shapes.patient import PATIENT_ID
from practicestudio.web.api.shapes.scalars import LINES, Cursor, Given, Id, Moment, Reason, Shown, Word

MESSAGE_ID = "01a20e5b-7d40-7a6e-8f10-c2d3e4f5a6b7"
RUN_ID = "01a20e5a-1111-7d2e-9a3b-0c1d2e3f4a5b"
REFUSED = "athenahealth refused it: The phone number is not valid. Correct it in Practice Studio, then retry it from the error queue."


class MessageFilter(Given):
    """Which messages; what is left out does not narrow. Of record_id, patient_id, run_id, cause_id and retry_of one at most."""

    state: list[State] = Field([], max_length=8, description="Any of these.")
    kind: list[Word] = Field([], max_length=20, description="Any of these, such as `patient.update`.")
    direction: Direction | None = None
    door: Word | None = Field(None, description="`rest`, `hl7`, …")
    error_code: Word | None = None
    record_id: Id | None = Field(None, description="Messages about this patient or appointment.")
    patient_id: Id | None = Field(None, description="Messages about this patient and the patient's appointments.")
    run_id: Id | None = Field(None, description="Messages that this run brought.")
    cause_id: Id | None = Field(None, description="Messages that this message caused.")
    retry_of: Id | None = Field(None, description="Corrected copies of this message.")
    since: Moment | None = Field(None, description="Stored at this time or later.")
    before: Moment | None = Field(None, description="Stored before this time.")
    limit: Annotated[int, Field(ge=1, le=200, description="How many at most.")] = 50
    cursor: Cursor | None = Field(None, description="`next_cursor` of the page before.")


class MessageShown(Shown):
    """A message as the log lists it: without its bodies."""

    id: UUID
    received_at: datetime
    direction: Direction
    door: str
    kind: str
    urgency: Urgency
    state: State
    tries: int
    due_at: datetime | None
    sent_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error: str | None = Field(description="What went wrong and what to do, in one sentence.")
    record_id: UUID | None
    run_id: UUID | None
    cause_id: UUID | None = Field(description="The message that caused it.")
    retry_of: UUID | None = Field(description="The message that it is a corrected copy of.")
    decided_by: str | None


class MessagesPage(Shown):
    """A page of messages, newest first. total: of all that fit, at this moment."""

    items: list[MessageShown]
    total: int
    next_cursor: str | None = Field(description="For the next page; null behind the last.")


class TryShown(Shown):
    """One try: what was asked, what came."""

    id: UUID
    operation: str
    method: str | None
    path_template: str | None
    status: int | None
    duration_ms: float
    error_code: str | None
    error: str | None
    request_id: str | None
    remaining_today: int | None


class MessageWhole(MessageShown):
    """A message with its tries, the oldest first, and the messages that it caused, the newest 200."""

    attempts: list[TryShown]
    caused: list[UUID]
    copies: list[UUID]


class BodyShown(Shown):
    """One body. What is no UTF-8 text stands in base64."""

    part: str = Field(description="`received` or `sent`, `answer`, `report`.")
    encoding: Literal["utf-8", "base64"]
    content: str


class BodiesShown(Shown):
    """The bodies of a message: patient data."""

    items: list[BodyShown]


class Correction(Given):
    """What a failed message should have said."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"body": '{"patientid": "31014", "homephone": "6175550123"}'}]})

    body: Annotated[str, StringConstraints(min_length=1, max_length=900_000)] = Field(description="The whole body, as it is to be worked.")


class Corrected(Shown):
    """The corrected copy, which is worked instead; the original is kept, discarded, and linked."""

    message_id: UUID
    retry_of: UUID


class ErrorGroupShown(Shown):
    """Messages that wait for a person for one cause."""

    kind: str
    state: State
    error_code: str
    error: str
    count: int
    example: UUID = Field(description="The newest of them.")


class ErrorGroups(Shown):
    """The error queue by cause, the most frequent first."""

    items: list[ErrorGroupShown]
    total: int


class ErrorsChosen(Given):
    """Which messages of the error queue: these, or all of a group."""

    ids: list[Id] | None = Field(None, min_length=1, max_length=1_000)
    group: "ErrorGroupChosen | None" = None
    dry_run: bool = Field(False, strict=True, description="Only say what would be done.")


class ErrorGroupChosen(Given):
    """All messages of one cause, as the groups show it, a thousand at a time."""

    kind: Word
    error_code: Word
    error: Annotated[str, StringConstraints(min_length=1, max_length=2_000, pattern=LINES)] | None = None


class Retry(ErrorsChosen):
    """Messages to be worked again, each at its old place."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"ids": [MESSAGE_ID]}, {"group": {"kind": "patient.update", "error_code": "refused"}, "dry_run": True}]}
    )


class Discard(ErrorsChosen):
    """Messages that are not needed, and why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"ids": [MESSAGE_ID], "reason": "Done by hand in athenahealth."}]})

    reason: Reason


class HandledShown(Shown):
    """What was done, or with a dry run would be. untouched: those that are not in the error queue any more. left: those of the group that are."""

    dry_run: bool
    ids: list[UUID]
    untouched: list[UUID]
    left: int


class RunShown(Shown):
    """A run of a longer job."""

    id: UUID
    what: str
    full_pull: bool
    state: str = Field(description="`running`, `done`, `stopped` (it goes on by itself) or `failed`.")
    counts: dict[str, int] = Field(description="`taken`, and `expected` where it is known.")
    started_at: datetime
    ended_at: datetime | None
    error_code: str | None
    error: str | None


class RunsPage(Shown):
    """Runs, the newest first."""

    items: list[RunShown]
    next_cursor: str | None = Field(description="For the next page; null behind the last.")


class RunWanted(Given):
    """Which job: `feed.…` reads what changed, `pull.…` everything."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"job": "feed.patients"}]})

    job: Literal["feed.patients", "feed.appointments", "feed.providers", "pull.practice", "pull.patients", "pull.appointments"]


class RunStopped(Shown):
    """The job that stops."""

    job: str


class RunAsked(Shown):
    """The message that asks for it, which tells how it goes; a run that it starts has the same id."""

    message_id: UUID


MESSAGE: dict[str, Any] = {
    "id": MESSAGE_ID, "received_at": "2026-11-24T15:02:11.201Z", "direction": "out", "door": "rest", "kind": "patient.update", "urgency": "person",
    "state": "failed", "tries": 1, "due_at": None, "sent_at": "2026-11-24T15:02:11.410Z", "finished_at": "2026-11-24T15:02:11.502Z",
    "error_code": "refused", "error": REFUSED, "record_id": PATIENT_ID, "run_id": None, "cause_id": None, "retry_of": None, "decided_by": None,
}  # fmt: skip
TRY: dict[str, Any] = {
    "id": "01a20e5b-7e00-7c3d-a1b2-c3d4e5f60718", "operation": "update_patient", "method": "PUT",
    "path_template": "/v1/{practice}/patients/{patient}", "status": 400,
    "duration_ms": 91.4, "error_code": "refused", "error": "The phone number is not valid.", "request_id": None,
    "remaining_today": 49_812,
}  # fmt: skip
GROUP: dict[str, Any] = {
    "kind": "patient.update", "state": "failed", "error_code": "refused", "error": REFUSED, "count": 12, "example": MESSAGE_ID,
}  # fmt: skip
HANDLED: dict[str, Any] = {"dry_run": False, "ids": [MESSAGE_ID], "untouched": [], "left": 0}
RUN: dict[str, Any] = {
    "id": RUN_ID, "what": "patients", "full_pull": True, "state": "done", "counts": {"taken": 1204, "expected": 1204},
    "started_at": "2026-11-24T02:00:00.120Z", "ended_at": "2026-11-24T02:01:42.007Z", "error_code": None, "error": None,
}  # fmt: skip
