"""The cautious matcher: full agreement links, partial agreement asks, and nothing is concluded from what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from practicestudio.matching.comparisons import COMPARISONS, Agreement, compare
from practicestudio.matching.decisions import Candidate, Decision, Link, Matcher, New, Unsure, Verdict, Weighed
from practicestudio.records import Patient

_COMPARE = {row.field: row.compare for row in COMPARISONS}
_SIGNS: dict[str, Agreement] = {"=": "agrees", "~": "similar", "!": "differs", "?": "missing"}


@dataclass(frozen=True, slots=True)
class Rule:
    """When every field named shows one of its signs, the verdict holds. Signs: = agrees, ~ similar, ! differs, ? missing."""

    verdict: Verdict
    because: str
    when: Mapping[str, frozenset[Agreement]]

    def fits(self, found: Mapping[str, Agreement]) -> bool:
        """Whether the findings are those of the rule."""
        return all(found[field] in agreements for field, agreements in self.when.items())


_CHEAPEST_FIRST = ("date_of_birth", "gender", "suffix", "ssn_last4", "last_name", "contact", "close_contact", "middle_name", "first_name")


def rule(verdict: Verdict, because: str, **signs: str) -> Rule:
    """A row of the table; its fields are looked at in the order of what a comparison costs."""
    fields = sorted(signs, key=_CHEAPEST_FIRST.index)
    return Rule(verdict, because, {field: frozenset(_SIGNS[sign] for sign in signs[field]) for field in fields})


RULES = (
    rule("same", "Name, date of birth and a contact agree, and nothing speaks against it.",
         first_name="=", last_name="=", date_of_birth="=", contact="=", suffix="=?", gender="=?", middle_name="=~?", ssn_last4="=?"),
    rule("unsure", "Name, date of birth and a contact agree, but suffix, gender, middle name or social security number differ.",
         first_name="=", last_name="=", date_of_birth="=", contact="="),
    rule("unsure", "Name and date of birth agree, but no contact confirms it.",
         first_name="=", last_name="=", date_of_birth="="),
    rule("unsure", "Date of birth agrees and the names are alike.",
         first_name="=~", last_name="=~", date_of_birth="="),
    rule("unsure", "Date of birth, first name and a contact agree; the last name may have changed.",
         first_name="=~", last_name="!?", date_of_birth="=", close_contact="="),
    rule("unsure", "Date of birth, social security number and first name agree.",
         first_name="=~", date_of_birth="=", ssn_last4="="),
    rule("unsure", "Date of birth, social security number and last name agree.",
         last_name="=~", date_of_birth="=", ssn_last4="="),
    rule("unsure", "Date of birth and last name agree, and one record has no first name yet.",
         first_name="?", last_name="=~", date_of_birth="="),
    rule("other", "Last name, date of birth and a contact agree, but the first names differ: twins.",
         first_name="!", last_name="=~", date_of_birth="=", contact="="),
    rule("other", "Last name and date of birth agree, but the first names and every contact differ.",
         first_name="!", last_name="=~", date_of_birth="=", contact="!"),
    rule("other", "Last name and date of birth agree, but first name and gender differ.",
         first_name="!", last_name="=~", date_of_birth="=", gender="!"),
    rule("unsure", "Last name and date of birth agree, and too little else is known.",
         first_name="!", last_name="=~", date_of_birth="="),
    rule("other", "The name is the same, but suffix and date of birth differ: two generations.",
         first_name="=", last_name="=", suffix="!", date_of_birth="!"),
    rule("unsure", "Name and a contact agree, but the date of birth does not.",
         first_name="=", last_name="=", close_contact="="),
    rule("unsure", "Names are alike, a contact agrees, and one record has no date of birth.",
         first_name="=~", last_name="=~", close_contact="=", date_of_birth="?"),
    rule("unsure", "Names are alike, a contact agrees, and the dates of birth are close.",
         first_name="=~", last_name="=~", contact="=", date_of_birth="~"),
)  # fmt: skip
"""The first rule that fits decides. Beside the fields of COMPARISONS: `contact` is phone, e-mail or postal code, and `close_contact` is
phone, e-mail, or street and postal code together."""

NOTHING_FITS = Rule("other", "Too little agrees.", {})


@dataclass(frozen=True, slots=True)
class FullAgreement:
    """A Matcher that links only to the one unlinked patient whose name, date of birth and a contact agree."""

    rules: tuple[Rule, ...] = RULES

    def decide(self, incoming: Patient, candidates: Sequence[Candidate]) -> Decision:
        """Link to the only full agreement; Unsure when there are several, or any partial one; else New."""
        if not candidates:
            return New()
        weighed = sorted((self.weigh(incoming, candidate) for candidate in candidates), key=lambda one: (-one.weight, one.id))
        full = [one for one in weighed if one.verdict in ("same", "linked")]
        if len(full) == 1 and full[0].verdict == "same":
            return Link(full[0].id, full[0].because, full[0].evidence)
        possible = tuple(one for one in weighed if one.verdict != "other")
        if not possible:
            return New(tuple(weighed))
        because = "More than one patient agrees in full." if len(full) > 1 else (full or possible)[0].because
        return Unsure(because, possible)

    def weigh(self, incoming: Patient, candidate: Candidate) -> Weighed:
        """The first rule that fits the candidate, and the evidence unless it is somebody else, which is what most candidates are."""
        found = _Agreements(incoming, candidate.patient)
        fitting = next((rule for rule in self.rules if rule.fits(found)), NOTHING_FITS)
        verdict, because = fitting.verdict, fitting.because
        if verdict == "other":
            return Weighed(candidate.id, verdict, because, ())
        evidence = compare(incoming, candidate.patient)
        if verdict == "same" and candidate.linked:
            verdict, because = "linked", "Everything agrees, but this patient belongs to another athenahealth record: a duplicate there."
        elif verdict == "same" and candidate.patient.status == "deleted":
            verdict, because = "unsure", "Everything agrees, but this patient was deleted."
        return Weighed(candidate.id, verdict, because, evidence)


def decide(incoming: Patient, candidates: Sequence[Candidate]) -> Decision:
    """The decision of the matcher in use."""
    return _IN_USE.decide(incoming, candidates)


_IN_USE: Matcher = FullAgreement()


class _Agreements(dict[str, Agreement]):
    """How each field agrees, found out when a rule asks."""

    def __init__(self, one: Patient, other: Patient) -> None:
        super().__init__()
        self._pair = (one, other)

    def __missing__(self, field: str) -> Agreement:
        found = self[field] = self._look(field)
        return found

    def _look(self, field: str) -> Agreement:
        if field == "contact":
            return _best(self["phone"], self["email"], self["postal_code"])
        if field == "close_contact":
            at_home = self["street"] == "agrees" and self["postal_code"] == "agrees"
            return "agrees" if at_home else _best(self["phone"], self["email"])
        return _COMPARE[field](*self._pair)[0]


def _best(*agreements: Agreement) -> Agreement:
    if "agrees" in agreements:
        return "agrees"
    return "differs" if "differs" in agreements else "missing"
