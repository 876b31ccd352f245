"""What can be wrong with a program's request, and the status that tells of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from practicestudio.errors import IntegrationError
from practicestudio.web.faults import Fault, status_of

STATUS_OF_CODE = {
    "not_there": 404,
    "idempotency_key_reused": 422,
    "request_under_way": 409,
    "invalid_value": 422,
    "unreadable": 502,
    "bad_answer": 502,
}
"""Beside those that pages answer alike."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing that is wrong. place: a JSON pointer (RFC 6901) into the body, or the parameter's name. within: body, query, path or header."""

    place: str
    says: str
    within: str = "body"


class ApiFault(Fault):
    """A fault of a program's request. headers: those that the answer needs. wrong: the faults of single values."""

    headers: Mapping[str, str] = field(default_factory=dict)
    wrong: Sequence[Wrong] = ()

    def __init__(self, what: str, *, advice: str = "", headers: Mapping[str, str] | None = None, wrong: Sequence[Wrong] = ()) -> None:
        super().__init__(what, advice=advice)
        self.headers = dict(headers or {})
        self.wrong = tuple(wrong)


class Malformed(ApiFault):
    """The request cannot be read."""

    code, status = "malformed", 400
    default_advice = "Correct the request; /api/v1/docs shows what is taken."


class KeyNeeded(ApiFault):
    """No key came, or one that opens nothing."""

    code, status = "key_needed", 401
    default_advice = "Send a valid API key as `Authorization: Bearer <key>`; an administrator makes keys in Settings > API keys."


class OutOfScope(ApiFault):
    """The key does not have this scope."""

    code, status = "out_of_scope", 403
    default_advice = "Use a key with this scope."


class NotThere(ApiFault):
    """There is no such thing, or none that this key may know of."""

    code, status = "not_there", 404
    default_advice = "Look it up again; the key may be for another practice."


class MethodNotThere(ApiFault):
    """This address does not answer that method."""

    code, status = "method_not_there", 405
    default_advice = "The header Allow names those that it does."


class InTheWay(ApiFault):
    """How things stand does not allow it."""

    code, status = "conflict", 409
    default_advice = "Look it up again and decide anew."


class Stale(ApiFault):
    """The record was changed since it was read."""

    code, status = "changed_meanwhile", 412
    default_advice = "Read it again, and send the change with the new ETag."


class TooMuch(ApiFault):
    """More was sent than is taken."""

    code, status = "too_large", 413
    default_advice = "Send less at a time."


class NotJson(ApiFault):
    """The body is of another type."""

    code, status = "not_json", 415
    default_advice = "Send JSON with `Content-Type: application/json`."


class Invalid(ApiFault):
    """Some values are not as they should be; `wrong` lists each."""

    code, status = "invalid", 422
    default_advice = "Correct what `faults` lists."


class VersionNeeded(ApiFault):
    """A change needs the version that it is a change of."""

    code, status = "version_needed", 428
    default_advice = "Read the record, and send its ETag as If-Match."


class TooFast(ApiFault):
    """The key has used up its rate."""

    code, status = "too_fast", 429
    default_advice = "Wait as long as Retry-After says."


def api_status(error: IntegrationError) -> int:
    """The HTTP status that tells of this error."""
    return error.status if isinstance(error, Fault) else STATUS_OF_CODE.get(error.code, status_of(error))
