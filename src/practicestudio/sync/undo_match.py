"""Taking a decision back about who somebody is: the link is taken apart, what came and went by it is undone, and the question is open again."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from practicestudio.access import audit
from practicestudio.access.audit import Action, AuditEntry
from practicestudio.clock import now
from practicestudio.delivery import error_queue
from practicestudio.delivery.inbox import accept, lane_of, open_body
from practicestudio.delivery.story import read_story
from practicestudio.errors import InvalidValue, Misconfigured, UnsureMatch
from practicestudio.merging import Units, rebuild, same, units, units_from_json, with_values, without_foreign
from practicestudio.records import Appointment, Patient
from practicestudio.store import records as store
from practicestudio.store import sql
from practicestudio.store.database import Transaction, rows
from practicestudio.store.records import Link, Stored
from practicestudio.sync import reviews
from practicestudio.sync.histories import EXTERNAL_ID, Entry, steps
from practicestudio.sync.intents import to_fetch
from practicestudio.sync.put_back import PutBack, to_put_back
from practicestudio.sync.reviews import Review
from practicestudio.sync.setup import setup_of

JOINED = frozenset({Action.ATHENA_PATIENT_MERGE, Action.PERSON_PATIENT_MERGE})


@dataclass(frozen=True, slots=True)
class NotCarriedOut:
    """Nobody has worked the decision yet, so there is nothing to take back but itself."""


@dataclass(frozen=True, slots=True)
class TakenForNew:
    """The patient who was made stays, linked, until it is decided whether it is one of the candidates after all."""

    patient_id: UUID


@dataclass(frozen=True, slots=True)
class WrongPatient:
    """athenahealth's patient is taken out of the one who was chosen.

    unlink: the link was made by the decision; else it was there before, and only what came since is taken out. values: of the units that
    came, what they would be without. told, theirs: what athenahealth was told of this patient under that id, and what it had before.
    appointments: those that came under it.
    """

    stored: Stored[Patient]
    link: Link
    unlink: bool
    earlier_id: str | None
    values: Units
    names: tuple[str, ...]
    told: Units
    theirs: Units
    appointments: tuple[Stored[Appointment], ...]


@dataclass(frozen=True, slots=True)
class MatchUndo:
    """What undoing takes. external_id: athenahealth's, about which the question was; lane: of its messages."""

    external_id: str
    lane: int
    what: NotCarriedOut | TakenForNew | WrongPatient


async def plan_match_undo(transaction: Transaction, review: Review) -> MatchUndo:
    """What undoing takes. Raises InvalidValue, which says why it is not possible (any more)."""
    external_id, worked = await _message(transaction, review)
    identity = store.identity_of(transaction, "patient", external_id)
    link = (await store.find_links(transaction, "patient", [identity])).get(identity)
    lane = lane_of(transaction.sealer, f"patient:{external_id}")
    return MatchUndo(external_id, lane, await _what(transaction, review, link, worked, lane))


async def _message(transaction: Transaction, review: Review) -> tuple[str, UUID | None]:
    """athenahealth's id of the patient in question, and the record that the message was worked into."""
    try:
        story = await read_story(transaction, review.message_id)
    except Misconfigured:
        raise InvalidValue(
            "The message that asked this is no longer kept, so what it brought cannot be told from the rest.", advice="Correct the patient by hand."
        ) from None
    external_id = (await setup_of(transaction)).mapping.patient_external_id(orjson.loads(story.bodies["received"]))
    return external_id or "", story.entry.record_id


async def _what(
    transaction: Transaction, review: Review, link: Link | None, worked: UUID | None, lane: int
) -> NotCarriedOut | TakenForNew | WrongPatient:
    if review.taken_for_new is not None and review.decision != reviews.NEW:
        raise InvalidValue("Two records were joined by this decision, which cannot be taken apart.", advice="Register the other person anew.")
    if link is None or worked is None:
        return NotCarriedOut()
    chosen = worked if review.decision == reviews.NEW else UUID(review.decision or "")
    if link.record_id != chosen:
        raise InvalidValue("This athenahealth id belongs to another patient by now.", advice="Look at the patient who has it.")
    if review.decision == reviews.NEW:
        return TakenForNew(chosen)
    return await _wrong_patient(transaction, review, link, lane)


