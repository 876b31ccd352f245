"""Retention: whole days of the log are dropped, which gives the disk back; what is not finished is kept whatever its age."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from practicestudio.store import sql
from practicestudio.store.database import Database, rows


@dataclass(frozen=True, slots=True)
class Dropped:
    """A day that was dropped, and how many unfinished messages of it stay."""

    day: date
    kept: int


def days_to_drop(days: Sequence[date], today: date, keep: int) -> list[date]:
    """The days older than `keep` days. Pure."""
    return [day for day in days if day < today - timedelta(days=keep)]


async def drop_old_days(database: Database, today: date, keep: int) -> list[Dropped]:
    """Drop what is older than `keep` days, each day in its own transaction."""
    async with database.dispatch() as connection:
        days = [row[0] for row in await rows(sql.messages.message_days(connection))]
    dropped = []
    for day in days_to_drop(days, today, keep):
        async with database.dispatch() as connection:
            dropped.append(Dropped(day, await sql.messages.drop_day(connection, day=day)))
    return dropped
