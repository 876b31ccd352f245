"""`practicestudio demo`: the bundled athenahealth, two practices, and everything at work."""

from pathlib import Path
from typing import Annotated

import typer

from practicestudio.cli.options import AsJson
from practicestudio.cli.session import run_async, session_of


def demo(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Tell the story once, print what was done, and end.")] = False,
    as_json: AsJson = False,
    patients: Annotated[int, typer.Option(min=40, max=100_000, help="Patients of each practice.")] = 500,
    home: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", file_okay=False, help="Folder for the demo's database; else `demo` in the home folder, or with --once a fresh one."
        ),
    ] = None,
) -> None:
    """Show everything at work: a bundled athenahealth and two practices in step with it.

    Patients and appointments are pulled; then people change things on both sides, some records cannot be taken, some calls go wrong, and
    all of it is worked to the end. Without --once it goes on until Ctrl-C, with people doing something every few seconds. The demo has a
    home of its own, which it empties when it starts; it never touches another database.

    \b
    Examples:
      practicestudio demo
      practicestudio demo --once
      practicestudio demo --once --json --patients 60
    """
    from practicestudio.cli.demo_run import run_demo

    run_async(run_demo(session_of(context).settings(), once=once or as_json, as_json=as_json, patients=patients, home=home))
