"""Reading tolerantly, writing exactly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.errors import InvalidValue, Unreadable
from practicestudio.formats.hl7v2 import NULL, STANDARD, Delimiters, Found, Refused, escape, place, read, split, unescape

ADT = (
    b"MSH|^~\\&|ATHENANET|9999^Harbor Clinic|PS|PS|202611240905||ADT^A31|77M9999|P|2.3.1\r"
    b"EVN|A31|202611240905\r"
    b"PID||501|501~88^^^LAB^MR|501|OKONKWO&VAN^ROSA^M^^||19840229|F||2028-9^Asian|12 Harbor Rd^Apt 4\\T\\5^Boston^MA^02118"
    b'||(617)555-0143^PRN^PH~rosa@example.org^NET|""\r'
    b"ZPS|own|segment\r"
)


def test_values_are_found_by_their_place() -> None:
    message = read(ADT)
    assert (message.type, message.control_id) == ("ADT^A31", "77M9999")
    assert message["MSH-1"] == "|"
    assert message["MSH-2"] == "^~\\&"
    assert message["MSH-4.2"] == "Harbor Clinic"
    assert message["PID-3.1"] == "501"
    assert message["PID-3[2].4"] == "LAB"
    assert message["PID-5.1"] == "OKONKWO"
    assert message["PID-5.1.2"] == "VAN"
    assert message["PID-11.2"] == "Apt 4&5"
    assert message["PID-13[2].1"] == "rosa@example.org"
    assert message["ZPS-2"] == "segment"


def test_nothing_and_null_are_two_things() -> None:
    message = read(ADT)
    assert message["PID-14"] == NULL
    assert message["PID-15"] == message["PID-99"] == message["NK1-2"] == message["PID-3[9].1"] == ""


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n", b"\r\r\n"])
def test_any_line_end_is_read_and_written_back(end: bytes) -> None:
    data = ADT.replace(b"\r", end)
    message = read(data)
    assert [segment.name for segment in message] == ["MSH", "EVN", "PID", "ZPS"]
    assert message.to_bytes() == data.strip()
    message["PID-7"] = "19840301"
    assert message.to_bytes() == data.strip().replace(b"19840229", b"19840301")


def test_a_change_touches_nothing_else() -> None:
    message = read(ADT)
    message["PID-5.1.2"] = "DER"
    message["PID-3[3].1"] = "99"
    message["PID-30"] = "Y"
    changed = message.to_bytes()
    assert b"OKONKWO&DER^ROSA^M^^|" in changed
    assert b"501~88^^^LAB^MR~99|" in changed
    again = read(changed)
    assert (again["PID-30"], again["ZPS-1"], again["PID-11.2"]) == ("Y", "own", "Apt 4&5")


def test_what_is_set_is_escaped_and_null_is_not() -> None:
    message = read(ADT)
    message["PID-11.1"] = "5|6^7&8~9\\10\nSouth"
    message["PID-8"] = NULL
    assert b"5\\F\\6\\S\\7\\T\\8\\R\\9\\E\\10\\.br\\South^Apt" in message.to_bytes()
    assert message["PID-11.1"] == "5|6^7&8~9\\10\nSouth"
    assert message["PID-8"] == NULL


def test_segments_can_be_added_and_taken_out() -> None:
    message = read(ADT)
    message.add("NK1|1|DOE^JANE", before=message.first("ZPS"))
    message.remove(message.all("EVN")[0])
    assert [segment.name for segment in read(message.to_bytes())] == ["MSH", "PID", "NK1", "ZPS"]


def test_other_delimiters_are_those_of_the_header() -> None:
    message = read(b"MSH#*+?!#A*B#C\rPID###1*2!3+4\r")
    assert message.delimiters == Delimiters("#", "*", "+", "?", "!")
    assert (message["MSH-3.2"], message["PID-3.2.2"], message["PID-3[2].1"]) == ("B", "3", "4")


@pytest.mark.parametrize("data", [b"", b"PID|1", b"MSH", b"MSHA^~", b"MSH|^^\\&|A", b"{}"])
def test_what_is_no_message_is_refused_with_a_sentence(data: bytes) -> None:
    with pytest.raises(Unreadable, match=r"\."):
        read(data)


def test_a_declared_character_set_is_read_and_written() -> None:
    latin = b"MSH|^~\\&|A|B|C|D|||ADT^A08|1|P|2.5||||||8859/1\rPID|||1||M\xdcLLER\r"
    message = read(latin)
    assert message["PID-5"] == "MÜLLER"
    message["PID-5.2"] = "ZOË"
    assert message.to_bytes() == latin.strip().replace(b"M\xdcLLER", b"M\xdcLLER^ZO\xcb")
    message["PID-5.2"] = "李"
    with pytest.raises(Unreadable, match="character set"):
        message.to_bytes()


def test_bytes_that_are_not_of_the_character_set_are_kept() -> None:
    data = b"MSH|^~\\&|A|B|C|D|||ADT^A08|1|P|2.5\rPID|||1||M\xdcLLER^X\rPV1|1\r"
    message = read(data)
    assert not message.whole
    assert message["PID-5.2"] == "X"
    message["PV1-2"] = "O"
    message["PID-5.2"] = "Y"
    assert message.to_bytes() == data.strip().replace(b"^X", b"^Y").replace(b"PV1|1", b"PV1|1|O")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f", "a|b^c&d~e\\f"),
        ("one\\.br\\two\\.sp2\\three", "one\ntwo\n\nthree"),
        ("\\X0D0A\\", "\r\n"),
        ("\\XC3A9\\", "é"),
        ("\\H\\loud\\N\\", "loud"),
        ("\\Z99\\kept\\T\\", "\\Z99\\kept&"),
        ("C:\\temp and \\T\\", "C:\\temp and &"),
        ("lone \\", "lone \\"),
        ("\\XZZ\\", "\\XZZ\\"),
    ],
)
def test_escapes_are_read_and_unknown_ones_kept(raw: str, said: str) -> None:
    assert unescape(raw, STANDARD) == said


@given(st.text(st.characters(exclude_characters="\r\n", exclude_categories=("Cs",))))
def test_whatever_is_escaped_comes_back(text: str) -> None:
    assert unescape(escape(text, STANDARD), STANDARD) == text


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_written_back(tail: bytes) -> None:
    data = (b"MSH|^~\\&|A|B\r" + tail).strip(b"\x0b\x1c\r\n\t \x00\xef\xbb\xbf")
    message = read(data)
    assert message.to_bytes() == data
    for segment in message:
        for number in range(1, 6):
            segment.value(number, 1)


def test_places_are_read_and_said_again() -> None:
    for text in ("PID-5", "PID-5.1", "PID-3[2].4.1", "OBX[3]-5"):
        assert str(place(text)) == text
    for text in ("PID", "PID-0", "pid-5", "PID-5.0", "PID-3[0].1", "PID.5"):
        with pytest.raises(InvalidValue):
            place(text)


def test_a_batch_is_parted_and_one_bad_message_stops_no_other() -> None:
    file = b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + ADT + b"MSH|^^\\&|A\rPID|x\r" + ADT + b"BTS|2\rFTS|1\r"
    found = list(split(file))
    assert [type(one) for one in found] == [Found, Refused, Found]
    assert [one.index for one in found] == [1, 2, 3]
    assert {one.batch for one in found if isinstance(one, Found)} == {1}


def test_framed_messages_in_a_file_are_parted() -> None:
    found = list(split(b"\xef\xbb\xbf\x0b" + ADT + b"\x1c\r\x0b" + ADT + b"\x1c\r"))
    assert [one.message.control_id for one in found if isinstance(one, Found)] == ["77M9999", "77M9999"]


def test_a_file_without_a_message_is_refused() -> None:
    assert [type(one) for one in split(b"hello")] == [Refused]
