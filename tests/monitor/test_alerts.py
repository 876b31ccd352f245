"""An alert opens once, stays one while it comes and goes, is over once, and is told each time to whom it should be."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.access.audit import read_trail
from practicestudio.errors import Misconfigured, Unreachable
from practicestudio.monitor import tell as telling
from practicestudio.monitor.alerts import SETTLE, Alert, acknowledge, decide, list_alerts, note_findings, notes_of, open_alerts
from practicestudio.monitor.channels import drop_channel, put_channel
from practicestudio.monitor.findings import Finding
from practicestudio.monitor.tell import Due, channel_faults, next_try, send_test, tell, words_of

NOON = datetime(2026, 3, 2, 17, tzinfo=UTC)
ERRORS = Finding("errors", "warning", "10 messages failed.")
REFUSED = Finding("token_refused", "critical", "The credentials were refused.", "rest", down=True)
HOOK = "json://localhost/hook/secret-path"


def minutes(count: float) -> datetime:
    return NOON + timedelta(minutes=count)


class Post:
    """What would have been sent; a service that can be made to refuse."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []
        self.refuses = False

    async def __call__(self, address: str, title: str, body: str) -> None:
        if self.refuses:
            raise Unreachable("The service did not take the message.")
        self.sent.append((address, title, body))


@pytest.fixture
def post() -> Post:
    return Post()


class Desk:
    """A practice's alerts, and hands to work with."""

    def __init__(self, database: Any, practice: Any) -> None:
        self.database, self.practice = database, practice

    async def find(self, at: datetime, *found: Finding) -> None:
        async with self.database.practice(self.practice.id) as transaction:
            await note_findings(transaction, found, at)

    async def open(self) -> list[Alert]:
        async with self.database.practice(self.practice.id) as transaction:
            return await open_alerts(transaction)

    async def channel(self, least: str = "notice", address: str = HOOK) -> UUID:
        async with self.database.practice(self.practice.id) as transaction:
            return await put_channel(transaction, name="On call", least=least, by="ann", address=address)  # type: ignore[arg-type]

    async def notes(self) -> list[tuple[str, str, int]]:
        async with self.database.practice(self.practice.id) as transaction:
            alerts = await list_alerts(transaction)
            return [(note.what, note.state, note.tries) for note in await notes_of(transaction, [one.id for one in alerts])]


@pytest.fixture
def desk(database: Any, practice: Any) -> Desk:
    return Desk(database, practice)


def test_what_is_found_and_not_known_opens_what_is_known_stays_what_settled_is_over() -> None:
    known = Alert(UUID(int=1), "errors", "", "warning", "", NOON, NOON)
    gone = Alert(UUID(int=2), "queue", "", "critical", "", NOON, NOON)
    changes = decide([ERRORS, REFUSED], [known, gone], NOON + SETTLE)
    assert changes.opened == (REFUSED,)
    assert changes.still == ((known, ERRORS),)
    assert changes.over == (gone,)
    assert decide([], [gone], NOON + SETTLE - timedelta(seconds=1)).over == ()


async def test_what_is_found_again_and_again_is_one_alert_with_its_latest_words(desk: Desk) -> None:
    await desk.find(NOON, ERRORS)
    await desk.find(minutes(1), Finding("errors", "warning", "12 messages failed."))
    [alert] = await desk.open()
    assert (alert.sentence, alert.opened_at, alert.last_true) == ("12 messages failed.", NOON, minutes(1))


async def test_what_comes_and_goes_every_minute_stays_one_alert(desk: Desk) -> None:
    for minute in range(0, 20, 2):
        await desk.find(minutes(minute), ERRORS)
        await desk.find(minutes(minute + 1))
    assert len(await desk.open()) == 1


async def test_when_nothing_was_found_for_a_while_it_is_over_and_the_next_is_a_new_one(desk: Desk) -> None:
    await desk.find(NOON, ERRORS)
    await desk.find(minutes(5))
    assert await desk.open() == []
    await desk.find(minutes(6), ERRORS)
    async with desk.database.practice(desk.practice.id) as transaction:
        newer, older = await list_alerts(transaction)
    assert (newer.closed_at, older.closed_at) == (None, minutes(5))


async def test_several_things_that_one_rule_finds_are_an_alert_each(desk: Desk) -> None:
    await desk.find(NOON, Finding("silence", "warning", "…", "rest"), Finding("silence", "warning", "…", "hl7"), REFUSED)
    worst, *others = await desk.open()
    assert (worst.rule, worst.about) == ("token_refused", "rest")
    assert {one.about for one in others} == {"rest", "hl7"}


