"""Every error of the integration, by what can be done about it.

    IntegrationError
    ├── Transient          trying again later may work
    │   ├── RateLimited        a limit is reached; `retry_after` says when to come back, where known
    │   ├── Unreachable        no answer: name, connection, TLS, time-out
    │   ├── ServerFault        the other side answered that it cannot now
    │   └── NotYet             something this depends on has not arrived
    ├── Permanent          the same again will fail again
    │   ├── Unreadable         what came is not what its format says
    │   ├── InvalidValue       a value breaks a rule of ours, of the practice or of athenahealth
    │   │   └── InvalidFields      several do, each told by its field
    │   ├── ChangedSince       what was read for this change has changed since
    │   ├── Refused            athenahealth said no; its own words are kept
    │   ├── AccessDenied       credentials, permissions, practice
    │   ├── NotAllowed         the person or key that asks has no right to it
    │   └── Misconfigured      a setting of ours is wrong or missing
    └── NeedsAPerson       both answers could be right
        ├── UnsureMatch        it may or may not be this patient
        ├── Conflict           both sides changed the same field
        └── SlotTaken          the time was booked by someone else meanwhile

The text of an error is one sentence without patient data, secrets, query strings or bodies, for it reaches logs and pages; `advice` says
what to do. `code` groups errors of one cause and never changes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


class IntegrationError(Exception):
    """Anything that goes wrong while data crosses the wall.

    outcome_unknown: a write was sent and no answer came, so it may or may not have taken effect; read before writing again.
    """

    code: ClassVar[str] = "error"
    default_advice: ClassVar[str] = "Look at the message's details."

    def __init__(self, what: str, *, advice: str = "", outcome_unknown: bool = False) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice or self.default_advice
        self.outcome_unknown = outcome_unknown

    @property
    def sentence(self) -> str:
        """What is wrong and what to do, for a person."""
        return f"{self.what} {self.advice}".strip()


class Transient(IntegrationError):
    """Trying again later may work."""

    code = "transient"
    default_advice = "It is tried again by itself."


class RateLimited(Transient):
    """A limit of athenahealth is reached. retry_after: seconds, where the other side or our own budget knows them."""

    code = "rate_limited"

    def __init__(self, what: str, *, retry_after: float | None = None, advice: str = "", outcome_unknown: bool = False) -> None:
        super().__init__(what, advice=advice, outcome_unknown=outcome_unknown)
        self.retry_after = retry_after


class Unreachable(Transient):
    """No answer came: the name did not resolve, the connection or TLS failed, or time ran out."""

    code = "unreachable"


class ServerFault(Transient):
    """The other side answered with a fault of its own (5xx)."""

    code = "server_fault"


class NotYet(Transient):
    """What this depends on has not arrived."""

    code = "not_yet"


class Permanent(IntegrationError):
    """The same again will fail again."""

    code = "permanent"
    default_advice = "Mend the cause and retry it from the error queue."


class Unreadable(Permanent):
    """What came is not what its format says."""

    code = "unreadable"


class InvalidValue(Permanent):
    """A value breaks a rule."""

    code = "invalid_value"


@dataclass(frozen=True, slots=True)
class FieldFault:
    """What is wrong with one field of what was entered, and what to enter instead, in one sentence without the value."""

    field: str
    sentence: str


class InvalidFields(InvalidValue):
    """Values of several fields break rules: all of them are told at once, for whoever filled in a form."""

    default_advice = ""

    def __init__(self, faults: Iterable[FieldFault]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(dict.fromkeys(fault.sentence for fault in self.faults)))


class ChangedSince(Permanent):
    """The record has changed since it was read for this change."""

    code = "changed_since"
    default_advice = "Look at what it is now, and make the change again."


class Refused(Permanent):
    """athenahealth said no. status: the HTTP status; words: athenahealth's own `error` text, which is meant to be shown."""

    code = "refused"

    def __init__(self, what: str, *, status: int = 0, words: str = "", advice: str = "") -> None:
        super().__init__(what, advice=advice)
        self.status = status
        self.words = words


class AccessDenied(Permanent):
    """Credentials, permissions or practice are not accepted."""

    code = "access_denied"
    default_advice = "Check the connection's credentials and practice id, then test the connection."


class NotAllowed(Permanent):
    """Whoever asks has no right to this."""

    code = "not_allowed"
    default_advice = "Ask an administrator of the practice."


class Misconfigured(Permanent):
    """A setting of ours is wrong or missing."""

    code = "misconfigured"
    default_advice = "Correct the setting and try again."


class NeedsAPerson(IntegrationError):
    """Both answers could be right, so a person decides."""

    code = "needs_a_person"
    default_advice = "Decide it in the review queue."


class UnsureMatch(NeedsAPerson):
    """The record may or may not belong to a patient that is already known."""

    code = "unsure_match"


class Conflict(NeedsAPerson):
    """Both sides changed the same field, and the practice's rule is to ask."""

    code = "conflict"


class SlotTaken(NeedsAPerson):
    """The wanted time was booked by someone else meanwhile."""

    code = "slot_taken"
    default_advice = "Choose another free time."
