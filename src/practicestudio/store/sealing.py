"""Seal a practice's data, so that at rest nothing can be read, and find it again through blind indexes."""

import hmac
import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Literal, Self
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from practicestudio.errors import InvalidValue, Misconfigured, Permanent
from practicestudio.store.keyring import KEY_SIZE, KeyService

LARGEST = 256 * 1024 * 1024
_FORMAT = 0x10
_COMPRESSED = 0x01
_KEY_ID_SIZE = 4
_NONCE_AT = 1 + _KEY_ID_SIZE
_CIPHERTEXT_AT = _NONCE_AT + 12
_SHORTEST = _CIPHERTEXT_AT + 16
_WORTH_COMPRESSING = 16 * 1024  # below, the time it takes is worth more than the disk it saves
_INDEX_KEY_ID = 1
_INDEXES_KEPT = 32_768  # names and their beginnings come again and again


class BrokenSeal(Permanent):
    """A sealed value does not open: damaged, moved to another row, table or practice, or under a key that is not there."""

    code = "broken_seal"
    default_advice = "Restore the row from a backup, and find out who or what changed it in the database."


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A row of the table data_keys: one key of a practice, wrapped by the key service under `kek_id`."""

    practice_id: UUID
    purpose: Literal["data", "index"]
    key_id: int
    kek_id: str
    wrapped: bytes
    retired: bool = False


@dataclass(frozen=True, slots=True)
class DataKeys:
    """The keys of one practice in the clear, 32 bytes each: they live in memory only.

    keys: every data key by its id; active: the one that seals; index_key: the one behind the blind indexes, never changed by a rotation.
    """

    practice_id: UUID
    keys: Mapping[int, bytes] = field(repr=False)
    active: int
    index_key: bytes = field(repr=False)

    @classmethod
    def unwrap(cls, practice_id: UUID, rows: Sequence[WrappedKey], service: KeyService) -> Self:
        """The keys of one practice from its rows; the newest that is not retired becomes active.

        Raises:
            Misconfigured: keys are missing, belong to another practice, or the key service cannot unwrap one.
        """
        opened = {(row.purpose, row.key_id): service.unwrap(row.wrapped, _context(practice_id, row.purpose, row.key_id)) for row in rows}
        data = {key_id: key for (purpose, key_id), key in opened.items() if purpose == "data"}
        usable = [row.key_id for row in rows if row.purpose == "data" and not row.retired]
        index_key = opened.get(("index", _INDEX_KEY_ID))
        if not usable or index_key is None:
            raise Misconfigured(f"The keys of practice {practice_id} are not complete.", advice="Restore the table data_keys from a backup.")
        return cls(practice_id, data, max(usable), index_key)

    def wrap(self, service: KeyService) -> tuple[WrappedKey, ...]:
        """The rows to store, all wrapped under the service's active key. Data keys other than the active one are marked retired."""
        data = tuple(self._wrapped(service, "data", key_id, key) for key_id, key in sorted(self.keys.items()))
        return (*data, self._wrapped(service, "index", _INDEX_KEY_ID, self.index_key))

    def add_key(self) -> Self:
        """The same keys and a new active data key; what the older ones sealed still opens."""
        key_id = max(self.keys) + 1
        return replace(self, keys={**self.keys, key_id: os.urandom(KEY_SIZE)}, active=key_id)

    def _wrapped(self, service: KeyService, purpose: Literal["data", "index"], key_id: int, key: bytes) -> WrappedKey:
        wrapped = service.wrap(key, _context(self.practice_id, purpose, key_id))
        return WrappedKey(self.practice_id, purpose, key_id, service.active, wrapped, retired=purpose == "data" and key_id != self.active)


def new_practice_keys(practice_id: UUID) -> DataKeys:
    """Random keys for a new practice."""
    return DataKeys(practice_id, {1: os.urandom(KEY_SIZE)}, 1, os.urandom(KEY_SIZE))


