"""What messages say is found, newest first, wherever it stands; who stops listening stops the search."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest

from practicestudio.clock import new_id
from practicestudio.delivery import search as module
from practicestudio.delivery.inbox import accept, store_bodies
from practicestudio.delivery.log import Filter
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.needle import Excerpt, Needle
from practicestudio.delivery.search import Hit, Progress, search
from practicestudio.errors import InvalidValue
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database

BODIES = [
    b'{"name":"Turner"}',
    b'{"name":"TURNER","note":"hay"}',
    '{"name":"M\u00fcller"}'.encode(),
    b"x" * 100_000 + b"turner" + b"y" * 100_000,
    b"hay",
]


async def put(database: Database, practice: Practice, bodies: Sequence[bytes], kind: str = "note") -> list[UUID]:
    ids = []
    for body in bodies:
        async with database.practice(practice.id) as transaction:
            ids += await accept(transaction, [NewMessage(direction="in", door="rest", kind=kind, about="x", body=body)])
        await asyncio.sleep(0.002)  # so that their ids tell their order
    return ids


async def found(database: Database, practice: Practice, text: str, chosen: Filter | None = None) -> tuple[list[Hit], Progress | None]:
    hits, progress = [], None
    async for told in search(database, practice.id, text, chosen or Filter(), processes=1):
        if isinstance(told, Hit):
            hits.append(told)
        else:
            progress = told
    return hits, progress


async def test_it_is_found_whatever_its_case_and_size_newest_first(database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_PART", 1)  # so that the process has its part too
    monkeypatch.setattr(module, "PART", 2)
    ids = await put(database, practice, BODIES)
    async with database.practice(practice.id) as transaction:
        await store_bodies(transaction, [(ids[4], "answer", b"Turner, too")])
    hits, progress = await found(database, practice, "tuRNer")
    assert [(hit.message_id, hit.part) for hit in hits] == [(ids[4], "answer"), (ids[3], "received"), (ids[1], "received"), (ids[0], "received")]
    assert hits[2].excerpt == Excerpt('{"name":"', "TURNER", '","note":"hay"}')
    assert progress == Progress(5, 5, ids[0], 0)
    assert [hit.message_id for hit in (await found(database, practice, "m\u00dcller"))[0]] == [ids[2]]


async def test_a_search_is_narrowed_and_keeps_to_its_practice(database: Database, practice: Practice) -> None:
    [one] = await put(database, practice, [b"turner"])
    [other] = await put(database, practice, [b"turner"], kind="other")
    assert [hit.message_id for hit in (await found(database, practice, "turner", Filter(kinds=["other"])))[0]] == [other]
    assert [hit.message_id for hit in (await found(database, practice, "turner", Filter(before=other)))[0]] == [one]
    assert (await found(database, practice, "turner", Filter(states=["done"])))[0] == []


async def test_a_body_that_cannot_be_opened_is_told_and_the_search_goes_on(database: Database, practice: Practice) -> None:
    ids = await put(database, practice, [b"turner", b"turner"])
    async with database.practice(practice.id) as transaction:
        await transaction.connection.execute(
            "update message_bodies set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1) where message_id = %s", [ids[1]]
        )
    hits, progress = await found(database, practice, "turner")
    assert [hit.message_id for hit in hits] == ids[:1]
    assert progress is not None
    assert progress.unreadable == 1


async def test_leaving_a_search_ends_its_processes(database: Database, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PART", 1)
    monkeypatch.setattr(module, "FIRST_PART", 1)
    started: list[asyncio.subprocess.Process] = []
    start = asyncio.create_subprocess_exec

    async def watched(*given: str, **options: object) -> asyncio.subprocess.Process:
        started.append(await start(*given, **options))  # type: ignore[arg-type]
        return started[-1]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", watched)
    await put(database, practice, [b"turner"] * 4)
    searching = search(database, practice.id, "turner", Filter(), processes=1)
    assert isinstance(await anext(searching), Hit)
    await searching.aclose()
    [process] = started
    assert process.returncode is not None


async def test_what_cannot_be_searched_is_said(database: Database, practice: Practice) -> None:
    with pytest.raises(InvalidValue, match="too short"):
        await found(database, practice, "x")
    with pytest.raises(InvalidValue, match="by time"):
        await found(database, practice, "turner", Filter(record_id=new_id()))


def test_an_excerpt_shows_what_stands_around() -> None:
    found = Needle("needle").find(b"a" * 100 + b"Needle" + b"b" * 100)
    assert found == Excerpt("a" * 60, "Needle", "b" * 60)
    assert Needle("stra\u00dfe").find(b"Die STRASSE") is not None
    assert Needle("\u00e9t\u00e9").find("un \u00c9T\u00c9".encode()) == Excerpt("un ", "\u00c9T\u00c9", "")
