"""The folder of the embedded database: where it lies, whose it is, and how it is first made."""

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from practicestudio.errors import Misconfigured
from practicestudio.store.binaries import Binaries
from practicestudio.store.server_settings import ACCESS_RULES, locked_settings, server_settings, settings_text
from practicestudio.store.service_user import ServiceUser, service_user_for

SUPERUSER = "postgres"
_STATE = Path("/var/lib/practicestudio")
# The shortest limit of the systems we run on: 104 bytes on macOS, 108 on Linux, the final zero included.
_SOCKET_PATH_LIMIT = 103
_SOCKET_FILE = ".s.PGSQL.5432"
_ROOM_TO_START = 1_000_000
# Faults of the configuration are LOG lines before the FATAL one.
_REASON = re.compile(r"(?:FATAL:|PANIC:|error:|LOG:(?=\s+(?:unrecognized|invalid)))\s+(.+)")


@dataclass(frozen=True, slots=True)
class Cluster:
    """One database cluster on disk. folder: 0700, belongs to `user`, who runs the server."""

    folder: Path
    user: ServiceUser

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def log(self) -> Path:
        """What the server said since its log was last turned."""
        return self.folder / "server.log"

    @property
    def socket(self) -> Path:
        """The folder of the server's socket, 0700."""
        return (self.folder / "socket").resolve()

    @property
    def access_file(self) -> Path:
        """Who may sign in and how."""
        return self.folder / "pg_hba.conf"

    @property
    def postmaster(self) -> int | None:
        """The process that the data folder names as its server; it may be long dead."""
        try:
            return int((self.data / "postmaster.pid").read_text().partition("\n")[0])
        except (FileNotFoundError, ValueError):
            return None


def settle(home: Path) -> Cluster:
    """Find or make the cluster's folder, `home/cluster`.

    A service user cannot reach a folder inside root's home: there `cluster` is a link to a folder of its own below /var/lib/practicestudio
    (for a temporary home: below the system's temporary folder).

    Raises:
        Misconfigured: a folder belongs to somebody else or is open to others.
    """
    link = home / "cluster"
    user = service_user_for(link, home)
    if link.is_symlink() and not link.exists():
        raise Misconfigured(
            f"{link} points to {link.readlink()}, which is gone.", advice="Bring that folder back, or remove the link to start with no data."
        )
    if not link.exists():
        _make_folder(link, home, user)
    cluster = Cluster(link.resolve(), user)
    check_private(cluster.folder, user)
    _settle_socket(cluster)
    return cluster


def make_home(home: Path) -> None:
    """Make the home folder, or check that nobody else can write to it. As root, others may pass through it, but not look into it."""
    is_root = os.geteuid() == 0
    home.mkdir(parents=True, exist_ok=True, mode=0o711 if is_root else 0o700)
    state = home.stat()
    if not is_root and state.st_uid != os.geteuid():
        raise Misconfigured(f"The folder {home} belongs to another user.", advice="Choose another folder, or start as the user who owns it.")
    if state.st_mode & 0o022:
        raise Misconfigured(f"Others can write to the folder {home}.", advice=f"Run: chmod go-w '{home}'")
    if is_root and state.st_uid == 0 and not state.st_mode & stat.S_IXOTH:
        home.chmod(0o711)


def check_private(folder: Path, user: ServiceUser) -> None:
    """Refuse a folder that is not the user's alone."""
    state = folder.stat()
    if state.st_uid != user.uid:
        raise Misconfigured(
            f"The database folder {folder} belongs to another user than {user.name}.",
            advice="Start Practice Studio as the user who owns it, or choose another folder.",
        )
    if state.st_mode & 0o077:
        raise Misconfigured(f"The database folder {folder} is open to others.", advice=f"Run: chmod 700 '{folder}'")


def initialise(cluster: Cluster, binaries: Binaries, password: str, *, durable: bool) -> None:
    """Make the data folder with initdb, all or nothing; the superuser's password goes through a private file that is removed.

    durable: wait until the files are on the disk, as a server does that shall survive a power cut.

    Raises:
        Misconfigured: it is there and of another major version, or initdb failed.
    """
    if cluster.data.exists():
        _check_version(cluster.data, binaries)
        return
    unfinished, secret = cluster.folder / "data.unfinished", cluster.folder / "initial-password"
    if unfinished.exists():
        shutil.rmtree(unfinished)
    secret.unlink(missing_ok=True)
    try:
        write_private(secret, password + "\n", cluster.user)
        command = [str(binaries.folder / "initdb"), "-D", str(unfinished), f"--pwfile={secret}", *_initdb_options(binaries, durable)]
        answer = cluster.user.run(command, cwd=cluster.folder)
    finally:
        secret.unlink(missing_ok=True)
    if answer.returncode != 0:
        raise startup_failure(answer.stderr, cluster)
    with (unfinished / "postgresql.conf").open("a") as configuration:
        configuration.write("\ninclude = '../practicestudio.conf'\n\n# Lines of your own go below; they win over the above.\n")
    unfinished.rename(cluster.data)
    _sync_folder(cluster.folder)


