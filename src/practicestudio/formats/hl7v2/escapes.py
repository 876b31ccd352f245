"""Escape sequences (HL7 v2.5.1 ch. 2.7): delimiters, hexadecimal bytes and line breaks inside a value; what nobody knows is kept as it is."""

import re
from functools import lru_cache

from practicestudio.formats.hl7v2.delimiters import Delimiters

_LINES = re.compile(r"\r\n|\r|\n")
_REPEATED = re.compile(r"\.(sp|in|ti|sk)([+-]?\d{1,3})?", re.IGNORECASE)


def unescape(text: str, delimiters: Delimiters, charset: str = "utf-8") -> str:
    """A value as people read it. charset: Python's name of the message's character set, for `\\X…\\`."""
    mark = delimiters.escape
    if mark not in text:
        return text
    parts = text.split(mark)
    out = [parts[0]]
    at = 1
    while at < len(parts):
        if at == len(parts) - 1:  # an escape character that begins nothing
            out += (mark, parts[at])
            break
        meaning = _meaning(parts[at], delimiters, charset)
        if meaning is None:
            out += (mark, parts[at])  # the next escape character may begin a sequence of its own
            if not _closes(parts[at]):
                at += 1
                continue
            out.append(mark)
        else:
            out.append(meaning)
        out.append(parts[at + 1])
        at += 2
    return "".join(out)


def escape(text: str, delimiters: Delimiters) -> str:
    """A value as it stands in a message."""
    if not _special(delimiters).search(text):
        return text
    names = _names(delimiters)
    return _special(delimiters).sub(lambda found: names.get(found[0]) or f"{delimiters.escape}.br{delimiters.escape}", text)


def unknown_sequences(text: str, delimiters: Delimiters) -> list[str]:
    """The escape sequences in a raw value that nobody defines, each once."""
    parts = text.split(delimiters.escape)
    found = [one for one in parts[1:-1:2] if _meaning(one, delimiters, "utf-8") is None]
    return list(dict.fromkeys(found))


def _closes(name: str) -> bool:
    """Whether these look like the inside of a sequence rather than text between two lone escape characters."""
    return len(name) <= 60 and not any(character.isspace() for character in name)


def _meaning(name: str, delimiters: Delimiters, charset: str) -> str | None:
    known = _by_name(delimiters).get(name)
    if known is not None:
        return known
    if name[:1] in ("X", "x"):
        return _bytes(name[1:], charset)
    if repeated := _REPEATED.fullmatch(name):
        count = abs(int(repeated[2] or 1))
        return "\n" * count if repeated[1].lower() == "sp" else " " * count if repeated[1].lower() == "sk" else ""
    return None


def _bytes(digits: str, charset: str) -> str | None:
    try:
        return bytes.fromhex(digits).decode(charset) if digits else None
    except (ValueError, LookupError):
        return None


@lru_cache(maxsize=64)
def _by_name(delimiters: Delimiters) -> dict[str, str]:
    return {
        "F": delimiters.field, "S": delimiters.component, "R": delimiters.repetition, "E": delimiters.escape, "T": delimiters.subcomponent,
        "P": delimiters.truncation or "#", ".br": "\n", ".BR": "\n", ".ce": "\n", ".fi": "", ".nf": "", "H": "", "N": "",
    }  # fmt: skip


@lru_cache(maxsize=64)
def _names(delimiters: Delimiters) -> dict[str, str]:
    mark = delimiters.escape
    given = {delimiters.field: "F", delimiters.component: "S", delimiters.repetition: "R", mark: "E", delimiters.subcomponent: "T"}
    if delimiters.truncation:
        given[delimiters.truncation] = "P"
    return {character: f"{mark}{name}{mark}" for character, name in given.items()}


@lru_cache(maxsize=64)
def _special(delimiters: Delimiters) -> re.Pattern[str]:
    return re.compile("|".join([_LINES.pattern, *map(re.escape, _names(delimiters))]))
