from hypothesis import given
from hypothesis import strategies as st

from practicestudio.sandbox.mixing import Shuffle, mix, salt


@given(st.integers(2, 30), st.integers(0, 2**64 - 1), st.data())
def test_what_a_shuffle_draws_tells_who_drew_it(bits: int, key: int, data: st.DataObject) -> None:
    shuffle = Shuffle.make(bits, key)
    number = data.draw(st.integers(0, 2**bits - 1))
    drawn = shuffle.draw(number)
    assert 0 <= drawn < 2**bits
    assert shuffle.undo(drawn) == number


def test_a_shuffle_gives_every_number_once() -> None:
    shuffle = Shuffle.make(10, 7)
    assert sorted(map(shuffle.draw, range(1024))) == list(range(1024))


def test_mixing_is_the_same_on_every_machine() -> None:
    assert mix(0) == 0xE220A8397B1DCDAF


def test_practices_seeds_and_purposes_do_not_share_a_salt() -> None:
    assert len({salt(seed, practice, purpose) for seed in (1, 2) for practice in ("1", "2") for purpose in ("a", "b")}) == 8
