"""Entries are held to the chain soon after they are written, each once, whoever seals and whatever kills him."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from practicestudio.access import audit_sealer
from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.audit_checkpoint import note_heads, noted_head, read_head
from practicestudio.access.audit_sealer import run_sealer, seal_batch, seal_pending, unsealed_since
from practicestudio.access.audit_verify import verify
from practicestudio.clock import new_id, now
from practicestudio.practices.practice import Practice
from practicestudio.store.database import SHARED, Database


async def write_some(database: Database, practice_id: UUID, count: int, at_a_time: int = 10) -> None:
    """Entries of some people, a few in each transaction."""
    for start in range(0, count, at_a_time):
        async with database.practice(practice_id) as transaction:
            entries = [
                AuditEntry(Action.PERSON_PATIENT_VIEW, f"person:{UUID(int=start % 3)}", "patient", new_id())
                for _ in range(min(at_a_time, count - start))
            ]
            await write(transaction, entries)


async def sealed_entries(database: Database, practice_id: UUID) -> list[UUID]:
    async with database.practice(practice_id) as transaction:
        found = await transaction.connection.execute("select unnest(entry_ids) from audit_batches order by number")
        return [row[0] for row in await found.fetchall()]


async def count(database: Database, practice_id: UUID, table: str) -> int:
    async with database.practice(practice_id) as transaction:
        found = await transaction.connection.execute(f"select count(*) from {table}".encode())
        return int((await found.fetchone() or [0])[0])


async def test_what_is_written_is_pending_until_it_is_sealed(database: Database, practice: Practice) -> None:
    await seal_pending(database)
    before = now() - timedelta(milliseconds=1)
    await write_some(database, practice.id, 25)
    assert before <= (await unsealed_since(database))[practice.id] <= now()
    assert await seal_pending(database) >= 25
    assert practice.id not in await unsealed_since(database)
    assert len(set(await sealed_entries(database, practice.id))) == await count(database, practice.id, "audit_entries") == 25
    assert (await verify(database, practice.id)).is_sound


async def test_what_practices_share_has_a_chain_too(database: Database) -> None:
    async with database.shared() as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_SESSION_BEGIN, "person:x")])
    assert SHARED in await unsealed_since(database)
    await seal_pending(database)
    found = await verify(database, SHARED)
    assert (found.is_sound, found.pending) == (True, 0)
    assert found.entries >= 1


async def test_a_batch_goes_on_from_the_one_before(database: Database, practice: Practice) -> None:
    for expected in (1, 2, 3):
        await write_some(database, practice.id, 5)
        assert await seal_batch(database, practice.id) == 5
        async with database.practice(practice.id) as transaction:
            assert (await read_head(transaction)).number == expected
    assert await seal_batch(database, practice.id) == 0
    assert (await verify(database, practice.id)).batches == 3


async def test_large_writings_come_in_several_batches(database: Database, practice: Practice) -> None:
    await write_some(database, practice.id, 2600, 1300)
    while await seal_batch(database, practice.id):
        continue
    found = await verify(database, practice.id)
    assert (found.is_sound, found.entries, found.batches) == (True, 2600, 3)


async def test_two_sealers_seal_each_entry_once(database: Database, practice: Practice) -> None:
    await write_some(database, practice.id, 60, 2)
    done = await asyncio.gather(*(seal_batch(database, practice.id) for _ in range(4)))
    assert sorted(done) == [0, 0, 0, 60]
    assert len(await sealed_entries(database, practice.id)) == 60


@pytest.mark.parametrize("at", ["_stored", "_add_batch", "_count", "after"])
async def test_a_sealer_that_dies_anywhere_loses_and_doubles_nothing(
    database: Database, practice: Practice, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off at each of its steps: the transaction goes with it, as the server ends it when a process is killed."""
    await write_some(database, practice.id, 20)
    reached = asyncio.Event()

    async def die(*_: object) -> None:
        reached.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        if at == "after":
            patched.setattr(audit_sealer.sql.audit, "drop_pending", lambda *_, **__: die())
        else:
            patched.setattr(audit_sealer, at, die)
        doomed = asyncio.create_task(seal_batch(database, practice.id))
        await asyncio.wait_for(reached.wait(), 10)
        doomed.cancel()
        await asyncio.gather(doomed, return_exceptions=True)
    assert await sealed_entries(database, practice.id) == []
    assert await seal_batch(database, practice.id) == 20
    found = await verify(database, practice.id)
    assert (found.is_sound, found.entries, found.pending) == (True, 20, 0)


async def test_entries_written_while_others_are_sealed_come_later_and_writers_do_not_wait(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as slow:
        await write(slow, [AuditEntry(Action.PERSON_PATIENT_VIEW, "ann", "patient", new_id())])
        await write_some(database, practice.id, 10)
        assert await seal_batch(database, practice.id) == 10
        async with database.practice(practice.id) as sealing:
            await sealing.connection.execute("select pg_advisory_xact_lock(hashtext('practicestudio audit'), hashtext(%s))", [str(practice.id)])
            await asyncio.wait_for(write_some(database, practice.id, 10), 5)
    assert await seal_batch(database, practice.id) == 11
    assert (await verify(database, practice.id)).is_sound


async def test_what_is_written_while_it_is_verified_is_not_taken_for_wrong(database: Database, practice: Practice) -> None:
    await write_some(database, practice.id, 30)
    await seal_batch(database, practice.id)
    await write_some(database, practice.id, 10)

    async def go_on() -> None:
        for _ in range(5):
            await write_some(database, practice.id, 10)
            await seal_batch(database, practice.id)

    found, _ = await asyncio.gather(verify(database, practice.id), go_on())
    assert found.findings == ()


async def test_the_sealer_runs_until_it_is_told_to_stop(database: Database, practice: Practice) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(run_sealer(database, stop))
    await write_some(database, practice.id, 5)
    async with asyncio.timeout(10):
        while practice.id in await unsealed_since(database):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_checkpoints_come_every_hour_while_chains_grow_and_every_day_anyway(database: Database, practice: Practice) -> None:
    await write_some(database, practice.id, 5)
    await seal_pending(database)
    moment = now() + timedelta(hours=2)
    assert await note_heads(database, moment)
    assert not await note_heads(database, now() + timedelta(minutes=30))
    async with database.practice(practice.id) as transaction:
        head = await read_head(transaction)
    assert await noted_head(database, practice.id) == head
    assert not await note_heads(database, now() + timedelta(hours=2))
    assert await note_heads(database, now() + timedelta(hours=25))