def configure(cluster: Cluster, binaries: Binaries, own: Mapping[str, str]) -> list[str]:
    """Write the settings and access rules; returns the server's command line. own: settings that replace ours."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    settings = server_settings(memory, lz4=binaries.has_lz4) | dict(own)
    write_private(cluster.folder / "practicestudio.conf", settings_text(settings), cluster.user)
    write_private(cluster.access_file, ACCESS_RULES, cluster.user)
    locked = locked_settings(cluster.socket, cluster.access_file)
    return [str(binaries.folder / "postgres"), "-D", str(cluster.data), *(f"--{name}={value}" for name, value in locked.items())]


def remove(home: Path) -> None:
    """Delete the cluster with all its data, wherever it lies. Its server must be stopped."""
    link = home / "cluster"
    for folder in (link / "socket", link):
        if folder.is_symlink():
            if folder.exists():
                shutil.rmtree(folder.resolve())
            folder.unlink()
    if link.exists():
        shutil.rmtree(link)


def write_private(path: Path, text: str, owner: ServiceUser) -> None:
    """Write a file that only its owner can read. A link in its place is not followed."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        os.fchmod(descriptor, 0o600)
        os.fchown(descriptor, owner.uid, owner.gid)
        file.write(text)


def startup_failure(said: str, cluster: Cluster) -> Misconfigured:
    """Why initdb or the server gave up, from what it printed; on a full disk it may not even have printed it."""
    if "No space left on device" in said or "Disk quota exceeded" in said or shutil.disk_usage(cluster.folder).free < _ROOM_TO_START:
        return Misconfigured(f"The disk that holds {cluster.folder} is full.", advice="Free some space, then start again.")
    reasons = [found[1] for line in said.splitlines() if (found := _REASON.search(line)) and "is starting up" not in line]
    reason = "; ".join(reasons[-2:]) or "it gave no reason"
    return Misconfigured(f"The embedded PostgreSQL did not start: {reason}.", advice=f"Mend that and start again; its log is {cluster.log}.")


def _make_folder(link: Path, home: Path, user: ServiceUser) -> None:
    if user.can_enter(home):
        link.mkdir(mode=0o700)
        os.chown(link, user.uid, user.gid)
        return
    temporary = Path(tempfile.gettempdir()).resolve()
    place = temporary if home.is_relative_to(temporary) else _STATE
    place.mkdir(parents=True, exist_ok=True, mode=0o711)
    folder = Path(tempfile.mkdtemp(prefix="practicestudio-", dir=place))
    os.chown(folder, user.uid, user.gid)
    if not user.can_enter(folder):
        folder.rmdir()
        raise Misconfigured(
            f"User {user.name}, who runs the database, can reach neither {home} nor {place}.",
            advice="Choose a data folder that every user can pass through, such as one below /var/lib.",
        )
    link.symlink_to(folder)


def _settle_socket(cluster: Cluster) -> None:
    """Make the socket's folder inside the cluster's; where that path is too long for a socket, or holds a comma, which libpq takes for a
    second host, make a short private one in the system's temporary folder and leave a link to it."""
    folder = cluster.folder / "socket"
    if folder.is_symlink() and not (folder.exists() and _is_private(folder.resolve(), cluster.user)):
        folder.unlink()
    if folder.exists():
        return
    path = str(folder / _SOCKET_FILE)
    if len(os.fsencode(path)) <= _SOCKET_PATH_LIMIT and "," not in path:
        folder.mkdir(mode=0o700)
        os.chown(folder, cluster.user.uid, cluster.user.gid)
        return
    short = Path(tempfile.mkdtemp(prefix="practicestudio-", dir="/tmp"))  # not TMPDIR, which may be long too
    os.chown(short, cluster.user.uid, cluster.user.gid)
    folder.symlink_to(short)


def _is_private(folder: Path, user: ServiceUser) -> bool:
    state = folder.lstat()
    return stat.S_ISDIR(state.st_mode) and state.st_uid == user.uid and not state.st_mode & 0o077


def _check_version(data: Path, binaries: Binaries) -> None:
    major = int((data / "PG_VERSION").read_text())
    if major != binaries.major:
        raise Misconfigured(
            f"The data in {data} was made by PostgreSQL {major}, but the programs at hand are version {binaries.version}.",
            advice=f"Set PRACTICESTUDIO_POSTGRES_BIN to the bin folder of PostgreSQL {major}, or move the data with pg_upgrade.",
        )


def _initdb_options(binaries: Binaries, durable: bool) -> list[str]:
    # The builtin provider (since 17) sorts the same on every machine, whatever its C library; before, C.UTF-8 comes closest.
    locale = ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"] if binaries.major >= 17 else ["--locale=C.UTF-8"]
    return [
        "-U",
        SUPERUSER,
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--data-checksums",
        "--no-instructions",
        *locale,
        *([] if durable else ["--no-sync"]),
    ]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
