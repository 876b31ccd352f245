"""Keeping the roles of `practicestudio serve` running: the database first, then a child process for each."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import orjson
from pydantic import SecretStr

from practicestudio.access.first_administrator import anybody_there
from practicestudio.app import Keys, embedded_server, open_access, open_prepared
from practicestudio.cli.output import say
from practicestudio.cli.processes import ChildCommand, Crew
from practicestudio.cli.roles import pause, stop_on_signals
from practicestudio.settings import Settings, load
from practicestudio.web.server import check_address

if TYPE_CHECKING:
    from practicestudio.store.prepare import Access

SERVER_EVERY = 2.0
"""Seconds between two looks whether the embedded database still runs."""


def role_commands(settings: Settings, roles: Sequence[str]) -> list[ChildCommand]:
    """The child processes of these roles. They get our very settings through a pipe: what the environment and the files say may be otherwise,
    as it is for the demo, and secrets belong neither into arguments nor into an environment."""
    counts = {"worker": settings.workers, "web": settings.web_processes}
    document = hand_over(settings)
    return [
        ChildCommand(f"{role} {number}", ("--home", str(settings.home), "run-role", role), document)
        for role in roles
        for number in range(1, counts.get(role, 1) + 1)
    ]


def hand_over(settings: Settings) -> bytes:
    """All settings, secrets too, as one line for a child."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    return orjson.dumps({name: value.get_secret_value() if isinstance(value, SecretStr) else value for name, value in values.items()}, default=str)


def take_over(document: bytes) -> Settings:
    """The settings that a parent handed over."""
    return load(**orjson.loads(document))


async def serve(settings: Settings, roles: Sequence[str]) -> None:
    """Bring the database up once, so that no process has to wait for another's migration; then keep everything running until a signal."""
    if "web" in roles:
        check_address(settings)
    stop = stop_on_signals()
    async with open_access(settings) as (access, keys), Crew(role_commands(settings, roles)):
        server = embedded_server(settings, keys)
        say(f"Practice Studio runs: {', '.join(roles)}. Ctrl-C stops it.")
        if "web" in roles:
            say(f"Its pages are at {settings.public_url}")
            await _hint_at_first_person(access, keys)
        while not stop.is_set():
            if server is not None:
                await asyncio.to_thread(server.ensure_running)
            await pause(stop, SERVER_EVERY)
        if server is not None:
            server.leave()
    say("Practice Studio has stopped.")


async def _hint_at_first_person(access: "Access", keys: Keys) -> None:
    """Say how somebody gets in where nobody can. No password is made here: what a service says is kept in logs."""
    async with open_prepared(access, keys) as database:
        if not await anybody_there(database):
            say("Nobody can sign in yet. Make an administrator with: practicestudio person add NAME --name … --everywhere --role administrator")
