"""Practices side by side: a wall between them, whatever a message says, and one that is broken does not stop the others."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from practicestudio.clock import new_id, now
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.story import read_story
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.practices.credentials import get_credentials
from practicestudio.store import records as store
from practicestudio.sync.change_appointment import book, cancel
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.find_slots import Slot
from practicestudio.sync.reviews import open_reviews


async def test_two_practices_with_the_same_ids_stay_apart(make_clinic: Any) -> None:
    one, other = await make_clinic("platform"), await make_clinic("guide")
    await one.pull()
    before = await one.patients()
    await other.pull()
    assert await one.patients() == before
    assert (await other.patients())["1"].id != before["1"].id
    await other.happens("phone", patientid=1, mobilephone="6175550123")
    await other.feed()
    assert (await one.patient("1")).phone_mobile != "+16175550123"


async def test_one_worker_serves_both_and_mixes_nothing(make_clinic: Any) -> None:
    one, other = await make_clinic("platform"), await make_clinic("platform")
    for clinic in (one, other):
        await clinic.run("pull.practice")
    await asyncio.gather(one.request("pull.patients"), other.request("pull.patients"))
    one.doors.http._transport, both = _both(one, other), one.doors.http._transport
    await one.work()
    await other.work()
    one.doors.http._transport = both
    assert len(await one.patients()) == len(await other.patients()) == one.size
    for clinic in (one, other):
        truth = await clinic.truth("1")
        assert (await clinic.patient("1")).first_name == truth["firstname"]


def _both(one: Any, other: Any) -> Any:
    """A transport that takes each practice's calls to its own sandbox."""
    mine, theirs = one.doors.http._transport, other.doors.http._transport

    class Both(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            home = theirs if str(request.url.port) == other.address.rpartition(":")[2] else mine
            response: httpx2.Response = await home.handle_async_request(request)
            return response

    return Both()


async def test_a_message_that_names_another_practices_record_finds_nothing(make_clinic: Any) -> None:
    one, other = await make_clinic("platform"), await make_clinic("platform")
    await one.pull()
    await other.run("pull.practice")
    patient, before = (await one.patients())["3"], await one.patients()
    stolen = NewMessage(direction="out", door="rest", kind="patient.update", about="patient:3", body=b"{}", urgency="person", record_id=patient.id)
    await other.do(lambda transaction: accept(transaction, [stolen]))
    body = b'{"patientid": "3", "firstname": "Eve", "lastname": "Intruder", "dob": "01/01/1970", "sex": "F", "departmentid": "1"}'
    news = NewMessage(direction="in", door="rest", kind="patient", about="patient:3", body=body)
    await other.do(lambda transaction: accept(transaction, [news]))
    await other.work()
    assert await one.patients() == before
    [refused] = await other.messages(kinds=["patient.update"], states=["failed"])
    assert refused.error.startswith("The patient is not there any more.")
    assert (await other.patients())["3"].id != patient.id


async def test_no_use_case_reaches_over_the_wall(make_clinic: Any) -> None:
    one, other = await make_clinic("platform"), await make_clinic("platform")
    await one.pull()
    patient, appointment = (await one.patients())["3"].id, next(iter((await one.appointments()).values())).id
    message = (await one.messages())[0].id
    slot = Slot(
        external_id="1", location_id=new_id(), provider_id=new_id(), appointment_type=new_id(), start_time=now(), end_time=now() + timedelta(hours=1)
    )
    with pytest.raises(InvalidValue, match="no such patient"):
        await other.do(lambda transaction: change_patient(transaction, patient, {"email": "eve@example.org"}, "eve"))
    with pytest.raises(InvalidValue, match="no such patient"):
        await other.do(lambda transaction: book(transaction, patient, slot, "eve"))
    with pytest.raises(InvalidValue, match="no such appointment"):
        await other.do(lambda transaction: cancel(transaction, appointment, "eve"))
    with pytest.raises(Misconfigured, match="no such message"):
        await other.do(lambda transaction: read_story(transaction, message))
    assert await other.do(lambda transaction: store.read_patients(transaction, [patient])) == {}
    assert await other.trail(patient) == []
    assert await other.do(open_reviews) == []


async def test_each_practice_has_its_own_credentials(make_clinic: Any) -> None:
    one, other = await make_clinic("platform"), await make_clinic("platform")
    async with one.database.practice(other.practice.id) as transaction:
        await transaction.connection.execute("delete from credentials")
    assert (await one.do(get_credentials)).client_id == "sandbox"
    with pytest.raises(Misconfigured, match="no credentials"):
        await other.do(get_credentials)


async def test_a_wrong_practice_id_takes_nothing(make_clinic: Any) -> None:
    """A connection whose practice id is another practice's at athenahealth, to which the credentials give no access."""
    clinic = await make_clinic("platform", grants={"sandbox": ("1",)})
    await clinic.request("pull.patients")
    await clinic.work()
    assert await clinic.patients() == {}
    failed = await clinic.only_error()
    assert failed.state == "failed"
    assert "practice" in failed.error