class Sealer:
    """Seals and opens the values of one practice, and makes its blind indexes. Safe to share between threads.

    A sealed value is: one byte of format and flags, four bytes key id (big-endian), twelve bytes random nonce, then AES-256-GCM ciphertext
    and tag. The practice, table and row are authenticated with it, so a value opens only where it was sealed. One key stays safe for 2**32
    values (NIST SP 800-38D §8.3): rotate before.
    """

    def __init__(self, keys: DataKeys) -> None:
        self._practice = keys.practice_id.bytes
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.keys.items()}
        self._active = keys.active
        self._cipher = self._ciphers[keys.active]
        self._key_id = keys.active.to_bytes(_KEY_ID_SIZE, "big")
        self._index_key = keys.index_key
        self._kinds: dict[str, hmac.HMAC] = {}
        self.index = lru_cache(_INDEXES_KEPT)(self._index)

    @property
    def active(self) -> int:
        """The id of the data key that seals."""
        return self._active

    def seal(self, table: str, row: UUID, data: bytes) -> bytes:
        """Encrypt a value for its place; larger ones are compressed where that saves a tenth or more. At most 256 MiB."""
        flags = _FORMAT
        if len(data) >= _WORTH_COMPRESSING:
            if len(data) > LARGEST:
                raise InvalidValue(f"A value of {len(data)} bytes is too large to store.", advice=f"The most is {LARGEST} bytes.")
            compressed = _compress(data)
            if len(compressed) < len(data) * 0.9:
                flags, data = _FORMAT | _COMPRESSED, compressed
        header = bytes((flags,)) + self._key_id
        nonce = os.urandom(12)
        return header + nonce + self._cipher.encrypt(nonce, data, header + self._practice + table.encode() + row.bytes)

    def open(self, table: str, row: UUID, sealed: bytes) -> bytes:
        """The value back. Raises BrokenSeal where it is damaged, was moved, or its key is not there."""
        return self._open(table.encode(), row.bytes, sealed)

    def opener(self, table: str) -> Callable[[bytes, bytes], bytes]:
        """`open` of one table, for whoever opens by the hundred thousand: takes the row's id and the sealed value as bytes."""
        place = table.encode()
        context = self._practice + place
        ciphers = {bytes((_FORMAT,)) + key_id.to_bytes(_KEY_ID_SIZE, "big"): cipher for key_id, cipher in self._ciphers.items()}

        def open_one(row: bytes, sealed: bytes) -> bytes:
            cipher = ciphers.get(sealed[:_NONCE_AT])
            if cipher is None:  # compressed, or not to be opened
                return self._open(place, row, sealed)
            try:
                return cipher.decrypt(sealed[_NONCE_AT:_CIPHERTEXT_AT], sealed[_CIPHERTEXT_AT:], sealed[:_NONCE_AT] + context + row)
            except (InvalidTag, ValueError):
                return self._open(place, row, sealed)  # which says what is wrong

        return open_one

    def _open(self, table: bytes, row: bytes, sealed: bytes) -> bytes:
        key_id = sealed_under(sealed)
        cipher = self._ciphers.get(key_id)
        if cipher is None:
            raise BrokenSeal(
                f"The value of {_place(table, row)} is sealed under key {key_id}, which this practice does not have.",
                advice="Restore the practice's keys from a backup of the table data_keys.",
            )
        associated = sealed[:_NONCE_AT] + self._practice + table + row
        try:
            data = cipher.decrypt(sealed[_NONCE_AT:_CIPHERTEXT_AT], sealed[_CIPHERTEXT_AT:], associated)
        except InvalidTag:
            raise BrokenSeal(f"The value of {_place(table, row)} is damaged, or was sealed for another row, table or practice.") from None
        return _decompress(data) if sealed[0] & _COMPRESSED else data

    def _index(self, kind: str, text: str) -> int:
        """The blind index of a text, signed 64 bits: equal for equal texts of one kind in one practice, telling nothing of the text."""
        return int.from_bytes(self.mac(kind, text.encode())[:8], "big", signed=True)

    def identity(self, kind: str, text: str) -> UUID:
        """The blind identity of a text, 128 bits: as `index`, but safe from chance collisions."""
        return UUID(bytes=self.mac(kind, text.encode())[:16])

    def mac(self, kind: str, data: bytes) -> bytes:
        """HMAC-SHA256 (RFC 2104) of the kind, a zero byte and the data under the index key, 32 bytes: whoever lacks the practice's keys cannot
        make it. The state after the kind is kept."""
        started = self._kinds.get(kind)
        if started is None:
            started = self._kinds[kind] = hmac.new(self._index_key, kind.encode() + b"\0", "sha256")
        mac = started.copy()
        mac.update(data)
        return mac.digest()


def sealed_under(sealed: bytes) -> int:
    """The id of the data key that a value is sealed under. Raises BrokenSeal where it is no sealed value."""
    if len(sealed) < _SHORTEST or sealed[0] & ~_COMPRESSED != _FORMAT:
        raise BrokenSeal("A stored value is not in the form that values are sealed in.")
    return int.from_bytes(sealed[1:_NONCE_AT], "big")


def _place(table: bytes, row: bytes) -> str:
    return f"{table.decode()} {UUID(bytes=row)}"


def _context(practice_id: UUID, purpose: str, key_id: int) -> bytes:
    return practice_id.bytes + purpose.encode() + key_id.to_bytes(_KEY_ID_SIZE, "big")


def _compress(data: bytes) -> bytes:
    # Most values are a few kB. Half of zlib's usual state compresses them as well, in a third of the time, which goes into making that state.
    deflate = zlib.compressobj(level=1, wbits=14, memLevel=7)
    return deflate.compress(data) + deflate.flush()


def _decompress(data: bytes) -> bytes:
    inflate = zlib.decompressobj()
    try:
        whole = inflate.decompress(data, LARGEST + 1)
    except zlib.error:
        raise BrokenSeal("A stored value was sealed with a fault: it does not decompress.") from None
    if not inflate.eof or len(whole) > LARGEST:
        raise BrokenSeal("A stored value is cut short, or larger than any that is sealed.")
    return whole
