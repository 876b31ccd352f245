"""Sealing: what is sealed opens only where it belongs, and nothing of it shows."""

import os
import zlib
from dataclasses import replace
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import example, given
from hypothesis import strategies as st

from practicestudio.clock import new_id
from practicestudio.errors import InvalidValue, Misconfigured
from practicestudio.store import sealing
from practicestudio.store.keyring import Keyring
from practicestudio.store.sealing import BrokenSeal, DataKeys, Sealer, new_practice_keys, sealed_under

PRACTICE, ROW = new_id(), new_id()
KEYS = new_practice_keys(PRACTICE)
SEALER = Sealer(KEYS)
FIXED = DataKeys(UUID(int=1), {7: bytes(range(32))}, 7, bytes(range(32, 64)))


@given(data=st.binary(max_size=5000) | st.binary(max_size=50).map(lambda part: part * 200))
@example(data=b"")
@example(data=bytes(100_000))
def test_what_is_sealed_opens_again(data: bytes) -> None:
    assert SEALER.open("patients", ROW, SEALER.seal("patients", ROW, data)) == data


def test_the_layout_is_flags_key_id_nonce_and_gcm_over_practice_table_and_row() -> None:
    sealed = Sealer(FIXED).seal("patients", ROW, b"Ada")
    assert sealed[0] == 0x10
    assert sealed[1:5] == (7).to_bytes(4, "big")
    associated = sealed[:5] + FIXED.practice_id.bytes + b"patients" + ROW.bytes
    assert AESGCM(FIXED.keys[7]).decrypt(sealed[5:17], sealed[17:], associated) == b"Ada"
    assert len(sealed) == 33 + len(b"Ada")


def test_the_same_value_never_seals_alike() -> None:
    assert len({SEALER.seal("patients", ROW, b"Ada") for _ in range(1000)}) == 1000


def test_long_values_shrink_where_that_pays() -> None:
    text, noise = b"<segment>PID|1||</segment>" * 1000, os.urandom(26_000)
    assert len(SEALER.seal("messages", ROW, text)) < len(text) / 10
    assert len(SEALER.seal("messages", ROW, noise)) == len(noise) + 33


@pytest.mark.parametrize(
    ("sealer", "table", "row"),
    [
        (Sealer(replace(KEYS, practice_id=new_id())), "patients", ROW),
        (SEALER, "messages", ROW),
        (SEALER, "patients", new_id()),
        (Sealer(replace(KEYS, keys={1: os.urandom(32)})), "patients", ROW),
    ],
    ids=["another practice", "another table", "another row", "another key of that id"],
)
def test_a_moved_value_does_not_open(sealer: Sealer, table: str, row: UUID) -> None:
    sealed = SEALER.seal("patients", ROW, b"Ada")
    with pytest.raises(BrokenSeal, match="damaged, or was sealed for another"):
        sealer.open(table, row, sealed)


def test_a_table_name_cannot_be_stretched_over_the_row_id() -> None:
    sealed = SEALER.seal("ab", UUID(bytes=b"c" * 16), b"Ada")
    with pytest.raises(BrokenSeal):
        SEALER.open("abc", UUID(bytes=b"c" * 15 + b"d"), sealed)


@pytest.mark.parametrize("data", [b"Ada", b"Ada" * 6000], ids=["short", "compressed"])
def test_no_damaged_value_opens(data: bytes) -> None:
    sealed = SEALER.seal("patients", ROW, data)
    damaged = [sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :] for at in range(len(sealed))]
    for value in [*damaged, *(sealed[:length] for length in range(len(sealed)))]:
        with pytest.raises(BrokenSeal):
            SEALER.open("patients", ROW, value)


def test_a_value_under_a_key_that_is_gone_says_which() -> None:
    sealed = Sealer(KEYS.add_key()).seal("patients", ROW, b"Ada")
    with pytest.raises(BrokenSeal, match="key 2") as broken:
        SEALER.open("patients", ROW, sealed)
    assert "Ada" not in broken.value.sentence


def test_after_a_rotation_old_values_open_and_can_be_sealed_anew() -> None:
    old = SEALER.seal("patients", ROW, b"Ada")
    rotated = Sealer(KEYS.add_key())
    new = rotated.seal("patients", ROW, rotated.open("patients", ROW, old))
    assert rotated.open("patients", ROW, new) == b"Ada"
    assert (sealed_under(old), sealed_under(new)) == (1, 2)
    assert rotated.active == 2


