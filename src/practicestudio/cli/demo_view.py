"""What the demo shows: bars while it pulls, and tables of what it did."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from practicestudio.cli.output import Row, console, say, table_of
from practicestudio.delivery.log import LogEntry
from practicestudio.practices.practice import Practice
from practicestudio.sync.progress import Crossings, RiddenOut, Tally, What, pull_progress
from practicestudio.sync.reviews import Review

if TYPE_CHECKING:
    from practicestudio.store.database import Database

COLUMNS = {
    "practice": "Practice",
    "patients": "Patients\npulled/changed/pushed",
    "appointments": "Appointments\npulled/changed/pushed",
    "calls": "Calls",
    "calls_per_record": "Calls\na record",
    "messages": "Messages",
    "seconds": "Seconds",
}
_PRACTICE = {"practice": "Practice", "count": ""}
SHOWN_FIRST = ("done", "failed", "parked")


@dataclass(frozen=True, slots=True)
class Account:
    """What was done for a practice: counts, what is in the error queue, what went wrong and was made good, what a person is asked."""

    practice: Practice
    tally: Tally
    errors: Sequence[LogEntry]
    ridden_out: Sequence[RiddenOut]
    reviews: Sequence[Review]


class PullBars:
    """A bar for each practice and kind of record: how many are worked, of how many."""

    def __init__(self, bars: Progress, practices: Sequence[Practice]) -> None:
        self._bars = bars
        self._practices = practices
        self._tasks: dict[tuple[UUID, What], TaskID] = {}

    async def follow(self, database: "Database", what: What) -> None:
        """Show where the pulls of these records stand."""
        for practice in self._practices:
            async with database.practice(practice.id) as transaction:
                stand = await pull_progress(transaction, what)
            if stand is not None:
                self._bars.update(self._task(practice, what), total=max(stand.expected, stand.taken), completed=stand.worked)

    def _task(self, practice: Practice, what: What) -> TaskID:
        if (practice.id, what) not in self._tasks:
            self._tasks[practice.id, what] = self._bars.add_task(f"{practice.athena_id}  {what}", total=None)
        return self._tasks[practice.id, what]


@contextmanager
def pull_bars(practices: Sequence[Practice]) -> Iterator[PullBars]:
    """Bars on standard error while the block runs."""
    with Progress(TextColumn("{task.description:<22}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=console(stderr=True)) as bars:
        yield PullBars(bars, practices)


@contextmanager
def working(sentence: str) -> Iterator[None]:
    """A line that moves while the block runs."""
    with Progress(SpinnerColumn(finished_text=" "), TextColumn("{task.description}"), TimeElapsedColumn(), console=console(stderr=True)) as line:
        task = line.add_task(sentence, total=1)
        yield
        line.update(task, completed=1)


def show_accounts(accounts: Sequence[Account]) -> None:
    """Tables of what was done, what failed, and what a person is asked."""
    out = console()
    out.print(table_of([summary(account) for account in accounts], COLUMNS, title="What was done"))
    tables = {
        "Error queue": ([row for account in accounts for row in _errors(account)], {**_PRACTICE, "kind": "Kind", "error": "Why, and what to do"}),
        "Questions for a person": (
            [row for account in accounts for row in _questions(account)],
            {**_PRACTICE, "kind": "Kind", "question": "Question"},
        ),
        "Ridden out": ([row for account in accounts for row in _ridden_out(account)], {**_PRACTICE, "operation": "Call", "went": "What went wrong"}),
    }
    for title, (rows, columns) in tables.items():
        if rows:
            out.print(table_of(rows, columns, title=title))


def summary(account: Account) -> Row:
    """A practice's line."""
    tally = account.tally
    return {
        "practice": account.practice.athena_id,
        "patients": _crossings(tally.patients),
        "appointments": _crossings(tally.appointments),
        "calls": tally.calls,
        "calls_per_record": round(tally.calls_per_record, 3),
        "messages": ", ".join(f"{tally.messages[state]} {state}" for state in sorted(tally.messages, key=_rank)),
        "seconds": round(tally.seconds, 1),
    }


def _crossings(crossings: Crossings) -> str:
    return f"{crossings.pulled} / {crossings.changed} / {crossings.pushed}"


def _rank(state: str) -> tuple[int, str]:
    return SHOWN_FIRST.index(state) if state in SHOWN_FIRST else len(SHOWN_FIRST), state


def _errors(account: Account) -> list[Row]:
    """The error queue, each sentence once with how many messages it is about."""
    counts = Counter((entry.kind, entry.error or "") for entry in account.errors)
    return [_line(account, count, kind=kind, error=error) for (kind, error), count in sorted(counts.items())]


def _questions(account: Account) -> list[Row]:
    counts = Counter((review.kind, review.because) for review in account.reviews)
    return [_line(account, count, kind=kind, question=question) for (kind, question), count in sorted(counts.items())]


def _ridden_out(account: Account) -> list[Row]:
    return [
        _line(account, one.count, operation=one.operation, went=f"status {one.status}" if one.status else "no answer came")
        for one in account.ridden_out
    ]


def _line(account: Account, count: int, **fields: str) -> Row:
    return {"practice": account.practice.athena_id, "count": count, **fields}


def show_how_to_look(home: Path | None, *, runs_on: bool) -> None:
    """How to look further; home: where the demo's data is kept, if it is."""
    if home is None:
        say("Its data is thrown away now. To keep it and look further: practicestudio demo --once --home DIR")
        return
    where = f"practicestudio --home {shlex.quote(str(home))}"
    say("To look further" + (", in another terminal:" if runs_on else ":"))
    for command in ("messages list --practice 195900", "messages errors --practice 195900", "review list --practice 195900"):
        say(f"  {where} {command}")
