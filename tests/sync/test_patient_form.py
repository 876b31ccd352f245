"""A patient as people type one: read as they write, every fault at once, and what athenahealth would refuse."""

from datetime import date
from typing import Any

import pytest

from practicestudio.errors import ChangedSince, InvalidFields, InvalidValue
from practicestudio.records import Patient
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.look_alike import look_alikes
from practicestudio.sync.patient_form import as_typed, changed_fields, read_day, read_patient
from practicestudio.sync.patient_page import patient_page
from practicestudio.sync.setup import setup_of


@pytest.mark.parametrize("text", ["5/15/1980", "1980-05-15", "05151980", "5-15-1980", "May 15, 1980", "15 may 1980"])
def test_a_day_is_read_as_people_write_it(text: str) -> None:
    assert read_day(text) == date(1980, 5, 15)


@pytest.mark.parametrize("text", ["2/30/1980", "15/5/1980", "1/1/1800", "soon"])
def test_what_is_no_day_is_a_sentence(text: str) -> None:
    with pytest.raises(InvalidValue, match="not a date"):
        read_day(text)


async def test_all_faults_are_told_at_once_by_their_fields(shared_platform: Any) -> None:
    setup = await shared_platform.do(setup_of)
    typed = {"first_name": "", "last_name": "Hill", "date_of_birth": "2/30/1980", "phone_mobile": "12", "email": "none", "gender": "tall"}
    with pytest.raises(InvalidFields) as caught:
        read_patient(typed, Patient(), setup)
    assert {"first_name", "date_of_birth", "phone_mobile", "email", "gender"} <= {fault.field for fault in caught.value.faults}


async def test_what_athenahealth_would_refuse_is_told_before_it_is_sent(shared_platform: Any) -> None:
    setup = await shared_platform.do(setup_of)
    known = (await shared_platform.patients())["3"].record
    with pytest.raises(InvalidFields) as caught:
        read_patient({**as_typed(known), "first_name": "A first name that is far too long for it"}, known, setup)
    assert [fault.field for fault in caught.value.faults] == ["first_name"]


async def test_a_form_that_is_sent_as_it_was_changes_nothing(shared_platform: Any) -> None:
    setup = await shared_platform.do(setup_of)
    for stored in (await shared_platform.patients()).values():
        if stored.record.external_id:
            assert changed_fields(stored.record, read_patient(as_typed(stored.record), stored.record, setup)) == {}


async def test_values_are_read_as_they_are_typed(shared_platform: Any) -> None:
    setup = await shared_platform.do(setup_of)
    known = (await shared_platform.patients())["3"].record
    typed = {"phone_home": "617.555.0123", "address.state": "ma", "address.postal_code": "01970-1234", "contacts.emergency.phone": "(617) 555-0124"}
    found = read_patient({**as_typed(known), **typed}, known, setup)
    assert (found.phone_home, found.address.state, found.address.postal_code) == ("+16175550123", "MA", "019701234")
    assert next(one for one in found.contacts if one.kind == "emergency").phone == "+16175550124"


async def test_nobodys_change_is_overwritten_unseen(shared_platform: Any) -> None:
    stored = (await shared_platform.patients())["4"]
    await shared_platform.do(lambda transaction: change_patient(transaction, stored.id, {"notes": "first"}, "ann", seen=stored.version))
    with pytest.raises(ChangedSince, match="somebody else meanwhile"):
        await shared_platform.do(lambda transaction: change_patient(transaction, stored.id, {"notes": "second"}, "bob", seen=stored.version))


async def test_whoever_may_be_known_is_shown_before_a_second_record_is_made(shared_platform: Any) -> None:
    known = (await shared_platform.patients())["5"]
    same = Patient(first_name=known.record.first_name, last_name=known.record.last_name, date_of_birth=known.record.date_of_birth)
    assert known.id in [one.id for one in await shared_platform.do(lambda transaction: look_alikes(transaction, same))]
    other = Patient(first_name="Zebulon", last_name="Nobody", date_of_birth=date(1901, 2, 3))
    assert await shared_platform.do(lambda transaction: look_alikes(transaction, other)) == []


async def test_each_value_tells_where_it_comes_from_and_how_it_stands(shared_platform: Any) -> None:
    clinic = shared_platform
    stored = (await clinic.patients())["6"]
    before = stored.record.email
    await clinic.do(lambda transaction: change_patient(transaction, stored.id, {"email": "new@example.org"}, "ann", why="called"))
    shown = await clinic.do(lambda transaction: patient_page(transaction, stored.id, "bob"))
    email = shown.values["email"]
    assert [(one.actor, one.value) for one in email.history.events] == [("ann", "new@example.org"), ("athenahealth", before)]
    assert (email.step, email.history.origin.purpose) == ("to be sent", "called")
    assert shown.values["last_name"].step == "in step"
    assert shown.values["last_name"].history.origin.message_id is not None
    assert [(one.external_id, one.current) for one in shown.links] == [("6", True)]
    await clinic.work()
    shown = await clinic.do(lambda transaction: patient_page(transaction, stored.id, "bob"))
    assert shown.values["email"].step == "in step"
    assert shown.messages[0].record_id == stored.id
