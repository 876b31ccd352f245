"""A message, read no further than it is asked about, and written back to the byte where nothing was changed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from practicestudio.errors import Unreadable
from practicestudio.formats.hl7v2.charsets import DEFAULT, charset_of, declared_charset
from practicestudio.formats.hl7v2.delimiters import HEADERS, Delimiters
from practicestudio.formats.hl7v2.escapes import escape, unescape
from practicestudio.formats.hl7v2.places import Place, place

NULL = '""'
"""What stands in a field that the sender wants emptied; a field with nothing in it says nothing (HL7 v2.5.1 ch. 2.5.3)."""

AROUND = b"\x0b\x1c\r\n\t \x00\xef\xbb\xbf"
"""What may stand around a message and is no part of it: framing, white space, a byte order mark."""


class Segment:
    """One segment. Fields count from one; of a header segment the first is the field separator itself."""

    __slots__ = ("_fields", "_message", "changed", "raw")

    def __init__(self, message: "Message", raw: str) -> None:
        self.raw = raw
        self.changed = False
        self._message = message
        self._fields: list[str] | None = None

    @property
    def name(self) -> str:
        """`PID`; as it came, so perhaps in small letters."""
        return self.raw.partition(self._message.delimiters.field)[0]

    @property
    def fields(self) -> list[str]:
        """The raw fields; at 0 the name, so that a field stands at its number."""
        found = self._fields
        if found is None:
            separator = self._message.delimiters.field
            found = self.raw.split(separator)
            if found[0] in HEADERS:
                found.insert(1, separator)
            self._fields = found
        return found

    def field(self, number: int) -> str:
        """A field as it stands there; empty where there is none."""
        fields = self.fields
        return fields[number] if number < len(fields) else ""

    def repetitions(self, number: int) -> list[str]:
        """The repetitions of a field as they stand there; none of an empty one."""
        raw = self.field(number)
        return raw.split(self._message.delimiters.repetition) if raw else []

    def value(self, number: int, component: int = 0, subcomponent: int = 0, repetition: int = 1) -> str:
        """A value as people read it: without component the whole field, without subcomponent its first. Empty where there is none."""
        fields = self._fields or self.fields
        raw = fields[number] if number < len(fields) else ""
        if not raw or (number <= 2 and self._is_encoding_field(number)):
            return raw
        delimiters = self._message.delimiters
        if delimiters.repetition in raw or repetition > 1:
            raw = _part(raw, delimiters.repetition, repetition)
        if component:
            raw = _part(raw, delimiters.component, component)
            if subcomponent or delimiters.subcomponent in raw:
                raw = _part(raw, delimiters.subcomponent, subcomponent or 1)
        return unescape(raw, delimiters, self._message.charset) if delimiters.escape in raw else raw

    def components(self, number: int, repetition: int = 1) -> list[str]:
        """A repetition's components as people read them, each its first subcomponent."""
        raw = _part(self.field(number), self._message.delimiters.repetition, repetition)
        return [self.value(number, at, repetition=repetition) for at in range(1, raw.count(self._message.delimiters.component) + 2)] if raw else []

    def set(self, value: str, number: int, component: int = 0, subcomponent: int = 0, repetition: int = 1) -> None:
        """Put a value, as people write it, in its place; what is around it stays as it stands."""
        delimiters = self._message.delimiters
        raw = value if value == NULL or self._is_encoding_field(number) else escape(value, delimiters)
        fields = self.fields
        fields.extend([""] * (number + 1 - len(fields)))
        levels = [(delimiters.repetition, repetition)]
        levels += [(delimiters.component, component)] if component else []
        levels += [(delimiters.subcomponent, subcomponent)] if subcomponent else []
        fields[number] = _replaced(fields[number], levels, raw)
        self._rebuilt()

    def _rebuilt(self) -> None:
        parts = self.fields if self.fields[0] not in HEADERS else [self.fields[0], *self.fields[2:]]
        self.raw = self._message.delimiters.field.join(parts)
        self.changed = True

    def _is_encoding_field(self, number: int) -> bool:
        return number <= 2 and self.fields[0] in HEADERS


