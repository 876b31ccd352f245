"""Where everything is wired together: settings, keys, database, doors, handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from practicestudio.clock import now
from practicestudio.errors import Misconfigured
from practicestudio.settings import Settings
from practicestudio.store.database import SHARED, Database
from practicestudio.store.embedded import EmbeddedServer
from practicestudio.store.keyring import Keyring
from practicestudio.store.migrate import SchemaState, migrate, schema_state
from practicestudio.store.roles import APP, DISPATCH, OWNER, ensure_roles

DATABASE = "practicestudio"


@dataclass(frozen=True, slots=True)
class Access:
    """Connection strings (libpq) of the three roles."""

    owner: str
    app: str
    dispatch: str


def load_keyring(settings: Settings) -> Keyring:
    """The key ring from the settings, or from the key file, which the first start makes."""
    if settings.keys is not None:
        return Keyring.load(settings.keys.get_secret_value())
    return Keyring.from_file(key_file(settings))


def key_file(settings: Settings) -> Path:
    """Where the key ring is kept when it does not come from the environment."""
    return settings.home / "keys.json"


def embedded_server(settings: Settings, keyring: Keyring) -> EmbeddedServer | None:
    """The embedded server, where no database URL is set."""
    if settings.database_url is not None:
        return None
    return EmbeddedServer(settings.home, keyring.password_for("postgres"), settings.postgres_bin)


@asynccontextmanager
async def open_access(settings: Settings, *, migrated: bool = True) -> AsyncIterator[tuple[Access, Keyring]]:
    """A running server with our roles and, if wanted, the newest schema. The embedded server stops when its last user leaves."""
    keyring = load_keyring(settings)
    server = embedded_server(settings, keyring)
    if server is not None:
        server.ensure_running()
    try:
        admin = server.conninfo("postgres", keyring.password_for("postgres"), "postgres") if server else _external(settings)
        access = await _prepare(admin, keyring)
        if migrated:
            migrate(access.owner)
        yield access, keyring
    finally:
        if server is not None:
            server.leave()


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[Database]:
    """The database, ready for work: server, roles, schema, shared keys, partitions."""
    async with open_access(settings) as (access, keyring), Database(access.app, access.dispatch, keyring) as database:
        await database.add_keys(SHARED)
        await database.make_days(now().date())
        yield database


async def read_schema_state(settings: Settings) -> SchemaState:
    """Which migrations are applied and pending."""
    async with open_access(settings, migrated=False) as (access, _):
        return schema_state(access.owner)


async def _prepare(admin: str, keyring: Keyring) -> Access:
    passwords = {role: keyring.password_for(role) for role in (OWNER, APP, DISPATCH)}
    async with await psycopg.AsyncConnection.connect(admin, autocommit=True) as connection:
        await ensure_roles(connection, passwords, DATABASE)
    return Access(*(make_conninfo(admin, user=role, password=passwords[role], dbname=DATABASE) for role in (OWNER, APP, DISPATCH)))


def _external(settings: Settings) -> str:
    """The database URL as conninfo, encrypted and verified unless it is on this machine."""
    assert settings.database_url is not None
    try:
        parts = conninfo_to_dict(settings.database_url.get_secret_value())
    except psycopg.ProgrammingError:
        raise Misconfigured("The database URL is not one.", advice="Give it as postgresql://user:password@host/database.") from None
    if not _on_this_machine(str(parts.get("host") or "")):
        parts["sslmode"] = "verify-full"
        parts.setdefault("sslrootcert", "system")
    return make_conninfo(**parts)


def _on_this_machine(host: str) -> bool:
    if host in ("", "localhost") or host.startswith("/"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