async def _wrong_patient(transaction: Transaction, review: Review, link: Link, lane: int) -> WrongPatient:
    stored = (await store.read_patients(transaction, [link.record_id]))[link.record_id]
    trail = _since(review, await audit.read_trail(transaction, stored.id))
    if stored.merged_into is not None or any(entry["action"] in JOINED for entry in trail):
        raise InvalidValue("The patient was merged with another since, and the two cannot be told apart.", advice="Correct the values by hand.")
    came_by = await _came_by(transaction, stored.id, trail, lane)
    unlink = any(entry["action"] == Action.ATHENA_PATIENT_LINK and entry["message_id"] == review.message_id for entry in trail)
    values = without_foreign(steps(trail, came_by))
    changed = {unit: value for unit, value in values.items() if unit != EXTERNAL_ID}
    told, theirs = _told(trail, came_by)
    return WrongPatient(
        stored,
        link,
        unlink,
        values.get(EXTERNAL_ID),
        units_from_json(Patient, changed),
        tuple(changed),
        told,
        theirs,
        await _appointments(transaction, stored.id, link, trail) if unlink else (),
    )


def _since(review: Review, trail: Sequence[Entry]) -> Sequence[Entry]:
    """What happened to the patient since the decision; of a link that nobody decided, since it was made."""
    starts = (Action.PERSON_MATCH_DECIDE, Action.ATHENA_PATIENT_LINK)
    for action in starts:
        found = [at for at, entry in enumerate(trail) if entry["action"] == action and entry["message_id"] == review.message_id]
        if found:
            return trail[found[-1] :]
    return trail


async def _came_by(transaction: Transaction, patient_id: UUID, trail: Sequence[Entry], lane: int) -> set[UUID]:
    """The messages of these entries that were about the athenahealth id in question."""
    wanted = {entry["message_id"] for entry in trail if entry["message_id"] is not None}
    found = sql.messages.lanes_of_messages(transaction.connection, practice_id=transaction.practice_id, ids=list(wanted))
    lanes = dict(await rows(found))
    if len(await store.links_of_record(transaction, "patient", patient_id)) == 1:
        return {one for one in wanted if lanes.get(one, lane) == lane}
    if wanted - lanes.keys():
        raise InvalidValue(
            "Messages that changed this patient since are no longer kept, so what came by this id cannot be told from the rest.",
            advice="Correct the values by hand.",
        )
    return {one for one in wanted if lanes[one] == lane}


def _told(trail: Iterable[Entry], came_by: set[UUID]) -> tuple[Units, Units]:
    """What athenahealth was told last, by unit, and what it had before it was told first."""
    told: Units = {}
    before: Units = {}
    for entry in trail:
        if entry["action"] == Action.SYSTEM_PATIENT_SEND and entry["message_id"] in came_by:
            for unit, (old, new) in (entry["changes"] or {}).items():
                before.setdefault(unit, old)
                told[unit] = new
    return dict.fromkeys(told) | units_from_json(Patient, told), units_from_json(Patient, before)


async def _appointments(transaction: Transaction, patient_id: UUID, link: Link, trail: Sequence[Entry]) -> tuple[Stored[Appointment], ...]:
    """The patient's appointments that athenahealth has under the id in question. Raises InvalidValue where one was booked here and is to come."""
    found = await store.list_appointments_of(transaction, patient_id)
    theirs = await _under(transaction, [one.id for one in found], link)
    since: datetime = trail[0]["at"]
    for stored in found:
        booked = [entry for entry in await audit.read_trail(transaction, stored.id) if entry["action"] == Action.PERSON_APPOINTMENT_BOOK]
        to_come = stored.record.status == "booked" and stored.record.start_time is not None and stored.record.start_time > now()
        if to_come and any(entry["at"] >= since for entry in booked):
            raise InvalidValue(
                "An appointment that is still to come was booked here for this patient since, under that athenahealth id.",
                advice="Cancel it, undo this, and book it again.",
            )
    return tuple(one for one in found if one.id in theirs)


async def _under(transaction: Transaction, ids: Sequence[UUID], link: Link) -> set[UUID]:
    """Of these appointments, those that athenahealth last said are of the patient with this id."""
    found = sql.messages.last_received(transaction.connection, practice_id=transaction.practice_id, kind="appointment", record_ids=list(ids))
    mapping = (await setup_of(transaction)).mapping
    under = set()
    for record_id, message_id, sealed in await rows(found):
        patient = mapping.patient_external_id(orjson.loads(open_body(transaction.sealer, message_id, "received", sealed)))
        if patient and store.identity_of(transaction, "patient", patient) == link.identity:
            under.add(record_id)
    return under


