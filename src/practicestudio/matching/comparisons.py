"""How two patients agree, field by field, as rows that a review page can show side by side."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from rapidfuzz.distance import OSA, JaroWinkler

from practicestudio.matching import known
from practicestudio.matching.names import Name, first_name, is_nickname, last_name, plain_words, sound, suffix
from practicestudio.records import Patient

Agreement = Literal["agrees", "similar", "differs", "missing"]
Finding = tuple[Agreement, str]

ALIKE = 0.9
"""Jaro-Winkler similarity from which two spellings count as similar (1 is equal)."""

ALIKE_IN_SOUND = 0.8
"""The same for first names that sound alike; their sounds are short, so Jean and June need more than that."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """How one field agrees. weight: points for or against; note: why it is similar or missing, never a value."""

    field: str
    agreement: Agreement
    weight: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A row of the table: which field, how it is compared, and what each agreement weighs. What is missing weighs nothing."""

    field: str
    compare: Callable[[Patient, Patient], Finding]
    agrees: int
    similar: int
    differs: int

    def evidence(self, one: Patient, other: Patient) -> Evidence:
        """How the two patients agree in this field."""
        agreement, note = self.compare(one, other)
        weight = {"agrees": self.agrees, "similar": self.similar, "differs": self.differs, "missing": 0}[agreement]
        return Evidence(self.field, agreement, weight, note)


def compare(one: Patient, other: Patient) -> tuple[Evidence, ...]:
    """The evidence of every row of COMPARISONS, in its order."""
    return tuple(row.evidence(one, other) for row in COMPARISONS)


def _last_names(one: Patient, other: Patient) -> Finding:
    a, b = last_name(one.last_name), last_name(other.last_name)
    if not (a.whole and b.whole):
        return "missing", ""
    if a.whole == b.whole:
        return "agrees", ""
    if not set(a.parts).isdisjoint(b.parts):
        return "similar", "One part of the name is the same."
    if sound(a.whole) == sound(b.whole):
        return "similar", "The names sound alike."
    return _spelling(a, b, ALIKE)


def _first_names(one: Patient, other: Patient) -> Finding:
    a, b = first_name(one.first_name), first_name(other.first_name)
    if not (a.whole and b.whole):
        return "missing", ""
    if a.whole == b.whole:
        return "agrees", ""
    if a.words[0] == b.words[0]:
        return "similar", "The first of several names is the same."
    if a.whole == b.whole[0] or b.whole == a.whole[0]:
        return "similar", "One is the initial of the other."
    if is_nickname(a.words[0], b.words[0]):
        return "similar", "One is a short form of the other."
    if b.whole in _other_first_names(one) or a.whole in _other_first_names(other):
        return "similar", "One is the other's middle or preferred name."
    return _spelling(a, b, ALIKE_IN_SOUND if sound(a.whole) == sound(b.whole) else ALIKE)


def _middle_names(one: Patient, other: Patient) -> Finding:
    a, b = first_name(one.middle_name).whole, first_name(other.middle_name).whole
    if not (a and b):
        return "missing", ""
    if a == b:
        return "agrees", ""
    return ("similar", "The initial is the same.") if a[0] == b[0] else ("differs", "")


def _suffixes(one: Patient, other: Patient) -> Finding:
    return _equal(_generation(one), _generation(other))


def _birth_dates(one: Patient, other: Patient) -> Finding:
    a, b = known.birth_date(one), known.birth_date(other)
    if a is None or b is None:
        return "missing", ""
    if a == b:
        return "agrees", ""
    if (a.year, a.month, a.day) == (b.year, b.day, b.month):
        return "similar", "Day and month are exchanged."
    if OSA.distance(f"{a:%Y%m%d}", f"{b:%Y%m%d}", score_cutoff=1) == 1:
        return "similar", "One digit differs, or two are exchanged."
    return "differs", ""


def _genders(one: Patient, other: Patient) -> Finding:
    return _equal(*("" if patient.gender == "unknown" else patient.gender for patient in (one, other)))


def _phones(one: Patient, other: Patient) -> Finding:
    a, b = known.phones(one), known.phones(other)
    if not (a and b):
        return "missing", ""
    return ("differs", "") if set(a).isdisjoint(b) else ("agrees", "")


def _emails(one: Patient, other: Patient) -> Finding:
    return _equal(known.email(one), known.email(other))


def _streets(one: Patient, other: Patient) -> Finding:
    a, b = (plain_words(patient.address.line1 or "") for patient in (one, other))
    if a and b and a != b and a[0] == b[0] and a[0].isdigit():
        return "similar", "The house number is the same."
    return _equal(" ".join(a), " ".join(b))


def _postal_codes(one: Patient, other: Patient) -> Finding:
    return _equal(known.postal_code(one), known.postal_code(other))


def _ssn_ends(one: Patient, other: Patient) -> Finding:
    return _equal(known.ssn_last4(one), known.ssn_last4(other))


COMPARISONS = (
    Comparison("last_name", _last_names, agrees=8, similar=4, differs=-4),
    Comparison("first_name", _first_names, agrees=7, similar=4, differs=-6),
    Comparison("middle_name", _middle_names, agrees=3, similar=1, differs=-2),
    Comparison("suffix", _suffixes, agrees=1, similar=0, differs=-5),
    Comparison("date_of_birth", _birth_dates, agrees=12, similar=5, differs=-7),
    Comparison("gender", _genders, agrees=1, similar=0, differs=-5),
    Comparison("phone", _phones, agrees=8, similar=0, differs=-1),
    Comparison("email", _emails, agrees=9, similar=0, differs=-1),
    Comparison("street", _streets, agrees=6, similar=2, differs=-1),
    Comparison("postal_code", _postal_codes, agrees=3, similar=0, differs=-1),
    Comparison("ssn_last4", _ssn_ends, agrees=10, similar=0, differs=-6),
)
"""The weights are rough logarithms of how much likelier a finding is for one person than for two; they order a review, no more."""


def _spelling(a: Name, b: Name, alike: float) -> Finding:
    if JaroWinkler.similarity(a.whole, b.whole, score_cutoff=alike):
        return "similar", "The spelling is close."
    return "differs", ""


def _equal(one: str | None, other: str | None) -> Finding:
    if not (one and other):
        return "missing", ""
    return ("agrees", "") if one == other else ("differs", "")


def _other_first_names(patient: Patient) -> set[str]:
    others = (patient.middle_name, patient.preferred_name, patient.alternate_first_name)
    return {first_name(name).whole for name in others if name}


def _generation(patient: Patient) -> str:
    return (suffix(patient.suffix) if patient.suffix else "") or last_name(patient.last_name).suffix
