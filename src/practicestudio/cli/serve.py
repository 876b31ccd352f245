"""`practicestudio serve`: every role in a process of its own, watched, until it is stopped."""

from typing import Annotated

import typer

from practicestudio.cli.session import session_of

BUILT = ("web", "worker", "scheduler", "monitor", "sealer")
ALL = ",".join(BUILT)


def serve(
    context: typer.Context,
    roles: Annotated[str, typer.Option(metavar="ROLE,ROLE", help=f"Which roles to run here: {ALL}.")] = ALL,
) -> None:
    """Run Practice Studio until Ctrl-C or SIGTERM.

    Each role has processes of its own: `web` answers the pages and the API, `worker` works the messages (as many processes as the setting
    workers says), `scheduler` starts what is due, keeps the log's partitions ahead and drops its old days, `monitor` looks whether all is
    well and sends alerts, `sealer` chains the audit trail. A process that dies is started again. Several machines may run any roles on one
    PostgreSQL.

    \b
    Examples:
      practicestudio serve
      practicestudio serve --roles worker
    """
    import asyncio

    from practicestudio.cli.serve_run import serve as keep_running
    from practicestudio.redact import configure_logging

    chosen = _chosen(roles)
    settings = session_of(context).settings()
    configure_logging(settings.log_level)
    asyncio.run(keep_running(settings, chosen))


def run_role(role: str) -> None:
    """Be one process of `serve`, with the settings that it hands over."""
    import asyncio

    from practicestudio.cli.processes import end_with_parent, read_document
    from practicestudio.cli.roles import run_role as run
    from practicestudio.cli.serve_run import take_over
    from practicestudio.redact import configure_logging

    settings = take_over(read_document())
    configure_logging(settings.log_level)
    end_with_parent()
    asyncio.run(run(role, settings))


def _chosen(roles: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(one.strip() for one in roles.split(",") if one.strip()))
    unknown = [one for one in chosen if one not in BUILT]
    if unknown or not chosen:
        raise typer.BadParameter(f"this version has the roles {', '.join(BUILT)}, not {unknown[0] if unknown else 'none'}", param_hint="--roles")
    return chosen
