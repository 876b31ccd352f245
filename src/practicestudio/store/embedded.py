"""The embedded database: a PostgreSQL server on a private folder, shared by the processes that use it."""

import fcntl
import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from psycopg.conninfo import make_conninfo
from psycopg.pq import PGconn, Ping

from practicestudio.errors import Misconfigured, Transient
from practicestudio.store.binaries import find_binaries
from practicestudio.store.cluster import SUPERUSER, Cluster, configure, initialise, make_home, remove, settle, startup_failure

_POLL = 0.01
_START_SECONDS = 300.0
_LEFTOVER_SECONDS = 30.0
_STOP_SECONDS = 60.0
# The shell ends at once and leaves the server to init, so that it outlives us and none of us has to wait for its end.
_DETACH = '"$@" >&2 & echo $!'


class EmbeddedServer:
    """One PostgreSQL server for all processes that name the same home.

    home: a folder of its own, made when missing; password: the superuser's, set when the data folder is first made;
    bin_folder: another PostgreSQL than the bundled one; settings: server settings that replace ours.

    Every process that uses the server holds a shared lock on `home/run.lock`; the last one to leave stops the server. A killed process
    drops its lock with its life, so it never stands in the way. A forked child shares its parent's lock: it makes an EmbeddedServer of its own.
    All methods block.
    """

    superuser = SUPERUSER

    def __init__(self, home: Path, password: str, bin_folder: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        self.home = home.absolute()
        self._password = password
        self._bin_folder = bin_folder
        self._settings = dict(settings or {})
        self._cluster: Cluster | None = None
        self._membership: int | None = None

    def ensure_running(self) -> None:
        """Join the server, starting it if it does not run: 1 to 2 seconds the first time, 0.2 later, longer after a crash.

        Raises:
            Misconfigured: no programs, a folder that is not ours alone, a full disk, data of another version.
        """
        with _folder_faults(self.home):
            make_home(self.home)
            with self._turn():
                self._cluster = settle(self.home)
                self._join()
                try:
                    self._bring_up(self._cluster)
                except BaseException:
                    self._release()
                    raise

    def conninfo(self, user: str, password: str, dbname: str) -> str:
        """A libpq connection string for the server's socket."""
        return make_conninfo(host=str(self._running_cluster.socket), port="5432", user=user, password=password, dbname=dbname)

    @property
    def data_folder(self) -> Path:
        """Where PostgreSQL keeps its files, write-ahead log included."""
        return self._running_cluster.data

    @property
    def log_file(self) -> Path:
        """The server's own log."""
        return self._running_cluster.log

    def leave(self) -> None:
        """Stop using the server; the last one out stops it."""
        if self._membership is None:
            return
        with self._turn():
            self._release()
            if self._is_unused():
                self._shut_down(self._running_cluster)

    def stop(self) -> None:
        """Stop the server, whoever uses it: open transactions are rolled back, connections closed."""
        make_home(self.home)
        with self._turn():
            self._release()
            self._shut_down(settle(self.home))

    def remove(self) -> None:
        """Stop the server and delete all its data, wherever that lies."""
        make_home(self.home)
        with self._turn():
            self._release()
            self._shut_down(settle(self.home))
            remove(self.home)

    def __enter__(self) -> Self:
        self.ensure_running()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.leave()

    @property
    def _running_cluster(self) -> Cluster:
        if self._cluster is None:
            raise Misconfigured("The embedded database was asked for before it was started.", advice="Call ensure_running() first.")
        return self._cluster

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Starting, stopping and leaving happen one at a time, over all processes."""
        descriptor = self._open_lock("start.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _join(self) -> None:
        if self._membership is None:
            self._membership = self._open_lock("run.lock")
            fcntl.flock(self._membership, fcntl.LOCK_SH)

    def _release(self) -> None:
        if self._membership is not None:
            os.close(self._membership)
            self._membership = None

    def _is_unused(self) -> bool:
        descriptor = self._open_lock("run.lock")
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(descriptor)
        return True

    def _open_lock(self, name: str) -> int:
        descriptor = os.open(self.home / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        owner = self.home.stat()
        if os.fstat(descriptor).st_uid != owner.st_uid:
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def _bring_up(self, cluster: Cluster) -> None:
        """Start the server unless it runs, and wait until it accepts connections; it rejects them while it starts, stops or recovers."""
        began = time.monotonic()
        process: int | None = None
        while (answer := _ping(cluster)) != Ping.OK:
            waited = time.monotonic() - began
            if waited > _START_SECONDS:
                raise Transient(f"The embedded PostgreSQL still does not accept connections after {waited:.0f} seconds; see {cluster.log}.")
            if answer == Ping.NO_RESPONSE and (process is None or not _is_alive(process)):
                if process is not None:
                    _consider_retry(cluster, waited)
                process = self._launch(cluster)
            time.sleep(_POLL)

    def _launch(self, cluster: Cluster) -> int:
        """Start the server's process in the background; returns its id. It may still fail, see the log."""
        binaries = find_binaries(self._bin_folder, cluster.user, cluster.folder)
        initialise(cluster, binaries, self._password, durable=self._settings.get("fsync") != "off")
        command = configure(cluster, binaries, self._settings)
        environment = {}
        if (stale := cluster.postmaster) is not None:
            # Nobody answers on the socket, so the process of this number is another one, as happens when a container starts again.
            # PostgreSQL would not start beside a living process of that number, unless told that it is a relative. Against a server
            # that does live it has a second guard, its shared memory.
            environment["PG_GRANDPARENT_PID"] = str(stale)
        with _fresh_log(cluster) as log:
            shell = ["/bin/sh", "-c", _DETACH, "sh", *command]
            started = cluster.user.run(shell, cwd=cluster.folder, stderr=log, environment=environment)
        return int(started.stdout)

    def _shut_down(self, cluster: Cluster) -> None:
        """Stop the server (fast: clients are sent away, data is written out) and wait until it is gone."""
        process = cluster.postmaster
        if process is None or _ping(cluster) == Ping.NO_RESPONSE:
            return
        os.kill(process, signal.SIGINT)
        began = time.monotonic()
        while cluster.postmaster == process and _is_alive(process):
            if time.monotonic() - began > _STOP_SECONDS:
                raise Transient(f"The embedded PostgreSQL has not stopped after {_STOP_SECONDS:.0f} seconds; see {cluster.log}.")
            time.sleep(_POLL)


@contextmanager
def _folder_faults(home: Path) -> Iterator[None]:
    """Faults of the disk and of permissions as errors of ours."""
    try:
        yield
    except OSError as error:
        raise Misconfigured(
            f"The embedded database cannot use its folder {home}: {error.strerror or type(error).__name__}.",
            advice="Free some space, give the folder the permissions it needs, or choose another folder.",
        ) from error


def _ping(cluster: Cluster) -> Ping:
    conninfo = make_conninfo(host=str(cluster.socket), port="5432", user=SUPERUSER, dbname=SUPERUSER, connect_timeout=5)
    return Ping(PGconn.ping(conninfo.encode()))


def _is_alive(process: int) -> bool:
    try:
        if os.waitpid(process, os.WNOHANG)[0] == process:
            return False
    except ChildProcessError:
        pass  # not ours to reap, unless we are process 1 of a container
    try:
        os.kill(process, 0)
    except (ProcessLookupError, PermissionError):  # gone, or its number now belongs to another user's process
        return False
    return True


def _consider_retry(cluster: Cluster, waited: float) -> None:
    """After a failed start: return if another try may work, for a killed server's last processes need a moment to go."""
    said = cluster.log.read_text(errors="replace")
    leftover = "pre-existing shared memory block" in said or ("lock file" in said and "already exists" in said)
    if not leftover:
        raise startup_failure(said, cluster)
    if waited > _LEFTOVER_SECONDS:
        raise Misconfigured(
            f"Processes of an earlier server still use {cluster.data}.",
            advice="End the postgres processes of that folder, then start again.",
        )


@contextmanager
def _fresh_log(cluster: Cluster) -> Iterator[int]:
    """A log of its own for every start, so that a failed start is explained by it alone; the one before is kept."""
    if cluster.log.exists():
        cluster.log.replace(cluster.log.with_name("server.log.before"))
    descriptor = os.open(cluster.log, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        os.fchown(descriptor, cluster.user.uid, cluster.user.gid)
        yield descriptor
    finally:
        os.close(descriptor)
