"""`practicestudio connection`: how a practice reaches athenahealth; secrets go in and never come out."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from practicestudio.cli.options import AsJson, By, PracticeId
from practicestudio.cli.output import Row, say, show_fields, show_list
from practicestudio.cli.session import person, session_of
from practicestudio.errors import NotYet

if TYPE_CHECKING:
    from practicestudio.monitor.connection_tests import ConnectionTest, Step
    from practicestudio.practices.connection import Connection
    from practicestudio.practices.credentials import Credentials
    from practicestudio.practices.practice import Practice
    from practicestudio.store.database import Database
    from practicestudio.sync.doors import Doors

    Tests = list[tuple[Practice, ConnectionTest]]

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="A practice's connection to athenahealth: set, show, test.")

Limit = Annotated[str | None, typer.Option(metavar="NUMBER", help="What athenahealth allows this client; `none` for no limit.")]


@app.command("set")
def set_(
    context: typer.Context,
    practice: PracticeId,
    client_id: Annotated[str | None, typer.Option(metavar="ID", help="Client id, as athenahealth's developer portal shows it.")] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the client secret from standard input instead of asking for it.")
    ] = False,
    private_key_file: Annotated[
        Path | None, typer.Option(metavar="FILE", dir_okay=False, exists=True, help="Private key (PEM or JWK), for --auth private_key_jwt.")
    ] = None,
    key_id: Annotated[str | None, typer.Option(metavar="ID", help="The id by which athenahealth knows the private key.")] = None,
    base_url: Annotated[str | None, typer.Option(metavar="URL", help="Address of the API; athenahealth's production if never set.")] = None,
    dialect: Annotated[
        str | None, typer.Option(help="`platform`, athenahealth as it is today, or `guide`, as the integration guide prints it.")
    ] = None,
    api_version: Annotated[str | None, typer.Option(help="`preview_v1`, `standard_v1` or `fhir_v1`.")] = None,
    auth: Annotated[str | None, typer.Option(help="How to sign in: `basic`, `body` or `private_key_jwt`.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="OAuth scope; may be given several times.")] = None,
    calls_per_second: Limit = None,
    calls_per_day: Limit = None,
    tokens_per_minute: Limit = None,
    reserve: Annotated[
        float | None, typer.Option(min=0, max=0.99, help="Part of the day's calls kept for people and feeds while a backfill runs.")
    ] = None,
    refresh_early: Annotated[int | None, typer.Option(metavar="SECONDS", help="How long before its end a token is replaced.")] = None,
    by: By = None,
) -> None:
    """Set a practice's connection and credentials. What is not given stays as it is.

    The client secret is asked for without being shown, or read from standard input; it is never an argument, for those can be seen by others.

    \b
    Examples:
      practicestudio connection set --practice 195900 --client-id 0oa1b2c3
      practicestudio connection set --practice 195900 --base-url https://api.preview.platform.athenahealth.com --api-version preview_v1
      pass show athena | practicestudio connection set --practice 195900 --client-id 0oa1b2c3 --secret-stdin
      practicestudio connection set --practice 195900 --auth private_key_jwt --private-key-file key.pem --key-id k1
    """
    from practicestudio.sync.set_up_connection import current_connection, set_up_connection

    given: dict[str, Any] = {"base_url": base_url, "dialect": dialect, "api_version": api_version, "auth": auth}
    given |= {"scopes": tuple(scope) if scope else None, "refresh_early": refresh_early}
    limits = {
        "per_second": _limit(calls_per_second, float),
        "per_day": _limit(calls_per_day, int),
        "tokens_per_minute": _limit(tokens_per_minute, int),
    }
    limits |= {"backfill_leaves": {} if reserve is None else {"value": reserve}}

    async def work(database: "Database", found: "Practice") -> None:
        connection, credentials = await current_connection(database, found)
        wanted = _wanted(connection, given, limits)
        proof = _credentials(credentials, client_id, key_id, private_key_file, secret_stdin=secret_stdin)
        await set_up_connection(database, found, wanted, proof, person(by), seen=connection)

    session_of(context).on_practice(practice, work)
    say(f"The connection is set. Test it with: practicestudio connection test --practice {practice}")


def _limit(text: str | None, kind: type[Any]) -> dict[str, Any]:
    """{} where it was not given, else {"value": number or None}."""
    if text is None:
        return {}
    if text.lower() == "none":
        return {"value": None}
    try:
        return {"value": kind(text)}
    except ValueError:
        raise typer.BadParameter(f"a limit is a number or `none`, not {text}") from None


def _wanted(connection: "Connection | None", given: dict[str, Any], limits: dict[str, dict[str, Any]]) -> "Connection":
    from practicestudio.practices.connection import Connection

    known = connection or Connection()
    changed = {name: value for name, value in given.items() if value is not None}
    return replace(known, **changed, limits=replace(known.limits, **{name: one["value"] for name, one in limits.items() if one}))


def _credentials(
    known: "Credentials | None", client_id: str | None, key_id: str | None, private_key_file: Path | None, *, secret_stdin: bool
) -> "Credentials":
    """The credentials to keep: the secret comes from where it was promised, or is asked for where it is needed and nothing else was given."""
    from practicestudio.practices.credentials import Credentials

    name = client_id or (known.client_id if known else "") or typer.prompt("Client id", err=True)
    if private_key_file is not None:
        return Credentials(client_id=name, private_key=private_key_file.read_text(), key_id=key_id or (known.key_id if known else None))
    if secret_stdin:
        return Credentials(client_id=name, client_secret=sys.stdin.readline().rstrip("\r\n"))
    if known is not None and known.client_id == name:
        return replace(known, key_id=key_id or known.key_id)
    return Credentials(client_id=name, client_secret=typer.prompt("Client secret", hide_input=True, err=True))


@app.command("show")
def show(context: typer.Context, practice: PracticeId, as_json: AsJson = False) -> None:
    """Show a practice's connection. Of the credentials it shows the client id, and never a secret.

    \b
    Example:
      practicestudio connection show --practice 195900
    """
    from practicestudio.practices.connection import to_value
    from practicestudio.sync.set_up_connection import current_connection

    found: tuple[Connection | None, Credentials | None] = session_of(context).on_practice(practice, current_connection)
    connection, credentials = found
    if connection is None:
        say("This practice has no connection yet. Set one with: practicestudio connection set")
        raise typer.Exit(1)
    value = to_value(connection)
    limits = value.pop("limits")
    proof = None if credentials is None else "private key" if credentials.private_key else "client secret"
    fields = {"client_id": credentials.client_id if credentials else None, "proof": proof, **value, **limits}
    show_fields(fields, as_json=as_json)


@app.command("test")
def check(
    context: typer.Context,
    practice: Annotated[str | None, typer.Option("--practice", metavar="ID", help="The practice: its id at athenahealth, or ours.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Test the connections of all practices, a few at a time.")] = False,
    as_json: AsJson = False,
    by: By = None,
) -> None:
    """Test a practice's connection: name, connection, TLS and certificate, token, ping, and one call of each API in use.

    Each step is ok, or says in one sentence what to do; the result is kept. The exit status is 1 when a step failed.

    \b
    Examples:
      practicestudio connection test --practice 195900
      practicestudio connection test --all
    """
    if (practice is None) == (not every):
        raise typer.BadParameter("name one practice with --practice, or test them --all")
    session = session_of(context)
    settings = session.settings()

    async def work(database: "Database") -> bool:
        from practicestudio.sync.doors import open_doors

        async with open_doors(database, ca_file=settings.ca_file, connect=settings.connect_timeout, read=settings.read_timeout) as doors:
            tests = await _run_tests(doors, practice, person(by))
        (_show_all if every else _show_one)(tests, as_json=as_json)
        return all(test.state == "ok" for _, test in tests)

    if not session.on_database(work):
        raise typer.Exit(1)


async def _run_tests(doors: "Doors", wanted: str | None, by: str) -> "Tests":
    """Test the wanted practice's connection, or all that there are."""
    from practicestudio.practices.practice import find_practice, list_practices
    from practicestudio.sync.run_connection_tests import begin_connection_test, finish_connection_test, run_all

    if wanted is None:
        practices = await list_practices(doors.database)
        found = await run_all(doors, practices, by)
        return [(practice, found[practice.id]) for practice in practices if practice.id in found]
    practice = await find_practice(doors.database, wanted)
    test = await begin_connection_test(doors, practice, by)
    if test is None:
        raise NotYet("A test of this connection is under way already.", advice="It ends within a minute or two; then try again.")
    return [(practice, await finish_connection_test(doors, practice, test))]


