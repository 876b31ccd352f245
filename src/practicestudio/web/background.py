"""Work that goes on after a page was answered: held until it ends, and a fault of it told in the log."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from practicestudio.errors import IntegrationError
from practicestudio.redact import place_of

log = structlog.get_logger()

_under_way: set[asyncio.Task[Any]] = set()


def go_on(work: Coroutine[Any, Any, object], name: str) -> None:
    """Have it done while the page is read. name: for the log. Whoever waits for what comes of it reads it from where it is kept."""
    task = asyncio.create_task(work, name=name)
    _under_way.add(task)
    task.add_done_callback(_ended)


def _ended(task: asyncio.Task[Any]) -> None:
    _under_way.discard(task)
    error = None if task.cancelled() else task.exception()
    if isinstance(error, IntegrationError):
        log.warning("background_work_failed", work=task.get_name(), error_code=error.code)
    elif error is not None:
        log.error("background_work_failed", work=task.get_name(), error_type=type(error).__name__, place=place_of(error))
