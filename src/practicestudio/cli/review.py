"""`practicestudio review`: the questions that only a person can answer."""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import typer

from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import console, say, show_fields, show_json, show_list, table_of
from practicestudio.cli.session import person, session_of

if TYPE_CHECKING:
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database
    from practicestudio.sync.reviews import Review

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Questions for a person: is this the same patient, and whose value stands?")

ReviewId = Annotated[UUID, typer.Argument(metavar="ID", help="The question's id, as `review list` shows it.")]


def question_of(review: "Review") -> str:
    """What is asked, without a value."""
    if review.kind == "conflict":
        return f"Both sides changed {', '.join(one['unit'] for one in review.content)}: whose value stands?"
    return str(review.content["because"])


@app.command("list")
def list_(context: typer.Context, practice: PracticeId, as_json: AsJson = False) -> None:
    """List the open questions, the oldest first. There is no patient data in the list.

    \b
    Example:
      practicestudio review list --practice 195900
    """
    from practicestudio.sync.reviews import open_reviews

    async def work(database: "Database", found: "Practice") -> "list[Review]":
        async with database.practice(found.id) as transaction:
            return await open_reviews(transaction)

    rows = [
        {"id": one.id, "kind": one.kind, "question": question_of(one), "asked_at": one.created_at, "message_id": one.message_id}
        for one in session_of(context).on_practice(practice, work)
    ]
    show_list(rows, {"asked_at": "Asked (UTC)", "kind": "Kind", "question": "Question", "id": "Id"}, as_json=as_json, empty="No question is open.")


@app.command("show")
def show(context: typer.Context, review: ReviewId, practice: PracticeId, as_json: AsJson = False, by: By = None) -> None:
    """Show a question with what speaks for each answer: values of both sides, or candidates with their evidence. The audit trail notes it.

    \b
    Example:
      practicestudio review show 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900
    """
    from practicestudio.access import audit
    from practicestudio.sync.reviews import lock_review

    async def work(database: "Database", found: "Practice") -> "Review":
        async with database.practice(found.id) as transaction:
            asked = await lock_review(transaction, review)
            entry = audit.AuditEntry(audit.Action.PERSON_MESSAGE_VIEW, person(by), asked.record_kind, asked.record_id, asked.message_id)
            await audit.write(transaction, [entry])
            return asked

    asked = session_of(context).on_practice(practice, work)
    fields = {"question": question_of(asked), "kind": asked.kind, "asked_at": asked.created_at, "message_id": asked.message_id}
    fields |= {"record_id": asked.record_id}
    if as_json:
        show_json({**fields, "content": asked.content})
        return
    show_fields(fields, as_json=False)
    rows, columns = _details(asked)
    console().print(table_of(rows, columns))


def _details(asked: "Review") -> tuple[list[dict[str, Any]], dict[str, str]]:
    if asked.kind == "conflict":
        rows = [{name: _short(one.get(name)) for name in ("unit", "base", "ours", "theirs")} for one in asked.content]
        return rows, {"unit": "Field", "base": "Last agreed", "ours": "Practice Studio", "theirs": "athenahealth"}
    rows = [
        {"id": one["id"], "because": one["because"], "evidence": ", ".join(f"{row['field']} {row['agreement']}" for row in one["evidence"])}
        for one in asked.content["candidates"]
    ]
    return rows, {"id": "Candidate", "because": "Why", "evidence": "Evidence"}


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(str(one) for one in value.values() if one)
    return "" if value is None else str(value)


@app.command("decide")
def decide(
    context: typer.Context,
    review: ReviewId,
    practice: PracticeId,
    link: Annotated[UUID | None, typer.Option(metavar="PATIENT", help="It is this patient, one of the candidates.")] = None,
    new: Annotated[bool, typer.Option("--new", help="It is somebody new.")] = False,
    ours: Annotated[bool, typer.Option("--ours", help="Practice Studio's values stand, and are sent.")] = False,
    theirs: Annotated[bool, typer.Option("--theirs", help="athenahealth's values stand.")] = False,
    by: By = None,
) -> None:
    """Answer a question: --link or --new where it asks who it is, --ours or --theirs where it asks whose value stands.

    \b
    Examples:
      practicestudio review decide 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --theirs
      practicestudio review decide 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --link 01a2063c-0000-7000-8000-000000000000
    """
    from practicestudio.sync.decide_review import decide_conflict, decide_match

    if sum((link is not None, new, ours, theirs)) != 1:
        raise typer.BadParameter("give one of --link, --new, --ours, --theirs", param_hint="answer")

    async def work(database: "Database", found: "Practice") -> None:
        async with database.practice(found.id) as transaction:
            if link is not None or new:
                await decide_match(transaction, review, link, person(by))
            else:
                await decide_conflict(transaction, review, "ours" if ours else "theirs", person(by))

    session_of(context).on_practice(practice, work)
    say("It is decided; a worker carries it out.")
