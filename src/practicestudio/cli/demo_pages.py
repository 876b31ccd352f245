"""The way into the demo's pages: a free port, and a first sign-in."""

import socket
from contextlib import suppress

from practicestudio.access.first_administrator import ensure_first_administrator
from practicestudio.access.rights import Role
from practicestudio.app import rules_of
from practicestudio.cli.demo_stage import Stage
from practicestudio.cli.output import say
from practicestudio.errors import Misconfigured
from practicestudio.settings import Settings

PORTS_TRIED = 20


def with_free_port(settings: Settings) -> Settings:
    """The settings with the first free port from theirs on, where the pages are reached too. Raises Misconfigured where none is."""
    for port in range(settings.web_port, settings.web_port + PORTS_TRIED):
        if _is_free(port):
            return settings.model_copy(update={"web_host": "127.0.0.1", "web_port": port, "public_url": f"http://localhost:{port}"})
    raise Misconfigured(f"No port from {settings.web_port} on is free.", advice="Set another web_port.")


def _is_free(port: int) -> bool:
    with socket.socket() as listener, suppress(OSError):
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        return True
    return False


async def show_the_way_in(settings: Settings, stage: Stage) -> None:
    """Print where the pages are, and how to sign in for the first time: with every role, so that there is everything to see."""
    first = await ensure_first_administrator(stage.database, rules_of(settings), tuple(Role))
    say(f"The pages are at {settings.public_url}")
    if first is not None:
        say(f"Sign in as {first.sign_in_name} with {first.password}; you are asked to choose a password of your own.")
