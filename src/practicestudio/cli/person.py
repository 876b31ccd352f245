"""`practicestudio person`: who may sign in, with which roles."""

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import typer

from practicestudio.access.rights import Role
from practicestudio.cli.options import AsJson, By
from practicestudio.cli.output import say, show_list
from practicestudio.cli.session import person, session_of
from practicestudio.errors import Misconfigured

if TYPE_CHECKING:
    from practicestudio.access.caller import Caller
    from practicestudio.access.people import Person
    from practicestudio.access.roles import Held
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The people who may sign in, and their roles.")

SignInName = Annotated[str, typer.Argument(metavar="SIGN-IN-NAME", help="With which the person signs in.")]
AtPractice = Annotated[str | None, typer.Option("--practice", metavar="ID", help="The practice of the role: its id at athenahealth, or ours.")]
Everywhere = Annotated[bool, typer.Option("--everywhere", help="The role holds at every practice, also at those added later.")]


@app.command("add")
def add(
    context: typer.Context,
    sign_in_name: SignInName,
    name: Annotated[str, typer.Option(help="The person's name, as colleagues know it.")],
    roles: Annotated[list[Role] | None, typer.Option("--role", help="May be given several times.")] = None,
    email: Annotated[str | None, typer.Option(help="By which a sign-in provider may know the person.")] = None,
    practice: AtPractice = None,
    everywhere: Everywhere = False,
    by: By = None,
) -> None:
    """Add somebody, and print a one-time password with which they choose their own.

    \b
    Examples:
      practicestudio person add ann --name "Ann Lee" --practice 195900 --role front_desk
      practicestudio person add chief --name "Grace Chief" --everywhere --role administrator
    """
    from practicestudio.access.manage_people import add_person
    from practicestudio.access.people import Particulars
    from practicestudio.access.reset import give_one_time_password
    from practicestudio.app import rules_of

    session = session_of(context)

    async def work(database: "Database") -> str:
        held = {await _place(database, practice, everywhere=everywhere): frozenset(roles)} if roles else {}
        caller = _operator(by)
        made = await add_person(database, caller, Particulars(name=name, sign_in_name=sign_in_name, email=email), held)
        return await give_one_time_password(database, caller, made, rules_of(session.settings()))

    _hand_over(session.on_database(work))


@app.command("list")
def list_all(context: typer.Context, as_json: AsJson = False) -> None:
    """List the people and their roles.

    \b
    Examples:
      practicestudio person list
      practicestudio person list --json
    """
    from practicestudio.access.caller import EVERYWHERE, Caller
    from practicestudio.access.roles import list_people
    from practicestudio.practices.practice import list_practices

    async def work(database: "Database") -> "tuple[list[tuple[Person, Held]], list[Practice]]":
        async with database.shared() as transaction:
            return await list_people(transaction, Caller.operator("list")), await list_practices(database)

    people, practices = session_of(context).on_database(work)
    names = {EVERYWHERE: "everywhere"} | {one.id: one.athena_id for one in practices}
    rows = [
        {
            "sign_in_name": one.sign_in_name,
            "name": one.name,
            "email": one.email,
            "roles": [f"{role.value} at {names.get(at, at)}" for at, roles in held.items() for role in sorted(roles)],
            "signed_in_at": one.signed_in_at,
            "deactivated_at": one.deactivated_at,
            "id": one.id,
        }
        for one, held in people
    ]
    columns = {"sign_in_name": "Signs in as", "name": "Name", "roles": "Roles", "signed_in_at": "Last (UTC)", "deactivated_at": "Deactivated (UTC)"}
    show_list(rows, columns, as_json=as_json, empty="There is nobody yet; add somebody with: practicestudio person add")


