"""Walking along a chain of the audit trail, holding every entry and batch to what was sealed. Pure: whoever walks brings the rows.

Entries come by id, batches by number; an entry that is read before its batch is kept as its digest until that comes, which is soon, for entries
are sealed within seconds. So a walk takes the same memory however long the trail is.
"""

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, StrEnum
from typing import Any
from uuid import UUID

from practicestudio.access.audit_chain import (
    SIZE,
    Batch,
    Head,
    beginning,
    content_of_entry,
    digest_of_entry,
    link_after,
    mark_of_batch,
    mark_of_entry,
)
from practicestudio.clock import first_id_at, moment_of
from practicestudio.store.sealing import Sealer

MOST_FINDINGS = 1000
"""So many are told one by one; of others only their number is."""

_MOST_KEPT = 1_000_000  # entries that wait for their batch; only a flood of foreign ones comes near
_AHEAD = timedelta(hours=1)  # how far the clocks of two machines may be apart


class Fault(StrEnum):
    """What can be wrong with a trail."""

    CHANGED = "entry changed"
    REMOVED = "entry removed"
    ADDED = "entry added"
    UNSEALED = "entry left out"
    MOVED = "entry moved"
    BATCH_CHANGED = "batch changed"
    BATCH_MISSING = "batch missing"
    CUT = "chain cut off"


class _Standing(Enum):
    """What an entry's own mark says of it. OLD: it was written before entries bore marks."""

    MARKED = 1
    OLD = 2
    FOREIGN = 3


