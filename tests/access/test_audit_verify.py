"""Whatever somebody with all rights in the database does to the trail, verifying finds it, and says which entry."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

import pytest

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.access.audit_chain import Batch, Head, digest_of_entry, make_batch
from practicestudio.access.audit_checkpoint import note_heads
from practicestudio.access.audit_sealer import seal_batch, seal_pending
from practicestudio.access.audit_verify import Verification, verify
from practicestudio.access.audit_walk import Fault
from practicestudio.clock import moment_of, new_id, now
from practicestudio.practices.practice import Practice
from practicestudio.store import sql
from practicestudio.store.database import Database, rows
from practicestudio.store.sealing import Sealer, new_practice_keys

from .conftest import Tamper

OTHER_VALUES = {
    "at": "at + interval '1 hour'",
    "actor": "'nobody'",
    "action": "'person:patient:create'",
    "record_kind": "null",
    "record_id": "gen_random_uuid()",
    "message_id": "gen_random_uuid()",
    "patient_id": "null",
    "via": "'api'",
    "address": "'192.0.2.9'",
    "session_id": "gen_random_uuid()",
    "emergency": "true",
    "sealed": "sealed || '\\x00'::bytea",
    "mark": "null",
}


@pytest.fixture
async def entries(database: Database, practice: Practice) -> list[UUID]:
    """Twelve entries in three batches; their ids in the order of the chain."""
    for _ in range(3):
        async with database.practice(practice.id) as transaction:
            changed = {"phone_home": ("+16175550100", "+16175550101")}
            await write(transaction, [AuditEntry(Action.PERSON_PATIENT_CHANGE, "ann", "patient", new_id(), None, changed) for _ in range(4)])
        await seal_batch(database, practice.id)
    async with database.practice(practice.id) as transaction:
        found = await transaction.connection.execute("select unnest(entry_ids) from audit_batches order by number")
        return [row[0] for row in await found.fetchall()]


def told(found: Verification) -> set[tuple[Fault, UUID | None, int | None]]:
    return {(one.fault, one.entry_id, one.batch) for one in found.findings}


async def test_a_trail_that_nobody_touched_is_sound(database: Database, practice: Practice, entries: Sequence[UUID]) -> None:
    seen: list[tuple[int, int]] = []
    found = await verify(database, practice.id, report=lambda done, total: seen.append((done, total)))
    assert (found.is_sound, found.entries, found.batches, found.pending) == (True, 12, 3, 0)
    assert seen[-1] == (12, 12)
    assert found.head.startswith("3:")


@pytest.mark.parametrize("column", list(OTHER_VALUES))
async def test_a_change_of_any_column_is_found(database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper, column: str) -> None:
    await tamper("audit_entries", f"update audit_entries set {column} = {OTHER_VALUES[column]} where id = %(id)s", id=entries[5])
    found = await verify(database, practice.id)
    assert told(found) == {(Fault.CHANGED, entries[5], 2)}
    assert found.findings[0].written_at == moment_of(entries[5])
    assert str(entries[5]) in found.findings[0].sentence


async def test_every_column_of_an_entry_is_held_by_the_digest(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        found = await transaction.connection.execute("select * from audit_entries limit 0")
        assert {column.name for column in found.description or ()} - {"practice_id", "id", "group_hash"} == set(OTHER_VALUES)


async def test_an_entry_that_was_removed_is_named(database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper) -> None:
    await tamper("audit_entries", "delete from audit_entries where id = any(%(ids)s)", ids=[entries[0], entries[6]])
    assert told(await verify(database, practice.id)) == {(Fault.REMOVED, entries[0], 1), (Fault.REMOVED, entries[6], 2)}


async def test_an_entry_that_got_another_id_is_removed_there_and_added_here(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper
) -> None:
    other = new_id()
    await tamper("audit_entries", "update audit_entries set id = %(other)s where id = %(id)s", other=other, id=entries[2])
    assert told(await verify(database, practice.id)) == {(Fault.REMOVED, entries[2], 1), (Fault.ADDED, other, None)}


async def test_an_entry_that_was_put_in_is_named(database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper) -> None:
    other = new_id()
    columns = "actor, action, record_kind, record_id, patient_id, sealed, mark"
    copy = f"insert into audit_entries (practice_id, id, {columns}) select practice_id, %(other)s, {columns} from audit_entries where id = %(id)s"
    await tamper("audit_entries", copy, other=other, id=entries[2])
    assert told(await verify(database, practice.id)) == {(Fault.ADDED, other, None)}


async def test_an_entry_that_was_put_in_and_sealed_is_still_not_ours(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper
) -> None:
    other = new_id()
    await tamper(
        "audit_entries",
        "insert into audit_entries (practice_id, id, actor, action) values (%(practice)s, %(id)s, 'ann', 'person:patient:view')",
        practice=practice.id,
        id=other,
    )
    await tamper("audit_pending", "insert into audit_pending values (%(practice)s, %(id)s, array[%(id)s])", practice=practice.id, id=other)
    await seal_batch(database, practice.id)
    assert told(await verify(database, practice.id)) == {(Fault.CHANGED, other, 4)}


async def test_an_entry_that_was_taken_from_what_is_pending_is_told_as_left_out(database: Database, practice: Practice, tamper: Tamper) -> None:
    async with database.practice(practice.id) as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, "ann", "patient", new_id())])
    await tamper("audit_pending", "delete from audit_pending where practice_id = %(practice)s", practice=practice.id)
    [finding] = (await verify(database, practice.id)).findings
    assert finding.fault is Fault.UNSEALED


async def test_an_entry_that_is_gone_before_it_is_sealed_is_named(database: Database, practice: Practice, tamper: Tamper) -> None:
    async with database.practice(practice.id) as transaction:
        await write(transaction, [AuditEntry(Action.PERSON_PATIENT_VIEW, "ann", "patient", new_id()) for _ in range(2)])
        found = await transaction.connection.execute("select id from audit_entries limit 1")
        [gone] = await found.fetchone() or [None]
    await tamper("audit_entries", "delete from audit_entries where id = %(id)s", id=gone)
    await seal_batch(database, practice.id)
    assert told(await verify(database, practice.id)) == {(Fault.REMOVED, gone, 1)}


async def test_entries_that_changed_places_are_named(database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper) -> None:
    swapped = [entries[4], entries[6], entries[5], entries[7]]
    await tamper(
        "audit_batches",
        "update audit_batches set entry_ids = %(ids)s where practice_id = %(practice)s and number = 2",
        ids=swapped,
        practice=practice.id,
    )
    assert told(await verify(database, practice.id)) == {(Fault.MOVED, entries[5], 2), (Fault.MOVED, entries[6], 2)}


async def test_entries_whose_contents_were_exchanged_are_named(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper
) -> None:
    exchange = (
        "update audit_entries a set record_id = b.record_id, patient_id = b.patient_id, sealed = b.sealed, mark = b.mark"
        " from audit_entries b where a.id = any(%(ids)s) and b.id = any(%(ids)s) and a.id <> b.id"
    )
    await tamper("audit_entries", exchange, ids=[entries[1], entries[9]])
    assert told(await verify(database, practice.id)) == {(Fault.CHANGED, entries[1], 1), (Fault.CHANGED, entries[9], 3)}


async def test_an_entry_that_was_taken_out_of_its_batch_is_named(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper
) -> None:
    await tamper(
        "audit_batches",
        "update audit_batches set entry_ids = array_remove(entry_ids, %(id)s) where practice_id = %(practice)s and number = 2",
        id=entries[5],
        practice=practice.id,
    )
    assert told(await verify(database, practice.id)) == {(Fault.BATCH_CHANGED, None, 2), (Fault.UNSEALED, entries[5], None)}


@pytest.mark.parametrize("number", [1, 2])
async def test_a_batch_that_is_missing_is_told_with_its_entries(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper, number: int
) -> None:
    await tamper(
        "audit_batches", "delete from audit_batches where practice_id = %(practice)s and number = %(number)s", practice=practice.id, number=number
    )
    left_out = {(Fault.UNSEALED, entry, None) for entry in entries[(number - 1) * 4 : number * 4]}
    assert told(await verify(database, practice.id)) == {(Fault.BATCH_MISSING, None, number + 1), *left_out}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sealed_at", "sealed_at - interval '1 day'"),
        ("links", "overlay(links placing '\\x00000000'::bytea from 40)"),
        ("previous", "sha256(previous)"),
        ("root", "sha256(root)"),
        ("mark", "sha256(mark)"),
    ],
)
async def test_a_batch_that_was_changed_is_told(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper, column: str, value: str
) -> None:
    await tamper(
        "audit_batches", f"update audit_batches set {column} = {value} where practice_id = %(practice)s and number = 2", practice=practice.id
    )
    after = {(Fault.BATCH_CHANGED, None, 3)} if column == "root" else set()
    assert told(await verify(database, practice.id)) == {(Fault.BATCH_CHANGED, None, 2), *after}


async def made_anew(database: Database, practice: Practice) -> list[Batch]:
    """The chain from its second batch on, over the entries as they are now, by somebody without the practice's keys."""
    foreign, made = Sealer(new_practice_keys(practice.id)), []
    async with database.practice(practice.id) as transaction:
        cursor = await transaction.connection.execute("select number, sealed_at, entry_ids, root from audit_batches order by number")
        first, *others = await cursor.fetchall()
        head = Head(1, first[3])
        for _, sealed_at, entry_ids, _ in others:
            found = await rows(sql.audit.stored_entries(transaction.connection, practice_id=practice.id, ids=entry_ids))
            digests = {UUID(bytes=row[1]): digest_of_entry(row) for row in found}
            batch = make_batch(foreign, practice.id, head, sealed_at, entry_ids, [digests[one] for one in entry_ids])
            head = Head(batch.number, batch.root)
            made.append(batch)
    return made


