"""Migrations: from nothing to the newest, once, whoever starts at the same time and whatever dies in between."""

import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from practicestudio.store import migrate as module
from practicestudio.store.embedded import EmbeddedServer
from practicestudio.store.migrate import migrate, schema_state

NEWEST = sorted(path.stem for path in (Path(module.__file__).parent / "migrations").glob("*.sql"))
TABLES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') order by 1"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with tempfile.TemporaryDirectory(prefix="ps migrate ") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedServer(Path(folder) / "home", "a password", settings={"fsync": "off"})
        with server:
            with psycopg.connect(server.conninfo("postgres", "a password", "postgres"), autocommit=True) as superuser:
                for role in ("owner", "app", "dispatch"):
                    superuser.execute(f"create role practicestudio_{role} login password 'p w/%@'".encode())
            yield server
        server.remove()


@pytest.fixture
def owner(server: EmbeddedServer) -> Iterator[str]:
    """An empty database, and how the owner enters it."""
    with psycopg.connect(server.conninfo("postgres", "a password", "postgres"), autocommit=True) as superuser:
        superuser.execute("create database empty owner practicestudio_owner")
        yield server.conninfo("practicestudio_owner", "p w/%@", "empty")
        superuser.execute("drop database empty with (force)")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations, of which the second stops in its middle."""
    (tmp_path / "0001.good.sql").write_text("create table good (id int);")
    (tmp_path / "0002.bad.sql").write_text("create table half (id int); select 1 / 0;")
    return tmp_path


def rows(conninfo: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo) as connection:
        return connection.execute(query.encode()).fetchall()


def test_an_empty_database_has_everything_before_it(owner: str) -> None:
    assert schema_state(owner) == module.SchemaState((), tuple(NEWEST))


def test_from_nothing_to_the_newest_and_a_second_time_nothing(owner: str) -> None:
    assert migrate(owner) == module.SchemaState(tuple(NEWEST), ())
    tables = rows(owner, TABLES)
    assert ("patients",) in tables
    assert migrate(owner) == schema_state(owner) == module.SchemaState(tuple(NEWEST), ())
    assert rows(owner, TABLES) == tables


def test_processes_that_start_together_do_it_once(owner: str) -> None:
    code = "import sys; from practicestudio.store.migrate import migrate; print(len(migrate(sys.argv[1]).applied))"
    processes = [subprocess.Popen([sys.executable, "-c", code, owner], stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate()[0].strip() for process in processes] == [str(len(NEWEST))] * 3
    assert rows(owner, "select count(*) from _yoyo_migration") == [(len(NEWEST),)]


def test_a_second_process_waits_until_the_first_is_done(owner: str) -> None:
    done = threading.Event()
    with psycopg.connect(owner, autocommit=True) as first:
        first.execute("select pg_advisory_lock(%s)", [module._LOCK])
        second = threading.Thread(target=lambda: (migrate(owner), done.set()))
        second.start()
        assert not done.wait(0.3)
        assert rows(owner, TABLES) == []
    second.join()
    assert done.is_set()


def test_what_stops_in_its_middle_leaves_nothing_behind(owner: str, folder: Path) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(owner, folder)
    assert schema_state(owner, folder) == module.SchemaState(("0001.good",), ("0002.bad",))
    assert ("half",) not in rows(owner, TABLES)
    (folder / "0002.bad.sql").write_text("create table half (id int);")
    assert migrate(owner, folder).pending == ()


def test_a_process_that_was_killed_while_migrating_does_not_lock_the_others_out(owner: str, folder: Path) -> None:
    (folder / "0002.bad.sql").unlink()
    migrate(owner, folder)
    with psycopg.connect(owner) as connection:
        connection.execute("insert into yoyo_lock (locked, ctime, pid) values (1, now(), 1)")
    (folder / "0003.more.sql").write_text("create table more (id int);")
    assert migrate(owner, folder).applied == ("0001.good", "0003.more")
