"""Every shape and every error body that athenahealth is known to send."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.athena.rest.answers import Answer, read_answer
from practicestudio.athena.rest.faults import BadAnswer, FeedNotActive, NotFound, RequestRefused, TokenRefused
from practicestudio.athena.rest.operations import GUIDE, PLATFORM
from practicestudio.errors import AccessDenied, IntegrationError, Misconfigured, RateLimited, Refused, ServerFault, SlotTaken

JSON = {"Content-Type": "application/json"}


def read(name: str, status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return read_answer(PLATFORM[name], status, headers or JSON, body if isinstance(body, bytes) else orjson.dumps(body))


def refusal(name: str, status: int, body: Any, headers: dict[str, str] | None = None) -> IntegrationError:
    with pytest.raises(IntegrationError) as caught:
        read(name, status, body, headers)
    return caught.value


MORE_FIELDS = "Additional fields are required."
INVALID = "The data provided is invalid."
BODIES: list[tuple[str, int, bytes, type[IntegrationError], str]] = [
    (
        "patient.create",
        400,
        b'\n\n{"invalidfields":[],"missingfields":["lastname","dob","firstname"],"error":"Additional fields are required."}',
        RequestRefused,
        "Additional fields are required",
    ),
    ("patient.create", 400, b'\n\n{"error":"Improper DOB."}', RequestRefused, "Improper DOB."),
    (
        "appointment.slots.create",
        400,
        b'\n\n{"detailedmessage":"An appointment type or reason must be provided.","error":"Additional fields are required."}',
        RequestRefused,
        MORE_FIELDS,
    ),
    (
        "patient.best_match",
        400,
        b'\n\n{"detailedmessage":"Expecting format date, but value is 01\\/01\\/   1","error":"The data provided is invalid."}',
        RequestRefused,
        INVALID,
    ),
    ("ping", 401, b'\n\n{"detailedmessage":"Bad auth.","error":"Incorrect permissions."}', AccessDenied, "Incorrect permissions."),
    ("ping", 401, b"Developer Inactive", TokenRefused, "access token"),
    (
        "patient.get",
        401,
        b'{"detailedmessage":"Policy evaluation failed for this request, please check the policy configurations.","error":"access_denied"}',
        TokenRefused,
        "access_denied",
    ),
    ("patient.get", 402, b'{"error":"Incorrect permissions."}', AccessDenied, "Incorrect permissions."),
    (
        "feed.changed",
        403,
        b'\n\n{"error":"Changed messages require setup (subscription) that has not been done."}',
        FeedNotActive,
        "Changed messages require setup",
    ),
    ("patient.get", 403, b'{"error":"Not allowed."}', AccessDenied, "Not allowed."),
    ("patient.get", 403, b'{"error":"Developer Over Qps"}', RateLimited, "limit of calls"),
    ("ping", 404, b'\n\n{"error":"Invalid practice.","detailedmessage":"The practice ID does not exist."}', AccessDenied, "Invalid practice."),
    ("ping", 404, b'\n\n{"error":"An unknown API path was called"}', Misconfigured, "does not know the address"),
    ("ping", 404, b"Service not registered with API gateway.", Misconfigured, "does not know the address"),
    ("patient.get", 404, b'{"error":"The patient ID is not valid."}', NotFound, "no such record"),
    (
        "appointment.book",
        409,
        b'\n\n{"detailedmessage":"The appointment ID is already booked or is not marked as being available to be scheduled via the API.",'
        b'"error":"That appointment time was already booked or not available for booking."}',
        SlotTaken,
        "That appointment time was already booked",
    ),
    ("patient.update", 409, b'{"error":"Busy."}', RequestRefused, "Busy."),
    ("ping", 429, b"", RateLimited, "limit of calls"),
    ("ping", 429, b"<html><body>Too many requests</body></html>", RateLimited, "limit of calls"),
    ("ping", 500, b"", ServerFault, "status 500"),
    ("ping", 503, b"Service Unavailable", ServerFault, "status 503"),
    ("ping", 504, b"<html><title>Gateway Timeout</title></html>", BadAnswer, "HTML page"),
    ("ping", 403, b"<html><title>Blocked by your proxy</title></html>", BadAnswer, "HTML page"),
    ("ping", 302, b"", Misconfigured, "another address"),
    (
        "patient.update",
        200,
        b'{"success":"false","errormessage":"Submitted snomedcode of \'0\' is not valid."}',
        Refused,
        "Submitted snomedcode of … is",
    ),
    ("appointment.freeze", 200, b'{"success":false,"errormessage":"Appointment is already frozen."}', Refused, "already frozen"),
    ("appointment.update", 200, b'"Invalid PROVIDERID input"', Refused, "Invalid PROVIDERID input"),
    ("appointment.update", 200, b"0", Refused, "did not take"),
    ("patient.create", 200, b'[{"patientid":"5309","errormessage":"Something is not right."}]', Refused, "Something is not right."),
    ("appointment.check_in", 200, b'{"success":"false","message":"Privacy is missing."}', Refused, "Privacy is missing."),
]


@pytest.mark.parametrize(("name", "status", "body", "kind", "words"), BODIES)
def test_every_known_error_body_has_its_type_and_keeps_athenahealths_words(
    name: str, status: int, body: bytes, kind: type[IntegrationError], words: str
) -> None:
    error = refusal(name, status, body)
    assert type(error) is kind or (type(error) in kind.__subclasses__() and kind is Refused)
    assert words in str(error)
    assert error.advice


def test_the_names_of_missing_fields_are_told() -> None:
    error = refusal("patient.create", 400, BODIES[0][2])
    assert isinstance(error, RequestRefused)
    assert error.fields == ("lastname", "dob", "firstname")
    assert "lastname, dob, firstname" in str(error)


def test_the_detailed_message_is_kept_but_not_shown() -> None:
    error = refusal("patient.best_match", 400, BODIES[3][2])
    assert isinstance(error, RequestRefused)
    assert error.detail == "Expecting format date, but value is 01/01/   1"
    assert "value is" not in error.sentence


def test_a_failure_that_names_a_record_may_have_taken_effect() -> None:
    error = refusal("patient.create", 200, [{"patientid": "5309", "errormessage": "Something is not right."}])
    assert error.outcome_unknown is True


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("30", 30.0),
        ("999999999", 86_400.0),
        pytest.param("9" * 5000, None, id="too long"),
        ("Mon, 02 Mar 2026 12:01:00 GMT", 60.0),
        ("Mon, 02 Mar 2099 12:01:00 GMT", 86_400.0),
        ("soon", None),
    ],
)
def test_retry_after_is_honoured_in_both_forms(retry_after: str, seconds: float | None) -> None:
    error = refusal("ping", 429, b"", {"Retry-After": retry_after, "Date": "Mon, 02 Mar 2026 12:00:00 GMT"})
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


def test_a_429_of_a_spent_day_waits_for_athenahealths_midnight() -> None:
    error = refusal("ping", 429, b"", {"X-RateLimit-Remaining": "0", "Date": "Mon, 02 Mar 2026 23:00:00 GMT"})
    assert isinstance(error, RateLimited)
    assert error.retry_after == 3600


SUCCESSES: list[tuple[str, Any, dict[str, Any]]] = [
    ("patient.get", [{"patientid": "5"}], {"patientid": "5"}),
    ("patient.get", {"patientid": 5}, {"patientid": 5}),
    ("patient.create", [{"patientid": "100", "errormessage": ""}], {"patientid": "100", "errormessage": ""}),
    ("appointment.freeze", {"success": True, "errormessage": ""}, {"success": True, "errormessage": ""}),
    ("appointment.check_in", {"success": "true"}, {"success": "true"}),
    ("appointment.update", 1, {}),
    ("appointment.update", "1", {}),
    ("appointment.update", True, {}),
    ("feed.subscribe", {"success": True}, {"success": True}),
    ("ping", {"Pong": "true"}, {"Pong": "true"}),
    ("appointment.cancel", {"status": "x"}, {"status": "x"}),
]


@pytest.mark.parametrize(("name", "body", "fields"), SUCCESSES)
def test_a_success_is_read_whatever_it_is_wrapped_in(name: str, body: Any, fields: dict[str, Any]) -> None:
    assert read(name, 200, body).fields == fields


def test_an_empty_answer_to_a_removal_is_a_success() -> None:
    assert read("patient.insurance.delete", 204, b"").fields == {}


LISTS: list[tuple[str, Any, int, int | None]] = [
    ("patient.search", {"patients": [{"patientid": 1}], "totalcount": 1}, 1, 1),
    ("patient.search", {"patients": [{"patientid": 1}], "totalcount": "1"}, 1, 1),
    ("patient.search", {"totalcount": 0}, 0, 0),
    ("patient.search", {"patients": [], "totalcount": 0}, 0, 0),
    ("custom_field.list", [{"customfieldid": "1"}, {"customfieldid": "2"}], 2, None),
    ("custom_field.list", [], 0, None),
    ("feed.changed", {"patients": [{"patientid": "1"}], "totalcount": 1}, 1, 1),
]


@pytest.mark.parametrize(("name", "body", "count", "total"), LISTS)
def test_a_list_is_read_bare_or_under_its_key(name: str, body: Any, count: int, total: int | None) -> None:
    answer = read(name, 200, body)
    assert (len(answer.items), answer.total) == (count, total)


BROKEN = [
    ("patient.get", b"", "empty"),
    ("patient.get", b'{"patientid": "1", "lastname": "Do', "breaks off"),
    ("patient.get", b'[{"patientid": "1"}', "breaks off"),
    ("patient.get", b'{"patientid": "1",, "lastname": "Doe"}', "not readable JSON"),
    ("patient.get", b"<!DOCTYPE html><html></html>", "HTML page"),
    ("patient.get", b"\x00\x01\x02\x03", "not JSON"),
    ("patient.get", b"17", "another shape"),
    ("patient.get", b"[]", "another shape"),
    ("patient.search", b'{"totalcount": 3}', "another shape"),
    ("patient.search", b'{"patients": [1, 2], "totalcount": 2}', "another shape"),
    ("patient.search", b'{"patients": [], "totalcount": "many"}', "another shape"),
]


@pytest.mark.parametrize(("name", "body", "words"), BROKEN)
def test_what_is_no_answer_says_what_it_is(name: str, body: bytes, words: str) -> None:
    error = refusal(name, 200, body)
    assert isinstance(error, BadAnswer)
    assert words in str(error)


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"[1, 1]"])
def test_a_write_whose_answer_says_nothing_is_unknown(body: bytes) -> None:
    error = refusal("appointment.update", 200, body)
    assert isinstance(error, BadAnswer)
    assert error.outcome_unknown is True


SHOWN: list[tuple[str, str]] = [
    ("No patient Doe was found.", "No patient … was found."),
    ("No patient DOE was found.", "No patient … was found."),
    ("Doerr is another name.", "Doerr is another name."),
    ("Bo is taken.", "… is taken."),
    ("The phone (555) 123-4567 is not valid.", "The phone (… is not valid."),
    ("Born 05/15/1980.", "Born …."),
    ("At most 50000 calls\n a day.", "At most 50000 calls a day."),
]


@pytest.mark.parametrize(("words", "text"), SHOWN)
def test_what_was_sent_and_long_numbers_are_cut_out_of_the_words(words: str, text: str) -> None:
    with pytest.raises(RequestRefused) as caught:
        read_answer(PLATFORM["patient.update"], 400, JSON, orjson.dumps({"error": words}), sent={"Doe", "Bo"})
    assert caught.value.words == text


def test_what_is_no_answer_leaves_a_write_unknown() -> None:
    assert refusal("patient.create", 200, b'[{"patientid"').outcome_unknown is True
    assert refusal("patient.get", 200, b'[{"patientid"').outcome_unknown is False


@given(
    st.sampled_from(sorted(PLATFORM)),
    st.sampled_from([200, 201, 302, 400, 401, 403, 404, 409, 429, 500]),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["error", "success", "totalcount", "next", "patients", "errormessage", "missingfields"]), inner, max_size=4
            )
        ),
        max_leaves=8,
    ),
)
def test_any_json_is_an_answer_or_one_of_our_errors(name: str, status: int, value: Any) -> None:
    for table in (PLATFORM, GUIDE):
        if name not in table:
            continue
        try:
            body = orjson.dumps(value)
        except TypeError:
            return
        try:
            assert read_answer(table[name], status, JSON, body).status == status
        except IntegrationError as error:
            assert error.what  # noqa: PT017


@given(st.binary(max_size=200))
def test_any_bytes_are_an_answer_or_one_of_our_errors(body: bytes) -> None:
    for name in ("patient.get", "patient.search", "appointment.update"):
        try:
            read_answer(PLATFORM[name], 200, {}, body)
        except IntegrationError as error:
            assert error.what  # noqa: PT017
