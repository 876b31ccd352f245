"""The server's settings: sized to the machine, and written so that PostgreSQL reads what was meant."""

from pathlib import Path

import pytest

from practicestudio.store.server_settings import ACCESS_RULES, locked_settings, server_settings, settings_text

GB = 1024**3


@pytest.mark.parametrize(("memory", "shared_buffers"), [(GB // 2, "64MB"), (4 * GB, "256MB"), (64 * GB, "512MB")])
def test_memory_is_taken_in_proportion_within_bounds(memory: int, shared_buffers: str) -> None:
    assert server_settings(memory, lz4=False)["shared_buffers"] == shared_buffers


@pytest.mark.parametrize("lz4", [True, False])
def test_the_log_is_compressed_only_where_the_server_can(lz4: bool) -> None:
    assert server_settings(GB, lz4=lz4)["wal_compression"] == ("lz4" if lz4 else "off")


def test_a_quote_in_a_value_does_not_end_it() -> None:
    assert "log_line_prefix = 'it''s %m'\n" in settings_text({"log_line_prefix": "it's %m"})


def test_a_socket_folder_with_spaces_commas_or_quotes_is_one_folder() -> None:
    assert locked_settings(Path('/a "b", c'), Path("/hba"))["unix_socket_directories"] == '"/a ""b"", c"'


def test_every_access_rule_asks_for_a_password_on_the_local_socket() -> None:
    rules = [line.split() for line in ACCESS_RULES.splitlines() if not line.startswith("#")]
    assert rules == [["local", "all", "all", "scram-sha-256"]]
