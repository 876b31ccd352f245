"""One real PostgreSQL for a test process, and a fresh practice for each test that asks."""

import asyncio
import fcntl
import itertools
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from practicestudio.app import embedded_server, key_file, load_keyring, open_database
from practicestudio.practices.practice import Practice, add_practice
from practicestudio.settings import Settings
from practicestudio.store import cluster
from practicestudio.store.database import Database

UNSAFE_BUT_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "64MB",
    "scram_iterations": "1",  # a command makes five connections
}
TEMPLATE = "practicestudio-template"
_numbers = itertools.count(200_000)

NewHome = Callable[[], AbstractContextManager[Settings]]


def run_folder(config: pytest.Config) -> Path:
    """The folder that all processes of a test run share."""
    own: Path = config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
    return own.parent if hasattr(config, "workerinput") else own


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):  # the last process of the run
        shutil.rmtree(run_folder(session.config) / TEMPLATE, ignore_errors=True)


@contextmanager
def throw_away_home() -> Iterator[Settings]:
    with tempfile.TemporaryDirectory(prefix="practicestudio-test-") as folder:
        Path(folder).chmod(0o711)  # so that the service user who runs the server for root finds the way
        made = Settings(home=Path(folder) / "home")
        yield made
        if server := embedded_server(made, load_keyring(made)):
            server.remove()


def copy_cluster(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", source, target], check=True)  # with their owner, the service user


async def make_ready(settings: Settings) -> None:
    async with open_database(settings, server_settings=UNSAFE_BUT_FAST):
        pass


def fill_template(folder: Path) -> None:
    with throw_away_home() as settings:
        asyncio.run(make_ready(settings))
        shutil.copy2(key_file(settings), folder / "keys.json")
        copy_cluster((settings.home / "cluster").resolve() / "data", folder / "data")
    with (folder / "data" / "postgresql.conf").open("a") as configuration:
        configuration.writelines(f"{name} = {value}\n" for name, value in UNSAFE_BUT_FAST.items())


@pytest.fixture(scope="session")
def template(request: pytest.FixtureRequest) -> Path:
    """A key file, and the data folder of a database with roles, schema and shared keys. Made once for all processes of a run."""
    folder = run_folder(request.config) / TEMPLATE
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            unfinished.mkdir()
            fill_template(unfinished)
            unfinished.rename(folder)
    return folder


@pytest.fixture(scope="session")
def new_home(template: Path) -> NewHome:
    """Makes homes whose database needs only to be started; `with new_home() as settings`."""

    @contextmanager
    def make() -> Iterator[Settings]:
        with throw_away_home() as settings:
            cluster.make_home(settings.home)
            shutil.copy2(template / "keys.json", key_file(settings))
            copy_cluster(template / "data", cluster.settle(settings.home).data)
            yield settings

    return make


@pytest.fixture(scope="session")
def settings(new_home: NewHome) -> Iterator[Settings]:
    """Settings of a throw-away home."""
    with new_home() as made:
        yield made


@pytest.fixture(scope="session")
async def database(settings: Settings) -> AsyncIterator[Database]:
    """The real thing: embedded server, roles, schema."""
    async with open_database(settings) as opened:
        yield opened


@pytest.fixture
async def practice(database: Database) -> Practice:
    """A practice that no other test knows."""
    return await add_practice(database, str(next(_numbers)), "Test Practice", "America/New_York")
