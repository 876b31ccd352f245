"""The keys that stay outside the database: those that wrap every practice's own keys, and the secret behind the database's passwords."""

import base64
import binascii
import json
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from practicestudio.errors import Misconfigured

KEY_SIZE = 32
_NONCE_SIZE = 12
_FORMAT = 1
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_RESTORE = "Bring back the key file, or the key in the environment, that belongs to this database."


class KeyService(Protocol):
    """What wraps data keys: our key ring, or a key management service in its place. context is authenticated, not stored."""

    @property
    def active(self) -> str:
        """The id of the key that new wrappings use."""

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """The data key, encrypted under the active key; the result names that key."""

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key back. Raises Misconfigured where the key is unknown, or the value damaged or of another context."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """Key encryption keys by id, 32 bytes each (AES-256-GCM), one of them active, and the database secret, 32 bytes.

    As text it is `{"active": "<id>", "keys": {"<id>": "<base64>"}, "database_secret": "<base64>"}`.
    """

    active: str
    keys: Mapping[str, bytes] = field(repr=False)
    database_secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if self.active not in self.keys:
            raise Misconfigured("The key ring's active key is not among its keys.", advice=_RESTORE)
        if not all(_KEY_ID.fullmatch(key_id) for key_id in self.keys):
            raise Misconfigured("A key id is 1 to 64 letters, digits, dots, dashes or underscores.", advice="Correct the key ring.")
        if any(len(key) != KEY_SIZE for key in [*self.keys.values(), self.database_secret]):
            raise Misconfigured(f"Every key of the key ring is {KEY_SIZE} bytes long, and one is not.", advice=_RESTORE)

    @classmethod
    def generate(cls) -> Self:
        """A new key ring with one random key."""
        key_id = _new_key_id()
        return cls(key_id, {key_id: os.urandom(KEY_SIZE)}, os.urandom(KEY_SIZE))

    @classmethod
    def load(cls, text: str) -> Self:
        """Read a key ring from its JSON text. Raises Misconfigured, without the text, where it is none."""
        try:
            document = json.loads(text)
            keys = {str(key_id): base64.b64decode(key, validate=True) for key_id, key in document["keys"].items()}
            return cls(str(document["active"]), keys, base64.b64decode(document["database_secret"], validate=True))
        except (json.JSONDecodeError, KeyError, TypeError, AttributeError, binascii.Error):
            raise Misconfigured("The key ring cannot be read: it is not the JSON that Practice Studio writes.", advice=_RESTORE) from None

    @classmethod
    def from_file(cls, path: Path, *, create: bool = True) -> Self:
        """Read the key file; where it is missing and `create` is set, make one that only its owner can read.

        Raises:
            Misconfigured: missing, open to others, or not a key ring.
        """
        if create and not path.exists():
            _write_new(path, cls.generate().dump())
        return cls.load(_read_private(path))

    def dump(self) -> str:
        """The key ring as JSON text: a secret."""
        keys = {key_id: base64.b64encode(key).decode() for key_id, key in self.keys.items()}
        secret = base64.b64encode(self.database_secret).decode()
        return json.dumps({"active": self.active, "keys": keys, "database_secret": secret}, indent=2) + "\n"

    def save(self, path: Path) -> None:
        """Replace the key file at once: after a crash it holds the old key ring or the new one, whole."""
        unfinished = _write_beside(path, self.dump())
        unfinished.replace(path)
        _sync_folder(path.parent)

    def add_key(self) -> Self:
        """The key ring with one more key, which is now active; the older keys still unwrap what they wrapped."""
        key_id = _new_key_id()
        return replace(self, active=key_id, keys={**self.keys, key_id: os.urandom(KEY_SIZE)})

    def drop_key(self, key_id: str) -> Self:
        """The key ring without a key that nothing is wrapped under any more."""
        if key_id == self.active:
            raise Misconfigured(f"Key {key_id} is the active key.", advice="Add a new key and wrap everything under it first.")
        return replace(self, keys={name: key for name, key in self.keys.items() if name != key_id})

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """Encrypt a data key: format byte, length of the key id, key id, nonce, ciphertext with tag."""
        key_id = self.active.encode()
        header = bytes([_FORMAT, len(key_id)]) + key_id
        nonce = os.urandom(_NONCE_SIZE)
        return header + nonce + AESGCM(self.keys[self.active]).encrypt(nonce, data_key, header + context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """The data key back. Raises Misconfigured where the key is unknown, or the value damaged or of another context."""
        header = wrapped[: 2 + (wrapped[1] if len(wrapped) > 1 else 0)]
        key_id = header[2:].decode("ascii", errors="replace")
        if header[:1] != bytes([_FORMAT]) or key_id not in self.keys:
            known = key_id if _KEY_ID.fullmatch(key_id) else "of an unknown form"
            raise Misconfigured(f"A data key is wrapped under key {known}, which the key ring does not have.", advice=_RESTORE)
        nonce, sealed = wrapped[len(header) : len(header) + _NONCE_SIZE], wrapped[len(header) + _NONCE_SIZE :]
        try:
            return AESGCM(self.keys[key_id]).decrypt(nonce, sealed, header + context)
        except (InvalidTag, ValueError):
            raise Misconfigured(f"A data key does not open under key {key_id}: it is damaged or was moved.", advice=_RESTORE) from None

    def password_for(self, role: str) -> str:
        """The password of a database role: 32 characters, safe in a URL (HKDF-SHA256, RFC 5869, of the database secret)."""
        derived = HKDF(SHA256(), 24, salt=None, info=b"practicestudio database role\0" + role.encode()).derive(self.database_secret)
        return base64.urlsafe_b64encode(derived).decode()

    @property
    def fingerprint(self) -> str:
        """Tells this key ring from others, through all changes of its keys; it is no secret."""
        return HKDF(SHA256(), 8, salt=None, info=b"practicestudio key ring fingerprint").derive(self.database_secret).hex()


class KeyFile:
    """The key ring in a file, read again when the file has changed: so every process of this machine follows a change of its keys.

    create: make the file where it is missing.
    """

    def __init__(self, path: Path, *, create: bool = False) -> None:
        self.path = path
        Keyring.from_file(path, create=create)
        self._stamp, self._ring = _stamp(path), Keyring.from_file(path, create=False)

    @property
    def ring(self) -> Keyring:
        """The key ring as the file holds it now."""
        stamp = _stamp(self.path)
        if stamp != self._stamp:
            self._stamp, self._ring = stamp, Keyring.from_file(self.path, create=False)
        return self._ring

    @property
    def active(self) -> str:
        """See KeyService."""
        return self.ring.active

    def wrap(self, data_key: bytes, context: bytes) -> bytes:
        """See KeyService."""
        return self.ring.wrap(data_key, context)

    def unwrap(self, wrapped: bytes, context: bytes) -> bytes:
        """See KeyService."""
        return self.ring.unwrap(wrapped, context)

    def password_for(self, role: str) -> str:
        """See Keyring."""
        return self.ring.password_for(role)

    @property
    def fingerprint(self) -> str:
        """See Keyring."""
        return self.ring.fingerprint


def _stamp(path: Path) -> tuple[int, int] | None:
    """Tells one state of a file from another that replaced it; None where there is none."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return None
    return state.st_ino, state.st_mtime_ns