def _show_one(tests: "Tests", *, as_json: bool) -> None:
    """Each step of the one test."""
    rows = [_step(step) for _, test in tests for step in test.steps]
    columns = {"step": "Step", "state": "", "told": "What was found, or what to do", "seconds": "Seconds"}
    show_list(rows, columns, as_json=as_json)


def _show_all(tests: "Tests", *, as_json: bool) -> None:
    """A line for each connection, with what to do about the step that failed."""
    from practicestudio.clock import now

    rows = [
        {
            "practice": practice.athena_id,
            "state": test.state,
            "told": test.failed_step.told if test.failed_step else None,
            "failed_step": test.failed_step.name if test.failed_step else None,
            "certificate_days": test.certificate_days(now()),
            "seconds": round(test.seconds or 0, 3),
            "steps": [_step(step) for step in test.steps],
        }
        for practice, test in tests
    ]
    columns = {"practice": "Practice", "state": "", "failed_step": "Failed", "told": "What to do", "certificate_days": "Certificate (days)"}
    show_list(rows, {**columns, "seconds": "Seconds"}, as_json=as_json, empty="No practice has a connection yet.")


def _step(step: "Step") -> Row:
    return {"step": step.name, "state": step.state, "told": step.told, "seconds": round(step.seconds, 3)}