async def undo_match(transaction: Transaction, review: Review, plan: MatchUndo, because: str, by: str) -> None:
    """Carry it out. The caller holds the lane still."""
    await reviews.mark_undone(transaction, review, because, by)
    if isinstance(plan.what, TakenForNew):
        content = {**review.content, "patient": plan.what.patient_id}
        await _trail(transaction, review, plan.what.patient_id, None, because, by)
        await reviews.put_question(transaction, "match", review.message_id, "patient", None, content)
        return
    if isinstance(plan.what, WrongPatient):
        await _take_out(transaction, review, plan, plan.what, because, by)
    else:
        await _trail(transaction, review, review.record_id, None, because, by)
    await error_queue.park_again(transaction, review.message_id, UnsureMatch(review.because), by)
    await reviews.put_question(transaction, "match", review.message_id, "patient", None, review.content)


async def _trail(
    transaction: Transaction, review: Review, patient_id: UUID | None, changes: Mapping[str, tuple[Any, Any]] | None, because: str, by: str
) -> None:
    entry = AuditEntry(Action.PERSON_REVIEW_UNDO, by, "patient", patient_id, review.message_id, changes, purpose=because)
    await audit.write(transaction, [entry])


async def _take_out(transaction: Transaction, review: Review, plan: MatchUndo, wrong: WrongPatient, because: str, by: str) -> None:
    stored = wrong.stored
    present = units(stored.record)
    after = with_values(present, wrong.names, wrong.values)
    changes = {name: (present.get(name), after.get(name)) for name in wrong.names if not same(name, present.get(name), after.get(name))}
    external_id = wrong.earlier_id if wrong.unlink else stored.record.external_id
    if external_id != stored.record.external_id:
        changes[EXTERNAL_ID] = (stored.record.external_id, external_id)
    record = rebuild(Patient, after, external_id=external_id)
    touched = [name for name in changes if name != EXTERNAL_ID]
    await store.change_patients(transaction, [stored.having(record, touched, now(), by)])
    await _trail(transaction, review, stored.id, changes, because, by)
    await _give_up_pending(transaction, review, plan, stored.id, by)
    if wrong.unlink:
        await store.drop_link(transaction, "patient", wrong.link.identity)
        await _give_appointments_up(transaction, review, wrong, because, by)
    else:
        base = with_values(wrong.link.base or {}, wrong.names, wrong.values)
        await store.put_links(transaction, "patient", [replace(wrong.link, base=base)])
    if wrong.told:
        await accept(transaction, [to_put_back(PutBack(plan.external_id, wrong.told, wrong.theirs), None, review.message_id)])


async def _give_up_pending(transaction: Transaction, review: Review, plan: MatchUndo, patient_id: UUID, by: str) -> None:
    """What was still to be told of this patient under that id, and what was still asked because of it."""
    found = sql.messages.unfinished_of_lane(transaction.connection, practice_id=transaction.practice_id, lane=plan.lane, record_id=patient_id)
    await error_queue.withdraw(transaction, [row[0] for row in await rows(found)], "the link of this patient was taken apart", by)
    asked = {one.message_id for one in await reviews.open_conflicts(transaction, patient_id)}
    lanes = sql.messages.lanes_of_messages(transaction.connection, practice_id=transaction.practice_id, ids=list(asked))
    if plan.lane in {lane for _, lane in await rows(lanes)}:
        await reviews.drop_conflict(transaction, review.message_id, patient_id)


async def _give_appointments_up(transaction: Transaction, review: Review, wrong: WrongPatient, because: str, by: str) -> None:
    """They are nobody's until they are read again, which waits until it is decided whose they are."""
    moved = [one.having(replace(one.record, patient_id=None), ["patient_id"], now(), by) for one in wrong.appointments]
    await store.change_appointments(transaction, moved)
    links = [link for one in moved for link in await store.links_of_record(transaction, "appointment", one.id)]
    agreed = [replace(link, base={unit: value for unit, value in (link.base or {}).items() if unit != "patient_id"}) for link in links]
    await store.put_links(transaction, "appointment", agreed)
    changes = {"patient_id": (str(wrong.stored.id), None)}
    entries = [
        AuditEntry(Action.PERSON_REVIEW_UNDO, by, "appointment", one.id, review.message_id, changes, patient_id=wrong.stored.id, purpose=because)
        for one in moved
    ]
    await audit.write(transaction, entries)
    await accept(transaction, [to_fetch("appointment", one.record.external_id or "", review.message_id) for one in moved if one.record.external_id])
