"""What a practice's sync rules leave out is not read, not taken and not sent; it is in the log, with the rule."""

from datetime import timedelta
from typing import Any

import pytest

from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.practices.sync_rules import SyncRules
from practicestudio.sync.add_practice import start_first_pull
from practicestudio.sync.change_appointment import cancel
from practicestudio.sync.change_patient import change_patient
from practicestudio.sync.schedule_jobs import request_job
from practicestudio.sync.setup import setup_of


@pytest.mark.parametrize(
    ("kind", "both", "received", "none"),
    [
        ("patient", True, True, False),
        ("patient.fetch", True, True, False),
        ("patient.update", True, False, False),
        ("feed.patients", True, True, False),
        ("pull.appointments", True, True, False),
        ("appointment.book", True, False, False),
        ("appointment.fetch", True, True, False),
        ("pull.practice", True, True, True),
        ("feed.providers", True, True, True),
    ],
)
def test_each_kind_of_message_has_a_direction(kind: str, both: bool, received: bool, none: bool) -> None:
    for direction, allowed in (("both", both), ("in", received), ("none", none)):
        rules = SyncRules(patients=direction, appointments=direction)  # type: ignore[arg-type]
        assert (rules.objection(kind) is None) is allowed, (kind, direction)


async def test_a_practice_that_only_receives_keeps_its_own_changes_here(platform: Any) -> None:
    await platform.pull()
    await platform.configure("sync_rule", "records", {"patients": "in", "appointments": "in"})
    patient = (await platform.patients())["3"]
    await platform.do(lambda transaction: change_patient(transaction, patient.id, {"email": "new@example.org"}, "ann"))
    await platform.work()
    [kept] = await platform.messages(kinds=["patient.update"], states=["filtered"])
    assert kept.error == "By this practice's sync rules, changes of patients are not sent to athenahealth."
    assert (await platform.patient("3")).email == "new@example.org"
    assert (await platform.truth("3")).get("email") != "new@example.org"
    appointment = next(one for one in (await platform.appointments()).values() if one.record.status == "booked")
    with pytest.raises(InvalidValue, match="are not sent"):
        await platform.do(lambda transaction: cancel(transaction, appointment.id, "ann"))
    await platform.happens("phone", patientid=4, mobilephone="6175550123")
    await platform.feed()
    assert (await platform.patient("4")).phone_mobile == "+16175550123"


async def test_what_is_left_out_is_neither_asked_for_nor_taken(platform: Any) -> None:
    await platform.run("pull.practice")
    await platform.configure("sync_rule", "records", {"patients": "none", "appointments": "none"})
    setup = await platform.do(setup_of)
    assert set(setup.schedules) == {"pull.practice", "feed.providers", "connection.test"}
    with pytest.raises(InvalidValue, match="leave patients out"):
        await platform.do(lambda transaction: request_job(transaction, "pull.patients"))
    body = b'{"patientid": "3", "firstname": "Imogen", "lastname": "Tarrant", "dob": "02/29/1984", "sex": "F", "departmentid": "1"}'
    news = NewMessage(direction="in", door="rest", kind="patient", about="patient:3", body=body)
    await platform.do(lambda transaction: accept(transaction, [news]))
    await platform.work()
    assert [(one.state, one.error) for one in await platform.messages(kinds=["patient"])] == [
        ("filtered", "This practice's sync rules leave patients out.")
    ]
    assert await platform.patients() == {}


async def test_appointments_are_pulled_as_far_as_the_rules_say(platform: Any) -> None:
    await platform.run("pull.practice", "pull.patients")
    await platform.configure("sync_rule", "records", {"days_back": 0, "days_ahead": 1})
    await platform.run("pull.appointments")
    today = platform.sandbox.clock.now().date()
    days = {one.record.start_time.date() for one in (await platform.appointments()).values()}
    assert days
    assert days <= {today + timedelta(days=offset) for offset in range(3)}  # the day after tomorrow begins in UTC before it does in New York


async def test_the_first_pull_takes_the_patients_and_then_their_appointments(platform: Any) -> None:
    await platform.configure("sync_rule", "records", {"days_back": 0, "days_ahead": 1})
    await platform.do(lambda transaction: start_first_pull(transaction, "ann"))
    await platform.work()
    assert len(await platform.patients()) + len(await platform.reviews()) == platform.size
    assert await platform.appointments()
    assert await platform.messages(kinds=["patient.fetch"]) == []
    assert [one.state for one in await platform.messages(kinds=["pull.appointments"])] == ["done"]


async def test_a_practice_without_credentials_has_no_first_pull(platform: Any) -> None:
    await platform.do(lambda transaction: transaction.connection.execute("delete from credentials"))
    with pytest.raises(Misconfigured, match="not connected"):
        await platform.do(lambda transaction: start_first_pull(transaction, "ann"))
