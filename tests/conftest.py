"""One real PostgreSQL for a test process, and a fresh practice for each test that asks."""

import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from practicestudio.app import embedded_server, load_keyring, open_database
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.settings import Settings
from practicestudio.store.database import Database

UNSAFE_BUT_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
_numbers = itertools.count(200_000)


@pytest.fixture(scope="session")
def settings() -> Iterator[Settings]:
    """Settings of a throw-away home."""
    with tempfile.TemporaryDirectory(prefix="practicestudio-test-") as home:
        Path(home).chmod(0o711)  # so that the service user who runs the server for root finds the way
        made = Settings(home=Path(home) / "home")
        yield made
        if server := embedded_server(made, load_keyring(made)):
            server.remove()


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The real thing: embedded server, roles, schema."""
    async with open_database(settings, server_settings=UNSAFE_BUT_FAST) as opened:
        yield opened


@pytest.fixture
async def practice(database: Database) -> Practice:
    """A practice that no other test knows."""
    return await add_practice(database, str(next(_numbers)), "Test Practice", "America/New_York")
