"""A person takes a link apart that was made by itself: it is treated as a decision that is taken back, so that a person is asked from now on."""

from collections.abc import Sequence
from uuid import UUID

from practicestudio.access import audit
from practicestudio.access.audit import ATHENAHEALTH, Action
from practicestudio.delivery.inbox import lane_of
from practicestudio.errors import InvalidValue
from practicestudio.matching import Weighed
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.sync import reviews
from practicestudio.sync.histories import Entry
from practicestudio.sync.undo_review import undo_review

BY_ITSELF = "This link was made because everything agreed."


async def unlink_patient(transaction: Transaction, patient_id: UUID, external_id: str, because: str, by: str) -> None:
    """Take athenahealth's patient out of ours. Raises InvalidValue where the patient came from there, or it is not possible any more."""
    identity = store.identity_of(transaction, "patient", external_id)
    link = (await store.find_links(transaction, "patient", [identity])).get(identity)
    if link is None or link.record_id != patient_id:
        raise InvalidValue("This patient is not linked to that athenahealth id.", advice="Look the patient up again.")
    made = await _linking(transaction, patient_id, lane_of(transaction.sealer, f"patient:{external_id}"))
    decided = [one for one in await reviews.reviews_of_message(transaction, made["message_id"]) if one.kind == "match" and one.state == "decided"]
    review_id = decided[0].id if decided else await _as_decision(transaction, patient_id, made["message_id"])
    await undo_review(transaction, review_id, because, by)


async def _linking(transaction: Transaction, patient_id: UUID, lane: int) -> Entry:
    """The entry of the trail that tells how the link came about."""
    trail: Sequence[Entry] = await audit.read_trail(transaction, patient_id)
    linked = [entry for entry in trail if entry["action"] == Action.ATHENA_PATIENT_LINK and entry["message_id"]]
    wanted = [entry["message_id"] for entry in linked]
    lanes = dict(await rows(sql.messages.lanes_of_messages(transaction.connection, practice_id=transaction.practice_id, ids=wanted)))
    of_id = [entry for entry in linked if lanes.get(entry["message_id"]) == lane]
    if not of_id:
        raise InvalidValue(
            "This patient came from athenahealth, or was registered there, under this id, so there is nobody to take apart.",
            advice="If it is somebody else, correct the patient at athenahealth.",
        )
    return of_id[-1]


async def _as_decision(transaction: Transaction, patient_id: UUID, message_id: UUID) -> UUID:
    """The question that nobody was asked, with its answer."""
    weighed = Weighed(patient_id, "same", BY_ITSELF, ())
    content = {"because": BY_ITSELF, "candidates": [weighed]}
    review_id = await reviews.put_question(transaction, "match", message_id, "patient", None, content)
    review = await reviews.lock_review(transaction, review_id)
    await reviews.close_review(transaction, review, str(patient_id), ATHENAHEALTH, record_id=patient_id)
    return review_id
