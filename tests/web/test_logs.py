"""The pages of the log: what is listed, counted, drawn, exported, and who may see what."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from starlette.datastructures import QueryParams

from practicestudio.access.rights import Role
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.errors import InvalidValue
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from practicestudio.web.pages.narrowing import Narrowing, bars, buckets, read_narrowing
from tests.web.conftest import SignIn

NEW_YORK = ZoneInfo("America/New_York")
NOON = datetime(2026, 11, 24, 17, 30, tzinfo=UTC)


def log_of(practice: Practice) -> str:
    return f"/practices/{practice.athena_id}/settings/integrations/logs/athenahealth"


async def put(database: Database, practice: Practice, *kinds: str, body: bytes = b'{"name": "Canary"}') -> list[UUID]:
    news = [NewMessage(direction="in", door="rest", kind=kind, about=str(n), body=body) for n, kind in enumerate(kinds)]
    async with database.practice(practice.id) as transaction:
        return await accept(transaction, news)


def test_an_address_says_all_that_narrows_and_reads_back_the_same() -> None:
    given = QueryParams("state=failed&state=nonsense&kind=patient&direction=in&patient=01a20e38-0c5b-7832-8a88-d7b1f38e8dfe&range=7d")
    narrowing = read_narrowing(given, NEW_YORK)
    assert narrowing.states == ("failed",)
    assert read_narrowing(QueryParams(narrowing.query()[1:]), NEW_YORK) == narrowing
    assert narrowing.narrows
    assert not Narrowing(range="7d").narrows


def test_times_are_the_practices_and_a_preset_begins_with_a_full_hour() -> None:
    own = read_narrowing(QueryParams("from=2026-11-24T09:00&to=2026-11-24T10:30"), NEW_YORK)
    assert own.at(NOON) == (datetime(2026, 11, 24, 14, tzinfo=UTC), datetime(2026, 11, 24, 15, 30, tzinfo=UTC))
    assert Narrowing().at(NOON) == (datetime(2026, 11, 23, 17, tzinfo=UTC), None)
    assert Narrowing(range="all").at(NOON) == (None, None)
    for text in ("from=yesterday", "patient=me"):
        with pytest.raises(InvalidValue, match="cannot be read"):
            read_narrowing(QueryParams(text), NEW_YORK)


def test_a_short_range_is_drawn_by_hours_and_a_long_one_by_the_practices_days() -> None:
    assert buckets(NOON - timedelta(hours=2), None, NOON, NEW_YORK, 30)[0] == datetime(2026, 11, 24, 15, tzinfo=UTC)
    days = buckets(datetime(2026, 10, 30, 12, tzinfo=UTC), None, NOON, NEW_YORK, 30)
    assert days[:4] == [datetime(2026, 10, 30, 4, tzinfo=UTC), *[datetime(2026, 10, 31, 4, tzinfo=UTC), datetime(2026, 11, 1, 4, tzinfo=UTC)],
                        datetime(2026, 11, 2, 5, tzinfo=UTC)]  # fmt: skip
    assert len(buckets(datetime(2000, 1, 1, tzinfo=UTC), None, NOON, NEW_YORK, 30)) == 31, "not before what is kept"
    x, ranges = bars(days, NEW_YORK)
    assert (x[0], ranges[0]) == ("2026-10-30T00:00:00-04:00", "2026-10-30T04:00:00Z/2026-10-31T04:00:00Z")


async def test_the_log_lists_and_counts_what_fits(database: Database, practice: Practice, sign_in: SignIn) -> None:
    ids = await put(database, practice, "patient", "patient", "appointment")
    ann = await sign_in(Role.ANALYST)
    everything = (await ann.get(log_of(practice))).text
    assert all(str(one) in everything for one in ids)
    assert '<span id="log-total">3</span> messages' in everything
    assert "Canary" not in everything
    narrowed = (await ann.get(f"{log_of(practice)}?kind=appointment", headers={"HX-Request": "true"})).text
    assert (str(ids[2]) in narrowed, str(ids[0]) in narrowed, "<html" in narrowed) == (True, False, False)
    assert "No message fits" in (await ann.get(f"{log_of(practice)}?state=failed")).text
    assert str(ids[0]) in (await ann.get(f"{log_of(practice)}/tail?kind=patient")).text


async def test_an_export_is_a_file_and_stands_in_the_trail(database: Database, practice: Practice, sign_in: SignIn) -> None:
    ids = await put(database, practice, "patient", "appointment")
    ann = await sign_in(Role.ANALYST)
    answer = await ann.post(f"{log_of(practice)}/export?kind=patient", {"what": "messages", "format": "csv"})
    assert answer.headers["content-disposition"].startswith('attachment; filename="athenahealth-messages-')
    assert [line["id"] for line in csv.DictReader(io.StringIO(answer.text))] == [str(ids[0])]
    assert (await ann.post(f"{log_of(practice)}/export", {"what": "calls", "format": "ndjson"})).text == ""
    async with database.practice(practice.id) as transaction:
        found = await transaction.connection.execute("select actor, action from audit_entries where action = 'person:message:export'")
        assert await found.fetchall() == [(f"person:{ann.id}", "person:message:export")] * 2


async def test_who_may_not_export_gets_nothing(practice: Practice, sign_in: SignIn) -> None:
    biller = await sign_in(Role.BILLER)
    assert "/export" not in (await biller.get(log_of(practice))).text
    assert (await biller.post(f"{log_of(practice)}/export", {"what": "messages", "format": "csv"})).status_code == 403
    assert (await (await sign_in(Role.CLINICIAN)).get(log_of(practice))).status_code == 403


async def test_an_id_leads_straight_to_its_message(database: Database, practice: Practice, sign_in: SignIn) -> None:
    [one] = await put(database, practice, "patient")
    ann = await sign_in(Role.ANALYST)
    assert (await ann.get(f"{log_of(practice)}/message?id=+{one}+")).headers["location"] == f"{log_of(practice)}/messages/{one}"
    assert "That is no message id" in (await ann.get((await ann.get(f"{log_of(practice)}/message?id=x")).headers["location"])).text


async def test_what_messages_say_is_searched_by_who_may_and_noted(database: Database, practice: Practice, sign_in: SignIn) -> None:
    [one] = await put(database, practice, "patient")
    ann = await sign_in(Role.ANALYST)
    assert "What the message says" in (await ann.get(f"{log_of(practice)}/search")).text
    lines = [json.loads(line) for line in (await ann.post(f"{log_of(practice)}/search", {"text": "canary"})).text.splitlines()]
    assert str(one) in lines[0]["html"]
    assert "<mark>Canary</mark>" in lines[0]["html"]
    assert lines[-1]["words"].startswith("1 of 1 messages are searched, 1 say it.")
    assert (await ann.post(f"{log_of(practice)}/search", {"text": "x"})).status_code == 422
    async with database.practice(practice.id) as transaction:
        found = await transaction.connection.execute("select count(*) from audit_entries where action = 'person:message:search'")
        assert await found.fetchone() == (1,)
    assert (await (await sign_in(Role.BILLER)).get(f"{log_of(practice)}/search")).status_code == 403
