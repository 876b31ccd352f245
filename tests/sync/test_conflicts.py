"""Both sides change the same record: fields apart survive, the same field goes by the practice's rule or a person's decision, and then both agree."""

from typing import Any

import pytest

from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.sync.change_appointment import take_step
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.decide_review import decide_conflict, decide_match

OURS, THEIRS = "+16175550111", "+16175550122"


async def change_both(clinic: Any, patient: str = "3") -> None:
    """athenahealth first, then we, before either heard of the other."""
    await clinic.happens("phone", patientid=int(patient), mobilephone=THEIRS[2:])
    record_id = (await clinic.patients())[patient].id
    await clinic.do(lambda transaction: change_patient(transaction, record_id, {"phone_mobile": OURS}, "ann"))


async def phones(clinic: Any, patient: str = "3") -> tuple[str | None, str]:
    """Ours and theirs."""
    return (await clinic.patient(patient)).phone_mobile, "+1" + (await clinic.truth(patient))["mobilephone"]


@pytest.mark.parametrize("feed_first", [True, False])
@pytest.mark.parametrize(("rule", "winner"), [("athenahealth", THEIRS), ("practice_studio", OURS)])
async def test_a_rule_settles_it_and_both_sides_agree(pulled_platform: Any, rule: str, winner: str, feed_first: bool) -> None:
    clinic = pulled_platform
    await clinic.configure("merge_rule", "patient", {"default": "ask", "by_unit": {"phone_mobile": rule}})
    await change_both(clinic)
    if feed_first:
        await clinic.request("feed.patients")
    await clinic.work()
    await clinic.feed()
    assert await phones(clinic) == (winner, winner)
    assert not await clinic.errors()
    assert not await clinic.reviews()


