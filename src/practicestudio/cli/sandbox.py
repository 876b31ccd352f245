"""`practicestudio sandbox`: the bundled athenahealth as a server of its own."""

from typing import Annotated

import typer

from practicestudio.cli.output import say


def sandbox(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8799,
    practices: Annotated[str, typer.Option(metavar="ID,ID", help="Ids of its practices.")] = "195900,195901",
    patients: Annotated[int, typer.Option(min=0, max=10_000_000, help="Patients of each practice.")] = 500,
    seed: Annotated[int, typer.Option(help="Another seed makes other people.")] = 1,
    calls_per_second: Annotated[int | None, typer.Option(min=1, help="Limit for each client; none if left out.")] = None,
    calls_per_day: Annotated[int | None, typer.Option(min=1, help="Limit for each client; none if left out.")] = None,
    tokens_per_minute: Annotated[int | None, typer.Option(min=1, help="Token requests for each client; no limit if left out.")] = None,
    activation_delay: Annotated[float, typer.Option(min=0, help="Seconds until a changed-data subscription acts; athenahealth takes 300.")] = 0,
    with_parent: Annotated[bool, typer.Option("--with-parent", hidden=True)] = False,
) -> None:
    """Run the bundled athenahealth until Ctrl-C.

    It speaks athenahealth's API as it is today and as the integration guide prints it, over one state, in memory. Client id and secret are
    `sandbox`. Faults, people's doings and the clock are steered at /control (docs/sandbox.md).

    \b
    Examples:
      practicestudio sandbox
      practicestudio sandbox --port 9000 --practices 195900 --patients 100000
      practicestudio sandbox --calls-per-second 15 --calls-per-day 50000 --tokens-per-minute 5
    """
    from practicestudio.sandbox import SandboxConfig, serve

    ids = tuple(dict.fromkeys(one.strip() for one in practices.split(",") if one.strip()))
    if not ids or not all(one.isdigit() for one in ids):
        raise typer.BadParameter("give practice ids such as 195900,195901", param_hint="--practices")
    config = SandboxConfig(
        practices=ids,
        patients=patients,
        seed=seed,
        calls_per_second=calls_per_second,
        calls_per_day=calls_per_day,
        tokens_per_minute=tokens_per_minute,
        activation_delay=activation_delay,
    )
    check_port(port)
    if with_parent:
        from practicestudio.cli.processes import end_with_parent

        end_with_parent()
    else:
        say(f"The bundled athenahealth answers at http://127.0.0.1:{port} for practice {', '.join(ids)}; client id and secret are sandbox.")
    serve(config, port=port)


def check_port(port: int) -> None:
    """Raise Misconfigured where something else listens at this port of this machine."""
    import socket

    from practicestudio.errors import Misconfigured

    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            raise Misconfigured(f"Port {port} of this machine is in use.", advice="Give another with --port.") from None
