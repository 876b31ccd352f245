"""What the demo shows: bars while it pulls, and tables of what it did."""

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from practicestudio.cli.output import Row, console, say, table_of
from practicestudio.cli.review import question_of
from practicestudio.delivery.log import LogEntry
from practicestudio.practices.practice import Practice
from practicestudio.store.database import Database
from practicestudio.sync.progress import Tally, What, pull_progress
from practicestudio.sync.reviews import Review

COLUMNS = {
    "practice": "Practice",
    "patients": "Patients pulled / changed / pushed",
    "appointments": "Appointments pulled / changed / pushed",
    "calls": "Calls",
    "calls_per_record": "Calls a record",
    "messages": "Messages",
    "seconds": "Seconds",
}


@dataclass(frozen=True, slots=True)
class Account:
    """What was done for a practice: counts, what is in the error queue, what a person is asked."""

    practice: Practice
    tally: Tally
    errors: Sequence[LogEntry]
    reviews: Sequence[Review]


class PullBars:
    """A bar for each practice and kind of record: how many are worked, of how many."""

    def __init__(self, bars: Progress, practices: Sequence[Practice]) -> None:
        self._bars = bars
        self._practices = practices
        self._tasks: dict[tuple[UUID, What], TaskID] = {}

    async def follow(self, database: Database, what: What) -> None:
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
    errors = [row for account in accounts for row in _errors(account)]
    if errors:
        out.print(table_of(errors, {"practice": "Practice", "count": "", "kind": "Kind", "error": "Why, and what to do"}, title="Error queue"))
    questions = [_question(account, review) for account in accounts for review in account.reviews]
    if questions:
        out.print(table_of(questions, {"practice": "Practice", "kind": "Kind", "question": "Question"}, title="Questions for a person"))


def summary(account: Account) -> Row:
    """A practice's line."""
    tally = account.tally
    return {
        "practice": account.practice.athena_id,
        "patients": f"{tally.patients.pulled} / {tally.patients.changed} / {tally.patients.pushed}",
        "appointments": f"{tally.appointments.pulled} / {tally.appointments.changed} / {tally.appointments.pushed}",
        "calls": tally.calls,
        "calls_per_record": round(tally.calls_per_record, 3),
        "messages": ", ".join(f"{count} {state}" for state, count in sorted(tally.messages.items())),
        "seconds": round(tally.seconds, 1),
    }


def _errors(account: Account) -> list[Row]:
    """The error queue, each sentence once with how many messages it is about."""
    counts = Counter((entry.kind, entry.error) for entry in account.errors)
    return [{"practice": account.practice.athena_id, "count": count, "kind": kind, "error": error} for (kind, error), count in counts.items()]


def _question(account: Account, review: Review) -> Row:
    return {"practice": account.practice.athena_id, "kind": review.kind, "question": question_of(review)}


def show_how_to_look(home: Path | None, *, runs_on: bool) -> None:
    """How to look further; home: where the demo's data is kept, if it is."""
    if home is None:
        say("Its data is thrown away now. To keep it and look further: practicestudio demo --once --home DIR")
        return
    where = f"practicestudio --home {shlex.quote(str(home))}"
    say("To look further" + (", in another terminal:" if runs_on else ":"))
    for command in ("messages list --practice 195900", "messages errors --practice 195900", "review list --practice 195900"):
        say(f"  {where} {command}")
