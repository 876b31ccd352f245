"""Serving the pages and the API: over TLS, or on this machine alone."""

import asyncio
import ipaddress
import socket
from contextlib import suppress

import uvicorn

from practicestudio.app import open_database
from practicestudio.errors import Misconfigured
from practicestudio.settings import Settings
from practicestudio.sync.doors import open_doors
from practicestudio.web.app import create_app


async def serve_pages(settings: Settings, stop: asyncio.Event) -> None:
    """Answer until told to stop. Raises Misconfigured for an address that may not be served like that, or that is taken."""
    check_address(settings)
    async with (
        open_database(settings) as database,
        open_doors(database, ca_file=settings.ca_file, connect=settings.connect_timeout, read=settings.read_timeout) as doors,
    ):
        with listen(settings) as listener:
            server = uvicorn.Server(_config(settings, create_app(settings, database, doors)))
            server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
            running = asyncio.create_task(server.serve(sockets=[listener]))
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
            server.should_exit = True
            stopping.cancel()
            await running


def check_address(settings: Settings) -> None:
    """Raise Misconfigured where patient data would travel unencrypted."""
    if settings.web_certificate is None and not _on_this_machine(settings.web_host):
        raise Misconfigured(
            "The pages would be served unencrypted to other machines.",
            advice="Set web_certificate and web_key, or listen on 127.0.0.1 behind a proxy that brings TLS.",
        )
    if (settings.web_certificate is None) != (settings.web_key is None):
        raise Misconfigured("Only one of web_certificate and web_key is set.", advice="Set both.")


def listen(settings: Settings) -> socket.socket:
    """A listening socket, which several processes may share. Raises Misconfigured where another program has the port."""
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if settings.web_processes > 1:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        listener.bind((settings.web_host, settings.web_port))
    except OSError:
        listener.close()
        raise Misconfigured(f"Port {settings.web_port} is taken.", advice="Stop what uses it, or set another web_port and public_url.") from None
    return listener


def _on_this_machine(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _config(settings: Settings, app: object) -> uvicorn.Config:
    return uvicorn.Config(
        app,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=True,
        forwarded_allow_ips="127.0.0.1,::1",
        ssl_certfile=settings.web_certificate,
        ssl_keyfile=settings.web_key,
        timeout_graceful_shutdown=5,
        h11_max_incomplete_event_size=64 * 1024,
    )
