"""Framing, however the line cuts it and whatever stands between frames."""

from hypothesis import given
from hypothesis import strategies as st

from practicestudio.formats.mllp import Broken, Event, Frame, Framer, Junk, TooLarge, framed

CONTENT = st.binary(max_size=40).filter(lambda content: b"\x0b" not in content and b"\x1c\r" not in content and not content.endswith(b"\x1c"))
NOISE = st.sampled_from([b"", b"\r\n", b"\r", b" ", b"\x1c\r"])


def frames(events: list[Event]) -> list[bytes]:
    return [one.content for one in events if isinstance(one, Frame)]


@given(st.lists(st.tuples(NOISE, CONTENT), max_size=6), st.data())
def test_what_was_framed_comes_out_however_it_is_cut(parts: list[tuple[bytes, bytes]], data: st.DataObject) -> None:
    line = b"".join(noise + framed(content) for noise, content in parts)
    framer, events, at = Framer(), list[Event](), 0
    while at < len(line):
        size = data.draw(st.integers(1, 12))
        events += framer.feed(line[at : at + size])
        at += size
    assert frames(events + framer.end()) == [content for _, content in parts]


@given(st.binary(max_size=200), st.integers(1, 64))
def test_any_bytes_leave_a_bounded_rest(line: bytes, limit: int) -> None:
    framer = Framer(limit)
    for at in range(0, len(line), 7):
        framer.feed(line[at : at + 7])
        assert framer.waiting <= limit + 7
    framer.end()
    assert frames(framer.feed(framed(b"x"))) == [b"x"]


def test_junk_before_a_frame_is_told_and_passed_over() -> None:
    assert Framer().feed(b"GET / HTTP/1.0" + framed(b"MSH|")) == [Junk(14), Frame(b"MSH|")]


def test_several_frames_in_one_packet() -> None:
    assert frames(Framer().feed(framed(b"a") + framed(b"b") + framed(b"c"))) == [b"a", b"b", b"c"]


def test_half_a_frame_is_told_when_the_next_begins_and_when_the_line_ends() -> None:
    framer = Framer()
    assert framer.feed(b"\x0bhalf" + framed(b"whole")) == [Broken(4, b"half"), Frame(b"whole")]
    framer.feed(b"\x0bhalf")
    assert framer.end() == [Broken(4, b"half")]


def test_an_end_block_without_its_return_belongs_to_the_message() -> None:
    assert frames(Framer().feed(framed(b"a\x1cb"))) == [b"a\x1cb"]


def test_a_frame_over_the_limit_is_told_once_and_the_next_one_taken() -> None:
    framer, events = Framer(limit=10), list[Event]()
    for piece in (b"\x0b", b"x" * 8, b"x" * 8, b"x" * 8, b"x\x1c\r", framed(b"next")):
        events += framer.feed(piece)
    assert events == [TooLarge(10, b"x" * 16), Frame(b"next")]


def test_a_frame_over_the_limit_in_one_packet() -> None:
    assert Framer(limit=3).feed(framed(b"abcdef") + framed(b"x")) == [TooLarge(3, b"abcdef"), Frame(b"x")]
