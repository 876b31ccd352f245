"""Verifying the audit trail: reads a practice's chain and entries along a walk, in short transactions and the same memory however long it is."""

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from practicestudio.access.audit_chain import Batch, Head
from practicestudio.access.audit_checkpoint import noted_head, read_head
from practicestudio.access.audit_walk import Finding, Walk
from practicestudio.store import sql
from practicestudio.store.database import Database, rows

_PAGE = 2000
_BATCHES = 20

Report = Callable[[int, int], None]
"""Told again and again how many entries are verified, and of how many."""


@dataclass(frozen=True, slots=True)
class Verification:
    """What came of verifying the trail of a practice. untold: findings beyond those that are listed. pending: entries that are still to be sealed."""

    practice_id: UUID
    entries: int
    batches: int
    pending: int
    head: str
    findings: tuple[Finding, ...]
    untold: int
    seconds: float

    @property
    def is_sound(self) -> bool:
        """Whether nobody touched anything."""
        return not self.findings

    @property
    def per_second(self) -> float:
        """Entries verified a second."""
        return self.entries / self.seconds if self.seconds else 0.0


async def verify(
    database: Database, practice_id: UUID, *, expected: Sequence[tuple[Head, str]] = (), report: Report = lambda done, total: None
) -> Verification:
    """Hold every entry and batch of a practice (or of SHARED) to what was sealed.

    expected: heads that were noted outside the database, each with by whom; the last checkpoint is held to as well.
    """
    started = time.monotonic()
    noted = await noted_head(database, practice_id)
    async with database.practice(practice_id) as transaction:
        until, walk = await read_head(transaction), Walk(transaction.sealer, practice_id, _with_checkpoint(expected, noted))
        total = await sql.audit.count_sealed(transaction.connection, practice_id=practice_id) or 0
    async for batch in _batches(database, practice_id, until.number):
        while walk.needs_entries(batch):
            await _read_page(database, walk)
        walk.check(batch)
        report(walk.entries, max(total, walk.entries))
    while not walk.all_read:
        await _read_page(database, walk)
    pending = await _finish(database, walk, until.number)
    seconds = time.monotonic() - started
    return Verification(practice_id, walk.entries, walk.batches, pending, str(walk.head), tuple(walk.findings), walk.untold, seconds)


def _with_checkpoint(expected: Sequence[tuple[Head, str]], noted: Head | None) -> list[tuple[Head, str]]:
    return [*expected, *([(noted, "the last checkpoint")] if noted else [])]


async def _batches(database: Database, practice_id: UUID, until: int) -> AsyncIterator[Batch]:
    after = 0
    while True:
        async with database.practice(practice_id) as transaction:
            found = sql.audit.batches(transaction.connection, practice_id=practice_id, after=after, until=until, limit=_BATCHES)
            page = [Batch(*row) for row in await rows(found)]
        for batch in page:
            yield batch
        if len(page) < _BATCHES:
            return
        after = page[-1].number


async def _read_page(database: Database, walk: Walk) -> None:
    async with database.practice(walk.practice_id) as transaction:
        found = sql.audit.stored_page(transaction.connection, practice_id=walk.practice_id, after=walk.last_read, limit=_PAGE)
        page = await rows(found)
    walk.read(page)
    walk.all_read = len(page) < _PAGE


async def _finish(database: Database, walk: Walk, until: int) -> int:
    """What the walk has left over is pending, or in a batch that came meanwhile; or it is in none. Returns how many are well."""
    left = walk.left()
    async with database.practice(walk.practice_id) as transaction:
        found = sql.audit.not_in_a_later_batch(transaction.connection, practice_id=walk.practice_id, ids=left, after=until)
        in_no_batch = [row[0] for row in await rows(found)] if left else []
    walk.finish(in_no_batch)
    return len(left) - len(in_no_batch)
