"""`practicestudio messages`: the message log and its error queue."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from practicestudio.cli.log_reading import Kind, Since, States, calls, export, filter_of, search
from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import console, say, show_fields, show_json, show_list, table_of
from practicestudio.cli.session import person, session_of

if TYPE_CHECKING:
    from practicestudio.delivery.error_queue import ErrorGroup, Handled
    from practicestudio.delivery.log import LogEntry
    from practicestudio.delivery.story import Story
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The message log: everything that crossed the wall, and the error queue.")

COLUMNS = {
    "received_at": "Received (UTC)",
    "direction": "",
    "kind": "Kind",
    "state": "State",
    "tries": "Tries",
    "error": "Why, and what to do",
    "id": "Id",
}
TRIES = {"operation": "Operation", "path_template": "Path", "status": "Status", "duration_ms": "ms", "error_code": "Error", "request_id": "Request"}

app.command("search")(search)
app.command("calls")(calls)
app.command("export")(export)

MessageId = Annotated[UUID, typer.Argument(metavar="ID", help="The message's id, as `messages list` shows it.")]
MessageIds = Annotated[list[UUID], typer.Argument(metavar="ID...", help="Ids of messages.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")]


@app.command("list")
def list_(
    context: typer.Context,
    practice: PracticeId,
    state: States = None,
    kind: Kind = None,
    since: Since = None,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="At most so many, the newest.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List messages, the newest first. There is no patient data in the list.

    \b
    Examples:
      practicestudio messages list --practice 195900
      practicestudio messages list --practice 195900 --state failed --state parked --since 2026-11-01 --json
    """
    from practicestudio.delivery.log import list_messages

    chosen = filter_of(state, kind, since)

    async def work(database: "Database", found: "Practice") -> "list[LogEntry]":
        async with database.practice(found.id) as transaction:
            return await list_messages(transaction, chosen, limit)

    entries = session_of(context).on_practice(practice, work)
    show_list([asdict(entry) for entry in entries], COLUMNS, as_json=as_json, empty="There are no such messages.")


@app.command("show")
def show(
    context: typer.Context,
    message: MessageId,
    practice: PracticeId,
    body: Annotated[bool, typer.Option("--body", help="Also what was received, sent and answered: patient data. The audit trail notes it.")] = False,
    as_json: AsJson = False,
    by: By = None,
) -> None:
    """Show one message with its tries.

    \b
    Examples:
      practicestudio messages show 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900
      practicestudio messages show 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --body --by "A. Analyst"
    """
    from practicestudio.access import audit
    from practicestudio.delivery.story import read_story

    async def work(database: "Database", found: "Practice") -> "Story":
        async with database.practice(found.id) as transaction:
            story = await read_story(transaction, message)
            if body:
                kind = story.entry.kind.partition(".")[0]
                about = kind if kind in ("patient", "appointment") and story.entry.record_id else None
                entry = audit.AuditEntry(audit.Action.PERSON_BODY_VIEW, person(by), about, story.entry.record_id, message)
                await audit.write(transaction, [entry])
            return story

    story = session_of(context).on_practice(practice, work)
    bodies = {part: content.decode("utf-8", "replace") for part, content in story.bodies.items()} if body else {}
    if as_json:
        show_json({**asdict(story.entry), "tries": [asdict(one) for one in story.tries], **({"bodies": bodies} if body else {})})
        return
    show_fields(asdict(story.entry), as_json=False)
    if story.tries:
        console().print(table_of([asdict(one) | {"duration_ms": round(one.duration_ms, 1)} for one in story.tries], TRIES))
    for part, text in bodies.items():
        sys.stdout.write(f"\n{part}\n{text}\n")


@app.command("errors")
def errors(context: typer.Context, practice: PracticeId, as_json: AsJson = False) -> None:
    """Show the error queue by cause, the most frequent first.

    \b
    Example:
      practicestudio messages errors --practice 195900
    """
    from practicestudio.delivery import error_queue

    async def work(database: "Database", found: "Practice") -> "list[ErrorGroup]":
        async with database.practice(found.id) as transaction:
            return await error_queue.groups(transaction)

    groups = session_of(context).on_practice(practice, work)
    columns = {"count": "Messages", "kind": "Kind", "state": "State", "error_code": "Code", "error": "Why, and what to do", "example": "One of them"}
    show_list([asdict(group) for group in groups], columns, as_json=as_json, empty="The error queue is empty.")


