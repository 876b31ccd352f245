"""The key ring: made once, private, whole on disk at any moment, and strict about what it opens."""

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.errors import Misconfigured
from practicestudio.store.keyring import KeyFile, Keyring

DATA_KEY = bytes(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "secrets" / "keys.json"


def test_the_key_file_is_made_once_and_only_its_owner_can_read_it(path: Path) -> None:
    made = Keyring.from_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Keyring.from_file(path) == made
    assert os.listdir(path.parent) == ["keys.json"]


def test_it_is_private_whatever_the_umask(path: Path) -> None:
    before = os.umask(0)
    try:
        Keyring.from_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_processes_that_start_together_end_with_the_same_keys(path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        made = list(pool.map(lambda _: Keyring.from_file(path).dump(), range(64)))
    assert len(set(made)) == 1


def test_a_missing_file_is_not_made_unless_asked_for(path: Path) -> None:
    with pytest.raises(Misconfigured, match="is missing"):
        Keyring.from_file(path, create=False)
    assert not path.exists()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused(path: Path, mode: int) -> None:
    Keyring.from_file(path)
    path.chmod(mode)
    with pytest.raises(Misconfigured, match="open to other users") as refused:
        Keyring.from_file(path)
    assert "chmod 600" in refused.value.advice


def test_a_folder_in_the_place_of_the_file_is_refused(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(Misconfigured, match="is not a file"):
        Keyring.from_file(path)


def test_the_text_form_is_the_documented_json() -> None:
    ring = Keyring.generate()
    document = json.loads(ring.dump())
    assert set(document) == {"active", "keys", "database_secret"}
    assert list(document["keys"]) == [document["active"]]
    assert Keyring.load(ring.dump()) == ring


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"active": "hunter2',
        '{"active": "a", "keys": [], "database_secret": ""}',
        '{"active": "b", "keys": {}, "database_secret": ""}',
        '{"active": "a", "keys": {"a": 7}, "database_secret": null}',
        '{"active": "a", "keys": {"a": "hunter2!"}, "database_secret": "hunter2!"}',
        '{"active": "a", "keys": {"a": "aHVudGVyMg=="}, "database_secret": "aHVudGVyMg=="}',
    ],
)
def test_what_is_no_key_ring_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        Keyring.load(text)
    assert "hunter2" not in refused.value.sentence
    assert refused.value.__cause__ is None


def test_a_key_id_that_could_not_be_told_apart_in_a_wrapped_value_is_refused() -> None:
    with pytest.raises(Misconfigured, match="key id"):
        Keyring("a b", {"a b": DATA_KEY}, DATA_KEY)


def test_keys_do_not_show_in_a_printed_key_ring() -> None:
    ring = Keyring.generate()
    assert repr(ring) == f"Keyring(active={ring.active!r})"


@given(data_key=st.binary(max_size=64), context=st.binary(max_size=64))
def test_a_wrapped_key_opens_in_its_context(data_key: bytes, context: bytes) -> None:
    ring = Keyring.generate()
    assert ring.unwrap(ring.wrap(data_key, context), context) == data_key


def test_a_wrapped_key_opens_in_no_other_context() -> None:
    ring = Keyring.generate()
    with pytest.raises(Misconfigured, match="damaged or was moved"):
        ring.unwrap(ring.wrap(DATA_KEY, b"practice one"), b"practice two")


def test_no_damaged_wrapped_key_opens() -> None:
    ring = Keyring.generate()
    wrapped = ring.wrap(DATA_KEY, b"context")
    damaged = [wrapped[:at] + bytes([wrapped[at] ^ 1]) + wrapped[at + 1 :] for at in range(len(wrapped))]
    for value in [*damaged, *(wrapped[:length] for length in range(len(wrapped)))]:
        with pytest.raises(Misconfigured):
            ring.unwrap(value, b"context")


def test_after_a_rotation_new_values_take_the_new_key_and_old_ones_still_open(path: Path) -> None:
    old = Keyring.from_file(path)
    before = old.wrap(DATA_KEY, b"context")
    old.add_key().save(path)
    new = Keyring.from_file(path)
    after = new.wrap(DATA_KEY, b"context")
    assert new.active != old.active
    assert new.active.encode() in after
    assert new.unwrap(before, b"context") == new.unwrap(after, b"context") == DATA_KEY
    with pytest.raises(Misconfigured, match=new.active):
        old.unwrap(after, b"context")
    assert new.database_secret == old.database_secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert os.listdir(path.parent) == ["keys.json"]


def test_a_dropped_key_opens_nothing_and_the_active_key_cannot_be_dropped() -> None:
    old = Keyring.generate()
    wrapped = old.wrap(DATA_KEY, b"context")
    new = old.add_key()
    with pytest.raises(Misconfigured, match=old.active):
        new.drop_key(old.active).unwrap(wrapped, b"context")
    with pytest.raises(Misconfigured, match="is the active key"):
        new.drop_key(new.active)


def test_passwords_differ_by_role_and_secret_and_stay_the_same() -> None:
    ring, other = Keyring.generate(), Keyring.generate()
    passwords = [ring.password_for("practicestudio_app"), ring.password_for("practicestudio_owner"), other.password_for("practicestudio_app")]
    assert len(set(passwords)) == 3
    assert all(len(password) == 32 and password.replace("-", "").replace("_", "").isalnum() for password in passwords)
    assert ring.add_key().password_for("practicestudio_app") == passwords[0]


def test_the_derivation_of_passwords_never_changes() -> None:
    """A change here would lock every existing installation out of its database."""
    ring = Keyring("kek", {"kek": bytes(32)}, bytes(range(32)))
    assert ring.password_for("practicestudio_app") == "3JVWh7FErmQZnCfyKtpxyMBARcEEOre-"


def test_a_key_file_is_followed_by_whoever_has_it_open(path: Path) -> None:
    mine, others = KeyFile(path, create=True), KeyFile(path)
    before = mine.wrap(DATA_KEY, b"context")
    mine.ring.add_key().save(path)
    after = others.wrap(DATA_KEY, b"context")
    assert others.active == mine.active == Keyring.from_file(path).active
    assert mine.unwrap(before, b"context") == mine.unwrap(after, b"context") == DATA_KEY
    assert others.password_for("role") == mine.password_for("role")
    assert others.fingerprint == mine.fingerprint


def test_an_unchanged_key_file_is_read_once(path: Path) -> None:
    keys = KeyFile(path, create=True)
    first = keys.ring
    assert keys.ring is first
    assert keys.ring is first


def test_a_key_file_is_made_only_when_asked_for_and_missed_when_it_goes(path: Path) -> None:
    with pytest.raises(Misconfigured, match="is missing"):
        KeyFile(path)
    assert not path.exists()
    keys = KeyFile(path, create=True)
    path.unlink()
    with pytest.raises(Misconfigured, match="is missing"):
        keys.wrap(DATA_KEY, b"context")
    assert not path.exists()


def test_a_fingerprint_tells_key_rings_apart_and_stays_through_a_change_of_keys() -> None:
    ring = Keyring.generate()
    assert ring.add_key().drop_key(ring.active).fingerprint == ring.fingerprint != Keyring.generate().fingerprint
    assert len(ring.fingerprint) == 16
