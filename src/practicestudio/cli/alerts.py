"""`practicestudio alerts`: what the monitor found wrong, and who sees to it."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import say, show_list
from practicestudio.cli.session import person, session_of

if TYPE_CHECKING:
    from practicestudio.monitor.alerts import Alert
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Alerts: list them, and say that somebody sees to one.")

COLUMNS = {
    "practice": "Practice",
    "severity": "",
    "rule": "Rule",
    "sentence": "What is wrong, and what to do",
    "opened_at": "Since (UTC)",
    "closed_at": "Over (UTC)",
    "acknowledged_by": "Seen by",
    "id": "Id",
}


@app.command("list")
def list_all(
    context: typer.Context,
    practice: Annotated[str | None, typer.Option("--practice", metavar="ID", help="Only this practice's; else all, and the installation's.")] = None,
    over: Annotated[bool, typer.Option("--over", help="Also those that are over, the newest 100 of each practice.")] = False,
    as_json: AsJson = False,
) -> None:
    """List open alerts, the worst first.

    \b
    Examples:
      practicestudio alerts list
      practicestudio alerts list --practice 195900 --over --json
    """

    async def work(database: "Database") -> "tuple[list[tuple[Practice, Alert]], dict[str, str]]":
        from practicestudio.access.actors import name_actors
        from practicestudio.monitor.alerts import list_alerts, open_alerts

        found: list[tuple[Practice, Alert]] = []
        for one in await _practices(database, practice):
            async with database.practice(one.id) as transaction:
                alerts = await (list_alerts(transaction, limit=100) if over else open_alerts(transaction))
            found += [(one, alert) for alert in alerts]
        return found, await name_actors(database, [alert.acknowledged_by for _, alert in found])

    found, names = session_of(context).on_database(work)

    rows = [
        {
            "practice": one.athena_id or "all",
            "severity": alert.severity,
            "rule": alert.rule,
            "about": alert.about,
            "sentence": alert.sentence,
            "opened_at": alert.opened_at,
            "closed_at": alert.closed_at,
            "acknowledged_by": names.get(alert.acknowledged_by or ""),
            "id": alert.id,
        }
        for one, alert in found
    ]
    show_list(rows, COLUMNS, as_json=as_json, empty="No alert is open.")


@app.command("acknowledge")
def acknowledge(
    context: typer.Context,
    alert: Annotated[UUID, typer.Argument(metavar="ID", help="The alert, as `alerts list` shows its id.")],
    practice: PracticeId,
    by: By = None,
) -> None:
    """Say that somebody sees to an alert. It stays open until it is well again.

    \b
    Example:
      practicestudio alerts acknowledge 01938c2e-7d1a-7cc3-8f1e-6b7f5a1c2d3e --practice 195900
    """

    async def work(database: "Database", found: "Practice") -> None:
        from practicestudio.clock import now
        from practicestudio.monitor.alerts import acknowledge

        async with database.practice(found.id) as transaction:
            await acknowledge(transaction, alert, now(), person(by))

    session_of(context).on_practice(practice, work)
    say("The alert is acknowledged.")


async def _practices(database: "Database", wanted: str | None) -> "list[Practice]":
    from practicestudio.monitor.rounds import INSTALLATION
    from practicestudio.practices.practice import find_practice, list_practices

    if wanted is not None:
        return [await find_practice(database, wanted)]
    return [INSTALLATION, *await list_practices(database)]
