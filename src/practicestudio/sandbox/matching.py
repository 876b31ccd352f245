"""Is this somebody who is registered already: the rule that creation asks in silence, and the score of enhancedbestmatch."""

from collections.abc import Mapping
from dataclasses import dataclass

from practicestudio.sandbox.catalogue import Record
from practicestudio.sandbox.names import NICKNAMES, mail_name
from practicestudio.sandbox.people import PHONES, People, agrees

_SHORT = {short.lower(): long.lower() for long, short in NICKNAMES.items()}
_PROOFS = ("ssn", "zip", *PHONES, "anyphone", "email")
THRESHOLD = 16


def best_match(people: People, wanted: Mapping[str, str]) -> int | None:
    """The patient with this last name, date of birth, first (or preferred) name, and one of SSN, ZIP, phone or e-mail; the lowest id of several."""
    names = [name for name in ("firstname", "preferredname", "anyfirstname") if wanted.get(name)]
    proofs = [name for name in _PROOFS if wanted.get(name)]
    for patient in people.find({"lastname": wanted["lastname"], "dob": wanted["dob"]}):
        record = people.record(patient) or {}
        named = any(agrees(record, {"anyfirstname" if name == "firstname" else name: wanted[name]}) for name in names)
        if named and any(_proves(record, name, wanted[name]) for name in proofs):
            return patient
    return None


def _proves(record: Record, name: str, value: str) -> bool:
    return agrees(record, {"anyphone" if name in PHONES else name: value})


@dataclass(frozen=True, slots=True)
class Scored:
    """A patient and how much speaks for it; 16 is where a match begins."""

    patient: int
    score: int


def scored_matches(people: People, wanted: Mapping[str, str], *, soundex: bool) -> list[Scored]:
    """Everybody with the same last name or the same date of birth, the best first."""
    candidates = {*people.find({"lastname": wanted["lastname"]}), *people.find({"dob": wanted["dob"]})}
    scored = [Scored(patient, score(people.record(patient) or {}, wanted, soundex=soundex)) for patient in candidates]
    return sorted(scored, key=lambda one: (-one.score, one.patient))


def score(record: Record, wanted: Mapping[str, str], *, soundex: bool = False) -> int:
    """Names count six each (three where they only resemble), the birth date six, SSN five, a phone or e-mail three, ZIP and sex two and one."""
    total = _name_score(str(record.get("firstname", "")), wanted["firstname"], soundex=soundex)
    total += _name_score(str(record.get("lastname", "")), wanted["lastname"], soundex=soundex)
    total += 6 * (record.get("dob") == wanted["dob"])
    total += 5 * _agreed(record, wanted, "ssn") + 3 * _agreed(record, wanted, "email")
    total += 3 * any(_agreed(record, wanted, name) for name in (*PHONES, "anyphone"))
    return total + 2 * _agreed(record, wanted, "zip") + _agreed(record, wanted, "sex")


def _agreed(record: Record, wanted: Mapping[str, str], name: str) -> bool:
    return bool(wanted.get(name)) and _proves(record, name, wanted[name])


def _name_score(ours: str, theirs: str, *, soundex: bool) -> int:
    one, other = ours.lower(), theirs.lower()
    if one == other and one:
        return 6
    if not one or not other:
        return 0
    alike = _SHORT.get(one, one) == _SHORT.get(other, other) or one.startswith(other) or other.startswith(one)
    return 3 if alike or (soundex and sound(one) == sound(other)) else 0


_CODES = {letter: code for code, letters in enumerate(("bfpv", "cgjkqsxz", "dt", "l", "mn", "r"), 1) for letter in letters}


def sound(name: str) -> str:
    """American Soundex (U.S. National Archives): a letter and three digits."""
    letters = mail_name(name)
    coded, last = "", _CODES.get(letters[:1])
    for letter in letters[1:]:
        code = _CODES.get(letter)
        if code and code != last:
            coded += str(code)
        if letter not in "hw":
            last = code
    return (letters[:1].upper() + coded + "000")[:4]
