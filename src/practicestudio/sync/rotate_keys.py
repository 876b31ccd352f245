"""Change the keys that everything is kept under, while everybody works; and say how it stands with them."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from practicestudio.access.audit import Action, AuditEntry, write
from practicestudio.practices.practice import list_practices
from practicestudio.store import rotate
from practicestudio.store.database import SHARED, Database
from practicestudio.store.keyring import KeyFile, Keyring, KeyService
from practicestudio.store.rotate import Report, Resealed


@dataclass(frozen=True, slots=True)
class Rotation:
    """What a change of keys did.

    key: the key ring's active key. in_file: whether the key ring is a file. added: whether the key is new; it is not where an earlier change was
    broken off, or the key ring is no file. rewrapped: data keys that were wrapped under another key. renewed: practices with a new data key,
    what they share among them. dropped: data keys that are gone. dropped_keys: keys that are gone from the key file.
    """

    key: str
    in_file: bool
    added: bool
    rewrapped: int
    renewed: int
    resealed: Resealed
    dropped: int
    dropped_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PracticeStatus:
    """The data keys of a practice, named by its id at athenahealth, or of what practices share (None).

    values: everything that is sealed. old: what can be sealed anew. trail: entries of the audit trail under older keys, which stay so.
    """

    practice: str | None
    data_keys: int
    active: int
    values: int
    old: int
    trail: int


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """key: the key ring's active key. in_file: whether the key ring is a file. wrapped: how many data keys are under each of its keys; unused: the
    older ones under which there is none."""

    key: str
    in_file: bool
    wrapped: dict[str, int]
    unused: tuple[str, ...]
    practices: tuple[PracticeStatus, ...]


async def rotate_keys(
    database: Database, by: str, *, reseal: bool = False, drop_old: bool = False, report: Report = lambda done, total: None
) -> Rotation:
    """Add a key to the key file, and wrap every data key under it; only then, where wanted, seal every value under a new data key, and drop the keys
    under which nothing is any more. What was broken off goes on where it was.

    Raises:
        Misconfigured: another process is changing the keys, or the key ring does not open a data key.
    """
    async with rotate.only_rotation(database):
        added = await _add_key(database)
        rewrapped = await rotate.rewrap(database)
        renewed = await rotate.renew_data_keys(database) if reseal else []
        await _note(database, by, renewed)
        resealed = await rotate.reseal(database, report) if reseal else Resealed(0)
        dropped = await rotate.drop_data_keys(database) if drop_old else 0
        dropped_keys = await _drop_keys(database) if drop_old else ()
        in_file = isinstance(database.keys, KeyFile)
        return Rotation(database.keys.active, in_file, added, rewrapped, len(renewed), resealed, dropped, dropped_keys)


async def read_key_status(database: Database) -> KeyStatus:
    """How it stands with the keys. It counts every sealed value."""
    names: dict[UUID, str | None] = {practice.id: practice.athena_id for practice in await list_practices(database)}
    practices = []
    for keys in await rotate.read_practice_keys(database):
        if keys.practice_id in names or keys.practice_id == SHARED:
            usage = await rotate.read_usage(database, keys.practice_id)
            practices.append(PracticeStatus(names.get(keys.practice_id), keys.count, keys.active, usage.values.total(), usage.old, usage.kept))
    wrapped = await rotate.wrapping_keys(database)
    return KeyStatus(database.keys.active, isinstance(database.keys, KeyFile), wrapped, _unused(database.keys, wrapped), tuple(practices))


async def _add_key(database: Database) -> bool:
    keys = database.keys
    if not isinstance(keys, KeyFile) or set(await rotate.wrapping_keys(database)) - {keys.active}:
        return False
    keys.ring.add_key().save(keys.path)
    return True


async def _drop_keys(database: Database) -> tuple[str, ...]:
    keys = database.keys
    if not isinstance(keys, KeyFile):
        return ()
    unused = _unused(keys, await rotate.wrapping_keys(database))
    ring = keys.ring
    for key_id in unused:
        ring = ring.drop_key(key_id)
    if unused:
        ring.save(keys.path)
    return unused


def _unused(keys: KeyService, wrapped: Collection[str]) -> tuple[str, ...]:
    ring = keys.ring if isinstance(keys, KeyFile) else keys
    return tuple(sorted(set(ring.keys) - {*wrapped, ring.active})) if isinstance(ring, Keyring) else ()


async def _note(database: Database, by: str, renewed: Collection[UUID]) -> None:
    """An entry in the trail of each practice: under which key its data keys are wrapped now, and which data key seals, where that is new."""
    for practice in await list_practices(database):
        async with database.practice(practice.id) as transaction:
            changes: dict[str, tuple[None, str | int]] = {"wrapped_under": (None, database.keys.active)}
            if practice.id in renewed:
                changes["data_key"] = (None, transaction.sealer.active)
            await write(transaction, [AuditEntry(Action.SYSTEM_KEYS_ROTATE, by, changes=changes)])