@app.command("role")
def role(
    context: typer.Context,
    sign_in_name: SignInName,
    grant: Annotated[list[Role] | None, typer.Option("--grant", help="A role to give; several times for several.")] = None,
    revoke: Annotated[list[Role] | None, typer.Option("--revoke", help="A role to take away.")] = None,
    practice: AtPractice = None,
    everywhere: Everywhere = False,
    by: By = None,
) -> None:
    """Give somebody roles at a practice or everywhere, or take them away.

    \b
    Examples:
      practicestudio person role ann --practice 195900 --grant biller --revoke front_desk
      practicestudio person role chief --everywhere --grant auditor
    """
    from practicestudio.access.roles import grant_role, revoke_role

    if not grant and not revoke:
        raise typer.BadParameter("say which role to --grant or to --revoke")

    async def work(database: "Database") -> None:
        found, at = await _find(database, sign_in_name), await _place(database, practice, everywhere=everywhere)
        for one in grant or []:
            await grant_role(database, _operator(by), found, at, one)
        for one in revoke or []:
            await revoke_role(database, _operator(by), found, at, one)

    session_of(context).on_database(work)
    say("It is done; it holds from the person's next page on.")


@app.command("deactivate")
def deactivate(context: typer.Context, sign_in_name: SignInName, by: By = None) -> None:
    """Take somebody's access away: signed out everywhere at once, roles kept for when they come back.

    \b
    Example:
      practicestudio person deactivate ann
    """
    from practicestudio.access.manage_people import deactivate_person

    async def work(database: "Database") -> None:
        await deactivate_person(database, _operator(by), await _find(database, sign_in_name))

    session_of(context).on_database(work)
    say("The person can no longer sign in. API keys that they made go on: `practicestudio apikey list` shows them.")


@app.command("reactivate")
def reactivate(context: typer.Context, sign_in_name: SignInName, by: By = None) -> None:
    """Give somebody's access back, with the roles and the password of before.

    \b
    Example:
      practicestudio person reactivate ann
    """
    from practicestudio.access.manage_people import reactivate_person

    async def work(database: "Database") -> None:
        await reactivate_person(database, _operator(by), await _find(database, sign_in_name))

    session_of(context).on_database(work)
    say("The person can sign in again.")


@app.command("reset")
def reset(
    context: typer.Context,
    sign_in_name: SignInName,
    second_factor: Annotated[bool, typer.Option("--second-factor", help="Also take away codes and passkeys, where they are lost.")] = False,
    by: By = None,
) -> None:
    """Give somebody a one-time password, which is printed, and sign them out everywhere.

    \b
    Examples:
      practicestudio person reset ann
      practicestudio person reset ann --second-factor
    """
    from practicestudio.access.reset import give_one_time_password, remove_second_factor
    from practicestudio.app import rules_of

    session = session_of(context)

    async def work(database: "Database") -> str:
        found, caller = await _find(database, sign_in_name), _operator(by)
        if second_factor:
            await remove_second_factor(database, caller, found)
        return await give_one_time_password(database, caller, found, rules_of(session.settings()))

    _hand_over(session.on_database(work))


def _operator(by: str | None) -> "Caller":
    from practicestudio.access.caller import Caller

    return Caller.operator(person(by))


def _hand_over(password: str) -> None:
    say("One-time password, shown only now, to be changed at the first sign-in:")
    typer.echo(password)


async def _find(database: "Database", sign_in_name: str) -> UUID:
    from practicestudio.access.people import find_person

    async with database.shared() as transaction:
        found = await find_person(transaction, sign_in_name)
    if found is None:
        raise Misconfigured(f"Nobody signs in as {sign_in_name}.", advice="`practicestudio person list` shows everybody.")
    return found.id


async def _place(database: "Database", practice: str | None, *, everywhere: bool) -> UUID:
    from practicestudio.access.caller import EVERYWHERE
    from practicestudio.practices.practice import find_practice

    if everywhere == (practice is not None):
        raise Misconfigured("Where does the role hold?", advice="Give either --practice ID or --everywhere.")
    return (await find_practice(database, practice)).id if practice else EVERYWHERE
