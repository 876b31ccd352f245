"""May this process serve? The database answers, and its schema is the one that this version was written for."""

import asyncio
from dataclasses import dataclass

import psycopg
from psycopg_pool import PoolTimeout

from practicestudio.store import sql
from practicestudio.store.database import Database, rows
from practicestudio.store.migrate import MIGRATIONS

PATIENCE = 3.0
"""Seconds that the database has to answer: whoever asks does so every few seconds."""


@dataclass(frozen=True, slots=True)
class Readiness:
    """ready, or why not: one sentence with what to do."""

    ready: bool
    because: str


def judge_schema(applied: frozenset[str]) -> Readiness:
    """Whether these steps of the schema are those of this version. Pure. A newer schema is fine: it is changed so that older processes go on."""
    missing = [name for name in MIGRATIONS if name not in applied]
    if missing:
        return Readiness(False, f"The schema is older than this version: {missing[0]} is not applied. Run `practicestudio db migrate`.")
    return Readiness(True, "The database answers, and its schema is current.")


async def read_readiness(database: Database) -> Readiness:
    """Ask the database, with little patience."""
    try:
        async with asyncio.timeout(PATIENCE), database.shared() as shared:
            applied = frozenset(row[0] for row in await rows(sql.monitor.applied_migrations(shared.connection)))
    except (psycopg.OperationalError, PoolTimeout, TimeoutError):
        return Readiness(False, "The database does not answer. See that it runs.")
    return judge_schema(applied)
