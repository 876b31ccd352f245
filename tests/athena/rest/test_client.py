"""One call from the caller to the wire and back."""

import asyncio
import logging
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from practicestudio.athena.rest import BadAnswer, TokenRefused
from practicestudio.clock import new_id
from practicestudio.errors import IntegrationError, Misconfigured, RateLimited, ServerFault, Unreachable, Unreadable
from practicestudio.practices.connection import Limits

CANARY = "Zebulon-Quagmire"


async def test_a_call_carries_the_token_the_practice_and_a_request_id(athena: Any, connect: Any) -> None:
    athena.says([{"patientid": "7"}])
    answer = await connect().client.call("patient.get", path={"patientid": "7"})
    assert answer.fields == {"patientid": "7"}
    assert athena.asked()[:2] == ("GET", "/v1/195900/patients/7")
    assert athena.requests[0].headers["authorization"] == "Bearer token-1"
    assert UUID(athena.requests[0].headers["x-request-id"]).version == 7


async def test_values_of_a_write_go_as_a_form_on_the_platform_and_as_json_in_the_guides_dialect(athena: Any, connect: Any) -> None:
    athena.says([{"patientid": "7"}])
    await connect().client.call("patient.update", path={"patientid": "7"}, body={"city": "Springfield", "zip": None, "email": ""})
    assert athena.requests[-1].headers["content-type"] == "application/x-www-form-urlencoded"
    assert athena.form() == {"city": "Springfield", "email": ""}
    await connect(dialect="guide").client.call("patient.update", path={"patientid": "7"}, body={"city": "Springfield"})
    assert athena.requests[-1].headers["content-type"] == "application/json"
    assert athena.requests[-1].content == b'{"city":"Springfield"}'


async def test_every_try_is_logged_with_its_template_and_never_its_values(athena: Any, connect: Any) -> None:
    athena.says({"patients": [], "totalcount": 0}, headers={"X-RateLimit-Remaining": "49995", "X-Request-Id": "rrt-1"})
    this, message, run = connect(), new_id(), new_id()
    await this.client.call("patient.search", query={"lastname": CANARY}, urgency="person", message_id=message, run_id=run)
    token_call, call = this.calls.calls
    assert token_call.operation == "token"
    assert (call.operation, call.method, call.path_template) == ("patient.search", "GET", "/v1/{practiceid}/patients")
    assert (call.status, call.error_code, call.remaining_today, call.request_id) == (200, None, 49995, "rrt-1")
    assert (call.urgency, call.message_id, call.run_id) == ("person", message, run)
    assert call.duration_ms > 0
    assert CANARY not in repr(this.calls.calls)


async def test_a_call_that_is_broken_off_is_logged_as_interrupted(athena: Any, connect: Any) -> None:
    this = connect()
    athena.breaks(asyncio.CancelledError())
    with pytest.raises(asyncio.CancelledError):
        await this.client.call("patient.create", body={"lastname": "Doe"})
    assert this.calls.calls[-1].error_code == "interrupted"


async def test_the_log_names_the_feed_but_no_id(athena: Any, connect: Any) -> None:
    athena.says({"patients": [], "totalcount": 0})
    this = connect()
    await this.client.call("feed.changed", path={"feed": "patients"})
    await this.client.call("patient.search", query={"lastname": "X"})
    assert [call.path_template for call in this.calls.calls[1:]] == ["/v1/{practiceid}/patients/changed", "/v1/{practiceid}/patients"]


async def test_a_refused_token_is_replaced_and_the_call_sent_once_more(athena: Any, connect: Any) -> None:
    athena.says(b"Developer Inactive", 401)
    athena.says([{"patientid": "5"}])
    this = connect()
    answer = await this.client.call("patient.create", body={"lastname": "Doe"})
    assert answer.fields == {"patientid": "5"}
    assert [request.headers["authorization"] for request in athena.requests] == ["Bearer token-1", "Bearer token-2"]
    assert [call.error_code for call in this.calls.calls if call.operation == "patient.create"] == ["token_refused", None]