_Known = tuple[bytes, _Standing]  # an entry's digest, and what its mark says


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. written_at: when the entry was written, by its id, or the batch sealed."""

    fault: Fault
    sentence: str
    entry_id: UUID | None = None
    batch: int | None = None
    written_at: datetime | None = None


@dataclass(slots=True)
class Walk:
    """A walk along the chain of a practice.

    expected: heads that somebody noted elsewhere, each with who. entries, batches: how many were held to what was sealed.
    """

    sealer: Sealer
    practice_id: UUID
    expected: Sequence[tuple[Head, str]] = ()
    entries: int = 0
    batches: int = 0
    findings: list[Finding] = field(default_factory=list)
    untold: int = 0
    all_read: bool = False
    _head: Head | None = None
    _first_sealed: datetime | None = None
    _read_to: bytes = b""
    _waiting: dict[bytes, _Known] = field(default_factory=dict)

    @property
    def head(self) -> Head:
        """How far the walk has come."""
        return self._head or beginning(self.practice_id)

    @property
    def last_read(self) -> UUID:
        """The last entry that was read: the next page begins after it."""
        return UUID(bytes=self._read_to) if self._read_to else UUID(int=0)

    def needs_entries(self, batch: Batch) -> bool:
        """Whether entries that the batch names may be among those that are not read yet."""
        self._first_sealed = self._first_sealed or batch.sealed_at
        furthest = min(max(batch.entry_ids, default=UUID(int=0)), first_id_at(batch.sealed_at + _AHEAD))
        return not self.all_read and furthest.bytes > self._read_to

    def read(self, page: Sequence[Sequence[Any]]) -> None:
        """Take the next entries, rows of the query `stored_page`."""
        for row in page:
            if len(self._waiting) < _MOST_KEPT:
                content = content_of_entry(row)
                self._waiting[row[1]] = (digest_of_entry(row, content), self._standing(row, content))
        if page:
            self._read_to = page[-1][1]

    def check(self, batch: Batch) -> None:
        """Hold the next batch to the one before it, and its entries to the batch."""
        self._check_place(batch)
        known = [self._waiting.pop(entry_id.bytes, None) for entry_id in batch.entry_ids]
        if not self._is_sound(batch, known):
            self._examine(batch, known)
        self.entries += len(known)
        self.batches += 1
        self._head = Head(batch.number, batch.root)

    def left(self) -> list[UUID]:
        """Entries that were in none of the batches."""
        return [UUID(bytes=entry_id) for entry_id in self._waiting]

    def finish(self, in_no_batch: Iterable[UUID]) -> None:
        """Come to the end. in_no_batch: those of what was left that are neither pending nor in a later batch."""
        for entry_id in in_no_batch:
            written = moment_of(entry_id)
            if self._waiting[entry_id.bytes][1] is _Standing.FOREIGN:
                self._find(Fault.ADDED, "was added, and not by Practice Studio: it bears no mark of ours and is in no batch", entry_id, None, written)
            else:
                self._find(Fault.UNSEALED, "is in no batch, though it should have been sealed within seconds", entry_id, None, written)
        for noted, where in self.expected:
            if noted.number > self.head.number:
                gone = f"The chain ends with batch {self.head.number}, but {where} knew batch {noted.number}: what came after was cut off."
                self._add(Finding(Fault.CUT, gone, None, self.head.number + 1))

    def _standing(self, row: Sequence[Any], content: bytes) -> _Standing:
        if row[-1] == mark_of_entry(self.sealer, content):
            return _Standing.MARKED
        is_old = row[-1] is None and (self._first_sealed is None or moment_of(UUID(bytes=row[1])) < self._first_sealed)
        return _Standing.OLD if is_old else _Standing.FOREIGN

    def _check_place(self, batch: Batch) -> None:
        after = self.head
        if batch.number != after.number + 1:
            missing = f"batch {after.number + 1} is" if batch.number == after.number + 2 else f"batches {after.number + 1} to {batch.number - 1} are"
            self._find_batch(Fault.BATCH_MISSING, f"{missing} missing before it", batch)
        elif batch.previous != after.root:
            self._find_batch(Fault.BATCH_CHANGED, "it does not go on from the batch before it", batch)
        for noted, where in self.expected:
            if noted.number == batch.number and noted.root != batch.root:
                self._find_batch(Fault.BATCH_CHANGED, f"it is not the one that {where} knew", batch)

    def _is_sound(self, batch: Batch, known: Sequence[_Known | None]) -> bool:
        link, links = batch.previous, []
        for one in known:
            if one is None or one[1] is _Standing.FOREIGN:
                return False
            link = link_after(link, one[0])
            links.append(link)
        return b"".join(links) == batch.links and self._is_marked(batch)

    def _is_marked(self, batch: Batch) -> bool:
        count = len(batch.entry_ids)
        mark = mark_of_batch(self.sealer, self.practice_id, batch.number, batch.sealed_at, count, batch.previous, batch.root)
        return mark == batch.mark and batch.root == batch.link(count - 1)

    def _examine(self, batch: Batch, known: Sequence[_Known | None]) -> None:
        """Something is wrong with this batch: say of each entry what."""
        if not self._is_marked(batch):
            self._find_batch(Fault.BATCH_CHANGED, "it does not bear the mark that it was sealed with", batch)
        elif len(batch.links) != len(known) * SIZE:
            self._find_batch(Fault.BATCH_CHANGED, f"it names {len(known)} entries and was sealed with {len(batch.links) // SIZE}", batch)
        aligned, highest, astray = len(batch.links) == len(known) * SIZE, -1, 0
        for at, (entry_id, one) in enumerate(zip(batch.entry_ids, known, strict=True)):
            place = None if one is None else _place_of(batch, one[0], at)
            in_order = place == at if aligned else (place or 0) > highest
            astray += not self._judge(batch, entry_id, one, place, in_order=in_order)
            highest = max(highest, -1 if place is None else place)
        if astray and self._is_marked(batch):
            self._find_batch(Fault.BATCH_CHANGED, f"{astray} of its links do not fit their entries, which are as they were written", batch)

    def _judge(self, batch: Batch, entry_id: UUID, known: _Known | None, place: int | None, *, in_order: bool) -> bool:
        """Say what is wrong with an entry, if anything is. False where the entry is well and its link does not fit it."""
        written, number = moment_of(entry_id), batch.number
        if known is None:
            self._find(Fault.REMOVED, f"was removed; it is in batch {number}", entry_id, number, written)
        elif known[1] is _Standing.FOREIGN or (place is None and known[1] is _Standing.OLD):
            self._find(Fault.CHANGED, "was changed: it is not what was written then", entry_id, number, written)
        elif place is not None and not in_order:
            self._find(Fault.MOVED, f"was moved: in batch {number} it does not stand where it was sealed", entry_id, number, written)
        else:
            return place is not None
        return True

    def _find(self, fault: Fault, what: str, entry_id: UUID, batch: int | None, written: datetime) -> None:
        self._add(Finding(fault, f"Entry {entry_id} of {written:%Y-%m-%d %H:%M:%S} UTC {what}.", entry_id, batch, written))

    def _find_batch(self, fault: Fault, what: str, batch: Batch) -> None:
        self._add(Finding(fault, f"Batch {batch.number} of {batch.sealed_at:%Y-%m-%d %H:%M:%S} UTC: {what}.", None, batch.number, batch.sealed_at))

    def _add(self, finding: Finding) -> None:
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
        else:
            self.untold += 1


def _place_of(batch: Batch, digest: bytes, at: int) -> int | None:
    """Where in the batch an entry of this digest was sealed; looked for from the place where it stands now."""
    places = len(batch.links) // SIZE
    for place in itertools.chain(range(at, places), range(min(at, places))):
        if batch.link(place) == link_after(batch.link(place - 1), digest):
            return place
    return None
