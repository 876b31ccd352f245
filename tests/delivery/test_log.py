"""The log is listed newest first, narrowed, and streamed without holding it in memory."""

import pytest

from practicestudio.clock import new_id
from practicestudio.delivery.counts import count_states
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.log import Filter, list_from, list_messages, read_page, stream_messages
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.story import read_entry, read_family, read_story
from practicestudio.errors import Misconfigured
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database


async def fill(database: Database, practice: Practice, number: int) -> None:
    news = [
        NewMessage(direction="in" if n % 2 else "out", door="rest", kind=f"kind.{n % 3}", about=f"x:{n}", body=b"{}", urgency="backfill")
        for n in range(number)
    ]
    async with database.practice(practice.id) as transaction:
        await accept(transaction, news)


async def test_messages_are_listed_newest_first_and_page_by_page(database: Database, practice: Practice) -> None:
    await fill(database, practice, 7)
    async with database.practice(practice.id) as transaction:
        first = await list_messages(transaction, Filter(), 4)
        rest = await list_messages(transaction, Filter(before=first[-1].id), 4)
    ids = [one.id for one in (*first, *rest)]
    assert len(ids) == 7
    assert ids == sorted(ids, reverse=True)


async def test_a_list_is_narrowed_by_kind_direction_state_and_time(database: Database, practice: Practice) -> None:
    await fill(database, practice, 12)
    async with database.practice(practice.id) as transaction:
        everything = await list_messages(transaction, Filter())
        assert {one.kind for one in await list_messages(transaction, Filter(kinds=["kind.1"]))} == {"kind.1"}
        assert {one.direction for one in await list_messages(transaction, Filter(direction="out"))} == {"out"}
        assert await list_messages(transaction, Filter(states=["failed"])) == []
        assert len(await list_messages(transaction, Filter(since=everything[3].id))) == 4
        assert await list_messages(transaction, Filter(record_id=new_id())) == []
        assert await count_states(transaction) == {"received": 12}


async def test_a_stream_gives_every_message_once(database: Database, practice: Practice) -> None:
    await fill(database, practice, 11)
    found = [one.id async for one in stream_messages(database, practice.id, Filter(), page=3)]
    assert len(found) == len(set(found)) == 11


async def test_a_message_that_is_not_there_is_a_clear_error(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        with pytest.raises(Misconfigured, match="no such message"):
            await read_story(transaction, new_id())


async def test_pages_lead_both_ways_and_show_everything_once(database: Database, practice: Practice) -> None:
    await fill(database, practice, 11)
    async with database.practice(practice.id) as transaction:
        everything = [one.id for one in await list_messages(transaction, Filter())]
        first = await read_page(transaction, Filter(), 4)
        second = await read_page(transaction, Filter(), 4, before=first.entries[-1].id)
        third = await read_page(transaction, Filter(), 4, before=second.entries[-1].id)
        back = await read_page(transaction, Filter(), 4, after=third.entries[0].id)
        start = await read_page(transaction, Filter(), 4, after=second.entries[0].id)
    assert [one.id for page in (first, second, third) for one in page.entries] == everything
    assert [(one.newer, one.older) for one in (first, second, third)] == [(False, True), (True, True), (True, False)]
    assert back.entries == second.entries
    assert (start.entries, start.newer) == (first.entries, False)


async def test_a_list_is_narrowed_by_what_it_belongs_to(database: Database, practice: Practice) -> None:
    record, run, cause = new_id(), new_id(), new_id()
    given = [{"record_id": record}, {"run_id": run}, {"run_id": run}, {"cause_id": cause}, {"retry_of": cause}, {}]
    news = [NewMessage(direction="in", door="rest", kind=f"k{n}", about=str(n), body=b"{}", **one) for n, one in enumerate(given)]  # type: ignore[arg-type]
    async with database.practice(practice.id) as transaction:
        ids = await accept(transaction, news)
        for chosen, wanted in [
            (Filter(record_id=record), [0]),
            (Filter(run_id=run), [1, 2]),
            (Filter(run_id=run, kinds=["k1"]), [1]),
            (Filter(run_id=run, states=["done"]), []),
            (Filter(cause_id=cause), [3]),
            (Filter(retry_of=cause), [4]),
            (Filter(patient_id=record), [0]),
        ]:
            newest_first = sorted((ids[n] for n in wanted), reverse=True)
            assert [one.id for one in await list_messages(transaction, chosen)] == newest_first
            assert [one.id for one in await list_from(transaction, chosen)] == newest_first
            assert sum((await count_states(transaction, chosen)).values()) == len(wanted)
    streamed = [one.id async for one in stream_messages(database, practice.id, Filter(run_id=run), page=1)]
    assert streamed == sorted(ids[1:3], reverse=True)


async def test_a_patients_messages_are_also_those_of_the_patients_appointments(database: Database, practice: Practice) -> None:
    patient, appointment = new_id(), new_id()
    async with database.practice(practice.id) as transaction:
        await transaction.connection.execute(
            "insert into appointments (practice_id, id, status, patient_id, start_time, end_time, sealed)"
            " values (%s, %s, 'booked', %s, now(), now(), '')",
            [practice.id, appointment, patient],
        )
        news = [NewMessage(direction="in", door="rest", kind="x", about="x", body=b"{}", record_id=one) for one in (patient, appointment, new_id())]
        ids = await accept(transaction, news)
        assert {one.id for one in await list_messages(transaction, Filter(patient_id=patient))} == set(ids[:2])


async def test_a_story_tells_what_caused_a_message_and_what_it_caused(database: Database, practice: Practice) -> None:
    def note(**given: object) -> NewMessage:
        return NewMessage(direction="in", door="rest", kind="x", about="x", body=b"{}", **given)  # type: ignore[arg-type]

    async with database.practice(practice.id) as transaction:
        [cause] = await accept(transaction, [note()])
        [one] = await accept(transaction, [note(cause_id=cause)])
        [effect, copy] = await accept(transaction, [note(cause_id=one), note(retry_of=one)])
        family = await read_family(transaction, await read_entry(transaction, one))
        assert family.cause is not None
        assert (family.cause.id, family.original) == (cause, None)
        assert [found.id for found in (*family.caused, *family.copies)] == [effect, copy]
        original = (await read_family(transaction, await read_entry(transaction, copy))).original
        assert original is not None
        assert original.id == one
