"""What can go wrong with a request, and the page, fragment or problem document that says so."""

from practicestudio.errors import IntegrationError


class Fault(IntegrationError):
    """Something about the request itself. status: the HTTP status of the answer."""

    status = 400


class SignInFirst(Fault):
    """Nobody is signed in, or the session has ended."""

    code, status = "sign_in_first", 401
    default_advice = "Sign in and try again."


class FirstDo(Fault):
    """The person is known, and something is due first: the second factor, a new password. address: the page where that is done."""

    code, status = "first_do", 401

    def __init__(self, what: str, address: str) -> None:
        super().__init__(what, advice="Finish signing in.")
        self.address = address


class Forged(Fault):
    """The form was not sent from a page of ours in this session."""

    code, status = "forged", 403
    default_advice = "Reload the page and send it again."


class NotFound(Fault):
    """There is no such page or record, or none that this person may know of."""

    code, status = "not_found", 404
    default_advice = "Go back and choose from what is listed."


class TooLarge(Fault):
    """More was sent than is taken."""

    code, status = "too_large", 413


STATUS_OF_CODE = {
    "not_allowed": 403,
    "sign_in_refused": 403,
    "confirm_first": 403,
    "too_many_tries": 429,
    "invalid_value": 422,
    "misconfigured": 409,
    "access_denied": 409,
    "unreachable": 503,
    "rate_limited": 503,
    "server_fault": 502,
}
"""How an error of a use case is answered; what is not named here is a conflict with how things stand (409)."""


def status_of(error: IntegrationError) -> int:
    """The HTTP status that tells of this error."""
    return error.status if isinstance(error, Fault) else STATUS_OF_CODE.get(error.code, 409)
