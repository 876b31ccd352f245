"""athenahealth's ways of saying no, in its own words."""

from collections.abc import Sequence

from practicestudio.sandbox.catalogue import Record


class Refusal(Exception):
    """An answer that is an error: an HTTP status and a JSON body, which goes out after two newlines."""

    def __init__(self, status: int, body: Record) -> None:
        super().__init__(f"HTTP {status}: {body.get('error', '')}")
        self.status = status
        self.body = body


def missing(fields: Sequence[str]) -> Refusal:
    return Refusal(400, {"missingfields": list(fields), "error": "Additional fields are required."})


def additional(detail: str) -> Refusal:
    return Refusal(400, {"detailedmessage": detail, "error": "Additional fields are required."})


def invalid(detail: str) -> Refusal:
    return Refusal(400, {"detailedmessage": detail, "error": "The data provided is invalid."})


def improper_dob() -> Refusal:
    return Refusal(400, {"error": "Improper DOB."})


def unknown_practice() -> Refusal:
    return Refusal(404, {"error": "Invalid practice.", "detailedmessage": "The practice ID does not exist."})


def not_granted() -> Refusal:
    return Refusal(401, {"detailedmessage": "Bad auth.", "error": "Incorrect permissions."})


def not_in_version() -> Refusal:
    return Refusal(403, {"detailedmessage": "The API version of this practice does not include this call.", "error": "Incorrect permissions."})


def unknown_path() -> Refusal:
    return Refusal(404, {"error": "An unknown API path was called"})


def not_found(what: str) -> Refusal:
    return Refusal(404, {"error": f"The {what} ID does not exist."})


def not_subscribed() -> Refusal:
    return Refusal(403, {"error": "Changed messages require setup (subscription) that has not been done."})


def slot_taken() -> Refusal:
    return Refusal(
        409,
        {
            "detailedmessage": "The appointment ID is already booked or is not marked as being available to be scheduled via the API.",
            "error": "That appointment time was already booked or not available for booking.",
        },
    )