def test_values_beyond_the_largest_are_refused_on_both_ways(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = SEALER.seal("documents", ROW, bytes(100_000))
    monkeypatch.setattr(sealing, "LARGEST", 99_999)
    with pytest.raises(BrokenSeal, match="larger than any that"):
        SEALER.open("documents", ROW, sealed)
    with pytest.raises(InvalidValue, match="100000 bytes"):
        SEALER.seal("documents", ROW, bytes(100_000))


def test_a_value_of_just_the_largest_size_opens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealing, "LARGEST", 100_000)
    assert SEALER.open("documents", ROW, SEALER.seal("documents", ROW, bytes(100_000))) == bytes(100_000)


def test_what_was_compressed_wrongly_is_a_broken_seal() -> None:
    header, nonce = b"\x11" + (7).to_bytes(4, "big"), bytes(12)
    associated = header + FIXED.practice_id.bytes + b"patients" + ROW.bytes
    for data in (b"not compressed", zlib.compress(b"Ada")[:-3]):
        forged = header + nonce + AESGCM(FIXED.keys[7]).encrypt(nonce, data, associated)
        with pytest.raises(BrokenSeal):
            Sealer(FIXED).open("patients", ROW, forged)


def test_indexes_are_equal_only_for_equal_texts_of_one_kind_in_one_practice() -> None:
    other = Sealer(new_practice_keys(PRACTICE))
    asked = [SEALER.index("phone", "+15555550100"), SEALER.index("phone", "+15555550101"), SEALER.index("email", "+15555550100")]
    assert len({*asked, other.index("phone", "+15555550100")}) == 4
    assert SEALER.index("phone", "+15555550100") == asked[0]
    assert Sealer(KEYS.add_key()).index("phone", "+15555550100") == asked[0]


@given(kind=st.text(alphabet=st.characters(exclude_characters="\0", codec="utf-8"), max_size=9), text=st.text(st.characters(codec="utf-8")))
def test_an_index_fits_a_signed_bigint(kind: str, text: str) -> None:
    assert -(2**63) <= SEALER.index(kind, text) < 2**63


def test_kind_and_text_cannot_run_into_each_other() -> None:
    assert SEALER.index("ab", "c") != SEALER.index("a", "bc")
    assert SEALER.identity("ab", "c") != SEALER.identity("a", "bc")


def test_the_derivation_of_indexes_never_changes() -> None:
    """A change here would hide every stored row from its own index. The figures are HMAC-SHA256 over kind, zero byte and text."""
    sealer = Sealer(FIXED)
    assert sealer.index("phone", "+15555550100") == -3577644704420503722
    assert sealer.identity("phone", "+15555550100") == UUID("ce59a718-b475-5f56-74c0-10af397aa454")


def test_keys_do_not_show_when_printed() -> None:
    assert repr(FIXED) == f"DataKeys(practice_id={FIXED.practice_id!r}, active=7)"


def test_a_practices_keys_come_back_from_their_rows() -> None:
    service = Keyring.generate()
    keys = KEYS.add_key()
    rows = keys.wrap(service)
    assert DataKeys.unwrap(PRACTICE, rows, service) == keys
    assert [(row.purpose, row.key_id, row.kek_id, row.retired) for row in rows] == [
        ("data", 1, service.active, True),
        ("data", 2, service.active, False),
        ("index", 1, service.active, False),
    ]


def test_rewrapping_leaves_the_keys_as_they_are() -> None:
    service = Keyring.generate()
    rotated = service.add_key()
    rows = DataKeys.unwrap(PRACTICE, KEYS.wrap(service), rotated).wrap(rotated)
    assert DataKeys.unwrap(PRACTICE, rows, rotated.drop_key(service.active)) == KEYS


def test_wrapped_keys_do_not_open_for_another_practice_or_purpose() -> None:
    service = Keyring.generate()
    data, index = KEYS.wrap(service)
    with pytest.raises(Misconfigured, match="was moved"):
        DataKeys.unwrap(new_id(), (data, index), service)
    with pytest.raises(Misconfigured, match="was moved"):
        DataKeys.unwrap(PRACTICE, (replace(data, wrapped=index.wrapped), index), service)


def test_missing_keys_are_named_as_such() -> None:
    service = Keyring.generate()
    data, index = KEYS.wrap(service)
    for rows in ((), (data,), (index,), (replace(data, retired=True), index)):
        with pytest.raises(Misconfigured, match="not complete"):
            DataKeys.unwrap(PRACTICE, rows, service)
