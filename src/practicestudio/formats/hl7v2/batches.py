"""Files and streams of many messages: batches (HL7 v2.5.1 ch. 2.10.3), framed or bare, one after the other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from practicestudio.errors import Unreadable
from practicestudio.formats.hl7v2.message import AROUND, Message, read

_HEADER = re.compile(rb"(?:^|(?<=[\r\n\x0b\x1c]))(?:[ \t\x00]|\xef\xbb\xbf)*(?=(?:MSH|FHS|BHS|FTS|BTS)[^A-Za-z0-9\s])")
_ENVELOPE = (b"FHS", b"BHS", b"FTS", b"BTS")


@dataclass(frozen=True, slots=True)
class Found:
    """A message of a file. index: counts from one. batch: the number of the batch it stood in, 0 outside of any."""

    index: int
    message: Message
    batch: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """Something that is no message. why: one sentence."""

    index: int
    why: str


def split(data: bytes) -> Iterator[Found | Refused]:
    """The messages of a file, each by itself, so that one that cannot be read stops no other."""
    starts = [found.end() for found in _HEADER.finditer(data)]
    if not starts or data[: starts[0]].strip(AROUND):
        yield Refused(1, "This does not begin with an HL7 header segment (MSH, FHS or BHS).")
        if not starts:
            return
    index = batch = 0
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        piece = data[start:end]
        if piece[:3] in _ENVELOPE:
            batch += piece[:3] == b"BHS"
            continue
        index += 1
        yield _read(index, piece, batch)


def _read(index: int, piece: bytes, batch: int) -> Found | Refused:
    try:
        return Found(index, read(piece), batch)
    except Unreadable as error:
        return Refused(index, error.sentence)
