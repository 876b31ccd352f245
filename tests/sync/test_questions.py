"""Questions as people see them: both sides, what speaks for each answer, who changed what; and lists of them."""

from datetime import timedelta
from typing import Any

import pytest

from practicestudio.access.audit import Action
from practicestudio.clock import now
from practicestudio.sync import reviews
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.conflict_question import ConflictQuestion, conflict_question
from practicestudio.sync.decide_review import decide_conflict, decide_match
from practicestudio.sync.match_question import MatchQuestion, match_question
from practicestudio.sync.question_list import question_lines
from practicestudio.sync.reviews import Review, Wanted

OURS, THEIRS = "+16175550111", "+16175550122"


async def conflict(clinic: Any, patient: str) -> Review:
    await clinic.happens("phone", patientid=int(patient), mobilephone=THEIRS[2:])
    record_id = (await clinic.patients())[patient].id
    await clinic.do(lambda transaction: change_patient(transaction, record_id, {"phone_mobile": OURS}, "ann"))
    await clinic.work()
    await clinic.feed()
    [review] = [one for one in await clinic.reviews() if one.record_id == record_id]
    return review  # type: ignore[no-any-return]


async def duplicate(clinic: Any, patient: str) -> Review:
    await clinic.happens("duplicate", patientid=int(patient), agree="partial")
    await clinic.feed()
    known = (await clinic.patients())[patient].id
    [review] = [one for one in await clinic.reviews() if one.kind == "match" and str(known) in str(one.content)]
    return review  # type: ignore[no-any-return]


async def read(clinic: Any, review: Review) -> Review:
    found: Review = await clinic.do(lambda transaction: reviews.read_review(transaction, review.id))
    return found


async def as_match(clinic: Any, review: Review) -> MatchQuestion:
    found: MatchQuestion = await clinic.do(lambda transaction: match_question(transaction, review))
    return found


async def as_conflict(clinic: Any, review: Review) -> ConflictQuestion:
    found: ConflictQuestion = await clinic.do(lambda transaction: conflict_question(transaction, review))
    return found


async def test_a_candidate_stands_beside_who_came_field_by_field(shared_platform: Any) -> None:
    clinic = shared_platform
    review = await duplicate(clinic, "4")
    question = await as_match(clinic, review)
    known = (await clinic.patients())["4"]
    [shown] = [one for one in question.candidates if one.id == known.id]
    by_field = {one.field: one for one in shown.fields}
    assert question.arriving is not None
    assert by_field["last_name"].candidate == (known.record.last_name,)
    assert by_field["date_of_birth"].arriving == (question.arriving.date_of_birth,)
    assert (by_field["date_of_birth"].evidence.agreement, by_field["date_of_birth"].evidence.weight) == ("agrees", 12)
    assert shown.weight == sum(one.evidence.weight for one in shown.fields)
    assert shown.linked
    assert shown.because


async def test_an_open_question_is_weighed_by_the_values_of_now_and_a_decided_one_by_those_of_then(shared_platform: Any) -> None:
    clinic = shared_platform
    review = await duplicate(clinic, "5")
    known = (await clinic.patients())["5"]
    before = next(one for one in (await as_match(clinic, review)).candidates if one.id == known.id)
    await clinic.do(lambda transaction: change_patient(transaction, known.id, {"first_name": "Zebulon"}, "ann"))
    after = next(one for one in (await as_match(clinic, review)).candidates if one.id == known.id)
    assert after.weight < before.weight
    await clinic.do(lambda transaction: decide_match(transaction, review.id, None, "ann"))
    await clinic.do(lambda transaction: change_patient(transaction, known.id, {"first_name": "Yara"}, "ann"))
    closed = next(one for one in (await as_match(clinic, await read(clinic, review))).candidates if one.id == known.id)
    assert closed.patient.first_name == "Zebulon"


async def test_a_conflict_tells_what_was_agreed_on_and_who_changed_it(shared_platform: Any) -> None:
    clinic = shared_platform
    agreed = (await clinic.patient("6")).phone_mobile
    review = await conflict(clinic, "6")
    question = await as_conflict(clinic, review)
    [asked] = question.units
    assert (asked.unit, asked.base, asked.ours, asked.theirs, asked.chosen) == ("phone_mobile", agreed, OURS, THEIRS, None)
    assert asked.changed is not None
    assert (asked.changed.actor, asked.changed.action, asked.changed.value) == ("ann", Action.PERSON_PATIENT_CHANGE, OURS)
    assert question.theirs_at is not None
    assert not question.only_theirs
    await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "theirs", "bob"))
    [asked] = (await as_conflict(clinic, await read(clinic, review))).units
    assert (asked.chosen, asked.changed and asked.changed.actor) == ("theirs", "ann")


async def test_lists_go_page_by_page_and_totals_are_true(pulled_platform: Any) -> None:
    clinic = pulled_platform
    first, second = await conflict(clinic, "3"), await conflict(clinic, "7")
    third = await duplicate(clinic, "8")

    async def page(wanted: Wanted, after: Any = None) -> list[Any]:
        found = await clinic.do(lambda transaction: reviews.list_reviews(transaction, wanted, after=after, limit=2))
        return [one.id for one in found]

    assert await page(Wanted()) == [first.id, second.id]
    assert await page(Wanted(), second.id) == [third.id]
    assert await page(Wanted(kind="match")) == [third.id]
    assert await page(Wanted(asked_before=now() - timedelta(hours=1))) == []
    for one in (second, first):
        await clinic.do(lambda transaction, one=one: decide_conflict(transaction, one.id, "theirs", "ann"))
    decided = Wanted(states=("decided", "undone"))
    assert (await page(decided))[:2] == [first.id, second.id], "the last decided first"
    assert second.id in await page(decided, first.id)
    totals = {(one.state, one.kind): one.count for one in await clinic.do(reviews.count_reviews)}
    assert (totals["open", "match"], totals["decided", "conflict"]) == (1, 2)
    assert ("open", "conflict") not in totals


async def test_whoever_looks_through_the_list_stands_in_the_trail(shared_platform: Any) -> None:
    clinic = shared_platform
    review = await conflict(clinic, "9")
    [line] = await clinic.do(lambda transaction: question_lines(transaction, [review], "bob"))
    assert line.person == await clinic.patient("9")
    assert line.asked == ("phone_mobile",)

    async def entries(transaction: Any) -> int:
        cursor = await transaction.connection.execute("select count(*) from audit_entries where action = 'person:review:search' and actor = 'bob'")
        return int((await cursor.fetchone())[0])

    assert await clinic.do(entries) == 1


@pytest.mark.parametrize("patient", ["10"])
async def test_of_a_duplicate_in_question_the_one_who_came_is_named(shared_platform: Any, patient: str) -> None:
    review = await duplicate(shared_platform, patient)
    [line] = await shared_platform.do(lambda transaction: question_lines(transaction, [review], "bob"))
    assert line.person.last_name == (await as_match(shared_platform, review)).arriving.last_name  # type: ignore[union-attr]
    assert line.candidates >= 1
