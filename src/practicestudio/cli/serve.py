"""`practicestudio serve`: every role in a process of its own, watched, until it is stopped."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from practicestudio.cli.output import say
from practicestudio.cli.session import Session, session_of

if TYPE_CHECKING:
    from practicestudio.cli.processes import ChildCommand
    from practicestudio.settings import Settings

BUILT = ("worker", "scheduler")
ALL = ",".join(BUILT)
SERVER_EVERY = 2.0
"""Seconds between two looks whether the embedded database still runs."""


def serve(
    context: typer.Context,
    roles: Annotated[str, typer.Option(metavar="ROLE,ROLE", help=f"Which roles to run here: {ALL}.")] = ALL,
) -> None:
    """Run Practice Studio until Ctrl-C or SIGTERM.

    Each role has processes of its own: `worker` works the messages (as many processes as the setting workers says), `scheduler` starts what
    is due, keeps the log's partitions ahead and drops its old days. A process that dies is started again. Several machines may run any
    roles on one PostgreSQL.

    \b
    Examples:
      practicestudio serve
      practicestudio serve --roles worker
    """
    from practicestudio.redact import configure_logging

    chosen = _chosen(roles)
    session = session_of(context)
    settings = session.settings()
    configure_logging(settings.log_level)
    asyncio.run(_serve(session, settings, chosen))


def run_role(context: typer.Context, role: str) -> None:
    """Be one process of `serve`."""
    from practicestudio.cli.processes import end_with_parent
    from practicestudio.cli.roles import run_role as run
    from practicestudio.redact import configure_logging

    settings = session_of(context).settings()
    configure_logging(settings.log_level)
    end_with_parent()
    asyncio.run(run(role, settings))


def _chosen(roles: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(one.strip() for one in roles.split(",") if one.strip()))
    unknown = [one for one in chosen if one not in BUILT]
    if unknown or not chosen:
        raise typer.BadParameter(f"this version has the roles {' and '.join(BUILT)}, not {unknown[0] if unknown else 'none'}", param_hint="--roles")
    return chosen


def role_commands(session: Session, settings: "Settings", roles: tuple[str, ...]) -> "list[ChildCommand]":
    """The child processes of these roles."""
    from practicestudio.cli.processes import ChildCommand

    home = ("--home", str(session.home)) if session.home else ()
    counts = {"worker": settings.workers}
    return [ChildCommand(f"{role} {number + 1}", (*home, "run-role", role)) for role in roles for number in range(counts.get(role, 1))]


async def _serve(session: Session, settings: "Settings", roles: tuple[str, ...]) -> None:
    """Bring the database up once, so that no process has to wait for another's migration; then keep everything running."""
    from practicestudio.app import open_access
    from practicestudio.cli.processes import Crew
    from practicestudio.cli.roles import stop_on_signals

    stop = stop_on_signals()
    async with open_access(settings) as (_, keyring), Crew(role_commands(session, settings, roles)):
        say(f"Practice Studio runs: {', '.join(roles)}. Ctrl-C stops it.")
        from practicestudio.app import embedded_server
        from practicestudio.cli.roles import pause

        server = embedded_server(settings, keyring)
        while not stop.is_set():
            if server is not None:
                await asyncio.to_thread(server.ensure_running)
            await pause(stop, SERVER_EVERY)
        if server is not None:
            server.leave()
    say("Practice Studio has stopped.")