async def test_a_chain_that_was_made_anew_without_the_key_is_told_and_its_changed_entry_named(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper
) -> None:
    """Somebody changes an entry and computes all links and roots after it again, as anybody can who has no key."""
    await tamper("audit_entries", "update audit_entries set actor = 'bob' where id = %(id)s", id=entries[5])
    for batch in await made_anew(database, practice):
        await tamper(
            "audit_batches",
            "update audit_batches set links = %(links)s, previous = %(previous)s, root = %(root)s, mark = %(mark)s"
            " where practice_id = %(practice)s and number = %(number)s",
            links=batch.links,
            previous=batch.previous,
            root=batch.root,
            mark=batch.mark,
            practice=practice.id,
            number=batch.number,
        )
    assert told(await verify(database, practice.id)) == {
        (Fault.BATCH_CHANGED, None, 2),
        (Fault.CHANGED, entries[5], 2),
        (Fault.BATCH_CHANGED, None, 3),
    }


async def test_a_tail_that_was_cut_off_shows_by_the_last_checkpoint_and_by_what_was_noted(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper
) -> None:
    head = (await verify(database, practice.id)).head
    await note_heads(database, now() + timedelta(hours=30))
    await tamper("audit_batches", "delete from audit_batches where practice_id = %(practice)s and number = 3", practice=practice.id)
    await tamper("audit_entries", "delete from audit_entries where id = any(%(ids)s)", ids=entries[8:])
    found = await verify(database, practice.id)
    assert told(found) == {(Fault.CUT, None, 3)}
    number, _, root = head.partition(":")
    found = await verify(database, practice.id, expected=[(Head(int(number), bytes.fromhex(root)), "the note")])
    assert [one.fault for one in found.findings] == [Fault.CUT, Fault.CUT]


async def test_a_chain_that_went_on_otherwise_than_noted_is_told(database: Database, practice: Practice, entries: Sequence[UUID]) -> None:
    found = await verify(database, practice.id, expected=[(Head(2, bytes(32)), "the note")])
    assert told(found) == {(Fault.BATCH_CHANGED, None, 2)}


async def test_an_entry_of_another_practice_does_not_pass_for_one_of_ours(
    database: Database, practice: Practice, entries: Sequence[UUID], tamper: Tamper
) -> None:
    await tamper("audit_entries", "update audit_entries set practice_id = %(other)s where id = %(id)s", other=new_id(), id=entries[3])
    assert told(await verify(database, practice.id)) == {(Fault.REMOVED, entries[3], 1)}
    await seal_pending(database)
