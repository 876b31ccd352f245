"""The wall between practices, and what each role may touch: walked over everything that is in the schema, so that nothing new slips through."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from psycopg import AsyncConnection, errors, sql
from psycopg.types.json import Jsonb

from practicestudio.app import open_access
from practicestudio.clock import new_id, now
from practicestudio.delivery.inbox import accept
from practicestudio.delivery.message import NewMessage
from practicestudio.errors import Misconfigured
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.settings import Settings
from practicestudio.store.database import SHARED, Database
from practicestudio.store.prepare import Access
from practicestudio.store.roles import APP, DISPATCH

OF_ALL_PRACTICES = {"tokens", "rate_limits"}  # under a credential's blind identity; what is a secret in them is sealed
LOG = ("messages", "message_bodies", "tries")
DISPATCH_MAY_READ = {"practices", "data_keys", "schedules", "lanes", "message_counts", "call_counts", "audit_pending", "audit_batches"}
DAY = date(2031, 5, 4)

_EXAMPLES: dict[str, Any] = {
    "uuid": lambda: new_id(),
    "text": lambda: "text",
    "integer": lambda: 1,
    "bigint": lambda: 1,
    "smallint": lambda: 1,
    "real": lambda: 1.0,
    "double precision": lambda: 1.0,
    "boolean": lambda: True,
    "bytea": lambda: b"bytes",
    "jsonb": lambda: Jsonb({}),
    "bigint[]": lambda: [1],
    "text[]": lambda: ["text"],
    "uuid[]": lambda: [new_id()],
    "timestamp with time zone": now,
    "date": lambda: now().date(),
}


@pytest.fixture(scope="session")
async def access(database: Database, settings: Settings) -> AsyncIterator[Access]:
    async with open_access(settings) as (found, _):
        yield found


@pytest.fixture
async def owner(access: Access) -> AsyncIterator[AsyncConnection[Any]]:
    async with await AsyncConnection.connect(access.owner, autocommit=True) as connection:
        yield connection


async def tables_with_practice(owner: AsyncConnection[Any]) -> list[str]:
    """Every table of ours that says whose its rows are, day partitions left out."""
    found = await owner.execute(
        "select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'practice_id'"
        " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition order by 1"
    )
    return [row[0] for row in await found.fetchall()]


async def tables_of_all_practices(owner: AsyncConnection[Any]) -> list[str]:
    """Every table that is closed to practices."""
    found = await owner.execute("select tablename from pg_policies where policyname = 'of_all_practices' order by 1")
    return [row[0] for row in await found.fetchall()]


async def example_row(owner: AsyncConnection[Any], table: str, practice: UUID) -> sql.Composed:
    """A statement that puts a row of this practice into the table, with a value that fits in every column that must have one."""
    found = await owner.execute(
        "select a.attname, format_type(a.atttypid, a.atttypmod), (select pg_get_constraintdef(k.oid) from pg_constraint k"
        "   where k.conrelid = a.attrelid and k.contype = 'c' and k.conkey = array[a.attnum] limit 1)"
        " from pg_attribute a where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attnotnull order by a.attnum",
        [table],
    )
    values = {}
    for name, kind, check in await found.fetchall():
        allowed = check and check.partition("'")[2].partition("'")[0]
        values[name] = practice if name == "practice_id" else allowed or _EXAMPLES[kind]()
    return sql.SQL("insert into {} ({}) values ({})").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, values)), sql.SQL(", ").join(map(sql.Literal, values.values()))
    )


@dataclass
class Walled:
    """A connection of the app role, in a transaction that never commits: two practices, each with a row in every table that has practices."""

    connection: AsyncConnection[Any]
    tables: list[str]
    practice: UUID
    other: UUID

    async def enter(self, practice: UUID) -> None:
        await self.connection.execute("select enter_practice(%s)", [practice])


@pytest.fixture
async def walled(database: Database, practice: Practice, access: Access, owner: AsyncConnection[Any]) -> AsyncIterator[Walled]:
    other = await add_practice(database, str(new_id().int % 10**9), "Other", "UTC")
    tables = await tables_with_practice(owner)
    async with await AsyncConnection.connect(access.app) as connection, connection.transaction(force_rollback=True):
        made = Walled(connection, tables, practice.id, other.id)
        for one in (other.id, practice.id):
            await made.enter(one)
            for table in tables:
                if table not in ("practices", "data_keys"):  # which the app role may only read; both practices have theirs
                    await connection.execute(await example_row(owner, table, one))
        yield made


async def count(connection: AsyncConnection[Any], table: str, practice: UUID | None = None) -> int:
    condition = "practice_id is not null" if practice is None else f"practice_id = '{practice}'"
    found = await connection.execute(f"select count(*) from {table} where {condition}".encode())
    return int((await found.fetchone() or [0])[0])


async def test_every_table_of_practices_is_closed_by_forced_row_level_security(owner: AsyncConnection[Any]) -> None:
    found = await owner.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity and relforcerowsecurity order by 1"
    )
    closed = sorted([*await tables_with_practice(owner), *await tables_of_all_practices(owner)])
    assert [row[0] for row in await found.fetchall()] == closed


async def test_every_table_is_closed_in_one_way_or_the_other(owner: AsyncConnection[Any]) -> None:
    found = await owner.execute(
        "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition"
        " and not relrowsecurity and relname !~ '^_?yoyo' order by 1"
    )
    assert {row[0] for row in await found.fetchall()} == OF_ALL_PRACTICES


async def test_what_is_of_all_practices_is_seen_by_a_transaction_of_the_nil_practice_only(walled: Walled, owner: AsyncConnection[Any]) -> None:
    tables = await tables_of_all_practices(owner)
    assert {"people", "sessions", "api_keys"} < set(tables)
    await walled.enter(SHARED)
    for table in tables:
        await walled.connection.execute(await example_row(owner, table, walled.practice))
    assert all([await count_all(walled.connection, table) for table in tables])
    for practice in (walled.practice, walled.other):
        await walled.enter(practice)
        assert not any([await count_all(walled.connection, table) for table in tables])
        for table in tables:
            with pytest.raises(errors.InsufficientPrivilege):
                async with walled.connection.transaction():
                    await walled.connection.execute(await example_row(owner, table, practice))
    await walled.connection.execute("select set_config('app.practice', '', true)")
    assert not any([await count_all(walled.connection, table) for table in tables])


async def count_all(connection: AsyncConnection[Any], table: str) -> int:
    found = await connection.execute(f"select count(*) from {table}".encode())
    return int((await found.fetchone() or [0])[0])


async def test_beside_a_transaction_another_practice_is_seen_and_all_of_it_is_kept_or_nothing(database: Database, practice: Practice) -> None:
    async def put_and_fail() -> None:
        async with database.shared() as transaction, database.beside(transaction, practice.id) as there:
            await there.connection.execute("insert into setup_versions (practice_id) values (%s)", [practice.id])
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await put_and_fail()
    async with database.shared() as transaction:
        async with database.beside(transaction, practice.id) as there:
            assert there.sealer.open("x", practice.id, there.sealer.seal("x", practice.id, b"x")) == b"x"
            assert await count(there.connection, "practices") == 1
            assert await count(there.connection, "setup_versions") == 0
        assert await count(transaction.connection, "practices") == 0


async def test_a_transaction_sees_its_own_practice_in_every_table_and_no_other(walled: Walled) -> None:
    assert len(walled.tables) > 18
    for mine, other in ((walled.practice, walled.other), (walled.other, walled.practice)):
        await walled.enter(mine)
        for table in walled.tables:
            assert await count(walled.connection, table, mine) >= 1, table
            assert await count(walled.connection, table, other) == 0, table


@pytest.mark.parametrize("named", ["", None])
async def test_with_no_practice_named_nothing_is_seen(walled: Walled, named: str | None) -> None:
    await walled.connection.execute("select set_config('app.practice', %s, true)", [named])
    seen = {table for table in walled.tables if await count(walled.connection, table)}
    assert seen == {"data_keys"}
    assert await count(walled.connection, "data_keys", SHARED) == await count(walled.connection, "data_keys")


async def test_what_is_no_practice_at_all_is_an_error(walled: Walled) -> None:
    await walled.connection.execute("select set_config('app.practice', 'x', true)")
    with pytest.raises(errors.InvalidTextRepresentation):
        await count(walled.connection, "patients")


async def test_nothing_moves_to_another_practice_or_is_changed_there(walled: Walled) -> None:
    for table in walled.tables:
        with pytest.raises(errors.InsufficientPrivilege):
            async with walled.connection.transaction():
                await walled.connection.execute(f"update {table} set practice_id = '{walled.other}'".encode())
        for statement in (f"delete from {table}", f"update {table} set practice_id = practice_id"):
            with suppress(errors.InsufficientPrivilege):
                async with walled.connection.transaction():
                    await walled.connection.execute(statement.encode())
    await walled.enter(walled.other)
    assert all([await count(walled.connection, table, walled.other) for table in walled.tables])


async def test_the_named_practice_does_not_outlive_its_transaction(database: Database, practice: Practice) -> None:
    async with database._app.connection() as connection:
        async with connection.transaction():
            await connection.execute("select enter_practice(%s)", [practice.id])
            assert await count(connection, "practices") == 1
        assert await count(connection, "practices") == 0
        with suppress(errors.DivisionByZero):
            async with connection.transaction():
                await connection.execute("select enter_practice(%s)", [practice.id])
                await connection.execute("select 1 / 0")
        assert await count(connection, "practices") == 0


async def test_transactions_at_the_same_time_keep_to_their_own_practice(database: Database, practice: Practice) -> None:
    practices = [practice, *[await add_practice(database, str(new_id().int % 10**9), "Other", "UTC") for _ in range(3)]]

    async def look(one: Practice) -> bool:
        async with database.practice(one.id) as transaction:
            await asyncio.sleep(0.001)
            found = await transaction.connection.execute("select practice_id from practices")
            return await found.fetchall() == [(one.id,)]

    assert all(await asyncio.gather(*(look(one) for one in practices * 25)))


async def test_an_unknown_practice_is_told_as_such(database: Database) -> None:
    with pytest.raises(Misconfigured, match="no such practice"):
        async with database.practice(new_id()):
            pass


async def test_the_dispatch_role_reads_and_writes_its_own_tables_only(owner: AsyncConnection[Any], access: Access) -> None:
    async with await AsyncConnection.connect(access.dispatch) as dispatch:
        found = await dispatch.execute(
            "select distinct c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped,"
            " unnest(array['select', 'insert', 'update', 'references']) as privilege"
            " where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm')"
            " and (has_column_privilege(c.oid, a.attnum, privilege) or has_table_privilege(c.oid, 'delete, truncate'))"
        )
        assert {row[0] for row in await found.fetchall()} == DISPATCH_MAY_READ
        for table in await tables_with_practice(owner):
            if table not in DISPATCH_MAY_READ:
                with pytest.raises(errors.InsufficientPrivilege):
                    await count(dispatch, table)
                await dispatch.rollback()


@pytest.mark.parametrize("role", [APP, DISPATCH])
async def test_the_days_of_the_log_are_reached_through_the_whole_only(owner: AsyncConnection[Any], role: str) -> None:
    """A partition has no row-level security of its own, so nobody but its owner may touch it directly."""
    found = await owner.execute(
        "select count(*), count(*) filter (where has_table_privilege(%s, c.oid, 'select, insert, update, delete, truncate')) from pg_class c"
        " where c.relispartition and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace",
        [role],
    )
    days, open_days = await found.fetchone() or (0, 0)
    assert days >= 3 * len(LOG)
    assert open_days == 0


async def test_the_trail_can_be_added_to_and_read_and_nothing_else(database: Database, practice: Practice) -> None:
    for statement in ("update audit_entries set actor = 'nobody'", "delete from audit_entries", "truncate audit_entries"):
        with pytest.raises(errors.InsufficientPrivilege):
            async with database.practice(practice.id) as transaction:
                await transaction.connection.execute(statement)


async def test_functions_with_the_owners_rights_are_for_those_who_need_them(owner: AsyncConnection[Any]) -> None:
    found = await owner.execute(
        "select p.proname, has_function_privilege('public', p.oid, 'execute'), has_function_privilege(%s, p.oid, 'execute'),"
        " has_function_privilege(%s, p.oid, 'execute'), p.proconfig @> array['search_path=public, pg_temp']"
        " from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef order by 1",
        [APP, DISPATCH],
    )
    assert await found.fetchall() == [
        ("applied_migrations", False, True, False, True),
        ("drop_day", False, False, True, True),
        ("make_day", False, False, False, True),
        ("make_days", False, True, True, True),
        ("search_patients", False, True, False, True),
    ]


async def test_days_are_made_once_however_often_and_by_however_many(database: Database, owner: AsyncConnection[Any]) -> None:
    await asyncio.gather(*(database.make_days(DAY) for _ in range(5)))
    await database.make_days(DAY, ahead=3)
    found = await owner.execute("select relname from pg_class where relispartition and relkind = 'r' and relname like '%203105%' order by 1")
    made = [row[0] for row in await found.fetchall()]
    wanted = [DAY + timedelta(days=offset) for offset in range(-1, 4)]
    assert made == sorted(f"{parent}_{day:%Y%m%d}" for parent in LOG for day in wanted)
    await owner.execute(f"drop table {', '.join(made)}".encode())


async def test_a_message_lies_in_the_day_of_its_id(database: Database, practice: Practice) -> None:
    async with database.practice(practice.id) as transaction:
        (message,) = await accept(transaction, [NewMessage(direction="in", door="rest", kind="x", about="x", body=b"x")])
        found = await transaction.connection.execute("select tableoid::regclass::text from messages where id = %s", [message])
        assert await found.fetchone() == (f"messages_{now():%Y%m%d}",)


async def test_keys_are_given_once(database: Database) -> None:
    practice = new_id()
    await asyncio.gather(*(database.add_keys(practice) for _ in range(3)))
    async with database.dispatch() as connection:
        before = await (await connection.execute("select * from data_keys where practice_id = %s", [practice])).fetchall()
    await database.add_keys(practice)
    async with database.dispatch() as connection:
        assert await (await connection.execute("select * from data_keys where practice_id = %s", [practice])).fetchall() == before
        assert len(before) == 2
