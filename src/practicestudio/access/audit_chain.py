"""How entries of the audit trail are held to each other: digests, links, batches and marks. Pure.

Each entry's digest is the SHA-256 of its columns as PostgreSQL sends them. Each link is the SHA-256 of the link before it and the digest of the
next entry; the last link of a batch is its root, from which the next batch goes on. Anybody can follow that without a key. The marks, of each
entry and each batch, are MACs by a key of the practice: whoever can write to the database, but has no key, can make none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Self
from uuid import UUID

from practicestudio.store.binary import wire, wire_of_stored
from practicestudio.store.sealing import Sealer

SIZE = 32
MISSING = bytes(SIZE)
"""Stands for the digest of an entry that was gone before it was sealed."""

_ENTRY_MARK = 16


@dataclass(frozen=True, slots=True)
class Head:
    """How far a practice's chain goes: the number of its last batch, and its root. As text it is `number:root`."""

    number: int
    root: bytes

    def __str__(self) -> str:
        return f"{self.number}:{self.root.hex()}"

    @classmethod
    def of_words(cls, words: str) -> Self:
        """A head from its text. Raises ValueError."""
        number, _, root = words.strip().partition(":")
        if len(root) != 2 * SIZE:
            raise ValueError("no root of a chain")
        return cls(int(number), bytes.fromhex(root))


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of the chain. links: of each entry 32 bytes, after one another."""

    number: int
    sealed_at: datetime
    entry_ids: Sequence[UUID]
    links: bytes
    previous: bytes
    root: bytes
    mark: bytes

    def link(self, at: int) -> bytes:
        """The link of the entry at that place, of `previous` for -1."""
        return self.previous if at < 0 else self.links[at * SIZE : (at + 1) * SIZE]


def beginning(practice_id: UUID) -> Head:
    """What the first batch of a practice goes on from."""
    return Head(0, sha256(b"practicestudio audit trail\0" + practice_id.bytes).digest())


def content_of_entry(stored: Sequence[Any]) -> bytes:
    """What an entry's mark is made of. stored: a row of the query `stored_entries`, the mark last."""
    return wire_of_stored(stored[:-1])


def digest_of_entry(stored: Sequence[Any], content: bytes | None = None) -> bytes:
    """The digest of an entry: of its content and its mark. stored, content: see `content_of_entry`."""
    return sha256((content or content_of_entry(stored)) + wire_of_stored(stored[-1:])).digest()


def mark_of_entry(sealer: Sealer, columns: bytes) -> bytes:
    """The mark of an entry. columns: all the others, on the wire."""
    return sealer.mac("audit entry", columns)[:_ENTRY_MARK]


def link_after(link: bytes, digest: bytes) -> bytes:
    """The link that follows."""
    return sha256(link + digest).digest()


def make_batch(sealer: Sealer, practice_id: UUID, head: Head, sealed_at: datetime, entry_ids: Sequence[UUID], digests: Iterable[bytes]) -> Batch:
    """The batch that goes on from a head, with the entries in this order."""
    links, root = [], head.root
    for digest in digests:
        root = link_after(root, digest)
        links.append(root)
    number = head.number + 1
    mark = mark_of_batch(sealer, practice_id, number, sealed_at, len(links), head.root, root)
    return Batch(number, sealed_at, entry_ids, b"".join(links), head.root, root, mark)


def mark_of_batch(sealer: Sealer, practice_id: UUID, number: int, sealed_at: datetime, count: int, previous: bytes, root: bytes) -> bytes:
    """The mark of a batch."""
    return sealer.mac("audit batch", wire((practice_id, number, sealed_at, count, previous, root)))
