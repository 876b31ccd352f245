"""Changing keys: everything opens at every moment, whoever works meanwhile and wherever it is broken off; in the end nothing is under an old key."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier, Literal

from practicestudio.access import audit, kept_answers
from practicestudio.access.caller import Caller
from practicestudio.access.manage_people import add_person
from practicestudio.access.people import Particulars, read_people
from practicestudio.app import key_file, load_keyring, open_access
from practicestudio.athena.rest.shared import SharedTokens
from practicestudio.clock import new_id, now
from practicestudio.delivery.inbox import accept, store_bodies
from practicestudio.delivery.message import NewMessage
from practicestudio.delivery.story import read_story
from practicestudio.errors import Misconfigured
from practicestudio.merging import UnitConflict
from practicestudio.monitor.channels import address_of, put_channel
from practicestudio.practices.credentials import Credentials, get_credentials, set_credentials
from practicestudio.practices.practice import add_practice
from practicestudio.records import Appointment, Patient
from practicestudio.settings import Settings
from practicestudio.store import records, rotate
from practicestudio.store.database import SHARED, Database, Transaction, insert_key, read_keys
from practicestudio.store.keyring import KeyFile, Keyring
from practicestudio.store.prepare import Access
from practicestudio.store.records import Link, Stored
from practicestudio.store.sealed_tables import SEALED_TABLES
from practicestudio.store.sealing import DataKeys, new_practice_keys
from practicestudio.sync import reviews
from practicestudio.sync.rotate_keys import rotate_keys

PATIENT = Patient(external_id="31014", first_name="Ada", last_name="Lovelace", notes="the first")
TOKEN = "a token of a credential"


@dataclass
class Store:
    """A database of its own, whose keys may be changed, and the practice in it."""

    settings: Settings
    access: Access
    practice: UUID = SHARED

    @asynccontextmanager
    async def opened(self, keys: KeyFile | Keyring | None = None) -> AsyncIterator[Database]:
        """As another process opens it."""
        async with Database(self.access.app, self.access.dispatch, keys or load_keyring(self.settings)) as database:
            yield database

    @asynccontextmanager
    async def superuser(self) -> AsyncIterator[AsyncConnection[Any]]:
        """A connection that row-level security does not hold."""
        conninfo = make_conninfo(self.access.owner, user="postgres", password=self.ring.password_for("postgres"))
        async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
            yield connection

    @property
    def ring(self) -> Keyring:
        return Keyring.from_file(key_file(self.settings), create=False)


@pytest.fixture(scope="module")
async def made(new_home: Any) -> AsyncIterator[Store]:
    with new_home() as own:
        async with open_access(own) as (access, _):
            store = Store(own, access)
            async with store.opened() as database:
                await database.make_days(now().date())
            yield store


@pytest.fixture
async def store(made: Store) -> AsyncIterator[Store]:
    """The database with one practice, which holds a value of every kind."""
    async with made.opened() as database, made.superuser() as superuser:
        await database.add_keys(SHARED)
        made.practice = (await add_practice(database, str(new_id().int % 10**9), "Test", "UTC")).id
        await fill(database, made.practice)
        yield made
        await superuser.execute("truncate practices, data_keys, messages, lanes, " + ", ".join(table.name for table in SEALED_TABLES))


async def fill(database: Database, practice: UUID) -> None:
    patient, appointment = Stored(new_id(), PATIENT), Stored(new_id(), Appointment(notes="bring the notes", start_time=now(), end_time=now()))
    async with database.practice(practice) as transaction:
        await set_credentials(transaction, Credentials(client_id="ada", client_secret="a secret"), "test")
        await records.add_patients(transaction, [patient])
        await records.add_appointments(transaction, [appointment])
        identity = records.identity_of(transaction, "patient", "31014")
        await records.put_links(transaction, "patient", [Link(identity, patient.id, {"first_name": "Ada"}, now())])
        await records.put_links(transaction, "appointment", [Link(new_id(), appointment.id, None, now())])
        (message,) = await accept(transaction, [NewMessage(direction="in", door="rest", kind="patient", about="patient:31014", body=b"Ada in")])
        await store_bodies(transaction, [(message, part, part.encode()) for part in ("sent", "answer", "report")])
        conflict = UnitConflict("notes", "the first", "ours", "theirs", "ask", None)
        await reviews.ask_conflict(transaction, message, "patient", patient.id, [conflict])
        await put_channel(transaction, name="On call", least="notice", by="test", address="json://localhost/hook")
        await audit.write(
            transaction,
            [
                audit.AuditEntry(audit.Action.PERSON_PATIENT_CREATE, "test", "patient", patient.id, message, {"first_name": (None, "Ada")}),
                audit.AuditEntry(audit.Action.PERSON_MESSAGE_VIEW, "test", "patient", patient.id, message),
            ],
        )
        claimed = await kept_answers.claim(transaction, new_id(), "token", b"request", now())
        await kept_answers.keep(transaction, claimed, kept_answers.Answer(200, {}, b"Ada"), now())
    await SharedTokens(database).put("ada", TOKEN, now() + timedelta(hours=1))
    await fill_shared(database)


async def fill_shared(database: Database) -> None:
    """People, and a value in every other table of theirs."""
    operator = Caller.operator("test")
    await add_person(database, operator, Particulars(name="Ann Lee", sign_in_name=f"ann{new_id().hex}"), {})
    async with database.shared() as transaction:
        for table in SEALED_TABLES:
            if table.shared and table.name not in ("people", "tokens"):
                (key,) = table.key
                name, row = table.place(SHARED, (new_id(),))
                values = {key: row, "sealed": transaction.sealer.seal(name, row, b"a secret"), **OTHERS[name]}
                await transaction.connection.execute(
                    SQL("insert into {} ({}) values ({})").format(
                        Identifier(name), SQL(", ").join(map(Identifier, values)), SQL(", ").join(map(Literal, values.values()))
                    )
                )


OTHERS: dict[str, dict[str, Any]] = {
    "passwords": {"must_change": False},
    "sessions": {
        "token": "t", "person_id": new_id(), "method": "password", "second_factor_due": False,
        "started_at": now(), "seen_at": now(), "confirmed_at": now(),
    },
    "challenges": {"holder": "h", "purpose": "p", "ends_at": now()},
    "totp_secrets": {},
    "passkeys": {"person_id": new_id(), "credential": new_id(), "sign_count": 0},
    "sign_in_providers": {"changed_by": "test"},
    "api_keys": {"token": "t", "prefix": "ps_", "at_practice": new_id(), "scopes": [], "made_by": "test", "ends_at": now()},
    "emergencies": {"person_id": new_id(), "at_practice": new_id(), "started_at": now(), "ends_at": now()},
}  # fmt: skip


async def read_all(database: Database, practice: UUID) -> dict[str, Any]:
    """Everything that `fill` stores, opened by those who read it in earnest."""
    found: dict[str, Any] = {}
    async with database.practice(practice) as transaction:
        found["credentials"] = await get_credentials(transaction)
        for kind, read in (("patients", records.read_patients), ("appointments", records.read_appointments)):
            found[kind] = {one.id: one.record for one in (await read(transaction, await ids(transaction, kind))).values()}  # type: ignore[operator]
        found["links"] = await records.find_links(transaction, "patient", [records.identity_of(transaction, "patient", "31014")])
        found["reviews"] = [review.content for review in await reviews.open_reviews(transaction)]
        found["channels"] = [await address_of(transaction, channel) for channel in await ids(transaction, "alert_channels")]
        found["bodies"] = [dict((await read_story(transaction, message)).bodies) for message in await ids(transaction, "messages")]
        found["trail"] = [entry["changes"] for one in found["patients"] for entry in await audit.read_trail(transaction, one)]
    found["token"] = await SharedTokens(database).get("ada")
    async with database.shared() as transaction:
        [person] = await read_people(transaction)
        found["people"] = (person, await audit.read_trail(transaction, person.id))
        for table in SEALED_TABLES:
            if table.shared and table.name not in ("people", "tokens"):
                cursor = await transaction.connection.execute(SQL("select {}, sealed from {}").format(Identifier(*table.key), Identifier(table.name)))
                ((key, sealed),) = await cursor.fetchall()
                found[table.name] = transaction.sealer.open(*table.place(SHARED, (key,)), sealed)
    return found


async def ids(transaction: Transaction, table: str) -> list[UUID]:
    cursor = await transaction.connection.execute(f"select id from {table} order by id")
    return [row[0] for row in await cursor.fetchall()]


async def keys_used(database: Database, practice: UUID) -> dict[str, set[int]]:
    used: dict[str, set[int]] = {}
    for table, key_id in (await rotate.read_usage(database, practice)).values:
        used.setdefault(table, set()).add(key_id)
    return used


async def sealed_bytes(database: Database, practice: UUID, table: str = "patients") -> list[bytes]:
    async with database.practice(practice) as transaction:
        cursor = await transaction.connection.execute(f"select sealed from {table} order by 1")
        return [row[0] for row in await cursor.fetchall()]


async def test_every_column_of_bytes_is_one_that_a_change_of_keys_goes_through(store: Store) -> None:
    async with await AsyncConnection.connect(store.access.owner) as owner:
        found = await owner.execute(
            "select c.relname, a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid"
            " where a.atttypid = 'bytea'::regtype and c.relkind in ('r', 'p') and not c.relispartition and c.relnamespace = 'public'::regnamespace"
        )
        declared = {(table.name, table.column) for table in SEALED_TABLES}
        chain = {("audit_entries", "mark"), *(("audit_batches", name) for name in ("links", "previous", "root", "mark"))}  # digests and MACs
        assert set(await found.fetchall()) == declared | chain | {("data_keys", "wrapped")}


async def test_the_test_fills_every_sealed_table(store: Store) -> None:
    async with store.opened() as database:
        used = {**await keys_used(database, store.practice), **await keys_used(database, SHARED)}
    assert set(used) == {table.name for table in SEALED_TABLES}


async def test_a_new_wrapping_key_leaves_the_data_as_it_is_and_makes_the_old_one_useless(store: Store) -> None:
    before = store.ring
    async with store.opened() as database:
        content, sealed = await read_all(database, store.practice), await sealed_bytes(database, store.practice)
        done = await rotate_keys(database, "test", drop_old=True)
        assert (done.added, done.rewrapped, done.dropped_keys) == (True, 4, (before.active,))
        assert await sealed_bytes(database, store.practice) == sealed
        assert await rotate.wrapping_keys(database) == {store.ring.active: 4}
    async with store.opened() as database:
        assert (await read_all(database, store.practice)) == content | {"trail": [*content["trail"]]}
    async with store.opened(before) as database:
        with pytest.raises(Misconfigured, match=store.ring.active):
            await read_all(database, store.practice)


async def test_after_sealing_anew_everything_opens_and_only_the_trail_is_under_the_old_key(store: Store) -> None:
    async with store.opened() as database:
        content, trail = await read_all(database, store.practice), await sealed_bytes(database, store.practice, "audit_entries")
        shared = (await keys_used(database, SHARED))["tokens"]
        done = await rotate_keys(database, "test", reseal=True)
        assert (done.renewed, done.resealed.broken) == (2, ())
        used = await keys_used(database, store.practice)
        assert used.pop("audit_entries") == {1, 2}  # the entry about the change itself is under the new key
        assert set(map(frozenset, used.values())) == {frozenset({2})}
        assert (await keys_used(database, SHARED))["tokens"] == {max(shared) + 1}
        assert set(trail) < set(await sealed_bytes(database, store.practice, "audit_entries"))
        assert await read_all(database, store.practice) == content
    async with store.opened() as database:
        assert await read_all(database, store.practice) == content


async def test_values_of_any_size_and_more_than_a_page_of_them_are_sealed_anew(store: Store) -> None:
    async with store.opened() as database:
        async with database.practice(store.practice) as transaction:
            large = [NewMessage(direction="in", door="rest", kind="note", about=f"{n}", body=bytes([n]) + new_id().bytes * 400_000) for n in range(3)]
            small = [NewMessage(direction="in", door="rest", kind="note", about=f"small {n}", body=b"small") for n in range(1200)]
            await accept(transaction, [*large, *small])
        done = await rotate_keys(database, "test", reseal=True)
        assert done.resealed.values >= 1203
        assert (await keys_used(database, store.practice))["message_bodies"] == {2}


async def test_progress_goes_up_to_the_total(store: Store) -> None:
    told: list[tuple[int, int]] = []
    async with store.opened() as database:
        done = await rotate_keys(database, "test", reseal=True, report=lambda *progress: told.append(progress))
    assert told[0] == (0, done.resealed.values)
    assert told[-1] == (done.resealed.values, done.resealed.values)
    assert told == sorted(told)


class BrokenOff(Exception):
    """Stands for a kill: nothing after it is done."""


class Fragile(Database):
    """Is killed before its transaction number `last`."""

    last = 10**9

    def _count(self) -> None:
        self.last -= 1
        if self.last < 0:
            raise BrokenOff

    @asynccontextmanager
    async def practice(self, practice_id: UUID) -> AsyncIterator[Transaction]:
        self._count()
        async with super().practice(practice_id) as transaction:
            yield transaction

    @asynccontextmanager
    async def dispatch(self) -> AsyncIterator[AsyncConnection[Any]]:
        self._count()
        async with super().dispatch() as connection:
            yield connection


async def test_broken_off_at_any_point_everything_opens_and_the_same_command_finishes_it(store: Store) -> None:
    async with store.opened() as reader, Fragile(store.access.app, store.access.dispatch, load_keyring(store.settings)) as fragile:
        content = await read_all(reader, store.practice)
        broken_off, finished = 0, False
        while not finished:
            fragile.last = broken_off
            with suppress(BrokenOff):
                await rotate_keys(fragile, "test", reseal=True, drop_old=True)
                finished = True
            async with store.opened() as other:
                assert await read_all(other, store.practice) == content
            fragile.last = 10**9
            await rotate_keys(fragile, "test", reseal=True, drop_old=True)
            assert list(store.ring.keys) == [store.ring.active]
            assert (await rotate.read_usage(reader, store.practice)).old == 0
            broken_off += 2
        assert broken_off > 40


async def test_what_was_broken_off_goes_on_under_the_key_that_was_made_for_it(store: Store) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise BrokenOff

    async with store.opened() as database:
        with pytest.raises(BrokenOff):
            await rotate_keys(database, "test", reseal=True, report=stop)
        assert (await rotate.read_usage(database, store.practice)).old > 0
        done = await rotate_keys(database, "test", reseal=True)
        assert done.renewed <= 1  # at most what practices share had been finished
        usage = await rotate.read_usage(database, store.practice)
        assert (usage.active, usage.old) == (2, 0)


async def test_other_processes_follow_at_their_next_transaction(store: Store) -> None:
    async with store.opened() as database, store.opened() as other:
        content = await read_all(other, store.practice)
        await rotate_keys(database, "test", reseal=True, drop_old=True)
        assert await read_all(other, store.practice) == content
        async with other.practice(store.practice) as transaction:
            assert transaction.sealer.active == 2
        await add_practice(other, "987654321", "After", "UTC")
        assert set(await rotate.wrapping_keys(other)) == {store.ring.active}


async def still_waits(task: asyncio.Task[Any]) -> bool:
    await asyncio.sleep(0.25)
    return not task.done()


async def add_patient(transaction: Transaction) -> UUID:
    patient = Stored(new_id(), replace(PATIENT, last_name="Byron"))
    await records.add_patients(transaction, [patient])
    return patient.id


async def test_a_new_key_seals_only_when_everybody_knows_it(store: Store) -> None:
    async with store.opened() as database, store.opened() as other:
        async with other.practice(store.practice) as knows_nothing:
            renewal = asyncio.create_task(rotate.renew_data_keys(database))
            assert await still_waits(renewal)
            async with other.practice(store.practice) as transaction:
                assert transaction.sealer.active == knows_nothing.sealer.active == 1
        await renewal


async def test_nothing_is_under_an_older_key_that_was_written_while_the_new_one_came_into_force(store: Store) -> None:
    async with store.opened() as database, store.opened() as other, AsyncExitStack() as late:
        async with other.practice(store.practice) as early:
            renewal = asyncio.create_task(rotate.renew_data_keys(database))
            assert await still_waits(renewal)
            written = [await add_patient(early)]
            transaction = await late.enter_async_context(other.practice(store.practice))
        assert await still_waits(renewal)  # the new key is in force by now, but not for the late transaction
        written.append(await add_patient(transaction))
        await late.aclose()
        await renewal
        await rotate.reseal(database)
        assert (await keys_used(database, store.practice))["patients"] == {2}
        async with database.practice(store.practice) as transaction:
            assert set(await records.read_patients(transaction, written)) == set(written)


async def test_a_data_key_is_not_dropped_while_somebody_may_still_seal_under_it(store: Store) -> None:
    async with store.opened() as database, store.opened() as other, store.superuser() as superuser:
        await superuser.execute("truncate audit_entries")
        async with other.practice(store.practice) as transaction:
            patient = await add_patient(transaction)
            with suppress(TimeoutError):  # as if it was killed once the new key was in force
                async with asyncio.timeout(0.2):
                    await rotate.renew_data_keys(database)
            await superuser.execute("update data_keys set retired_at = case key_id when 2 then null else now() end where purpose = 'data'")
            dropping = asyncio.create_task(rotate.drop_data_keys(database))
            assert await still_waits(dropping)
        await dropping
        assert await data_keys(database, store.practice) == [1, 2]
        async with database.practice(store.practice) as transaction:
            assert await records.read_patients(transaction, [patient])


async def test_what_was_wrapped_under_the_old_key_meanwhile_is_wrapped_anew_too(store: Store) -> None:
    old, practice = store.ring, new_id()
    async with store.opened() as database, store.opened() as other:
        async with other.dispatch() as connection:
            assert not await read_keys(connection, practice)
            rotation = asyncio.create_task(rotate_keys(database, "test", drop_old=True))
            assert await still_waits(rotation)
            for row in new_practice_keys(practice).wrap(old):
                await insert_key(connection, row)
        await rotation
        assert set(await rotate.wrapping_keys(database)) == {store.ring.active}
        async with database.practice(practice):
            pass


async def test_wrapping_anew_ends_when_those_who_read_the_old_wrapping_have_opened_it(store: Store) -> None:
    async with store.opened() as database, store.opened() as other, AsyncExitStack() as late:
        store.ring.add_key().save(key_file(store.settings))
        async with other.practice(store.practice):
            rewrapping = asyncio.create_task(rotate.rewrap(database))
            assert await still_waits(rewrapping)
            connection = await late.enter_async_context(other.dispatch())
            read = await read_keys(connection, store.practice)
        assert await still_waits(rewrapping)
        assert DataKeys.unwrap(store.practice, read, load_keyring(store.settings)).active == 1
        await late.aclose()
        assert await rewrapping == 4


async def test_rows_in_somebodys_hands_are_left_for_later_and_all_others_go_on(store: Store) -> None:
    told: list[tuple[int, int]] = []
    all_but_one = asyncio.Event()

    def hear(done: int, total: int) -> None:
        told.append((done, total))
        if done == total - 1:
            all_but_one.set()

    async with store.opened() as database, store.opened() as other:
        await rotate.renew_data_keys(database)
        async with other.practice(store.practice) as transaction:
            (patient,) = (await records.read_patients(transaction, await ids(transaction, "patients"), lock=True)).values()
            resealing = asyncio.create_task(rotate.reseal(database, hear))
            await asyncio.wait_for(all_but_one.wait(), 60)
            assert await still_waits(resealing)
            done, total = told[-1]
            assert done == total - 1
            await records.change_patients(transaction, [replace(patient, record=replace(PATIENT, last_name="King"))])
        await resealing
        assert (await rotate.read_usage(database, store.practice)).old == 0
        async with database.practice(store.practice) as transaction:
            assert (await records.read_patients(transaction, [patient.id]))[patient.id].record.last_name == "King"


async def test_a_change_that_is_not_yet_committed_is_not_overwritten(store: Store) -> None:
    async with store.opened() as database, store.opened() as other:
        await rotate.renew_data_keys(database)
        async with other.practice(store.practice) as transaction:
            (patient,) = (await records.read_patients(transaction, await ids(transaction, "patients"))).values()
            await records.change_patients(transaction, [replace(patient, record=replace(PATIENT, last_name="King"))])
            resealing = asyncio.create_task(rotate.reseal(database))
            assert await still_waits(resealing)
        await resealing
        async with database.practice(store.practice) as transaction:
            assert (await records.read_patients(transaction, [patient.id]))[patient.id].record.last_name == "King"


async def test_no_change_is_lost_that_is_made_while_values_are_sealed_anew(store: Store) -> None:
    patients = [Stored(new_id(), replace(PATIENT, notes="0")) for _ in range(300)]
    async with store.opened() as database, store.opened() as other:
        async with database.practice(store.practice) as transaction:
            await records.add_patients(transaction, patients)

        async def change(rounds: int) -> None:
            for _ in range(rounds):
                async with other.practice(store.practice) as transaction:
                    found = await records.read_patients(transaction, [one.id for one in patients], lock=True)
                    counted = [replace(one, record=replace(one.record, notes=str(int(one.record.notes or 0) + 1))) for one in found.values()]
                    await records.change_patients(transaction, counted)

        await asyncio.gather(change(4), rotate_keys(database, "test", reseal=True))
        async with database.practice(store.practice) as transaction:
            found = await records.read_patients(transaction, [one.id for one in patients])
            assert {one.record.notes for one in found.values()} == {"4"}
        assert (await rotate.read_usage(database, store.practice)).old == 0


async def test_a_value_that_does_not_open_is_named_and_stays_while_the_rest_goes_on(store: Store) -> None:
    async with store.opened() as database:
        async with database.practice(store.practice) as transaction:
            (patient,) = await ids(transaction, "patients")
            await transaction.connection.execute("update patients set sealed = set_byte(sealed, 30, get_byte(sealed, 30) # 1)")
        done = await rotate_keys(database, "test", reseal=True, drop_old=True)
        assert done.resealed.broken == (f"patients {patient}",)
        used = await keys_used(database, store.practice)
        assert (used["patients"], used["appointments"]) == ({1}, {2})
        assert (await rotate_keys(database, "test", reseal=True)).renewed == 2  # it does not stand in the way of the next change
        assert (await keys_used(database, store.practice))["appointments"] == {3}


async def test_a_data_key_is_dropped_as_soon_as_nothing_is_under_it(store: Store) -> None:
    async with store.opened() as database:
        await rotate_keys(database, "test", reseal=True, drop_old=True)
        assert await data_keys(database, store.practice) == [1, 2]  # the trail is under the first
        async with store.superuser() as superuser:
            await superuser.execute("truncate audit_entries")
        assert await rotate.drop_data_keys(database) == 2  # the practice's, and the one of what practices share
        assert await data_keys(database, store.practice) == [2]
    async with store.opened() as database:
        assert (await read_all(database, store.practice))["patients"]


async def data_keys(database: Database, practice: UUID) -> list[int]:
    async with database.dispatch() as connection:
        found = await connection.execute("select key_id from data_keys where practice_id = %s and purpose = 'data' order by key_id", [practice])
        return [row[0] for row in await found.fetchall()]


async def test_only_one_change_of_keys_runs_at_a_time(store: Store) -> None:
    async with store.opened() as database, store.opened() as other, rotate.only_rotation(other):
        with pytest.raises(Misconfigured, match="by another process"):
            await rotate_keys(database, "test")
    async with store.opened() as database:
        await rotate_keys(database, "test")


async def test_a_key_ring_of_the_environment_is_left_to_its_owner(store: Store) -> None:
    written = store.ring.dump()
    async with store.opened(Keyring.load(written)) as database:
        done = await rotate_keys(database, "test", drop_old=True)
        assert (done.in_file, done.added, done.rewrapped, done.dropped_keys) == (False, False, 0, ())
    given = store.ring.add_key()
    async with store.opened(given) as database:
        done = await rotate_keys(database, "test")
        assert (done.key, done.rewrapped) == (given.active, 4)
    assert store.ring.dump() == written
    given.save(key_file(store.settings))


async def test_every_practice_finds_the_change_in_its_trail(store: Store) -> None:
    async with store.opened() as database:
        await rotate_keys(database, "grace", reseal=True)
        async with database.practice(store.practice) as transaction:
            cursor = await transaction.connection.execute("select id, actor, sealed from audit_entries where action = 'system:keys:rotate'")
            ((entry, actor, sealed),) = await cursor.fetchall()
            assert actor == "grace"
            opened = transaction.sealer.open("audit_entries", entry, sealed).decode()
            assert opened == f'{{"wrapped_under":[null,"{store.ring.active}"],"data_key":[null,2]}}'
