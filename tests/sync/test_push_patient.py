"""What is changed or made here reaches athenahealth once, whatever breaks, and does not come back as news."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest

from practicestudio.delivery import error_queue
from practicestudio.delivery.retry import RetryRule
from practicestudio.records import Address, Contact, Patient
from practicestudio.sync.change_patient import change_patient, create_patient
from practicestudio.sync.setup import setup_of

BREAKS = ["drop_before", "drop_after", "500", "429", "truncated", "expired_token"]


async def change(clinic: Any, external_id: str, **changes: Any) -> UUID:
    patient_id: UUID = (await clinic.patients())[external_id].id
    await clinic.do(lambda transaction: change_patient(transaction, patient_id, changes, "ann"))
    return patient_id


async def newcomer(clinic: Any, **values: Any) -> Patient:
    items = (await clinic.do(setup_of)).items
    location = items.locations["1"].id
    return replace(
        Patient(
            first_name="Ada",
            last_name="Newcomer",
            date_of_birth=date(1990, 5, 17),
            gender="female",
            phone_mobile="+16175550177",
            email="ada.newcomer@example.org",
            address=Address(line1="1 Elm St", city="BOSTON", state="MA", postal_code="02115", country="US"),
            registration_location_id=location,
            primary_location_id=location,
        ),
        **values,
    )


async def create(clinic: Any, patient: Patient) -> UUID:
    patient_id: UUID = await clinic.do(lambda transaction: create_patient(transaction, patient, "ann"))
    return patient_id


async def of_id(clinic: Any, patient_id: UUID) -> Patient:
    return next(one.record for one in (await clinic.patients()).values() if one.id == patient_id)  # type: ignore[no-any-return]


async def test_a_change_here_reaches_athenahealth_and_its_echo_changes_nothing(pulled: Any) -> None:
    await change(
        pulled,
        "3",
        phone_mobile="+16175550123",
        email="new@example.org",
        last_name="O'Neil-Ng",
        address=Address(line1="9 Oak Rd", city="SALEM", state="MA", postal_code="01970", country="US"),
    )
    await pulled.work()
    truth = await pulled.truth("3")
    assert (truth["mobilephone"], truth["email"], truth["lastname"], truth["address1"]) == (
        "6175550123",
        "new@example.org",
        "O'Neil-Ng",
        "9 Oak Rd",
    )
    before, writes = (await pulled.patients())["3"], len(await pulled.writes())
    entries = await pulled.count("audit_entries")
    await pulled.feed()
    assert (await pulled.patients())["3"] == before
    assert len(await pulled.writes()) == writes
    assert await pulled.count("audit_entries") == entries
    assert not [one.error for one in await pulled.errors()]


async def test_a_change_is_recorded_with_who_and_what_and_its_sending(pulled_platform: Any) -> None:
    patient_id = await change(pulled_platform, "3", phone_mobile="+16175550123")
    await pulled_platform.work()
    changed, sent = (await pulled_platform.trail(patient_id))[-2:]
    assert (changed["action"], changed["actor"]) == ("person:patient:change", "ann")
    assert changed["changes"]["phone_mobile"][1] == "+16175550123"
    assert (sent["action"], sent["actor"]) == ("system:patient:send", "system")
    assert sent["message_id"] is not None


async def test_what_is_cleared_here_is_cleared_there(pulled: Any) -> None:
    await change(pulled, "3", phone_mobile="+16175550123", email="x@example.org")
    await pulled.work()
    await change(pulled, "3", phone_mobile=None, email=None)
    await pulled.work()
    truth = await pulled.truth("3")
    assert not truth.get("mobilephone")
    assert not truth.get("email")
    await pulled.feed()
    assert (await pulled.patient("3")).phone_mobile is None


async def test_custom_fields_contacts_and_notes_go_too(pulled: Any) -> None:
    record = await pulled.patient("3")
    fields = (await pulled.do(setup_of)).items.custom_fields
    name = next(field.name for field in fields.values() if field.kind == "text" and not field.read_only)
    await change(
        pulled,
        "3",
        custom_fields={**record.custom_fields, name: "seen"},
        contacts=(Contact(kind="emergency", name="Bo Ng", relationship="spouse", phone="+16175550199"),),
    )
    await pulled.work()
    truth = await pulled.truth("3")
    assert "seen" in {one["customfieldvalue"] for one in truth["customfields"]}
    assert truth["contactname"] == "Bo Ng"
    before = await pulled.patients()
    await pulled.feed()
    assert await pulled.patients() == before
    assert not [one.error for one in await pulled.errors()]


@pytest.mark.parametrize("fault", BREAKS)
async def test_a_change_that_breaks_off_is_sent_again_until_athenahealth_has_it(shared_platform: Any, fault: str) -> None:
    patient = str(1 + BREAKS.index(fault))
    await shared_platform.fault(fault, "update_patient")
    await change(shared_platform, patient, phone_mobile="+16175550123")
    await shared_platform.work()
    assert (await shared_platform.truth(patient))["mobilephone"] == "6175550123"
    assert [write["patientid"] for write in await shared_platform.writes("patient updated")].count(patient) == 1
    assert not [one.error for one in await shared_platform.errors()]


async def test_a_change_whose_worker_is_killed_after_the_answer_is_not_sent_again(pulled_platform: Any) -> None:
    await change(pulled_platform, "3", phone_mobile="+16175550123")
    await pulled_platform.killed_once_answered(r"PUT .*/patients/3$")
    await pulled_platform.work()
    assert len(await pulled_platform.writes("patient updated")) == 1


async def test_a_change_that_arrived_unseen_is_not_taken_for_one_of_theirs_when_we_change_again(pulled: Any) -> None:
    """The write took effect, its answer was lost, and before the next try the same field was changed here once more."""
    await pulled.fault("drop_after", "update_patient")
    await change(pulled, "3", phone_work="+16175550141")
    await pulled.worker(rule=RetryRule(first=600)).run_until_idle()
    assert str((await pulled.truth("3"))["workphone"]) == "6175550141"
    await change(pulled, "3", phone_work="+16175550142")
    await pulled.retry(*await pulled.messages(states=["waiting"]))
    await pulled.work()
    assert str((await pulled.truth("3"))["workphone"]) == "6175550142"
    assert not await pulled.reviews()


async def test_what_athenahealth_changed_meanwhile_comes_in_before_ours_goes_out(pulled: Any) -> None:
    await pulled.happens("phone", patientid=3, mobilephone="6175550123")
    await change(pulled, "3", email="new@example.org")
    await pulled.work()
    record, truth = await pulled.patient("3"), await pulled.truth("3")
    assert (record.phone_mobile, truth["mobilephone"]) == ("+16175550123", "6175550123")
    assert (record.email, truth["email"]) == ("new@example.org", "new@example.org")


async def test_a_patient_made_here_is_registered_there_and_known_by_its_id(clinic: Any) -> None:
    await clinic.pull()
    patient_id = await create(clinic, await newcomer(clinic))
    await clinic.work()
    record = await of_id(clinic, patient_id)
    assert record.external_id is not None
    truth = await clinic.truth(record.external_id)
    assert (truth["firstname"], truth["lastname"], truth["dob"]) == ("Ada", "Newcomer", "05/17/1990")
    assert not [one.error for one in await clinic.errors()]
    before = await clinic.patients()
    await clinic.feed()
    assert await clinic.patients() == before
    assert len(before) == clinic.size + 1


@pytest.mark.parametrize("fault", BREAKS)
async def test_a_registration_that_breaks_off_is_not_doubled(shared_platform: Any, fault: str) -> None:
    place = BREAKS.index(fault)
    before, made = len(await shared_platform.patients()), len(await shared_platform.writes("patient created"))
    await shared_platform.fault(fault, "create_patient")
    someone = await newcomer(
        shared_platform, first_name=("Ada", "Bela", "Caro", "Dora", "Emmi", "Fritz")[place], date_of_birth=date(1950 + place, 1, 1)
    )
    await create(shared_platform, replace(someone, phone_mobile=f"+1617555018{place}", email=f"nr{place}@example.org"))
    await shared_platform.work()
    await shared_platform.feed()
    assert not [one.error for one in await shared_platform.errors()]
    assert len(await shared_platform.writes("patient created")) == made + 1
    assert len(await shared_platform.patients()) == before + 1


async def test_a_registration_whose_worker_is_killed_is_not_doubled_even_if_the_feed_is_faster(pulled_platform: Any) -> None:
    patient_id = await create(pulled_platform, await newcomer(pulled_platform))
    await pulled_platform.killed_once_answered(r"POST .*/patients$")
    await pulled_platform.feed()
    await pulled_platform.work()
    assert len(await pulled_platform.writes("patient created")) == 1
    assert len(await pulled_platform.patients()) == pulled_platform.size + 1
    assert (await of_id(pulled_platform, patient_id)).external_id == str(pulled_platform.size + 1)
    assert not [one.error for one in await pulled_platform.errors()]


async def test_a_registration_whose_answer_was_lost_is_found_again_in_either_dialect(pulled: Any) -> None:
    await pulled.fault("drop_after", "create_patient")
    patient_id = await create(pulled, await newcomer(pulled))
    await pulled.work()
    assert not [one.error for one in await pulled.errors()]
    assert len(await pulled.writes("patient created")) == 1
    assert (await of_id(pulled, patient_id)).external_id is not None


async def test_what_athenahealth_adds_to_a_registration_is_taken_without_a_question(pulled: Any) -> None:
    await create(pulled, await newcomer(pulled, address=Address(line1="1 Elm St", city="BOSTON", state="MA", postal_code="02115")))
    await pulled.work()
    assert {message.state for message in await pulled.messages()} == {"done"}
    [made] = [one.record for one in (await pulled.patients()).values() if one.record.last_name == "Newcomer"]
    assert made.address.country == "US"


async def test_athenahealths_silent_match_to_somebody_unlinked_links(platform: Any) -> None:
    await platform.run("pull.practice")
    them = await platform.truth("5")
    patient = await newcomer(
        platform,
        first_name=them["firstname"],
        last_name=them["lastname"],
        date_of_birth=date(*(int(them["dob"].split("/")[part]) for part in (2, 0, 1))),
        gender={"M": "male", "F": "female"}[them["sex"]],
        address=Address(postal_code=them["zip"][:5]),
        phone_mobile=None,
        email=None,
    )
    patient_id = await create(platform, patient)
    await platform.work()
    assert (await of_id(platform, patient_id)).external_id == "5"
    assert not await platform.writes("patient created")


async def test_athenahealths_silent_match_to_somebody_else_of_ours_asks_a_person(pulled_platform: Any) -> None:
    known = await pulled_platform.patient("5")
    twin = replace(known, external_id=None, insurances=(), previous_external_ids=())
    await create(pulled_platform, twin)
    await pulled_platform.work()
    parked = await pulled_platform.only_error()
    assert parked.state == "parked"
    assert parked.error == (
        "athenahealth says this patient is one that another patient here is linked to. "
        "Compare the two and merge them, or register the patient in athenahealth by hand."
    )
    assert not await pulled_platform.writes("patient created")


async def test_a_change_before_the_registration_is_done_goes_with_it(pulled_platform: Any) -> None:
    clinic = pulled_platform
    patient_id = await create(clinic, await newcomer(clinic, phone_mobile=None, email=None, address=Address()))
    await clinic.work()
    refused = await clinic.only_error()
    assert "phone number" in refused.error
    await clinic.do(lambda transaction: change_patient(transaction, patient_id, {"phone_mobile": "+16175550177"}, "ann"))
    await clinic.work()
    assert (await clinic.only_error()).id == refused.id
    await clinic.retry(refused)
    assert not [one.error for one in await clinic.errors()]
    record = await of_id(clinic, patient_id)
    assert (await clinic.truth(record.external_id or ""))["mobilephone"] == "6175550177"


async def test_a_change_of_a_patient_whose_registration_was_discarded_says_so(pulled_platform: Any) -> None:
    clinic = pulled_platform
    patient_id = await create(clinic, await newcomer(clinic, phone_mobile=None, email=None, address=Address()))
    await clinic.work()
    refused = await clinic.only_error()
    await clinic.do(lambda transaction: error_queue.discard(transaction, [refused.id], "a joke", "ann"))
    await clinic.do(lambda transaction: change_patient(transaction, patient_id, {"phone_mobile": "+16175550177"}, "ann"))
    await clinic.work()
    assert (await clinic.only_error()).error.startswith("The patient is not known at athenahealth.")


async def test_what_athenahealth_does_not_take_stays_ours_and_is_reported(pulled_platform: Any) -> None:
    clinic = pulled_platform
    contacts = tuple(Contact(kind="emergency", name=f"Bo {n}", phone=f"+1617555019{n}") for n in range(3))
    await change(clinic, "3", contacts=contacts)
    await clinic.work()
    await clinic.feed()
    assert (await clinic.patient("3")).contacts == contacts
    [update] = [one for one in await clinic.messages(kinds=["patient.update"]) if one.state == "done"]
    assert "room for one emergency contact" in str(await clinic.report(update))


async def test_an_old_state_that_is_worked_again_undoes_nothing(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.happens("set", patientid=3, fields={"dob": "02/31/1980"})
    await clinic.feed()
    failed = (await clinic.errors())[-1]
    await clinic.happens("set", patientid=3, fields={"dob": "02/28/1980", "mobilephone": "6175550123"})
    await clinic.feed()
    body = {"patientid": "3", "firstname": "Old", "lastname": "State", "dob": "02/28/1980", "departmentid": "1"}
    await clinic.edit_body(failed, body)
    before = (await clinic.patients())["3"]
    await clinic.retry(failed)
    assert (await clinic.patients())["3"] == before
    assert (await clinic.patient("3")).phone_mobile == "+16175550123"


async def test_a_page_that_was_read_before_our_change_went_out_does_not_undo_it(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.run("pull.practice")
    await clinic.request("pull.patients")

    async def change_meanwhile() -> None:
        await change(clinic, "3", phone_mobile="+16175550123")
        await clinic.worker().run_until_idle()

    await clinic.while_answered(r"GET .*/patients$", change_meanwhile)
    assert (await clinic.truth("3"))["mobilephone"] == "6175550123"
    assert (await clinic.patient("3")).phone_mobile == "+16175550123"
    trail = await clinic.trail((await clinic.patients())["3"].id)
    assert [entry["action"] for entry in trail if entry["changes"] and "phone_mobile" in entry["changes"]] == [
        "person:patient:change",
        "system:patient:send",
    ]
    assert not [one.error for one in await clinic.errors()]
