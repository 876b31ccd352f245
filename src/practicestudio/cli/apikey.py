"""`practicestudio apikey`: the keys with which programs use the API."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from practicestudio.access.rights import Right
from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import say, show_list
from practicestudio.cli.session import person, session_of

if TYPE_CHECKING:
    from practicestudio.access.api_keys import ApiKey
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The keys with which programs use the API.")


@app.command("make")
def make(
    context: typer.Context,
    practice: PracticeId,
    name: Annotated[str, typer.Option(help="Which program uses it.")],
    scopes: Annotated[list[Right], typer.Option("--scope", help="What it may; may be given several times.")],
    days: Annotated[int, typer.Option(min=1, max=366, help="Days until it ends.")] = 90,
    by: By = None,
) -> None:
    """Make a key for one practice, and print it: it is shown only now.

    \b
    Example:
      practicestudio apikey make --practice 195900 --name "Front desk program" --scope appointments:view --scope appointments:change
    """
    from practicestudio.access.api_keys import make_key
    from practicestudio.access.caller import Caller
    from practicestudio.clock import now

    async def work(database: "Database", found: "Practice") -> str:
        made_at = now()
        ends_at = made_at + timedelta(days=days)
        _, token = await make_key(database, Caller.operator(person(by)), found.id, name, frozenset(scopes), ends_at, made_at)
        return token

    token = session_of(context).on_practice(practice, work)
    say("The key, shown only now; the program sends it as `Authorization: Bearer`:")
    typer.echo(token)


@app.command("list")
def list_all(context: typer.Context, practice: PracticeId, as_json: AsJson = False) -> None:
    """List a practice's keys, without what proves them.

    \b
    Examples:
      practicestudio apikey list --practice 195900
      practicestudio apikey list --practice 195900 --json
    """
    from practicestudio.access.api_keys import list_keys
    from practicestudio.clock import now

    async def work(database: "Database", found: "Practice") -> "list[ApiKey]":
        async with database.shared() as transaction:
            return await list_keys(transaction, found.id)

    rows = [
        {
            "name": key.name,
            "prefix": key.prefix,
            "scopes": sorted(right.value for right in key.scopes),
            "open": key.open(now()),
            "made_by": key.made_by,
            "made_at": key.made_at,
            "used_at": key.used_at,
            "ends_at": key.ends_at,
            "revoked_at": key.revoked_at,
            "id": key.id,
        }
        for key in session_of(context).on_practice(practice, work)
    ]
    columns = {"name": "For", "prefix": "Begins with", "scopes": "May", "open": "Open", "used_at": "Used (UTC)", "ends_at": "Ends (UTC)", "id": "Id"}
    show_list(rows, columns, as_json=as_json, empty="This practice has no keys; make one with: practicestudio apikey make")


@app.command("revoke")
def revoke(
    context: typer.Context,
    key: Annotated[UUID, typer.Argument(metavar="KEY", help="The key's id, as `apikey list` shows it.")],
    practice: PracticeId,
    by: By = None,
) -> None:
    """End a key at once.

    \b
    Example:
      practicestudio apikey revoke 0193… --practice 195900
    """
    from practicestudio.access.api_keys import revoke_key
    from practicestudio.access.caller import Caller
    from practicestudio.clock import now

    async def work(database: "Database", found: "Practice") -> None:
        await revoke_key(database, Caller.operator(person(by)), found.id, key, now())

    session_of(context).on_practice(practice, work)
    say("The key is revoked: its next call is refused.")
