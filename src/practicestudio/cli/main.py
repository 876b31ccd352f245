"""The entry of the command: its groups, its global options, and how every error becomes one sentence and an exit status."""

import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer

from practicestudio.cli import (
    alerts,
    apikey,
    appointment,
    audit,
    connection,
    db,
    demo,
    health,
    keys,
    messages,
    patient,
    person,
    practice,
    review,
    sandbox,
    serve,
    sync,
)
from practicestudio.cli.output import say
from practicestudio.cli.session import Session
from practicestudio.errors import IntegrationError

FAILED, INTERRUPTED = 1, 130

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("run-role", hidden=True)(serve.run_role)
app.command("sandbox")(sandbox.sandbox)
app.command("health")(health.health)
for name, group in (
    ("practice", practice),
    ("connection", connection),
    ("alerts", alerts),
    ("sync", sync),
    ("messages", messages),
    ("review", review),
    ("patient", patient),
    ("appointment", appointment),
    ("db", db),
    ("keys", keys),
    ("audit", audit),
    ("person", person),
    ("apikey", apikey),
):
    app.add_typer(group.app, name=name)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"practicestudio {version('practicestudio')}")
        raise typer.Exit


@app.callback()
def _global_options(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option("--home", metavar="DIR", help="Folder of the embedded database and the keys, instead of the setting.", file_okay=False),
    ] = None,
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_show_version)] = False,
) -> None:
    """Practice Studio's integration with athenahealth.

    \b
    Begin with:
      practicestudio demo            a bundled athenahealth, two practices, and everything at work
      practicestudio COMMAND --help  what a command does, with examples
    """
    context.obj = Session(home)


@cache
def _command() -> Any:
    """The tree of commands, which takes long to make."""
    return typer.main.get_command(app)


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line and return its exit status: 0, 1 when it failed, 2 for wrong usage, 130 when it was interrupted, 143 when it was
    told to end."""
    try:
        _command()(args=None if arguments is None else list(arguments), prog_name="practicestudio")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:
        say(sentence_of(error))
        return FAILED
    return 0


def sentence_of(error: BaseException) -> str:
    """What went wrong and what to do. The text of an error that is not ours may hold patient data, so it is told by type and place."""
    if isinstance(error, IntegrationError):
        return error.sentence
    if isinstance(error, BaseExceptionGroup):
        return sentence_of(error.exceptions[0])
    if _is_of_the_database(error):
        return f"The database did not answer as it should ({type(error).__name__}). See that it runs, then try again."
    from practicestudio.redact import place_of

    return f"Practice Studio failed ({type(error).__name__} at {place_of(error)}). Report it with the command that you gave."


def _is_of_the_database(error: BaseException) -> bool:
    return any(cls.__module__.partition(".")[0] in ("psycopg", "psycopg_pool") and cls.__name__ == "OperationalError" for cls in type(error).__mro__)


def run() -> None:
    """The installed script."""
    sys.exit(main())
