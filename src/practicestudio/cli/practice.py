"""`practicestudio practice`: add and list practices."""

from typing import TYPE_CHECKING, Annotated

import typer

from practicestudio.cli.options import AsJson, By
from practicestudio.cli.output import say, show_list
from practicestudio.cli.session import person, session_of

if TYPE_CHECKING:
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The practices of this installation.")


@app.command("add")
def add(
    context: typer.Context,
    practice: Annotated[str, typer.Argument(metavar="ID", help="The practice's id at athenahealth: digits.")],
    name: Annotated[str, typer.Option(help="What people call it.")],
    time_zone: Annotated[str, typer.Option(metavar="ZONE", help="IANA name, in which its schedules are written, such as America/New_York.")],
    by: By = None,
) -> None:
    """Add a practice, with keys of its own. Connect it next.

    \b
    Example:
      practicestudio practice add 195900 --name "Harborview Medical Group" --time-zone America/New_York
    """
    from practicestudio.sync.add_practice import add_practice

    async def work(database: "Database") -> "Practice":
        return await add_practice(database, practice, name, time_zone, person(by))

    added = session_of(context).on_database(work)
    say(f"Practice {added.athena_id} is added. Connect it with: practicestudio connection set --practice {added.athena_id} --client-id …")


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the practices.

    \b
    Examples:
      practicestudio practice list
      practicestudio practice list --json
    """
    from practicestudio.practices.practice import list_practices

    found = session_of(context).on_database(list_practices)
    rows = [{"practice": one.athena_id, "name": one.name, "time_zone": one.time_zone, "id": one.id, "created_at": one.created_at} for one in found]
    columns = {"practice": "Practice", "name": "Name", "time_zone": "Time zone", "created_at": "Added (UTC)", "id": "Our id"}
    show_list(rows, columns, as_json=as_json, empty="There is no practice yet; add one with: practicestudio practice add")
