"""Where everything is wired together: settings, keys, database, doors, handlers."""

import gc
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from practicestudio.access.rules import Rules
from practicestudio.clock import now
from practicestudio.settings import Settings
from practicestudio.store.database import SHARED, UNTOLD, Database, Origin
from practicestudio.store.embedded import EmbeddedServer
from practicestudio.store.external import external_conninfo
from practicestudio.store.keyring import KeyFile, Keyring
from practicestudio.store.migrate import SchemaState, migrate, schema_state
from practicestudio.store.prepare import Access, has_key_ring, prepare

Keys = Keyring | KeyFile


def load_keyring(settings: Settings, *, create: bool = True) -> Keys:
    """The key ring from the settings, or from the key file.

    create: the first start makes that file. Where there is a cluster already it must be there, for new keys would open nothing of what is stored.
    """
    if settings.keys is not None:
        return Keyring.load(settings.keys.get_secret_value())
    # A link counts, whatever became of the folder behind it.
    return KeyFile(key_file(settings), create=create and not os.path.lexists(settings.home / "cluster"))


def key_file(settings: Settings) -> Path:
    """Where the key ring is kept when it does not come from the environment."""
    return settings.home / "keys.json"


def embedded_server(settings: Settings, keys: Keys, server_settings: Mapping[str, str] | None = None) -> EmbeddedServer | None:
    """The embedded server, where no database URL is set. server_settings: PostgreSQL's own, in place of ours."""
    if settings.database_url is not None:
        return None
    return EmbeddedServer(settings.home, keys.password_for("postgres"), settings.postgres_bin, server_settings)


@asynccontextmanager
async def open_access(
    settings: Settings, *, migrated: bool = True, server_settings: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[Access, Keys]]:
    """A running server with our roles and, if wanted, the newest schema. The embedded server stops when its last user leaves."""
    url = external_conninfo(settings.database_url.get_secret_value()) if settings.database_url is not None else ""
    keys = load_keyring(settings, create=not url or not await has_key_ring(url))
    server = embedded_server(settings, keys, server_settings)
    if server is not None:
        server.ensure_running()
    try:
        admin = server.conninfo("postgres", keys.password_for("postgres"), "postgres") if server is not None else url
        access = await prepare(admin, keys)
        if migrated:
            migrate(access.owner)
        yield access, keys
    finally:
        if server is not None:
            server.leave()


@asynccontextmanager
async def open_database(settings: Settings, *, server_settings: Mapping[str, str] | None = None, origin: Origin = UNTOLD) -> AsyncIterator[Database]:
    """The database, ready for work: server, roles, schema, shared keys, partitions. origin: where the work of this process comes from."""
    async with (
        open_access(settings, server_settings=server_settings) as (access, keys),
        Database(access.app, access.dispatch, keys, origin=origin) as database,
    ):
        await database.add_keys(SHARED)
        await database.make_days(now().date())
        yield database


@asynccontextmanager
async def open_prepared(access: Access, keys: Keys) -> AsyncIterator[Database]:
    """The database of a server that open_access has made ready, for a short look."""
    async with Database(access.app, access.dispatch, keys, connections=1) as database:
        await database.add_keys(SHARED)
        yield database


async def read_schema_state(settings: Settings) -> SchemaState:
    """Which migrations are applied and pending."""
    async with open_access(settings, migrated=False) as (access, _):
        return schema_state(access.owner)


def spare_the_collector() -> None:
    """For a process that works messages: what it was started with lives as long as it does, and a batch makes more objects than the usual
    threshold; looking at all of them again and again takes a seventh of the time."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 20)


def rules_of(settings: Settings) -> Rules:
    """What holds for everybody's sign-in."""
    return Rules(
        address=settings.public_url,
        idle=timedelta(minutes=settings.session_idle_minutes),
        absolute=timedelta(hours=settings.session_hours),
        second_factor_required=settings.second_factor == "required",
        emergency=timedelta(minutes=settings.emergency_minutes),
        ca_file=settings.ca_file,
    )
