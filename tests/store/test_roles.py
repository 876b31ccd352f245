"""The three roles: made once, each with its password, and none can do more than its part."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, errors, sql

from practicestudio.errors import Misconfigured
from practicestudio.store.embedded import EmbeddedServer
from practicestudio.store.roles import APP, DISPATCH, OWNER, ROLES, ensure_roles

DATABASE = "practicestudio"
SUPERUSER_PASSWORD = "superuser password"
PASSWORDS = {role: f"the password of {role}" for role in ROLES}


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with tempfile.TemporaryDirectory(prefix="ps-roles-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedServer(Path(folder) / "home", SUPERUSER_PASSWORD, settings={"fsync": "off"})
        with server:
            yield server
        server.remove()


@pytest.fixture
async def superuser(server: EmbeddedServer) -> AsyncIterator[AsyncConnection[Any]]:
    """A superuser's connection to a server that has none of our roles; they are dropped again afterwards."""
    conninfo = server.conninfo("postgres", SUPERUSER_PASSWORD, "postgres")
    async with await AsyncConnection.connect(conninfo, autocommit=True) as connection:
        yield connection
        await connection.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(DATABASE)))
        for role in (*ROLES, "admin"):
            await connection.execute(sql.SQL("drop role if exists {}").format(sql.Identifier(role)))


async def connect(server: EmbeddedServer, role: str, password: str = "", dbname: str = DATABASE) -> AsyncConnection[Any]:
    return await AsyncConnection.connect(server.conninfo(role, password or PASSWORDS[role], dbname), autocommit=True)


async def test_each_role_enters_with_its_own_password_only(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> None:
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    for role in ROLES:
        async with await connect(server, role) as connection:
            assert connection.info.user == role
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            await connect(server, role, "wrong")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        await connect(server, APP, PASSWORDS[OWNER])


async def test_it_can_be_repeated_and_sets_new_passwords(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> None:
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    await ensure_roles(superuser, {role: f"new {role}" for role in ROLES}, DATABASE)
    async with await connect(server, APP, f"new {APP}"):
        pass
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        await connect(server, APP)


async def test_processes_that_start_together_do_not_disturb_each_other(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> None:
    async def prepare() -> None:
        async with await connect(server, "postgres", SUPERUSER_PASSWORD, "postgres") as connection:
            await ensure_roles(connection, PASSWORDS, DATABASE)

    await asyncio.gather(*(prepare() for _ in range(6)))
    async with await connect(server, APP):
        pass


async def test_passwords_are_sent_as_scram_verifiers(superuser: AsyncConnection[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[str] = []
    execute = AsyncConnection.execute

    async def listen(connection: AsyncConnection[Any], query: Any, *args: Any, **options: Any) -> Any:
        sent.append(query if isinstance(query, str) else query.as_string(connection))
        return await execute(connection, query, *args, **options)

    monkeypatch.setattr(AsyncConnection, "execute", listen)
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    assert not [statement for statement in sent for password in PASSWORDS.values() if password in statement]
    assert sum("'SCRAM-SHA-256$4096:" in statement for statement in sent) == 3


async def test_no_role_may_step_over_row_level_security_or_make_others(superuser: AsyncConnection[Any]) -> None:
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    found = await superuser.execute(
        "select rolname, rolcanlogin, rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication from pg_roles"
        " where rolname = any(%s) order by rolname",
        [list(ROLES)],
    )
    assert await found.fetchall() == [(role, True, False) for role in sorted(ROLES)]


@pytest.mark.parametrize("role", [APP, DISPATCH])
@pytest.mark.parametrize(
    "statement",
    [
        "create table notes (id int)",
        "create temporary table notes (id int)",
        "create schema notes",
        f"set role {OWNER}",
        f"alter role {APP} bypassrls",
        "alter table walled disable row level security",
        "alter table walled no force row level security",
        "create policy open on walled using (true)",
        "copy walled to program 'cat'",
    ],
)
async def test_only_the_owner_shapes_the_schema(server: EmbeddedServer, prepared: AsyncConnection[Any], role: str, statement: str) -> None:
    async with await connect(server, role) as connection:
        with pytest.raises(errors.InsufficientPrivilege):
            await connection.execute(statement.encode())


async def test_forced_row_level_security_holds_even_the_owner(server: EmbeddedServer, prepared: AsyncConnection[Any]) -> None:
    for role in (APP, OWNER):
        async with await connect(server, role) as connection:
            assert await (await connection.execute("select * from walled")).fetchall() == []
            with pytest.raises(errors.InsufficientPrivilege):  # rather than be silently filtered
                await connection.execute("set row_security = off; select * from walled")


@pytest.fixture
async def prepared(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> AsyncConnection[Any]:
    """Roles, database, and a table that shows nothing to anybody."""
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    async with await connect(server, OWNER) as owner:
        await owner.execute("create table walled (id int)")
        await owner.execute("insert into walled values (1)")
        await owner.execute("alter table walled enable row level security")
        await owner.execute("alter table walled force row level security")
        await owner.execute(f"grant select on walled to {APP}, {DISPATCH}".encode())
    return superuser


async def test_nobody_else_enters_the_database(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> None:
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    await superuser.execute("create role admin login password 'stranger'")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        await connect(server, "admin", "stranger")


async def test_the_database_is_utf8_and_sorts_alike_everywhere(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> None:
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    found = await superuser.execute("select pg_encoding_to_char(encoding), datcollate, datlocale from pg_database where datname = %s", [DATABASE])
    assert await found.fetchone() == ("UTF8", "C", "C.UTF-8")


async def test_a_role_that_may_create_roles_and_databases_is_enough(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> None:
    await superuser.execute("create role admin login createrole createdb password 'admin'")
    async with await connect(server, "admin", "admin", "postgres") as admin:
        await ensure_roles(admin, PASSWORDS, DATABASE)
        await ensure_roles(admin, PASSWORDS, DATABASE)
    async with await connect(server, OWNER) as owner:
        await owner.execute("create table kept (id int)")
    await superuser.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(DATABASE)))
    await superuser.execute("drop owned by admin")
    for role in ROLES:
        await superuser.execute(sql.SQL("drop role {}").format(sql.Identifier(role)))


async def test_a_role_that_may_not_is_told_what_is_missing(server: EmbeddedServer, superuser: AsyncConnection[Any]) -> None:
    await superuser.execute("create role admin login password 'admin'")
    async with await connect(server, "admin", "admin", "postgres") as admin:
        with pytest.raises(Misconfigured, match="user admin may not prepare the database") as refused:
            await ensure_roles(admin, PASSWORDS, DATABASE)
    assert "CREATEROLE" in refused.value.advice


async def test_a_role_that_may_too_much_is_refused(superuser: AsyncConnection[Any]) -> None:
    await ensure_roles(superuser, PASSWORDS, DATABASE)
    await superuser.execute(sql.SQL("alter role {} bypassrls").format(sql.Identifier(APP)))
    with pytest.raises(Misconfigured, match=f"{APP} may more than it should") as refused:
        await ensure_roles(superuser, PASSWORDS, DATABASE)
    assert f"alter role {APP} nosuperuser nobypassrls" in refused.value.advice


async def test_a_database_of_somebody_else_is_not_taken_over(superuser: AsyncConnection[Any]) -> None:
    await superuser.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
    with pytest.raises(Misconfigured, match="belongs to postgres"):
        await ensure_roles(superuser, PASSWORDS, DATABASE)
