"""Bringing the schema to this version: SQL files in `migrations/`, in order, each once, kept track of in the database itself."""

import threading
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg import conninfo
from yoyo import get_backend, read_migrations

_FOLDER = Path(__file__).parent / "migrations"
_one_at_a_time = threading.Lock()  # yoyo keeps the migrations it reads in a list of its module


@dataclass(frozen=True, slots=True)
class SchemaState:
    """Names of the migrations that are applied and that are still to be."""

    applied: tuple[str, ...]
    pending: tuple[str, ...]


def migrate(owner: str) -> SchemaState:
    """Apply what is pending, as the owner role (libpq conninfo). Several processes may call this at once."""
    with _one_at_a_time, get_backend(_url(owner)) as backend, backend.lock():
        backend.apply_migrations(backend.to_apply(read_migrations(str(_FOLDER))))
    return schema_state(owner)


def schema_state(owner: str) -> SchemaState:
    """What is applied and what is pending."""
    with _one_at_a_time, get_backend(_url(owner)) as backend:
        migrations = read_migrations(str(_FOLDER))
        pending = [migration.id for migration in backend.to_apply(migrations)]
        return SchemaState(tuple(sorted(m.id for m in migrations if m.id not in pending)), tuple(pending))


def _url(owner: str) -> str:
    """A libpq conninfo as the URL that yoyo reads."""
    parts = conninfo.conninfo_to_dict(owner)
    user, password, dbname = (quote(str(parts.pop(name, "")), safe="") for name in ("user", "password", "dbname"))
    return f"postgresql+psycopg://{user}:{password}@/{dbname}?{urlencode({name: str(value) for name, value in parts.items()})}"
