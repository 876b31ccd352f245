"""Which user of the machine runs the embedded database server: PostgreSQL refuses to run as root."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from practicestudio.errors import Misconfigured

_OWN_NAME = "practicestudio"


@dataclass(frozen=True, slots=True)
class ServiceUser:
    """A user of the machine. uid and gid: its numbers."""

    name: str
    uid: int
    gid: int

    @property
    def is_present_user(self) -> bool:
        """Whether this process already runs as this user."""
        return self.uid == os.geteuid()

    def run(
        self, command: list[str], *, cwd: Path = Path("/"), stderr: int = subprocess.PIPE, environment: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, in a session of its own, so that no ctrl-C reaches it; its status is not checked.

        It gets none of our environment, which may hold keys: messages are in English, times in UTC, and `environment` is added.
        """
        other = not self.is_present_user
        return subprocess.run(  # noqa: S603 (programs of PostgreSQL and the system, no shell text)
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=stderr, text=True, errors="replace", check=False,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", **(environment or {})}, umask=0o077, start_new_session=True,
            user=self.uid if other else None, group=self.gid if other else None, extra_groups=[] if other else None,
        )  # fmt: skip

    def can_enter(self, folder: Path) -> bool:
        """Whether this user reaches the folder: every folder above it must let the user pass."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)]).returncode == 0


def present_user() -> ServiceUser:
    """The user this process runs as."""
    return _user_by_id(os.geteuid())


def service_user_for(*folders: Path) -> ServiceUser:
    """The user that runs the server.

    Not root: the present user. Root: whoever owns the first of the folders that exists, unless that is root; else a service user,
    made with `useradd` where the machine has none.
    """
    if os.geteuid() != 0:
        return present_user()
    owner = next((folder.stat().st_uid for folder in folders if folder.exists()), 0)
    return _user_by_id(owner) if owner != 0 else _machine_service_user()


def _machine_service_user() -> ServiceUser:
    for name in (_OWN_NAME, "postgres"):
        if user := _user_by_name(name):
            return user
    return _create_service_user() or _nobody()


def _create_service_user() -> ServiceUser | None:
    program = shutil.which("useradd", path=f"{os.defpath}:/usr/sbin:/sbin")
    if program is None:
        return None
    subprocess.run(  # noqa: S603 (no shell, no outside text)
        [program, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", _OWN_NAME],
        capture_output=True,
        check=False,
    )
    return _user_by_name(_OWN_NAME)


def _nobody() -> ServiceUser:
    if user := _user_by_name("nobody"):
        return user
    raise Misconfigured(
        "PostgreSQL does not run as root, and this machine has no service user for it.",
        advice="Create a system user named practicestudio, or start Practice Studio as an ordinary user.",
    )


def _user_by_name(name: str) -> ServiceUser | None:
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        return None
    return ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _user_by_id(uid: int) -> ServiceUser:
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        raise Misconfigured(
            f"User number {uid} has no name on this machine, and PostgreSQL does not run without one.",
            advice="Add the user to /etc/passwd, or start Practice Studio as another user.",
        ) from None
    return ServiceUser(entry.pw_name, entry.pw_uid, entry.pw_gid)
