"""`practicestudio messages search`, `calls` and `export`: reading the log whole, and the options that narrow it."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import say, show_json, show_list
from practicestudio.cli.session import person, session_of
from practicestudio.clock import moment_of
from practicestudio.delivery.formats import Format

if TYPE_CHECKING:
    from practicestudio.delivery.calls import CallEntry
    from practicestudio.delivery.log import Filter
    from practicestudio.delivery.search import Hit, Progress
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

CALLS = {
    "at": "At (UTC)",
    "method": "",
    "path_template": "Path",
    "status": "Status",
    "duration_ms": "ms",
    "error_code": "Error",
    "message_id": "Message",
}

States = Annotated[list[str] | None, typer.Option("--state", help="Only these states: received, working, waiting, done, failed, parked, …")]
Kind = Annotated[str | None, typer.Option(help="Only this kind: patient, appointment, patient.update, feed.patients, …")]
Since = Annotated[
    datetime | None,
    typer.Option(metavar="TIME", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"], help="Only since then: ISO 8601, UTC if no zone."),
]


def search(
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What the messages say, upper and lower case alike.")],
    practice: PracticeId,
    state: States = None,
    kind: Kind = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, help="End after so many.")] = 100,
    as_json: AsJson = False,
    by: By = None,
) -> None:
    """Search what messages say, the newest first: every body is opened on the way. This shows patient data; the audit trail notes it.

    \b
    Example:
      practicestudio messages search 1980-05-15 --practice 195900 --since 2026-11-01
    """
    from contextlib import aclosing

    from practicestudio.delivery.search import Progress
    from practicestudio.sync.search_messages import search_messages

    chosen, hits = filter_of(state, kind, since), list["Hit"]()

    async def work(database: "Database", found: "Practice") -> "Progress | None":
        progress = None
        async with aclosing(search_messages(database, found.id, text, chosen, person(by))) as told:
            async for one in told:
                if isinstance(one, Progress):
                    progress = one
                elif len(hits) < limit:
                    hits.append(one)
                    if not as_json:
                        sys.stdout.write(f"{one.message_id}  {one.part}: …{one.excerpt.before}{one.excerpt.found}{one.excerpt.after}…\n")
                if len(hits) >= limit:
                    break
        return progress

    progress = session_of(context).on_practice(practice, work)
    if as_json:
        show_json([asdict(hit) for hit in hits])
    if progress is not None:
        say(f"{progress.searched} of {progress.total} messages were searched; {len(hits)} say it.")
        if progress.unreadable:
            say(f"{progress.unreadable} bodies could not be opened.")


def calls(
    context: typer.Context,
    practice: PracticeId,
    operation: Annotated[str | None, typer.Option(help="Only this operation: patient.get, feed.changed, …")] = None,
    answer: Annotated[list[str] | None, typer.Option(help="Only these answers: 2xx, 3xx, 4xx, 5xx, none.")] = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List the calls to athenahealth, the newest first: what was asked, what came, how long it took.

    \b
    Example:
      practicestudio messages calls --practice 195900 --answer 5xx --answer none
    """
    from practicestudio.delivery.calls import ANSWERS, CallFilter, list_calls

    for one in answer or ():
        if one not in ANSWERS:
            raise typer.BadParameter(f"an answer is one of {', '.join(ANSWERS)}", param_hint="--answer")
    answers = [one for one in ANSWERS if one in answer] if answer else None
    chosen = CallFilter(operation=operation, answers=answers, since=filter_of(None, None, since).since)

    async def work(database: "Database", found: "Practice") -> "list[CallEntry]":
        async with database.practice(found.id) as transaction:
            return await list_calls(transaction, chosen, limit)

    entries = session_of(context).on_practice(practice, work)
    shown = [asdict(entry) | {"at": moment_of(entry.id), "duration_ms": round(entry.duration_ms, 1)} for entry in entries]
    show_list(shown, CALLS, as_json=as_json, empty="There are no such calls.")


def export(
    context: typer.Context,
    practice: PracticeId,
    state: States = None,
    kind: Kind = None,
    since: Since = None,
    form: Annotated[Format, typer.Option("--format", help="CSV with a heading, or a JSON object a line.")] = Format.CSV,
    by: By = None,
) -> None:
    """Write all messages that fit to standard output, the newest first, however many they are. The audit trail notes it.

    \b
    Example:
      practicestudio messages export --practice 195900 --format ndjson --since 2026-11-01 > messages.ndjson
    """
    from practicestudio.sync.export_log import export_messages

    chosen = filter_of(state, kind, since)

    async def work(database: "Database", found: "Practice") -> None:
        async with database.practice(found.id) as transaction:
            pieces = await export_messages(transaction, database, chosen, form, person(by))
        async for piece in pieces:
            sys.stdout.write(piece.decode())

    session_of(context).on_practice(practice, work)


def filter_of(state: Sequence[str] | None, kind: str | None, since: datetime | None) -> "Filter":
    """The filter that these options name."""
    from practicestudio.clock import first_id_at
    from practicestudio.delivery.log import Filter
    from practicestudio.delivery.message import STATES

    for one in state or ():
        if one not in STATES:
            raise typer.BadParameter(f"a state is one of {', '.join(STATES)}", param_hint="--state")
    moment = since if since is None or since.tzinfo else since.replace(tzinfo=UTC)
    states = [one for one in STATES if one in state] if state else None
    return Filter(states=states, kinds=[kind] if kind else None, since=first_id_at(moment) if moment else None)