@dataclass(slots=True, eq=False)
class Message:
    """A message whose segments are read when they are asked for. charset: Python's name of the character set it is read in.

    declared: what MSH-18 says. whole: whether every byte could be read in that set; those that could not are kept, and written as they came.
    """

    delimiters: Delimiters
    charset: str = DEFAULT
    declared: str = ""
    whole: bool = True
    segments: list[Segment] = field(default_factory=list)
    _source: bytes = b""
    _pieces: list[bytes] | None = None
    _ends: list[bytes] = field(default_factory=list)
    _by_name: dict[str, list[Segment]] | None = None

    def __getitem__(self, where: str) -> str:
        """The value at a place as people read it, NULL where the sender wants it emptied, empty where nothing stands."""
        segment, occurrence, number, repetition, component, subcomponent = place(where)
        found = (self._by_name or self._named()).get(segment)
        if found is None or occurrence > len(found):
            return ""
        return found[occurrence - 1].value(number, component, subcomponent, repetition)

    def __setitem__(self, where: str, value: str) -> None:
        """Put a value in its place. Raises KeyError where there is no such segment."""
        at = place(where)
        found = self._at(at)
        if found is None:
            raise KeyError(f"{at.segment}[{at.occurrence}]")
        found.set(value, at.field, at.component, at.subcomponent, at.repetition)

    def __iter__(self) -> Iterator[Segment]:
        return iter(self.segments)

    def all(self, name: str) -> Sequence[Segment]:
        """Every segment of this name, in order."""
        return self._named().get(name, ())

    def first(self, name: str) -> Segment | None:
        """The first segment of this name."""
        found = self._named().get(name)
        return found[0] if found else None

    @property
    def type(self) -> str:
        """`ADT^A04`: message code and trigger event, as the header names them."""
        header = self.segments[0]
        code, trigger = header.value(9, 1), header.value(9, 2)
        return f"{code}^{trigger}" if trigger else code

    @property
    def control_id(self) -> str:
        """MSH-10."""
        return self.segments[0].value(10)

    def add(self, line: str, before: Segment | None = None) -> Segment:
        """A new segment from its raw text, at the end or before another."""
        made = Segment(self, line)
        made.changed = True
        at = len(self.segments) if before is None else self.segments.index(before)
        self.segments.insert(at, made)
        self._by_name = None
        self._ends.insert(at, b"\r")
        if self._pieces is not None:
            self._pieces.insert(at, b"")
        self._source = b""
        return made

    def remove(self, segment: Segment) -> None:
        """Take a segment out."""
        at = self.segments.index(segment)
        del self.segments[at], self._ends[at]
        if self._pieces is not None:
            del self._pieces[at]
        self._by_name, self._source = None, b""

    def to_bytes(self) -> bytes:
        """The message: every segment that was not changed as it came, to the byte, and with the line end that it came with."""
        if self._source and not any(segment.changed for segment in self.segments):
            return self._source
        pieces = self._pieces if self._pieces is not None else [b""] * len(self.segments)
        ends = self._ends
        return b"".join(
            (self._encoded(segment.raw) if segment.changed else piece) + end for segment, piece, end in zip(self.segments, pieces, ends, strict=True)
        )

    def _encoded(self, text: str) -> bytes:
        try:
            return text.encode(self.charset, "surrogateescape")
        except UnicodeEncodeError:
            raise Unreadable(
                f"A value cannot be written in the message's character set ({self.declared or self.charset}).", advice="Set MSH-18 to UNICODE UTF-8."
            ) from None

    def _at(self, at: Place) -> Segment | None:
        found = self._named().get(at.segment)
        return found[at.occurrence - 1] if found is not None and at.occurrence <= len(found) else None

    def _named(self) -> dict[str, list[Segment]]:
        found = self._by_name
        if found is None:
            found = {}
            for segment in self.segments:
                name = segment.raw[:3].upper()
                if name in found:
                    found[name].append(segment)
                else:
                    found[name] = [segment]
            self._by_name = found
        return found


def read(data: bytes) -> Message:
    """Read one message, tolerantly: segments may end in CR, LF or CRLF, and framing or white space around it is passed over.

    Raises Unreadable where it does not begin with a header segment that names its separators.
    """
    trimmed = data.strip(AROUND)
    if trimmed[:3] not in (b"MSH", b"FHS", b"BHS"):
        raise Unreadable("The message does not begin with a header segment.", advice="It has to begin with MSH and the field separator.")
    pieces, ends = _lines(trimmed)
    declared = declared_charset(pieces[0])
    charset = charset_of(declared) or DEFAULT
    if charset in ("utf-16", "utf-32"):  # whoever says so and sends single bytes, sends UTF-8
        charset = DEFAULT
    texts, whole = _decoded(pieces, charset)
    message = Message(Delimiters.of_header(texts[0]), charset, declared, whole)
    message.segments = [Segment(message, text) for text in texts]
    message._source, message._pieces, message._ends = trimmed, pieces, ends
    return message


def new_message(header: str) -> Message:
    """A message to be written, from its header segment; UTF-8, CR after every segment."""
    message = Message(Delimiters.of_header(header))
    message.add(header)
    return message


def _lines(data: bytes) -> tuple[list[bytes], list[bytes]]:
    """The segments and the ends they came with; empty lines belong to the end before them."""
    if b"\n" not in data and b"\r\r" not in data:
        pieces = data.split(b"\r")
        return pieces, [b"\r"] * (len(pieces) - 1) + [b""]
    pieces, ends, at = [], [], 0
    for found in re.finditer(rb"[\r\n]+", data):
        pieces.append(data[at : found.start()])
        ends.append(found[0])
        at = found.end()
    return [*pieces, data[at:]], [*ends, b""]


def _decoded(pieces: Sequence[bytes], charset: str) -> tuple[list[str], bool]:
    try:
        return b"\r".join(pieces).decode(charset).split("\r"), True
    except UnicodeDecodeError:
        return [piece.decode(charset, "surrogateescape") for piece in pieces], False


def _part(raw: str, separator: str, number: int) -> str:
    if number == 1:
        return raw.partition(separator)[0]
    parts = raw.split(separator, number)
    return parts[number - 1] if number <= len(parts) else ""


def _replaced(raw: str, levels: Sequence[tuple[str, int]], value: str) -> str:
    if not levels:
        return value
    separator, number = levels[0]
    parts = raw.split(separator)
    parts.extend([""] * (number - len(parts)))
    parts[number - 1] = _replaced(parts[number - 1], levels[1:], value)
    return separator.join(parts)
