"""Keys that find the patients who may be the same person, and those a person at the desk is searching for."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import lru_cache
from typing import Literal

from practicestudio.matching import known
from practicestudio.matching.names import first_name, last_name, plain_words, sound
from practicestudio.records import Patient

KeyKind = Literal["dob_sound_last", "dob_sound_first", "phone", "email", "name", "dob", "phone_end"]
Key = tuple[KeyKind, str]

SHORTEST_PREFIX, LONGEST_PREFIX = 2, 8
PHONE_ENDS = (10, 7, 4)


def match_keys(patient: Patient) -> list[Key]:
    """Keys of which two records of one person are likely to share at least one; none is made from a value that is not known.

    dob_sound_last, dob_sound_first: date of birth with the sound of the last name (whole, and each part of a double name) or of the first
    name. phone: each known phone, E.164. email: in lower case. The text is plain: the store keeps it as a blind index only.
    """
    keys: list[Key] = []
    if (born := known.birth_date(patient)) is not None:
        day = born.isoformat()
        keys.extend(("dob_sound_last", f"{day} {heard}") for heard in _sounds(patient.last_name))
        if first := first_name(patient.first_name).words:
            keys.append(("dob_sound_first", f"{day} {sound(first[0])}"))
    keys.extend(("phone", phone) for phone in known.phones(patient))
    if email := known.email(patient):
        keys.append(("email", email))
    return keys


def search_keys(patient: Patient) -> list[Key]:
    """Keys under which the patient is found while somebody types: see `search_terms`.

    name: the first 2 to 8 letters of each first, preferred and last name. dob: ISO. phone_end: the last 10, 7 and 4 digits of each phone.
    """
    found: dict[Key, None] = {}
    for name in (first_name(patient.first_name), first_name(patient.preferred_name), last_name(patient.last_name)):
        for word in {name.whole, *name.words}:
            found.update(dict.fromkeys(_prefixes(word)))
    if patient.date_of_birth:
        found["dob", patient.date_of_birth.isoformat()] = None
    for phone in known.phones(patient):
        digits = phone.lstrip("+")
        found.update((("phone_end", digits[-length:]), None) for length in PHONE_ENDS)
    return list(found)


def search_terms(query: str) -> list[Key]:
    """What was typed, as keys of `search_keys` that a patient must all have.

    Words are name prefixes (`joh smi`); 5/15/1980, 1980-05-15 and 05151980 are a date of birth; four or more other digits are the end of
    a phone. Keys are coarser than what was typed (8 letters; 4, 7 or 10 digits), so ask `fits_query` of the patients that they find. What is
    too short to search by, or no date of the calendar, is left out: no key at all means nothing to search for yet.
    """
    return list(dict.fromkeys((kind, _cut(kind, text)) for kind, text in _typed(query)))


def fits_query(patient: Patient, query: str) -> bool:
    """Whether the patient fits every term of what was typed, in its full length."""
    names = [first_name(patient.first_name), first_name(patient.preferred_name), last_name(patient.last_name)]
    words = {word for name in names for word in (name.whole, *name.words)}
    phones = [phone.lstrip("+") for phone in known.phones(patient)]
    born = patient.date_of_birth.isoformat() if patient.date_of_birth else ""
    fits: dict[str, Callable[[str], bool]] = {
        "name": lambda text: any(word.startswith(text) for word in words),
        "dob": lambda text: text == born,
        "phone_end": lambda text: any(phone.endswith(text) for phone in phones),
    }
    return all(fits[kind](text) for kind, text in _typed(query))


def _typed(query: str) -> list[Key]:
    """The terms of a query as they were typed."""
    terms: list[Key] = []
    rest = _DATE.sub(lambda match: _take_date(match, terms), query)
    rest = _DIGITS.sub(lambda match: _take_digits(match, terms), rest)
    terms += [("name", word) for word in plain_words(rest) if len(word) >= SHORTEST_PREFIX and not word.isdigit()]
    return terms


def _cut(kind: KeyKind, text: str) -> str:
    """A term in the length of a search key."""
    if kind == "name":
        return text[:LONGEST_PREFIX]
    return text[-next(length for length in PHONE_ENDS if len(text) >= length) :] if kind == "phone_end" else text


@lru_cache(65_536)
def _sounds(text: str | None) -> tuple[str, ...]:
    name = last_name(text)
    return tuple(dict.fromkeys(sound(word) for word in (name.whole, *name.parts) if word))


def _prefixes(word: str) -> Iterator[Key]:
    for length in range(SHORTEST_PREFIX, min(len(word), LONGEST_PREFIX) + 1):
        yield "name", word[:length]


_DATE = re.compile(r"(?<!\d)(?:(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})|(?P<um>\d{1,2})[-/.](?P<ud>\d{1,2})[-/.](?P<uy>\d{4}))(?!\d)")
_DIGITS = re.compile(r"(?<!\w)\+?\(?\d[\d ().-]{2,}\d(?!\w)")


def _take_date(match: re.Match[str], terms: list[Key]) -> str:
    part = match.groupdict()
    day = _day(part["y"] or part["uy"], part["m"] or part["um"], part["d"] or part["ud"])
    if day:
        terms.append(("dob", day))
    return " "


def _take_digits(match: re.Match[str], terms: list[Key]) -> str:
    digits = "".join(character for character in match[0] if character.isdecimal())
    day = (_day(digits[4:], digits[:2], digits[2:4]) or _day(digits[:4], digits[4:6], digits[6:])) if len(digits) == 8 else None
    if day:
        terms.append(("dob", day))
    elif len(digits) >= PHONE_ENDS[-1]:
        terms.append(("phone_end", digits))
    return " "


def _day(year: str, month: str, day: str) -> str | None:
    try:
        found = date(int(year), int(month), int(day))
    except ValueError:
        return None
    return found.isoformat() if 1850 <= found.year <= 2150 else None