async def test_people_are_told_once_when_it_opens_and_once_when_it_is_over(desk: Desk, post: Post) -> None:
    await desk.channel()
    for minute in range(12):
        await desk.find(minutes(minute), *([REFUSED] if minute < 4 else []))
        await tell(desk.database, desk.practice, minutes(minute), post, "https://ps.example")
    opened, over = post.sent
    assert opened[0] == HOOK
    assert opened[1] == f"Critical: Credentials refused, Test Practice ({desk.practice.athena_id})"
    assert opened[2].startswith("The credentials were refused.\n\nSince Mar 2, 12:00 EST.")
    assert opened[2].endswith(f"https://ps.example/practices/{desk.practice.athena_id}/")
    assert over[1].startswith("Over: Credentials refused")
    assert "after 8 minutes" in over[2]


async def test_a_channel_is_told_of_what_is_bad_enough_for_it(desk: Desk, post: Post) -> None:
    await desk.channel(least="critical")
    await desk.find(NOON, ERRORS)
    await tell(desk.database, desk.practice, NOON, post)
    assert post.sent == []


async def test_a_channel_that_was_not_told_of_the_opening_is_not_told_of_the_end(desk: Desk, post: Post) -> None:
    await desk.find(NOON, ERRORS)
    await desk.channel()
    await desk.find(minutes(6))
    await tell(desk.database, desk.practice, minutes(6), post)
    assert post.sent == []


async def test_what_a_service_does_not_take_is_tried_again_and_shown(desk: Desk, post: Post) -> None:
    channel = await desk.channel()
    await desk.find(NOON, ERRORS)
    post.refuses = True
    await tell(desk.database, desk.practice, NOON, post)
    await tell(desk.database, desk.practice, NOON, post)  # not due yet
    assert await desk.notes() == [("opened", "waiting", 1)]
    async with desk.database.practice(desk.practice.id) as transaction:
        assert (await channel_faults(transaction, NOON))[channel].startswith("The service did not take the message.")
    post.refuses = False
    await tell(desk.database, desk.practice, minutes(1), post)
    assert await desk.notes() == [("opened", "sent", 2)]
    async with desk.database.practice(desk.practice.id) as transaction:
        assert await channel_faults(transaction, NOON) == {}


async def test_what_is_never_taken_is_given_up_after_eight_tries(desk: Desk, post: Post) -> None:
    await desk.channel()
    await desk.find(NOON, ERRORS)
    post.refuses = True
    for hour in range(10):
        await tell(desk.database, desk.practice, minutes(60 * hour), post)
    assert await desk.notes() == [("opened", "failed", 8)]
    assert next_try(1, NOON) == minutes(1)
    assert next_try(7, NOON) == minutes(60)


async def test_several_senders_tell_it_once(desk: Desk, post: Post) -> None:
    await desk.channel()
    await desk.find(NOON, ERRORS)

    async def send_and_let_another_try(*message: str) -> None:
        await post(*message)
        await tell(desk.database, desk.practice, NOON, post)

    await tell(desk.database, desk.practice, NOON, send_and_let_another_try)
    assert len(post.sent) == 1


async def test_a_channel_that_was_removed_is_told_nothing_more(desk: Desk, post: Post) -> None:
    channel = await desk.channel()
    await desk.find(NOON, ERRORS)
    async with desk.database.practice(desk.practice.id) as transaction:
        await drop_channel(transaction, channel, "ann")
    await tell(desk.database, desk.practice, NOON, post)
    assert post.sent == []
    assert await desk.notes() == [("opened", "failed", 1)]


async def test_a_test_message_goes_out_at_once(desk: Desk, post: Post) -> None:
    channel = await desk.channel()
    async with desk.database.practice(desk.practice.id) as transaction:
        await send_test(transaction, desk.practice, channel, post)
    assert post.sent[0][1] == "Test: Practice Studio, Test Practice"


async def test_the_real_sender_says_that_nobody_took_it_and_not_where(desk: Desk) -> None:
    with pytest.raises(Unreachable) as told:
        await telling.send_by_apprise("json://127.0.0.1:9/secret-path", "title", "body")
    assert "secret-path" not in told.value.sentence


async def test_an_alert_is_acknowledged_once_with_a_line_in_the_trail(desk: Desk) -> None:
    await desk.find(NOON, ERRORS)
    [alert] = await desk.open()
    async with desk.database.practice(desk.practice.id) as transaction:
        await acknowledge(transaction, alert.id, minutes(3), "ann")
        [entry] = await read_trail(transaction, alert.id)
    assert (entry["actor"], entry["action"]) == ("ann", "person:alert:acknowledge")
    assert (await desk.open())[0].acknowledged_by == "ann"
    with pytest.raises(Misconfigured, match="acknowledged"):
        async with desk.database.practice(desk.practice.id) as transaction:
            await acknowledge(transaction, alert.id, minutes(4), "bob")


def test_an_alert_of_the_installation_names_no_practice() -> None:
    from practicestudio.monitor.rounds import INSTALLATION

    due = Due(UUID(int=1), UUID(int=2), "opened", 0, "disk", "critical", "Only 2% is free.", NOON, None)
    assert words_of(due, INSTALLATION, "https://ps.example") == (
        "Critical: Disk nearly full, This installation",
        "Only 2% is free.\n\nSince Mar 2, 17:00 UTC.",
    )
