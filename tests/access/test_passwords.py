"""What may be a password, and how it is kept."""

from dataclasses import replace

import pytest

from practicestudio.access.passwords import Password, check_password, hash_password, is_outdated, is_right, one_time_password
from practicestudio.access.people import Particulars
from practicestudio.access.rules import Hashing, Rules
from practicestudio.errors import InvalidValue

ANN = Particulars(name="Annabel Lee", sign_in_name="annabel.lee")


@pytest.mark.parametrize(
    "password", ["copper wagon tulip nine", "пароль из четырёх слов", "12 is not enough?", "x" * 60 + "yz three", "  spaces count  "]
)
def test_any_characters_will_do(password: str) -> None:
    check_password(password, ANN)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "12 to 256"),
        ("eleven char", "12 to 256"),
        ("ab" * 129, "12 to 256"),
        ("Annabel.Lee.2026", "your name"),
        ("annabellee2026!", "your name"),
        ("PracticeStudio1", "your name"),
        ("Password2026!", "everybody tries"),
        ("qwerty123456", "everybody tries"),
        ("Summer-2026-!!", "everybody tries"),
        ("aaaaaaaaaaaaaaaa", "everybody tries"),
        ("abcdefghijklmnop", "everybody tries"),
        ("210987654321"[::-1], "everybody tries"),
        ("abcdabcdabcdabcd", "everybody tries"),
        ("ＰＡＳＳＷＯＲＤ２０２６", "everybody tries"),  # the same in wide letters
    ],
)
def test_what_is_guessed_first_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(InvalidValue, match=why):
        check_password(password, ANN)


async def test_a_hash_knows_its_password_and_no_other(rules: Rules) -> None:
    stored = Password(await hash_password("copper wagon tulip", rules.hashing), must_change=False, ends_at=None)
    assert stored.hash.startswith("$argon2id$")
    assert await is_right("copper wagon tulip", stored, rules.hashing)
    assert await is_right("copper wagon ｔｕｌｉｐ", stored, rules.hashing)
    assert not await is_right("copper wagon tulip ", stored, rules.hashing)
    assert not await is_right("x" * 5_000_000, stored, rules.hashing)
    assert not await is_right("copper wagon tulip", None, rules.hashing)
    assert stored.hash != await hash_password("copper wagon tulip", rules.hashing)


async def test_a_hash_is_outdated_when_today_more_is_asked(rules: Rules) -> None:
    stored = Password(await hash_password("copper wagon tulip", rules.hashing), must_change=False, ends_at=None)
    assert not is_outdated(stored, rules.hashing)
    assert is_outdated(stored, replace(rules.hashing, memory_kib=16))
    assert is_outdated(stored, replace(rules.hashing, time_cost=2))


def test_what_is_asked_in_earnest_is_no_less_than_owasp_recommends() -> None:
    assert Hashing().memory_kib >= 19 * 1024
    assert Hashing().time_cost >= 2


def test_a_one_time_password_may_be_a_password_and_never_comes_twice() -> None:
    made = {one_time_password() for _ in range(200)}
    assert len(made) == 200
    check_password(made.pop(), ANN)
