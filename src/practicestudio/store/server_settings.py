"""The settings of the embedded database server: safe, quiet about data, and sized for a small machine."""

from collections.abc import Mapping
from pathlib import Path

_MB = 1024 * 1024

ACCESS_RULES = """\
# Written by Practice Studio at every start: the private socket only, and nobody without a password.
# TYPE  DATABASE  USER  METHOD
local   all       all   scram-sha-256
"""


def locked_settings(socket_folder: Path, access_file: Path) -> dict[str, str]:
    """Settings that keep the server closed; given on its command line, where no configuration file can undo them."""
    quoted = str(socket_folder).replace('"', '""')
    return {
        "listen_addresses": "",
        "unix_socket_directories": f'"{quoted}"',
        "unix_socket_permissions": "0700",
        "port": "5432",
        "hba_file": str(access_file),
        "password_encryption": "scram-sha-256",
    }


def server_settings(memory: int, *, lz4: bool) -> dict[str, str]:
    """The settings for a machine with `memory` bytes.

    Its log shall hold nobody's data. The text of an ERROR may quote a value, its detail a row, its statement a literal: so only what
    concerns the server itself is logged (LOG, FATAL, PANIC), tersely. What went wrong with a statement is known to whoever sent it.
    """
    return {
        "max_connections": "100",
        "max_locks_per_transaction": "256",
        "shared_buffers": _megabytes(memory // 16, least=64, most=512),
        "effective_cache_size": _megabytes(memory // 2, least=256, most=65_536),
        "maintenance_work_mem": _megabytes(memory // 64, least=32, most=256),
        "work_mem": "8MB",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "max_wal_size": "2GB",
        "min_wal_size": "128MB",
        "wal_compression": "lz4" if lz4 else "off",
        "random_page_cost": "1.1",
        "jit": "off",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_destination": "stderr",
        "logging_collector": "off",
        "log_line_prefix": "%m [%p] ",
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_statement": "none",
        "log_min_duration_statement": "-1",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": "-1",
    }


def settings_text(settings: Mapping[str, str]) -> str:
    """The settings as a PostgreSQL configuration file."""
    lines = (f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in settings.items())
    return "\n".join(["# Written by Practice Studio at every start. Put lines of your own into postgresql.conf.", *lines, ""])


def _megabytes(size: int, *, least: int, most: int) -> str:
    return f"{min(max(size // _MB, least), most)}MB"
