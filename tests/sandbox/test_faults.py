import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import orjson
import pytest

from practicestudio.sandbox.faults import BadRule, Faults

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def test_a_rule_is_gone_after_its_times() -> None:
    faults = Faults(1)
    faults.add({"kind": "500", "times": 2}, NOW)
    assert [faults.meet("GET", "/v1/1/ping", "ping", NOW) is not None for _ in range(3)] == [True, True, False]


def test_a_rule_is_gone_after_its_seconds() -> None:
    faults = Faults(1)
    faults.add({"kind": "503", "seconds": 10}, NOW)
    assert faults.meet("GET", "/", "x", NOW + timedelta(seconds=9))
    assert faults.meet("GET", "/", "x", NOW + timedelta(seconds=10)) is None


def test_a_rate_hits_about_its_share() -> None:
    faults = Faults(1)
    faults.add({"kind": "500", "rate": 0.25}, NOW)
    assert 200 < sum(faults.meet("GET", "/", "x", NOW) is not None for _ in range(1000)) < 300


@pytest.mark.parametrize(
    ("match", "met"), [("", True), ("GET", True), ("get_patient", True), (r"/patients/\d+$", True), ("POST", False), ("/appointments", False)]
)
def test_a_rule_matches_by_method_operation_or_path(match: str, met: bool) -> None:
    faults = Faults(1)
    faults.add({"kind": "500", "match": match}, NOW)
    assert (faults.meet("GET", "/v1/195900/patients/1", "get_patient", NOW) is not None) is met


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"kind": "meteor"},
        {"kind": "500", "match": "("},
        {"kind": "500", "body": "x"},
        {"kind": "500", "often": 1},
        {"kind": "500", "rate": "often"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(wanted: dict[str, Any]) -> None:
    with pytest.raises(BadRule):
        Faults(1).add(wanted, NOW)


async def fault(caller: Any, **rule: Any) -> None:
    await caller.control("POST", "faults", rule)


@pytest.mark.parametrize("kind", ["429", "500", "503"])
async def test_a_status_comes_bare_or_with_a_body_and_a_time_to_come_back(caller: Any, kind: str) -> None:
    await fault(caller, kind=kind, times=1)
    answer = await caller.get("ping")
    assert (answer.status_code, answer.content) == (int(kind), b"")
    assert "retry-after" not in answer.headers
    await fault(caller, kind=kind, retry_after=7, body="json", times=1)
    answer = await caller.get("ping")
    assert (answer.headers["retry-after"], "error" in answer.json()) == ("7", True)
    await fault(caller, kind=kind, body="html", times=1)
    assert "<html>" in (await caller.get("ping")).text
    assert (await caller.get("ping")).status_code == 200


async def test_dropped_before_nothing_has_happened_and_dropped_after_it_has(caller: Any) -> None:
    for kind, address in (("drop_before", None), ("drop_after", "Suite 9")):
        await fault(caller, kind=kind, match="update_patient", times=1)
        with pytest.raises(httpx2.TransportError):
            await caller.put("patients/1", address2="Suite 9")
        assert (await caller.control("GET", "people/195900/1")).get("address2") == address
    assert len((await caller.control("GET", "ledger"))["entries"]) == 1


async def test_a_server_error_can_come_after_the_change_took_effect(caller: Any) -> None:
    await fault(caller, kind="503", match="PUT", after=True, times=1)
    assert (await caller.put("patients/1", address2="Suite 9")).status_code == 503
    assert (await caller.control("GET", "people/195900/1"))["address2"] == "Suite 9"


async def test_malformed_and_truncated_answers_are_no_json(caller: Any) -> None:
    for kind in ("malformed", "truncated"):
        await fault(caller, kind=kind, times=1)
        answer = await caller.get("patients", departmentid=1, limit=3)
        assert answer.status_code == 200
        with pytest.raises(orjson.JSONDecodeError):
            orjson.loads(answer.content)


async def test_a_proxys_page_stands_where_json_should_be(caller: Any) -> None:
    await fault(caller, kind="html", times=1)
    answer = await caller.get("ping")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html")
    await fault(caller, kind="wrong_content_type", times=1)
    answer = await caller.get("ping")
    assert (answer.json(), answer.headers["content-type"]) == ({"pong": "true"}, "text/html")


async def test_an_expired_token_stays_expired(caller: Any) -> None:
    await fault(caller, kind="expired_token", times=1)
    assert [(await caller.get("ping")).status_code for _ in range(2)] == [401, 401]
    await caller.sign_in()
    assert (await caller.get("ping")).status_code == 200


async def test_types_drift_while_the_rule_holds(caller: Any) -> None:
    await fault(caller, kind="type_drift", times=1)
    first = (await caller.get("patients", departmentid=1, limit=40)).json()["patients"]
    second = (await caller.get("patients", departmentid=1, limit=40)).json()["patients"]
    assert {type(one["patientid"]) for one in first} == {int, str}
    assert {type(one["patientid"]) for one in second} == {str}


async def test_a_slow_answer_is_a_right_one(caller: Any) -> None:
    await fault(caller, kind="slow", seconds=0.05, times=1)
    start = time.monotonic()
    assert (await caller.get("ping")).json() == {"pong": "true"}
    assert time.monotonic() - start >= 0.05


async def test_the_token_endpoint_fails_too(caller: Any) -> None:
    await fault(caller, kind="500", match="token", times=1)
    assert (await caller.http.post("/oauth2/v1/token")).status_code == 500


async def test_rules_are_listed_and_removed(caller: Any) -> None:
    await caller.control("POST", "faults", {"rules": [{"kind": "500"}, {"kind": "503", "match": "ping"}]})
    listed = (await caller.control("GET", "faults"))["faults"]
    assert [(rule["kind"], rule["hits"]) for rule in listed] == [("500", 0), ("503", 0)]
    await caller.control("DELETE", f"faults/{listed[0]['id']}")
    assert (await caller.get("ping")).status_code == 503
    assert (await caller.control("DELETE", "faults"))["faults"] == []
    assert (await caller.get("ping")).status_code == 200
