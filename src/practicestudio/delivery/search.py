"""Searching what the messages say, over a range of time: the sealed bodies are opened on the way, newest first, on all cores.

The log is searched part by part. Each of a few processes is given the next part as soon as it has done its last, and what they find is told in
the order of the log. So little is in memory at a time, hits come at once, and whoever stops listening stops the search.
"""

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

import orjson

from practicestudio.delivery.counts import count_states
from practicestudio.delivery.log import Filter
from practicestudio.delivery.needle import Excerpt, Needle
from practicestudio.delivery.search_process import Answer, Task, search_here
from practicestudio.errors import InvalidValue, Permanent
from practicestudio.store import sql
from practicestudio.store.database import Database

PART = 2000
FIRST_PART = 500
"""Messages that are searched at a time; few at first, so that what is found among the newest is told at once."""

_LONGEST_LINE = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Hit:
    """A message that says it, in which of its bodies, and what stands around it: patient data."""

    message_id: UUID
    part: str
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class Progress:
    """How far it is: all messages from `until` on are searched. unreadable: bodies that could not be opened."""

    searched: int
    total: int
    until: UUID
    unreadable: int


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the log: ids from `since` up to but without `before`, so many messages."""

    since: UUID
    before: UUID
    messages: int


class SearchBroke(Permanent):
    """A process of the search ended before its work was done."""

    code = "search_broke"
    default_advice = "Search again."


async def search(database: Database, practice_id: UUID, text: str, chosen: Filter, *, processes: int | None = None) -> AsyncGenerator[Hit | Progress]:
    """Hits, newest first, and after each part of the log how far it is. Close the iterator to end the search early.

    Raises InvalidValue where the text is too short, or the filter is for what belongs to one record or message.
    """
    Needle(text)
    if chosen.related or chosen.run_id:
        raise InvalidValue("What messages say is searched by time, state, kind, direction, door and error only.", advice="Leave the rest out.")
    async with database.practice(practice_id) as transaction:
        total = sum((await count_states(transaction, Filter(since=chosen.since, before=chosen.before))).values())
    task = Task(await database.hand_over(practice_id), text, chosen.counted())
    searched = unreadable = 0
    async with _Crew(task, processes or os.cpu_count() or 1) as crew:
        parts = _parts(database, practice_id, chosen)
        async with aclosing(_in_order(parts, crew.ask, 2 * crew.size)) as answers:
            async for part, answer in answers:
                for hit in answer["hits"]:
                    yield Hit(UUID(hit["id"]), hit["part"], Excerpt(hit["before"], hit["found"], hit["after"]))
                searched, unreadable = searched + part.messages, unreadable + answer["unreadable"]
                yield Progress(searched, max(total, searched), part.since, unreadable)


async def _parts(database: Database, practice_id: UUID, chosen: Filter) -> AsyncIterator[Part]:
    since, before = chosen.bounds
    size = FIRST_PART
    while True:
        async with database.practice(practice_id) as transaction:
            row = await sql.log.part(transaction.connection, practice_id=practice_id, since=since, before=before, messages=size)
        if row is None:
            return
        yield Part(row[0], before, row[1])
        before, size = row[0], PART


async def _in_order(parts: AsyncIterator[Part], ask: Callable[[Part], Coroutine[Any, Any, Answer]], most: int) -> AsyncGenerator[tuple[Part, Answer]]:
    """The answers in the order of the parts, of which at most so many are under way."""
    under_way: deque[tuple[Part, asyncio.Task[Answer]]] = deque()
    try:
        async for part in parts:
            under_way.append((part, asyncio.create_task(ask(part))))
            if len(under_way) >= most or under_way[0][1].done():
                first, answer = under_way.popleft()
                yield first, await answer
        while under_way:
            first, answer = under_way.popleft()
            yield first, await answer
    finally:
        for _, task in under_way:
            task.cancel()
        await asyncio.gather(*(task for _, task in under_way), return_exceptions=True)


class _Crew:
    """The processes. The first part is searched here, in a thread, for processes take a moment to start."""

    def __init__(self, task: Task, size: int) -> None:
        self.size = size
        self._task = task
        self._all: list[asyncio.subprocess.Process] = []
        self._free: asyncio.Queue[asyncio.subprocess.Process] = asyncio.Queue()
        self._begun = False

    async def __aenter__(self) -> Self:
        for _ in range(self.size):
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "practicestudio.delivery.search_process"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,  # the text of an exception may hold what was searched
                limit=_LONGEST_LINE,
            )
            self._all.append(process)
            self._free.put_nowait(process)
            assert process.stdin is not None
            process.stdin.write(self._task.as_line())
        return self

    async def __aexit__(self, *_: object) -> None:
        for process in self._all:
            with suppress(ProcessLookupError):
                process.kill()
        await asyncio.gather(*(process.wait() for process in self._all))

    async def ask(self, part: Part) -> Answer:
        """Have a part searched by whoever is free."""
        if not self._begun:
            self._begun = True
            return await asyncio.to_thread(search_here, self._task, part.since, part.before)
        process = await self._free.get()
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{part.since} {part.before}\n".encode())
        line = await process.stdout.readline()
        if not line:
            raise SearchBroke("The search ended before it was done.")
        self._free.put_nowait(process)
        answer: Answer = orjson.loads(line)
        return answer
