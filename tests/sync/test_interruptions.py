"""Whatever breaks off in the middle goes on where it stood: nothing is lost, nothing comes twice, and little is asked again."""

from datetime import timedelta
from typing import Any

import pytest

from practicestudio.sync import poll_feed, pull_patients

LIST = r"GET .*/patients$"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_patients, "PAGE_SIZE", 3)


async def taken(clinic: Any) -> int:
    return len([message for message in await clinic.messages(kinds=["patient"]) if message.run_id])


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("fault", ["503", "drop_before", "truncated", "html", "429", "expired_token"])
async def test_a_pull_that_a_fault_breaks_off_goes_on_from_its_page(platform: Any, fault: str) -> None:
    rule = {"kind": fault, "match": "search_patients", "times": 1}
    platform.once_answered(LIST, 3, lambda: platform.sandbox.faults.add(rule, platform.sandbox.clock.now()))
    await platform.run("pull.practice", "pull.patients")
    assert len(await platform.patients()) == platform.size
    assert await taken(platform) == platform.size
    pages = platform.size // 3 + 6  # each of the three departments may end with a short page and a question whether there is more
    assert platform.calls("search_patients") <= pages + 2


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("page", [1, 3, 5])
async def test_a_pull_whose_worker_is_killed_goes_on_from_its_page(platform: Any, page: int) -> None:
    await platform.run("pull.practice")
    await platform.request("pull.patients")
    await platform.killed_once_answered(LIST, page)
    before = platform.calls("search_patients")
    await platform.work()
    assert len(await platform.patients()) == platform.size
    assert await taken(platform) == platform.size
    again = platform.calls("search_patients") - before
    await platform.run("pull.patients")
    assert before + again <= platform.calls("search_patients") - before - again + 1


async def test_pulling_everything_again_changes_nothing(pulled: Any) -> None:
    patients, appointments, entries = await pulled.patients(), await pulled.appointments(), await pulled.count("audit_entries")
    await pulled.pull()
    assert await pulled.patients() == patients
    assert await pulled.appointments() == appointments
    assert await pulled.count("audit_entries") == entries


async def test_a_pull_that_waited_for_the_night_goes_on_when_it_comes(platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pull_patients, "PAGE_SIZE", 3)
    await platform.configure("schedule", "off_peak", {"start": "00:00", "until": "00:01"})
    await platform.run("pull.practice")
    await platform.request("pull.patients", off_peak=True)
    await platform.worker().run_until_idle()
    [waiting] = await platform.messages(kinds=["pull.patients"])
    assert waiting.state == "waiting"
    assert waiting.error.startswith("The off-peak window has closed.")
    assert waiting.due_at > waiting.received_at
    first = platform.calls("search_patients")
    await platform.configure("schedule", "off_peak", {"start": "00:00", "until": "23:59"})
    await platform.request("pull.patients")
    await platform.work()
    assert len(await platform.patients()) == platform.size
    assert platform.calls("search_patients") > first
    assert await taken(platform) == platform.size


@pytest.mark.parametrize("fault", ["drop_after", "truncated", "malformed"])
async def test_what_a_feed_gave_and_we_lost_is_read_again(shared_clinic: Any, fault: str) -> None:
    pulled, phone = shared_clinic, f"617555{1000 + len(fault)}"
    await pulled.happens("phone", patientid=3, mobilephone=phone)
    booked = await pulled.happens("book", patientid=4)
    await pulled.fault(fault, "changed_patients")
    await pulled.fault(fault, "changed_appointments")
    await pulled.feed()
    assert (await pulled.patient("3")).phone_mobile == f"+1{phone}"
    assert (await pulled.appointment(booked["appointmentid"])).status == "booked"
    assert not [one.error for one in await pulled.errors()]


@pytest.mark.parametrize("clock", [timedelta(0), timedelta(hours=1), timedelta(hours=-1)])
async def test_what_a_killed_worker_had_read_is_read_again_even_if_the_clocks_differ(platform: Any, clock: timedelta) -> None:
    clinic = platform
    await clinic.control("clock", {"advance": clock.total_seconds()})
    await clinic.pull()
    await clinic.happens("phone", patientid=3, mobilephone="6175550123")
    await clinic.request("feed.patients")
    await clinic.killed_once_answered(r"GET .*/patients/changed")
    assert (await clinic.patient("3")).phone_mobile != "+16175550123"
    await clinic.happens("phone", patientid=4, mobilephone="6175550124")
    await clinic.work()
    assert (await clinic.patient("3")).phone_mobile == "+16175550123"
    assert (await clinic.patient("4")).phone_mobile == "+16175550124"


async def test_what_was_read_and_stored_is_not_stored_again(pulled_platform: Any) -> None:
    clinic = pulled_platform
    await clinic.happens("phone", patientid=3)
    await clinic.feed()
    before = len(await clinic.messages(kinds=["patient"]))
    await clinic.fault("drop_after", "changed_patients")
    await clinic.feed()
    assert len(await clinic.messages(kinds=["patient"])) == before


async def test_a_window_that_comes_back_full_is_asked_for_in_halves(pulled_platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = pulled_platform
    monkeypatch.setattr(poll_feed, "AT_ONCE", 2)
    monkeypatch.setattr(poll_feed, "SHOWN_AGAIN", 3)
    monkeypatch.setattr(poll_feed, "CLOCKS_DIFFER", timedelta(minutes=1))
    for patient in range(1, 9):
        await clinic.happens("phone", patientid=patient, mobilephone=f"617555010{patient}")
    for _ in range(3):  # reads of two each, some seconds apart by athenahealth's clock
        await clinic.request("feed.patients")
        await clinic.killed_once_answered(r"GET .*/patients/changed", 1)
        await clinic.control("clock", {"advance": 5.0})
    before = clinic.calls("changed_patients")
    await clinic.work()
    found = await clinic.patients()
    assert [found[str(patient)].record.phone_mobile for patient in range(1, 9)] == [f"+1617555010{patient}" for patient in range(1, 9)]
    assert clinic.calls("changed_patients") - before > 4


async def test_a_feed_that_does_not_act_yet_waits_and_says_so(database: Any, make_clinic: Any) -> None:
    clinic = await make_clinic("platform", activation_delay=300)
    await clinic.run("pull.practice", "pull.patients")
    await clinic.request("feed.patients")
    await clinic.worker().run_until_idle()
    [waiting] = await clinic.messages(kinds=["feed.patients"])
    assert waiting.state == "waiting"
    assert waiting.error.startswith("The feed of changes is not active.")
    await clinic.happens("phone", patientid=3, mobilephone="6175550123")  # before the feed acts: nobody will tell
    await clinic.control("clock", {"advance": 301.0})
    await clinic.happens("phone", patientid=4, mobilephone="6175550124")
    await clinic.work()
    assert (await clinic.patient("4")).phone_mobile == "+16175550124"
    assert (await clinic.patient("3")).phone_mobile == "+16175550123", "what changed between the pull and the feed is pulled again"
    assert len(await clinic.messages(kinds=["pull.patients"])) == 2
    await clinic.feed()
    assert len(await clinic.messages(kinds=["pull.patients"])) == 2


async def test_a_subscription_that_was_lost_is_made_again(pulled_platform: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = pulled_platform
    feeds = clinic.sandbox.practices[clinic.practice.athena_id].feeds
    feeds._subscriptions.clear()
    monkeypatch.setattr(poll_feed, "TAKES_TO_ACT", timedelta(0))
    await clinic.happens("phone", patientid=3)
    await clinic.feed()
    assert clinic.calls("subscribe_patients") == 2