async def test_a_token_refused_twice_is_an_error_and_not_asked_for_again(athena: Any, connect: Any) -> None:
    athena.says(b"Developer Inactive", 401)
    with pytest.raises(TokenRefused):
        await connect().client.call("ping")
    assert len(athena.requests) == 2
    assert len(athena.token_requests) == 2


async def test_fifty_callers_at_once_need_one_token(athena: Any, connect: Any) -> None:
    athena.says({"pong": "true"})
    client = connect().client
    await asyncio.gather(*(client.call("ping") for _ in range(50)))
    assert (len(athena.token_requests), len(athena.requests)) == (1, 50)


async def test_fifty_callers_whose_token_ran_out_need_one_new_token(athena: Any, connect: Any) -> None:
    def gate(request: httpx2.Request) -> httpx2.Response:
        fresh = request.headers["authorization"] == "Bearer token-2"
        return httpx2.Response(200, json={"pong": "true"}) if fresh else httpx2.Response(401, text="Developer Inactive")

    athena.replies.append(gate)
    client = connect().client
    await asyncio.gather(*(client.call("ping") for _ in range(50)))
    assert len(athena.token_requests) == 2


WIRE_FAULTS = [
    (httpx2.ConnectError("x"), False),
    (httpx2.ConnectTimeout("x"), False),
    (httpx2.PoolTimeout("x"), False),
    (httpx2.ReadTimeout("x"), True),
    (httpx2.WriteError("x"), True),
    (httpx2.RemoteProtocolError("x"), True),
    (httpx2.ReadError("x"), True),
]


@pytest.mark.parametrize(("error", "unknown"), WIRE_FAULTS, ids=lambda value: type(value).__name__)
async def test_a_broken_wire_leaves_a_write_unknown_only_if_it_may_have_arrived(athena: Any, connect: Any, error: Exception, unknown: bool) -> None:
    athena.breaks(error)
    with pytest.raises(Unreachable) as caught:
        await connect().client.call("patient.create", body={"lastname": "Doe"})
    assert caught.value.outcome_unknown is unknown
    assert len(athena.requests) == 1
    with pytest.raises(Unreachable) as caught:
        await connect().client.call("patient.get", path={"patientid": "1"})
    assert caught.value.outcome_unknown is False


async def test_a_feed_that_was_cut_off_may_have_been_emptied(athena: Any, connect: Any) -> None:
    athena.breaks(httpx2.ReadError("x"))
    with pytest.raises(Unreachable) as caught:
        await connect().client.call("feed.changed", path={"feed": "patients"})
    assert caught.value.outcome_unknown is True


async def test_an_answer_larger_than_allowed_is_not_read_to_its_end(athena: Any, connect: Any) -> None:
    athena.says(b'[{"patientid":"1","notes":"' + b"x" * 3_000_000 + b'"}]')
    with pytest.raises(Unreadable, match="larger than 2 MB"):
        await connect(answer_bytes=2_000_000).client.call("patient.get", path={"patientid": "1"})


async def test_a_429_makes_everybody_pause(athena: Any, connect: Any) -> None:
    athena.says(b"", 429, headers={"Retry-After": "7"})
    client = connect(limits=Limits(), patience=1).client
    with pytest.raises(RateLimited) as caught:
        await client.call("ping")
    assert caught.value.retry_after == 7
    with pytest.raises(RateLimited) as caught:
        await client.call("ping", urgency="backfill")
    assert 5 < (caught.value.retry_after or 0) < 7
    assert len(athena.requests) == 1


async def test_a_spent_day_is_refused_without_a_call(athena: Any, connect: Any) -> None:
    athena.says({"pong": "true"}, headers={"X-RateLimit-Limit": "50000", "X-RateLimit-Remaining": "0"})
    this = connect(limits=Limits(per_second=None))
    await this.client.call("ping")
    present = datetime.now(UTC).time()
    if present.hour == 0 and present.minute == 0:
        pytest.skip("in the first seconds of a day the answer may be about yesterday")
    with pytest.raises(RateLimited, match="used up") as caught:
        await this.client.call("ping", urgency="person")
    assert 0 < (caught.value.retry_after or 0) <= 86_400
    assert len(athena.requests) == 1