@app.command("retry")
def retry(
    context: typer.Context,
    practice: PracticeId,
    messages: Annotated[list[UUID] | None, typer.Argument(metavar="ID...", help="Ids of messages.")] = None,
    all_of_code: Annotated[
        str | None, typer.Option(metavar="CODE", help="All failed messages with this code, as `messages errors` shows it.")
    ] = None,
    dry_run: DryRun = False,
    by: By = None,
) -> None:
    """Have messages of the error queue worked again, each at its old place in its lane.

    \b
    Examples:
      practicestudio messages retry --practice 195900 01a2063c-5b71-7078-a950-39262a5dff85
      practicestudio messages retry --practice 195900 --all-of-code invalid_value --dry-run
    """
    from practicestudio.delivery import error_queue
    from practicestudio.delivery.log import Filter
    from practicestudio.sync import handle_errors

    if bool(messages) == bool(all_of_code):
        raise typer.BadParameter("give either ids or --all-of-code", param_hint="ID...")
    fitting = Filter(states=("failed",), error_code=all_of_code)

    async def work(database: "Database", found: "Practice") -> "Handled":
        async with database.practice(found.id) as transaction:
            if dry_run:
                return await error_queue.retry(transaction, messages or [], person(by), dry_run=True)
            return await handle_errors.retry(transaction, messages or [], person(by))

    async def work_all(database: "Database", found: "Practice") -> int:
        if dry_run:
            async with database.practice(found.id) as transaction:
                return (await handle_errors.plan(transaction, fitting)).count
        return max([done async for done in handle_errors.retry_fitting(lambda: database.practice(found.id), fitting, person(by))])

    if messages:
        _tell(session_of(context).on_practice(practice, work), "worked again", dry_run=dry_run)
    else:
        count = session_of(context).on_practice(practice, work_all)
        say(f"{count} {'would be' if dry_run else 'are'} worked again.")


@app.command("discard")
def discard(
    context: typer.Context,
    messages: MessageIds,
    practice: PracticeId,
    reason: Annotated[str, typer.Option(help="Why they are not needed; it stays in the log.")],
    dry_run: DryRun = False,
    by: By = None,
) -> None:
    """Take messages out of the error queue for good; they stay in the log, with the reason.

    \b
    Example:
      practicestudio messages discard 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --reason "test patient"
    """
    from practicestudio.delivery import error_queue
    from practicestudio.sync import handle_errors

    async def work(database: "Database", found: "Practice") -> "Handled":
        async with database.practice(found.id) as transaction:
            if dry_run:
                return await error_queue.discard(transaction, messages, reason, person(by), dry_run=True)
            return await handle_errors.discard(transaction, messages, reason, person(by))

    _tell(session_of(context).on_practice(practice, work), "discarded", dry_run=dry_run)


@app.command("edit")
def edit(
    context: typer.Context,
    message: MessageId,
    practice: PracticeId,
    file: Annotated[typer.FileBinaryRead, typer.Option("--file", metavar="FILE", help="The corrected body; `-` reads standard input.")],
    by: By = None,
) -> None:
    """Have a corrected copy of a message worked instead; the original is kept and linked.

    \b
    Example:
      practicestudio messages edit 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --file corrected.json
    """
    from practicestudio.sync import handle_errors

    body = file.read()

    async def work(database: "Database", found: "Practice") -> UUID:
        async with database.practice(found.id) as transaction:
            return await handle_errors.edit_and_retry(transaction, message, body, person(by))

    copy = session_of(context).on_practice(practice, work)
    say(f"The corrected copy is message {copy}.")


def _tell(handled: "Handled", what: str, *, dry_run: bool) -> None:
    say(f"{len(handled.ids)} {'would be' if dry_run else 'are'} {what}.")
    if handled.untouched:
        say(f"{len(handled.untouched)} are not in the error queue: {', '.join(str(one) for one in handled.untouched[:5])}")
        raise typer.Exit(1)
