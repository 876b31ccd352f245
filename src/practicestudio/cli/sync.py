"""`practicestudio sync`: pull or read what changed now, with a bar, and tell how it went."""

from typing import TYPE_CHECKING, Annotated

import typer

from practicestudio.cli.options import PracticeId
from practicestudio.cli.session import Session, session_of

if TYPE_CHECKING:
    from practicestudio.cli.sync_run import What
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Bring a practice in step with athenahealth now.")

Full = Annotated[bool, typer.Option("--full", help="Everything, and not only what changed since the last time.")]


@app.command("practice")
def practice_(context: typer.Context, practice: PracticeId) -> None:
    """Read what the practice is made of: departments, providers, appointment types, custom fields.

    \b
    Example:
      practicestudio sync practice --practice 195900
    """
    _run(session_of(context), practice, "practice", full=True)


@app.command("patients")
def patients(context: typer.Context, practice: PracticeId, full: Full = False) -> None:
    """Take the patients that changed; all of them the first time, or with --full.

    \b
    Examples:
      practicestudio sync patients --practice 195900
      practicestudio sync patients --practice 195900 --full
    """
    _run(session_of(context), practice, "patients", full=full)


@app.command("appointments")
def appointments(context: typer.Context, practice: PracticeId, full: Full = False) -> None:
    """Take the appointments that changed; all of them near today, as the sync rules say, the first time or with --full.

    \b
    Example:
      practicestudio sync appointments --practice 195900
    """
    _run(session_of(context), practice, "appointments", full=full)


@app.command("feeds")
def feeds(context: typer.Context, practice: PracticeId) -> None:
    """Read all feeds of changes now; the first time subscribes to them, which takes athenahealth 5 to 15 minutes.

    \b
    Example:
      practicestudio sync feeds --practice 195900
    """
    _run(session_of(context), practice, "feeds", full=False)


def _run(session: Session, practice: str, what: "What", *, full: bool) -> None:
    from practicestudio.cli.sync_run import sync

    settings = session.settings()

    async def work(database: "Database", found: "Practice") -> bool:
        return await sync(settings, database, found, what, full=full)

    if not session.on_practice(practice, work):
        raise typer.Exit(1)