def _new_key_id() -> str:
    return f"kek-{os.urandom(4).hex()}"


def _read_private(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise Misconfigured(f"The key file {path} is missing.", advice=_RESTORE) from None
    except PermissionError:
        raise Misconfigured(f"The key file {path} cannot be read.", advice="Start Practice Studio as the user who owns it.") from None
    try:
        _check_private(path, os.fstat(descriptor))
        with os.fdopen(os.dup(descriptor), encoding="utf-8", errors="replace") as file:
            return file.read()
    finally:
        os.close(descriptor)


def _check_private(path: Path, state: os.stat_result) -> None:
    if not stat.S_ISREG(state.st_mode):
        raise Misconfigured(f"The key file {path} is not a file.", advice="Name a file.")
    if state.st_mode & 0o077:
        raise Misconfigured(
            f"The key file {path} is open to other users of this machine.",
            advice=f"Run: chmod 600 '{path}' — and if others may have read it, change the keys with `practicestudio keys rotate`.",
        )


def _write_new(path: Path, text: str) -> None:
    """Make the file unless another process just did; a file by that name is always whole."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = _write_beside(path, text)
    try:
        os.link(unfinished, path)
    except FileExistsError:
        return  # the other process's keys are the ones to use
    finally:
        unfinished.unlink()
    _sync_folder(path.parent)


def _write_beside(path: Path, text: str) -> Path:
    unfinished = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(descriptor)
    return unfinished


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
