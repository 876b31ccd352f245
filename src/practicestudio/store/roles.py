"""The three roles of the database: who owns the tables, who works on one practice, who hands out work across practices."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from psycopg import AsyncConnection, errors, sql
from psycopg.conninfo import make_conninfo

from practicestudio.errors import Misconfigured

OWNER = "practicestudio_owner"
APP = "practicestudio_app"
DISPATCH = "practicestudio_dispatch"
ROLES = (OWNER, APP, DISPATCH)

_LOCK = 0x5072_5374  # several processes start at once; PostgreSQL refuses two changes of one role at a time
# SCRAM-SHA-256 as PostgreSQL stores it, so that a password never crosses the line or reaches a log (RFC 5803, RFC 7677).
_VERIFIER = b"scram-sha-256"
_MODEST = "nosuperuser nobypassrls nocreaterole nocreatedb noreplication"


async def ensure_roles(connection: AsyncConnection[Any], passwords: Mapping[str, str], database: str) -> None:
    """Bring the server to the state that the schema relies on; safe to repeat, and for several processes at once.

    connection: in autocommit, as a superuser or a role with CREATEROLE and CREATEDB. passwords: by role, for all of ROLES. Makes the roles,
    sets their passwords, makes the database, closes it to everybody else.

    Raises:
        Misconfigured: the connection's role may not do that; a role may more than it should; the database is not ours.
    """
    async with _alone(connection):
        try:
            for role in ROLES:
                await _ensure_role(connection, role, passwords[role])
            await _ensure_database(connection, database)
        except errors.InsufficientPrivilege as error:
            raise Misconfigured(
                f"The database user {connection.info.user} may not prepare the database: {error.diag.message_primary}.",
                advice="Give a database URL for a role with CREATEROLE and CREATEDB, or make the roles as docs/store.md shows.",
            ) from None
        await _close_to_others(connection, passwords[OWNER], database)


@asynccontextmanager
async def _alone(connection: AsyncConnection[Any]) -> AsyncIterator[None]:
    await connection.execute("select pg_advisory_lock(%s)", [_LOCK])
    try:
        yield
    finally:
        if not connection.broken:
            await connection.execute("select pg_advisory_unlock(%s)", [_LOCK])


async def _ensure_role(connection: AsyncConnection[Any], role: str, password: str) -> None:
    name = sql.Identifier(role)
    found = await connection.execute(
        "select rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication from pg_roles where rolname = %s", [role]
    )
    row = await found.fetchone()
    if row is None:
        await connection.execute(sql.SQL("create role {} login {}").format(name, sql.SQL(_MODEST)))
    elif row[0]:
        raise Misconfigured(
            f"The database role {role} may more than it should, such as step over row-level security.",
            advice=f"As a superuser, run: alter role {role} {_MODEST}",
        )
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), _VERIFIER).decode()
    await connection.execute(sql.SQL("alter role {} login password {}").format(name, sql.Literal(verifier)))


async def _ensure_database(connection: AsyncConnection[Any], database: str) -> None:
    found = await connection.execute("select pg_get_userbyid(datdba), pg_encoding_to_char(encoding) from pg_database where datname = %s", [database])
    row = await found.fetchone()
    if row is None:
        await _create_database(connection, database)
    elif row != (OWNER, "UTF8"):
        raise Misconfigured(
            f"The database {database} belongs to {row[0]} and is encoded in {row[1]}; it must belong to {OWNER}, in UTF8.",
            advice=f"Run: alter database {database} owner to {OWNER} — or, for the encoding, make a new database.",
        )


async def _create_database(connection: AsyncConnection[Any], database: str) -> None:
    found = await connection.execute("select rolsuper from pg_roles where rolname = current_user")
    if await found.fetchone() != (True,):
        await connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(OWNER)))
    # The builtin provider (PostgreSQL 17) sorts the same on every machine.
    builtin = sql.SQL(" locale_provider builtin builtin_locale 'C.UTF-8'" if connection.info.server_version >= 170000 else "")
    statement = sql.SQL("create database {} owner {} template template0 encoding 'UTF8' locale 'C'").format(
        sql.Identifier(database), sql.Identifier(OWNER)
    )
    await connection.execute(statement + builtin)


async def _close_to_others(connection: AsyncConnection[Any], password: str, database: str) -> None:
    """As the owner, in the database itself: nobody but our roles enters, and only the owner makes tables."""
    owner = make_conninfo(connection.info.dsn, user=OWNER, password=password, dbname=database)
    names = sql.SQL(", ").join(map(sql.Identifier, (APP, DISPATCH)))
    async with await AsyncConnection.connect(owner) as own:
        await own.execute(sql.SQL("revoke all on database {} from public").format(sql.Identifier(database)))
        await own.execute(sql.SQL("grant connect on database {} to {}").format(sql.Identifier(database), names))
        await own.execute("revoke all on schema public from public")
        await own.execute(sql.SQL("grant usage on schema public to {}").format(names))
