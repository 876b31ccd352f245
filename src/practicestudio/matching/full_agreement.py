"""The cautious matcher: full agreement links, partial agreement asks, and nothing is concluded from what is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from practicestudio.matching.comparisons import Agreement, Evidence, compare
from practicestudio.matching.decisions import Candidate, Decision, Link, Matcher, New, Unsure, Verdict, Weighed
from practicestudio.records import Patient

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


def rule(verdict: Verdict, because: str, **signs: str) -> Rule:
    """A row of the table."""
    return Rule(verdict, because, {field: frozenset(_SIGNS[sign] for sign in shown) for field, shown in signs.items()})


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
        """The evidence about one candidate, and the first rule that fits it."""
        evidence = compare(incoming, candidate.patient)
        found = _findings(evidence)
        fitting = next((rule for rule in self.rules if rule.fits(found)), NOTHING_FITS)
        verdict, because = fitting.verdict, fitting.because
        if verdict == "same" and candidate.linked:
            verdict, because = "linked", "Everything agrees, but this patient belongs to another athenahealth record: a duplicate there."
        elif verdict == "same" and candidate.patient.status == "deleted":
            verdict, because = "unsure", "Everything agrees, but this patient was deleted."
        return Weighed(candidate.id, verdict, because, evidence)


def decide(incoming: Patient, candidates: Sequence[Candidate]) -> Decision:
    """The decision of the matcher in use."""
    return _IN_USE.decide(incoming, candidates)


_IN_USE: Matcher = FullAgreement()


def _findings(evidence: tuple[Evidence, ...]) -> dict[str, Agreement]:
    found = {row.field: row.agreement for row in evidence}
    found["contact"] = _best(found["phone"], found["email"], found["postal_code"])
    at_home = found["street"] == "agrees" and found["postal_code"] == "agrees"
    found["close_contact"] = "agrees" if at_home else _best(found["phone"], found["email"])
    return found


def _best(*agreements: Agreement) -> Agreement:
    if "agrees" in agreements:
        return "agrees"
    return "differs" if "differs" in agreements else "missing"
