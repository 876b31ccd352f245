"""Bringing the schema to this version: SQL files in `migrations/`, in order, each once, kept track of in the database itself."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import psycopg
from psycopg import conninfo, errors

_FOLDER = Path(__file__).parent / "migrations"
MIGRATIONS = tuple(sorted(path.stem for path in _FOLDER.glob("*.sql")))
"""Every migration of this version, in order."""

_LOCK = 0x5072_5375
_one_at_a_time = threading.Lock()  # yoyo keeps the migrations it reads in a list of its module


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Names of the migrations that are applied and that are still to be."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]


def migrate(owner: str, folder: Path = _FOLDER) -> SchemaState:
    """Apply what is pending, as the owner role (libpq conninfo), each file whole or not at all. Several processes may call this at once."""
    state = schema_state(owner, folder)
    if state.pending:
        _apply(owner, folder)
        state = schema_state(owner, folder)
    return state


def schema_state(owner: str, folder: Path = _FOLDER) -> SchemaState:
    """What is applied and what is pending."""
    names, applied = sorted(path.stem for path in folder.glob("*.sql")), _applied(owner)
    return SchemaState(tuple(name for name in names if name in applied), tuple(name for name in names if name not in applied))


def _applied(owner: str) -> set[str]:
    with psycopg.connect(owner) as connection:
        try:
            return {name for (name,) in connection.execute("select migration_id from _yoyo_migration")}
        except errors.UndefinedTable:
            return set()


def _apply(owner: str, folder: Path) -> None:
    from yoyo import read_migrations  # not above, for it takes long to load, and mostly nothing is pending

    with _backend(owner) as backend:
        for migration in backend.to_apply(read_migrations(str(folder))):
            with backend.transaction():
                migration.process_steps(backend, "apply")
                backend.mark_one(migration)


@contextmanager
def _backend(owner: str) -> Iterator[Any]:
    """yoyo's connection, for one process at a time. Our lock is the server's own, which ends with the process that holds it, however that ends;
    yoyo's is a row that a killed process leaves behind."""
    from yoyo import get_backend

    with _one_at_a_time, psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        with get_backend(_url(owner)) as backend:
            backend.break_lock()
            yield backend


def _url(owner: str) -> str:
    """A libpq conninfo as the URL that yoyo reads."""
    parts = conninfo.conninfo_to_dict(owner)
    user, password, dbname = (quote(str(parts.pop(name, "")), safe="") for name in ("user", "password", "dbname"))
    return f"postgresql+psycopg://{user}:{password}@/{dbname}?{urlencode({name: str(value) for name, value in parts.items()})}"
