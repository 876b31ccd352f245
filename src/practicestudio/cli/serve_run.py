"""Keeping the roles of `practicestudio serve` running: the database first, then a child process for each."""

import asyncio
from collections.abc import Sequence

from practicestudio.app import embedded_server, open_access
from practicestudio.cli.output import say
from practicestudio.cli.processes import ChildCommand, Crew
from practicestudio.cli.roles import pause, stop_on_signals
from practicestudio.settings import Settings

SERVER_EVERY = 2.0
"""Seconds between two looks whether the embedded database still runs."""


def role_commands(settings: Settings, roles: Sequence[str]) -> list[ChildCommand]:
    """The child processes of these roles; they read the settings as we did, and are told where home is."""
    counts = {"worker": settings.workers}
    home = ("--home", str(settings.home))
    return [ChildCommand(f"{role} {number}", (*home, "run-role", role)) for role in roles for number in range(1, counts.get(role, 1) + 1)]


async def serve(settings: Settings, roles: Sequence[str]) -> None:
    """Bring the database up once, so that no process has to wait for another's migration; then keep everything running until a signal."""
    stop = stop_on_signals()
    async with open_access(settings) as (_, keys), Crew(role_commands(settings, roles)):
        server = embedded_server(settings, keys)
        say(f"Practice Studio runs: {', '.join(roles)}. Ctrl-C stops it.")
        while not stop.is_set():
            if server is not None:
                await asyncio.to_thread(server.ensure_running)
            await pause(stop, SERVER_EVERY)
        if server is not None:
            server.leave()
    say("Practice Studio has stopped.")