@pytest.mark.parametrize("off", [timedelta(hours=1), -timedelta(hours=1)])
async def test_a_clock_that_is_an_hour_off_is_told(athena: Any, connect: Any, off: timedelta) -> None:
    athena.says({"pong": "true"}, headers={"Date": format_datetime(datetime.now(UTC) - off, usegmt=True)})
    answer = await connect().client.call("ping")
    assert answer.clock_skew == pytest.approx(off.total_seconds(), abs=2)


async def test_a_clock_that_is_right_is_not_mentioned(athena: Any, connect: Any) -> None:
    athena.says({"pong": "true"}, headers={"Date": format_datetime(datetime.now(UTC), usegmt=True)})
    assert (await connect().client.call("ping")).clock_skew is None


async def test_plain_http_to_another_machine_is_refused(connect: Any) -> None:
    with pytest.raises(Misconfigured, match="unencrypted"):
        connect(base_url="http://athena.example")
    connect(base_url="http://127.0.0.1:8799")


LEAKS: list[tuple[int, Any]] = [
    (200, {"success": "false", "errormessage": f"Submitted name of '{CANARY}' is not valid."}),
    (200, {"success": False, "errormessage": f"{CANARY} is not valid."}),
    (200, [{"patientid": "5", "errormessage": f"{CANARY} is known."}]),
    (200, f"Invalid name {CANARY}"),
    (200, f"<html>{CANARY}</html>".encode()),
    (200, f'{{"lastname": "{CANARY}"'.encode()),
    (200, 17),
    (400, {"error": "The data provided is invalid.", "detailedmessage": f"Expecting type integer, but value is {CANARY}"}),
    (400, {"error": f"{CANARY} is no name.", "missingfields": [f"{CANARY}!"], "invalidfields": []}),
    (401, {"error": "x", "detailedmessage": CANARY}),
    (403, f"{CANARY} forbidden".encode()),
    (404, {"error": "The patient does not exist.", "detailedmessage": CANARY}),
    (409, {"error": "Taken.", "detailedmessage": CANARY}),
    (500, f"Fault while storing {CANARY}".encode()),
]


@pytest.mark.parametrize(("status", "body"), LEAKS)
async def test_no_error_and_no_log_line_holds_what_was_sent_or_came(
    athena: Any, connect: Any, caplog: pytest.LogCaptureFixture, status: int, body: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    athena.says(body, status)
    this = connect()
    with pytest.raises(IntegrationError) as caught:
        await this.client.call("patient.update", path={"patientid": CANARY}, query={"q": CANARY}, body={"lastname": CANARY})
    text = "".join(traceback.format_exception(caught.value)) + caught.value.sentence + repr(caught.value) + repr(this.calls.calls) + caplog.text
    assert CANARY not in text.replace(__file__, "")


async def test_a_proxys_page_leaves_a_write_unknown_but_not_a_read(athena: Any, connect: Any) -> None:
    athena.says(b"<!DOCTYPE html><html><body>Sign in to the guest network</body></html>", headers={"Content-Type": "text/html"})
    with pytest.raises(BadAnswer, match="HTML page") as caught:
        await connect().client.call("patient.create", body={"lastname": "Doe"})
    assert caught.value.outcome_unknown is True
    with pytest.raises(BadAnswer, match="HTML page") as caught:
        await connect().client.call("patient.get", path={"patientid": "1"})
    assert caught.value.outcome_unknown is False


async def test_a_fault_of_athenahealth_leaves_a_write_unknown(athena: Any, connect: Any) -> None:
    athena.says(b"", 503)
    with pytest.raises(ServerFault) as caught:
        await connect().client.call("appointment.book", path={"appointmentid": "1"}, body={"patientid": "1"})
    assert caught.value.outcome_unknown is True
