"""The door that every matcher fits: an incoming patient and candidates in, one decision with its evidence out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from practicestudio.matching.comparisons import Evidence
from practicestudio.records import Patient

Verdict = Literal["same", "linked", "unsure", "other"]
"""same: this is the person. linked: it would be, but another athenahealth record already is. unsure: perhaps. other: somebody else."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A patient of ours who may be the incoming one. linked: already bound to another id of the same athenahealth practice."""

    id: UUID
    patient: Patient
    linked: bool = False


@dataclass(frozen=True, slots=True)
class Weighed:
    """What was found about one candidate. because: one sentence without a value of the patient's."""

    id: UUID
    verdict: Verdict
    because: str
    evidence: tuple[Evidence, ...]

    @property
    def weight(self) -> int:
        """The sum of the evidence: the higher, the likelier it is the same person."""
        return sum(row.weight for row in self.evidence)


@dataclass(frozen=True, slots=True)
class Link:
    """It is this patient of ours."""

    id: UUID
    because: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class New:
    """It is nobody we know. considered: the candidates that were turned down, if there were any."""

    considered: tuple[Weighed, ...] = ()


@dataclass(frozen=True, slots=True)
class Unsure:
    """A person has to say whether it is one of these; likeliest first."""

    because: str
    candidates: tuple[Weighed, ...]


Decision = Link | New | Unsure


class Matcher(Protocol):
    """Decides whose record has come in. Candidates are those that share a key of `match_keys`; a known link is followed before asking."""

    def decide(self, incoming: Patient, candidates: Sequence[Candidate]) -> Decision:
        """One decision; it does not depend on the candidates' order."""