async def test_the_newest_wins_and_both_sides_agree(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.configure("merge_rule", "patient", {"default": "newest"})
    await change_both(clinic)
    await clinic.work()
    await clinic.feed()
    ours, theirs = await phones(clinic)
    assert ours == theirs == THEIRS


@pytest.mark.parametrize("side", ["ours", "theirs"])
async def test_a_person_is_asked_and_what_they_say_stands_on_both_sides(pulled: Any, side: Any) -> None:
    await change_both(pulled)
    await pulled.work()
    await pulled.feed()
    assert await phones(pulled) == (OURS, THEIRS)
    [review] = await pulled.reviews()
    assert [(one["unit"], one["ours"], one["theirs"]) for one in review.content] == [("phone_mobile", OURS, THEIRS)]
    parked = await pulled.only_error()
    assert (parked.id, parked.error) == (review.message_id, "Both sides changed phone_mobile. Decide it in the review queue.")
    await pulled.do(lambda transaction: decide_conflict(transaction, review.id, side, "ann"))
    await pulled.work()
    await pulled.feed()
    winner = OURS if side == "ours" else THEIRS
    assert await phones(pulled) == (winner, winner)
    assert not await pulled.errors()
    assert not await pulled.reviews()
    trail = await pulled.trail(review.record_id)
    [decided] = [entry for entry in trail if entry["action"] == "person:conflict:decide"]
    assert decided["actor"] == "ann"


async def test_the_other_fields_go_on_while_a_person_thinks(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await change_both(clinic)
    await clinic.work()
    record_id = (await clinic.patients())["3"].id
    await clinic.do(lambda transaction: change_patient(transaction, record_id, {"email": "new@example.org"}, "ann"))
    moved = await clinic.happens("move", patientid=3)
    await clinic.work()
    await clinic.feed()
    assert (await clinic.truth("3"))["email"] == "new@example.org"
    assert (await clinic.patient("3")).address.line1 == moved["fields"]["address1"]
    assert len(await clinic.reviews()) == 1
    assert await phones(clinic) == (OURS, THEIRS)


async def test_the_same_question_is_asked_once_however_often_the_record_comes(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await change_both(clinic)
    await clinic.work()
    await clinic.feed()
    [review] = await clinic.reviews()
    await clinic.run("pull.patients")
    await clinic.happens("move", patientid=3)
    await clinic.feed()
    assert [one.id for one in await clinic.reviews()] == [review.id]
    assert len(await clinic.errors()) == 1


async def test_a_question_that_has_gone_away_is_asked_no_longer_and_our_value_is_sent(pulled_platform: Any) -> None:
    clinic = pulled_platform
    before = (await clinic.truth("3")).get("mobilephone", "")
    await change_both(clinic)
    await clinic.work()
    await clinic.feed()
    assert len(await clinic.reviews()) == 1
    fields = {"mobilephone": before} if before else {}
    await clinic.happens("set", patientid=3, fields=fields, remove=[] if before else ["mobilephone"])
    await clinic.feed()
    assert not await clinic.reviews()
    assert not [one.error for one in await clinic.errors()]
    assert await phones(clinic) == (OURS, OURS)


async def test_athenahealth_changing_again_asks_anew_with_the_newer_value(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await change_both(clinic)
    await clinic.work()
    await clinic.feed()
    [old] = await clinic.reviews()
    await clinic.happens("phone", patientid=3, mobilephone="6175550133")
    await clinic.feed()
    [review] = await clinic.reviews()
    assert review.content[0]["theirs"] == "+16175550133"
    with pytest.raises(Misconfigured, match="no longer open"):
        await clinic.do(lambda transaction: decide_conflict(transaction, old.id, "ours", "ann"))
    assert len(await clinic.errors()) == 1


async def test_different_fields_both_survive(pulled: Any) -> None:
    record_id = (await pulled.patients())["3"].id
    await pulled.happens("phone", patientid=3, mobilephone="6175550122")
    moved = await pulled.happens("move", patientid=3)
    await pulled.do(lambda transaction: change_patient(transaction, record_id, {"email": "new@example.org", "last_name": "Newman"}, "ann"))
    await pulled.work()
    await pulled.feed()
    record, truth = await pulled.patient("3"), await pulled.truth("3")
    assert (record.phone_mobile, record.email, record.last_name) == ("+16175550122", "new@example.org", "Newman")
    assert (truth["mobilephone"], truth["email"], truth["lastname"]) == ("6175550122", "new@example.org", "Newman")
    assert record.address.line1 == truth["address1"] == moved["fields"]["address1"]
    assert not await pulled.errors()


async def test_a_value_that_cannot_be_read_takes_nothing_away(pulled_platform: Any) -> None:
    clinic = pulled_platform
    record_id = (await clinic.patients())["3"].id
    await clinic.do(lambda transaction: change_patient(transaction, record_id, {"phone_mobile": OURS}, "ann"))
    await clinic.work()
    await clinic.happens("set", patientid=3, fields={"mobilephone": "call the neighbour"})
    await clinic.feed()
    assert (await clinic.patient("3")).phone_mobile == OURS
    await clinic.do(lambda transaction: change_patient(transaction, record_id, {"email": "new@example.org"}, "ann"))
    await clinic.work()
    assert (await clinic.truth("3"))["email"] == "new@example.org"
    assert len(await clinic.messages(kinds=["patient.update"])) < 5


async def test_an_id_that_carries_somebody_else_is_not_merged_but_asked_about(pulled_platform: Any) -> None:
    clinic = pulled_platform
    before = (await clinic.patients())["3"]
    await clinic.happens("set", patientid=3, fields={"firstname": "Somebody", "lastname": "Else", "dob": "01/02/1960"})
    await clinic.feed()
    assert (await clinic.patients())["3"] == before
    [review] = await clinic.reviews()
    parked = await clinic.only_error()
    assert parked.error.startswith("This id belonged to a patient with another name and date of birth.")
    await clinic.do(lambda transaction: change_patient(transaction, before.id, {"email": "new@example.org"}, "ann"))
    await clinic.work()
    assert (await clinic.truth("3")).get("email") != "new@example.org", "nothing is written over somebody else"
    [review] = await clinic.reviews()
    await clinic.do(lambda transaction: decide_match(transaction, review.id, None, "ann"))
    await clinic.work()
    found = await clinic.patients()
    assert found["3"].record.first_name == "Somebody"
    assert found["3"].id != before.id
    assert found[str(before.id)].record.external_id is None


async def test_an_id_whose_person_was_corrected_goes_on_when_a_person_says_so(pulled_platform: Any) -> None:
    clinic = pulled_platform
    before = (await clinic.patients())["3"]
    await clinic.happens("set", patientid=3, fields={"firstname": "Somebody", "lastname": "Else", "dob": "01/02/1960"})
    await clinic.feed()
    [review] = await clinic.reviews()
    await clinic.do(lambda transaction: decide_match(transaction, review.id, before.id, "ann"))
    await clinic.work()
    found = (await clinic.patients())["3"]
    assert (found.id, found.record.first_name) == (before.id, "Somebody")
    assert not await clinic.errors()


async def test_an_appointments_conflict_goes_by_athenahealth_unless_the_practice_asks(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.configure("merge_rule", "appointment", {"default": "ask"})
    booked = await clinic.happens("book", patientid=3)
    await clinic.feed()
    ours = (await clinic.appointments())[booked["appointmentid"]]
    await clinic.happens("cancel", appointmentid=int(booked["appointmentid"]))
    await clinic.do(lambda transaction: take_step(transaction, ours.id, "check_in", "ann"))
    await clinic.work()
    await clinic.feed()
    [review] = [one for one in await clinic.reviews() if one.record_id == ours.id]
    assert "status" in {one["unit"] for one in review.content}
    with pytest.raises(InvalidValue, match="does not let an appointment's values be set from here"):
        await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "ours", "ann"))
    await clinic.do(lambda transaction: decide_conflict(transaction, review.id, "theirs", "ann"))
    assert (await clinic.appointment(booked["appointmentid"])).status == "cancelled"
