"""`practicestudio db`: the database's schema."""

from typing import TYPE_CHECKING

import typer

from practicestudio.cli.options import AsJson
from practicestudio.cli.output import say, show_fields
from practicestudio.cli.session import run_async, session_of

if TYPE_CHECKING:
    from practicestudio.settings import Settings

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The database: bring its schema to this version, or see where it stands.")


@app.command("migrate")
def migrate(context: typer.Context) -> None:
    """Make roles, database and tables where they are missing, and bring the schema to this version.

    Every command that works on the database does this by itself; this one is for a deployment that wants it as a step of its own.

    \b
    Example:
      practicestudio db migrate
    """
    settings = session_of(context).settings()
    applied = run_async(_migrate(settings))
    say(f"The schema is at {applied}.")


async def _migrate(settings: "Settings") -> str:
    from practicestudio.app import open_access, read_schema_state

    async with open_access(settings):
        return (await read_schema_state(settings)).applied[-1]


@app.command("status")
def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Say which database is used and which steps of its schema are applied and pending.

    \b
    Examples:
      practicestudio db status
      practicestudio db status --json
    """
    from practicestudio.app import read_schema_state

    settings = session_of(context).settings()
    state = run_async(read_schema_state(settings))
    database = "PostgreSQL of the setting database_url" if settings.database_url else f"embedded PostgreSQL in {settings.home}"
    show_fields({"database": database, "applied": state.applied, "pending": state.pending}, as_json=as_json)
