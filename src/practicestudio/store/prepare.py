"""From a server to a database that is ready for our three roles, and that knows which key ring it belongs to."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import AsyncConnection, sql
from psycopg.conninfo import make_conninfo

from practicestudio.errors import AccessDenied, Misconfigured, Unreachable
from practicestudio.store.keyring import KeyFile, Keyring
from practicestudio.store.roles import APP, DISPATCH, OWNER, ensure_roles

DATABASE = "practicestudio"
_MARK = "Practice Studio, key ring "


@dataclass(frozen=True, slots=True)
class Access:
    """Connection strings (libpq) of the three roles."""

    owner: str
    app: str
    dispatch: str


async def prepare(admin: str, keys: Keyring | KeyFile) -> Access:
    """Make roles and database where they are missing, and mark the database as the key ring's.

    admin: conninfo of a role that may make roles and databases.

    Raises:
        Unreachable, AccessDenied, Misconfigured: the server cannot be used, or the database belongs to another key ring, whose passwords stay.
    """
    passwords = {role: keys.password_for(role) for role in (OWNER, APP, DISPATCH)}
    access = Access(*(make_conninfo(admin, user=role, password=passwords[role], dbname=DATABASE) for role in (OWNER, APP, DISPATCH)))
    async with _admin_connection(admin) as connection:
        mark = await _mark(connection)
        if mark not in (None, _MARK + keys.fingerprint):
            raise Misconfigured(
                "The database belongs to another key ring.",
                advice="Bring back the key file, or the key in the environment, that belongs to this database.",
            )
        await ensure_roles(connection, passwords, DATABASE)
    if mark is None:
        async with await AsyncConnection.connect(access.owner) as owner:
            await owner.execute(sql.SQL("comment on database {} is {}").format(sql.Identifier(DATABASE), sql.Literal(_MARK + keys.fingerprint)))
    return access


async def has_key_ring(admin: str) -> bool:
    """Whether the server has a database that belongs to a key ring already."""
    async with _admin_connection(admin) as connection:
        return await _mark(connection) is not None


async def _mark(connection: AsyncConnection[Any]) -> str | None:
    found = await connection.execute("select shobj_description(oid, 'pg_database') from pg_database where datname = %s", [DATABASE])
    row = await found.fetchone()
    return row[0] if row and str(row[0]).startswith(_MARK) else None


@asynccontextmanager
async def _admin_connection(conninfo: str) -> AsyncIterator[AsyncConnection[Any]]:
    try:
        connection = await AsyncConnection.connect(conninfo, autocommit=True)
    except psycopg.OperationalError as error:
        raise _refusal(str(error)) from None
    async with connection:
        yield connection


def _refusal(said: str) -> Unreachable | AccessDenied | Misconfigured:
    """Why there is no connection, from what libpq says: it names host, port and user, never a password."""
    lines = said.strip().splitlines()
    line = next((line for line in reversed(lines) if "failed: " in line), lines[0])
    reason = line.rpartition("failed: ")[2].removeprefix("FATAL:").strip().rstrip(".")
    if "SSL" in reason or "certificate" in reason:
        return Misconfigured(
            f"There is no safe connection to the database: {reason}.",
            advice="On another machine it needs TLS and a certificate that this machine trusts; `sslrootcert` in the URL may name its issuer's.",
        )
    if "authentication failed" in reason or "password" in reason or "does not exist" in reason or "permission denied" in reason:
        return AccessDenied(
            f"The database lets nobody in: {reason}.", advice="Check user, password and database of the database URL, and the key file."
        )
    return Unreachable(f"The database does not answer: {reason}.", advice="Check that it runs, and host and port of the database URL.")
