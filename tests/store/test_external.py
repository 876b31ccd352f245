"""A PostgreSQL of your own: prepared like the embedded one, never reached in the clear, never taken from another installation."""

import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from practicestudio.app import key_file, open_database, read_schema_state
from practicestudio.errors import AccessDenied, Misconfigured, Unreachable
from practicestudio.practices.practice import add_practice, list_practices
from practicestudio.settings import Settings
from practicestudio.store.embedded import EmbeddedServer
from practicestudio.store.external import external_conninfo
from practicestudio.store.roles import ROLES

PASSWORD = "superuser's password"


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    """A server that is not Practice Studio's."""
    with tempfile.TemporaryDirectory(prefix="ps-external-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedServer(Path(folder) / "home", PASSWORD, settings={"fsync": "off"})
        with server:
            yield server
        server.remove()


@pytest.fixture
def superuser(server: EmbeddedServer) -> Iterator[psycopg.Connection]:
    """Its superuser; the server is as it was afterwards."""
    with psycopg.connect(server.conninfo("postgres", PASSWORD, "postgres"), autocommit=True) as connection:
        yield connection
        connection.execute("drop database if exists practicestudio with (force)")
        for role in (*ROLES, "admin"):
            connection.execute(f"drop role if exists {role}".encode())


def url(server: EmbeddedServer, user: str = "postgres", password: str = PASSWORD) -> str:
    return f"postgresql://{user}:{quote(password)}@/postgres?host={quote(str(server.data_folder.parent / 'socket'), safe='')}"


def settings(home: Path, database_url: str) -> Settings:
    return Settings(home=home, database_url=database_url)  # type: ignore[arg-type]


async def test_it_is_prepared_at_the_first_start_and_found_at_the_next(server: EmbeddedServer, superuser: psycopg.Connection, tmp_path: Path) -> None:
    own = settings(tmp_path / "home", url(server))
    async with open_database(own) as database:
        await add_practice(database, "195900", "Harborview", "America/New_York")
    assert (await read_schema_state(own)).pending == ()
    async with open_database(own) as database:
        assert [practice.athena_id for practice in await list_practices(database)] == ["195900"]
    assert [path.name for path in own.home.iterdir()] == ["keys.json"]


async def test_a_role_that_may_make_roles_and_databases_is_enough(server: EmbeddedServer, superuser: psycopg.Connection, tmp_path: Path) -> None:
    superuser.execute("create role admin login createrole createdb password 'admin'")
    own = settings(tmp_path / "home", url(server, "admin", "admin"))
    for _ in range(2):
        async with open_database(own) as database:
            assert await list_practices(database) == []


async def test_a_role_that_may_not_make_roles_is_told_so(server: EmbeddedServer, superuser: psycopg.Connection, tmp_path: Path) -> None:
    superuser.execute("create role admin login createdb password 'admin'")
    with pytest.raises(Misconfigured, match=r"user admin may not prepare the database: .*create role") as refused:
        async with open_database(settings(tmp_path / "home", url(server, "admin", "admin"))):
            pass
    assert "CREATEROLE" in refused.value.advice


async def test_a_database_made_by_hand_is_taken(server: EmbeddedServer, superuser: psycopg.Connection, tmp_path: Path) -> None:
    for role in ROLES:
        superuser.execute(f"create role {role} login".encode())
    superuser.execute("create database practicestudio owner practicestudio_owner template template0 encoding 'UTF8' locale 'C'")
    superuser.execute("create role admin login createrole password 'admin'")
    superuser.execute(f"grant {', '.join(ROLES)} to admin with admin option".encode())
    async with open_database(settings(tmp_path / "home", url(server, "admin", "admin"))) as database:
        assert await list_practices(database) == []


async def test_without_its_key_file_a_database_is_left_alone(server: EmbeddedServer, superuser: psycopg.Connection, tmp_path: Path) -> None:
    first, second = (settings(tmp_path / name, url(server)) for name in ("first", "second"))
    async with open_database(first) as database:
        with pytest.raises(Misconfigured, match=r"key file .*second/keys.json is missing"):
            async with open_database(second):
                pass
        assert not key_file(second).exists()
        await add_practice(database, "195900", "Harborview", "America/New_York")
    async with open_database(first) as database:
        assert await list_practices(database)


async def test_another_key_ring_does_not_take_a_database_over(server: EmbeddedServer, superuser: psycopg.Connection, tmp_path: Path) -> None:
    first, second = (settings(tmp_path / name, url(server)) for name in ("first", "second"))
    async with open_database(second):
        pass
    superuser.execute("drop database practicestudio with (force)")
    passwords = "select rolname, rolpassword from pg_authid order by 1"
    async with open_database(first):
        before = superuser.execute(passwords).fetchall()
        with pytest.raises(Misconfigured, match="another key ring"):
            async with open_database(second):
                pass
        assert superuser.execute(passwords).fetchall() == before


async def test_a_wrong_password_is_named_as_such_and_not_shown(server: EmbeddedServer, tmp_path: Path) -> None:
    with pytest.raises(AccessDenied, match='password authentication failed for user "postgres"') as refused:
        async with open_database(settings(tmp_path / "home", url(server, password="geheim"))):
            pass
    assert "geheim" not in refused.value.sentence


@pytest.mark.parametrize(("place", "reason"), [("127.0.0.1:1", "Connection refused"), ("db.invalid", "resolve")])
async def test_a_server_that_is_not_there_is_unreachable(place: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=reason) as refused:
        async with open_database(settings(tmp_path / "home", f"postgresql://ada:geheim@{place}/postgres")):
            pass
    assert "geheim" not in refused.value.sentence


def test_what_is_no_url_is_refused_without_being_shown() -> None:
    with pytest.raises(Misconfigured, match="is not one") as refused:
        external_conninfo("postgres://ada:geheim@[/")
    assert "geheim" not in refused.value.sentence


@pytest.mark.parametrize(
    "given",
    [
        "postgresql://ada@db.example.com/x",
        "postgresql://ada@db.example.com/x?sslmode=disable",
        "postgresql://ada@192.0.2.7/x?sslmode=prefer",
        "postgresql://ada@localhost,db.example.com/x",
        "postgresql://ada@localhost/x?hostaddr=192.0.2.7",
        "postgresql://ada@localhost.example.com/x",
        "postgresql://ada@/x",  # PGHOST may name any
        "service=production",
    ],
)
def test_another_machine_is_reached_with_tls_and_a_verified_certificate_only(given: str) -> None:
    assert conninfo_to_dict(external_conninfo(given)).items() >= {"sslmode": "verify-full", "sslrootcert": "system"}.items()


def test_the_certificates_to_trust_may_be_named() -> None:
    parts = conninfo_to_dict(external_conninfo("postgresql://ada@db.example.com/x?sslrootcert=/etc/ours.pem"))
    assert (parts["sslmode"], parts["sslrootcert"]) == ("verify-full", "/etc/ours.pem")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "[::1]", "127.9.9.9", "%2Fvar%2Frun%2Fpostgresql", "localhost,127.0.0.1"])
def test_this_machine_is_reached_as_the_url_says(host: str) -> None:
    assert "sslmode" not in conninfo_to_dict(external_conninfo(f"postgresql://ada@{host}/x"))


@pytest.fixture
def without_tls() -> Iterator[int]:
    """A port where a server answers as PostgreSQL does that was built or set up without TLS: `N` to the request for it."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(8)
                connection.sendall(b"N")
                connection.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


async def test_a_server_on_another_machine_that_has_no_tls_is_refused(without_tls: int, tmp_path: Path) -> None:
    there = f"postgresql://ada:geheim@db.example.com:{without_tls}/postgres?hostaddr=127.0.0.1&sslmode=disable"
    with pytest.raises(Misconfigured, match="no safe connection to the database: server does not support SSL") as refused:
        async with open_database(settings(tmp_path / "home", there)):
            pass
    assert "certificate that this machine trusts" in refused.value.advice
    assert "geheim" not in refused.value.sentence
