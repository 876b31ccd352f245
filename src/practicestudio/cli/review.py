"""`practicestudio review`: the questions that only a person can answer."""

from enum import StrEnum
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


class State(StrEnum):
    """Of a question."""

    OPEN = "open"
    DECIDED = "decided"
    UNDONE = "undone"
    OUTDATED = "outdated"


CLOSED = {"state": "State", "decision": "Decision", "decided_by": "By"}

ReviewId = Annotated[UUID, typer.Argument(metavar="ID", help="The question's id, as `review list` shows it.")]


@app.command("list")
def list_(
    context: typer.Context,
    practice: PracticeId,
    state: Annotated[State, typer.Option(help="open, decided, undone, or outdated.")] = State.OPEN,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 1000,
    as_json: AsJson = False,
) -> None:
    """List the open questions, the oldest first, or closed ones, the last first. There is no patient data in the list.

    \b
    Examples:
      practicestudio review list --practice 195900
      practicestudio review list --practice 195900 --state decided
    """
    from practicestudio.sync.reviews import Wanted, list_reviews

    async def work(database: "Database", found: "Practice") -> "list[Review]":
        async with database.practice(found.id) as transaction:
            return await list_reviews(transaction, Wanted(states=(state.value,)), limit=limit)

    rows = [_line(one) for one in session_of(context).on_practice(practice, work)]
    columns = {"asked_at": "Asked (UTC)", "kind": "Kind", "question": "Question", **({} if state == State.OPEN else CLOSED), "id": "Id"}
    show_list(rows, columns, as_json=as_json, empty=f"No question is {state.value}.")


def _line(review: "Review") -> dict[str, Any]:
    line = {"id": review.id, "kind": review.kind, "question": review.because, "asked_at": review.created_at, "message_id": review.message_id}
    if review.state == "open":
        return line
    return {**line, "state": review.state, "decision": review.decision, "decided_by": review.decided_by, "decided_at": review.decided_at}


@app.command("show")
def show(context: typer.Context, review: ReviewId, practice: PracticeId, as_json: AsJson = False, by: By = None) -> None:
    """Show a question with what speaks for each answer: values of both sides, or candidates with their evidence. The audit trail notes it.

    \b
    Example:
      practicestudio review show 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900
    """
    from practicestudio.access import audit
    from practicestudio.sync.reviews import read_review

    async def work(database: "Database", found: "Practice") -> "Review":
        async with database.practice(found.id) as transaction:
            asked = await read_review(transaction, review)
            entry = audit.AuditEntry(audit.Action.PERSON_REVIEW_VIEW, person(by), asked.record_kind, asked.record_id, asked.message_id)
            await audit.write(transaction, [entry])
            return asked

    asked = session_of(context).on_practice(practice, work)
    fields = {**_line(asked), "record_id": asked.record_id}
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
    why: Annotated[str | None, typer.Option(help="Why, for the audit trail.")] = None,
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
                await decide_match(transaction, review, link, person(by), why=why)
            else:
                await decide_conflict(transaction, review, "ours" if ours else "theirs", person(by), why=why)

    session_of(context).on_practice(practice, work)
    say("It is decided; a worker carries it out.")


@app.command("undo")
def undo(
    context: typer.Context,
    review: ReviewId,
    practice: PracticeId,
    why: Annotated[str, typer.Option(help="What was wrong with the decision, for the audit trail.")],
    by: By = None,
) -> None:
    """Take a decision back: what it changed here and at athenahealth is undone, and the question is open again.

    \b
    Example:
      practicestudio review undo 01a2063c-5b71-7078-a950-39262a5dff85 --practice 195900 --why "father and son"
    """
    from practicestudio.sync.undo_review import undo_review

    async def work(database: "Database", found: "Practice") -> None:
        async with database.practice(found.id) as transaction:
            await undo_review(transaction, review, why, person(by))

    session_of(context).on_practice(practice, work)
    say("It is taken back, and the question is open again; where athenahealth had been told, a worker tells it first.")
