"""A process that searches bodies: it is told where, and tells what it found.

It reads one line of set-up, with the practice's keys, from the process that started it: neither arguments nor the environment show them. Then
a line for each part of the log to search, which it answers with a line. It ends when nobody speaks to it any more.
"""

import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Self, TypedDict
from uuid import UUID

import orjson
import psycopg
from psycopg import Connection

from practicestudio.delivery.needle import Needle
from practicestudio.store import sql
from practicestudio.store.database import HandedOver
from practicestudio.store.sealing import BrokenSeal, DataKeys, Sealer

LARGEST_TOGETHER = 64 * 1024
"""Bytes of a body that is read with others; a larger one is read by itself, so that a part of the log never takes much memory."""

MOST_OF_A_PART = 200
"""Messages that are told of one part of the log."""


class Answer(TypedDict):
    """What was found in a part of the log: bodies that could not be opened, and hits with id, part, before, found and after."""

    unreadable: int
    hits: list[dict[str, str]]


PARTS = ("received", "sent", "answer", "report")


@dataclass(frozen=True, slots=True)
class Task:
    """What to search for, and with what: kept out of every log. narrowing: what the counts know of, as `Filter.counted` has it."""

    access: HandedOver = field(repr=False)
    text: str = field(repr=False)
    narrowing: dict[str, Any]

    def as_line(self) -> bytes:
        """For the process's standard input."""
        keys = self.access.keys
        told = {
            "conninfo": self.access.conninfo,
            "practice": str(keys.practice_id),
            "keys": {str(number): b64encode(key).decode() for number, key in keys.keys.items()},
            "active": keys.active,
            "index_key": b64encode(keys.index_key).decode(),
            "text": self.text,
            "narrowing": self.narrowing,
        }
        return orjson.dumps(told) + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Self:
        """As it was handed over."""
        told = orjson.loads(line)
        keys = {int(number): b64decode(key) for number, key in told["keys"].items()}
        data_keys = DataKeys(UUID(told["practice"]), keys, told["active"], b64decode(told["index_key"]))
        return cls(HandedOver(told["conninfo"], data_keys), told["text"], told["narrowing"])


class Searcher:
    """A connection, a sealer and what is sought."""

    def __init__(self, connection: Connection[Any], task: Task) -> None:
        self._connection = connection
        self._practice_id = task.access.keys.practice_id
        self._narrowing = task.narrowing if any(value is not None for value in task.narrowing.values()) else None
        sealer = Sealer(task.access.keys)
        self._openers = {part: sealer.opener(f"message_bodies.{part}") for part in PARTS}
        self._needle = Needle(task.text)

    def search(self, since: UUID, before: UUID) -> Answer:
        """Search the bodies of these ids: how many could not be opened, and what was found, newest first."""
        hits: dict[bytes, dict[str, str]] = {}
        unreadable = 0
        find, openers = self._needle.find, self._openers
        for part, message_id, sealed in self._bodies(since, before):
            try:
                found = find(openers[part](message_id, sealed))
            except BrokenSeal:
                unreadable += 1
                continue
            if found is not None:
                hits.setdefault(message_id, {"id": str(UUID(bytes=message_id)), "part": part, **asdict(found)})
        newest = sorted(hits, reverse=True)[:MOST_OF_A_PART]
        return {"unreadable": unreadable, "hits": [hits[one] for one in newest]}

    def _bodies(self, since: UUID, before: UUID) -> Iterator[tuple[str, bytes, bytes]]:
        given = {"practice_id": self._practice_id, "since": since, "before": before, "largest": LARGEST_TOGETHER, **(self._narrowing or {})}
        with self._connection.transaction(), self._connection.cursor(binary=True) as cursor:
            cursor.execute("select enter_practice(%s)", [self._practice_id])
            cursor.execute(sql.log.bodies.sql if self._narrowing is None else sql.log.bodies_of_fitting.sql, given)
            for part, message_id, sealed in cursor.fetchall():
                yield part, message_id, self._large(message_id, part) if sealed is None else sealed

    def _large(self, message_id: bytes, part: str) -> bytes:
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(sql.log.body.sql, {"practice_id": self._practice_id, "message_id": UUID(bytes=message_id), "part": part})
            row = cursor.fetchone()
            return row[0] if row else b""


def search_here(task: Task, since: UUID, before: UUID) -> Answer:
    """Search a part in this process, on a connection of its own."""
    with psycopg.connect(task.access.conninfo, autocommit=True) as connection:
        return Searcher(connection, task).search(since, before)


def main() -> None:
    """Serve whoever started this."""
    task = Task.from_line(sys.stdin.buffer.readline())
    with psycopg.connect(task.access.conninfo, autocommit=True) as connection:
        searcher = Searcher(connection, task)
        for line in sys.stdin.buffer:
            since, before = line.decode().split()
            sys.stdout.buffer.write(orjson.dumps(searcher.search(UUID(since), UUID(before))) + b"\n")
            sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
