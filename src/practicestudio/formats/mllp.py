"""MLLP framing as a byte machine: bytes of a line in, frames and faults out (HL7 Minimal Lower Layer Protocol, release 1).

A frame is a start block 0x0B, the message, an end block 0x1C and a carriage return. Nothing here touches a socket.
"""

from dataclasses import dataclass

START, END, RETURN = 0x0B, 0x1C, 0x0D
_START, _TAIL = b"\x0b", b"\x1c\r"
LARGEST = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole message, without its framing."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Junk:
    """Bytes that stood outside of any frame; how many, for what they say may be anything."""

    length: int


@dataclass(frozen=True, slots=True)
class Broken:
    """A frame that began anew before it had ended: half a message. head: its beginning, by which it may be told whose it was."""

    length: int
    head: bytes


@dataclass(frozen=True, slots=True)
class TooLarge:
    """A frame that passed the limit. Told once; the rest of it is passed over up to its end. head: as of Broken."""

    limit: int
    head: bytes


Event = Frame | Junk | Broken | TooLarge
_HEAD = 1024


def framed(content: bytes) -> bytes:
    """A message in its frame."""
    return b"\x0b" + content + _TAIL


class Framer:
    """Takes what comes off a line, however it is cut. It never holds more than the limit and what came last."""

    def __init__(self, limit: int = LARGEST) -> None:
        self._limit = limit
        self._held = bytearray()
        self._inside = False
        self._passing = False
        self._searched = 0

    @property
    def waiting(self) -> int:
        """Bytes of a frame that has begun and not ended."""
        return len(self._held)

    def feed(self, data: bytes) -> list[Event]:
        """What these bytes complete, in order."""
        self._held += data
        events: list[Event] = []
        while self._step(events):
            continue
        return events

    def end(self) -> list[Event]:
        """The line was closed: what is left is half a message, or junk."""
        left, inside = bytes(self._held), self._inside and not self._passing
        self._held.clear()
        self._inside = self._passing = False
        self._searched = 0
        if inside:
            return [Broken(len(left), left[:_HEAD])]
        return [Junk(len(left))] if left.strip() else []

    def _step(self, events: list[Event]) -> bool:
        if not self._held:
            return False
        return self._inside_step(events) if self._inside else self._outside_step(events)

    def _outside_step(self, events: list[Event]) -> bool:
        at = self._held.find(_START)
        before = bytes(self._held[: at if at >= 0 else len(self._held)])
        if before.strip(b"\r\n\x1c \t\x00"):  # line ends between frames are no fault
            events.append(Junk(len(before)))
        del self._held[: at + 1 if at >= 0 else len(self._held)]
        self._inside, self._searched = at >= 0, 0
        return at >= 0

    def _inside_step(self, events: list[Event]) -> bool:
        end = self._held.find(_TAIL, max(0, self._searched - 1))
        again = self._held.find(_START, self._searched, end if end >= 0 else len(self._held))
        if again >= 0:
            return self._begin_anew(events, again)
        if end >= 0:
            return self._finish(events, end)
        self._searched = len(self._held)
        if self._passing:
            del self._held[:-1]
            self._searched = len(self._held)
        elif len(self._held) > self._limit:
            self._pass_over(events)
        return False

    def _begin_anew(self, events: list[Event], at: int) -> bool:
        if not self._passing:
            events.append(Broken(at, bytes(self._held[: min(at, _HEAD)])))
        del self._held[: at + 1]
        self._passing, self._searched = False, 0
        return True

    def _finish(self, events: list[Event], end: int) -> bool:
        if end > self._limit and not self._passing:
            self._pass_over(events)
            return True
        if not self._passing:
            events.append(Frame(bytes(self._held[:end])))
        del self._held[: end + 2]
        self._inside = self._passing = False
        self._searched = 0
        return True

    def _pass_over(self, events: list[Event]) -> None:
        end = self._held.find(_TAIL)
        events.append(TooLarge(self._limit, bytes(self._held[: min(_HEAD, end if end >= 0 else _HEAD)])))
        del self._held[: end if end >= 0 else len(self._held) - 1]
        self._passing, self._searched = True, 0
