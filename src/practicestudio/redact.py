"""What may stand in a log line: an event's name and the fields listed here, and nothing else, whatever a caller passes."""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

SAFE_FIELDS = frozenset(
    {
        "event", "level", "timestamp", "logger", "practice_id", "message_id", "record_id", "run_id", "worker", "kind", "lane", "state", "what", "job",
        "operation", "path_template", "method", "status", "duration_ms", "error_code", "error_type", "place", "tries", "count", "seconds",
        "remaining_today", "request_id", "address", "role", "version", "process", "batch", "root",
    }
)  # fmt: skip


def keep_safe_fields(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """A structlog processor: a field that is not listed keeps its name and loses its value."""
    return {name: value if name in SAFE_FIELDS else "[not logged]" for name, value in event.items()}


def place_of(error: BaseException) -> str:
    """Where an exception was raised (`module:line`, ours if it passed there), which tells a developer what happened without its text, for
    that may hold patient data."""
    frames = [(frame.f_globals.get("__name__", "?"), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [(module, line) for module, line in frames if module.startswith("practicestudio.")]
    return "{}:{}".format(*(ours or frames or [("?", 0)])[-1])


def configure_logging(level: str = "info", *, as_json: bool | None = None) -> None:
    """Log to standard error: JSON lines, or for a person where that is a terminal."""
    as_json = not sys.stderr.isatty() if as_json is None else as_json
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_safe_fields,
            structlog.processors.JSONRenderer() if as_json else structlog.dev.ConsoleRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
