"""The document tells of every route what it takes, answers and refuses, with examples that hold."""

from html import unescape
from typing import Any

import httpx2
import pytest
from jsonschema_rs import validator_for

from practicestudio.web.api.app import ROUTERS
from practicestudio.web.api.document import documented, write_document

ROUTES = [route for router in ROUTERS for route in documented(router.routes)]
DOCUMENT = write_document([route for router in ROUTERS for route in router.routes])
OPERATIONS = {f"{method.upper()} {path}": spec for path, methods in DOCUMENT["paths"].items() for method, spec in methods.items()}


def fits(schema: Any, value: Any) -> bool:
    return bool(validator_for({**schema, "components": DOCUMENT["components"]}).is_valid(value))


def test_every_route_is_in_it() -> None:
    assert set(OPERATIONS) == {f"{method} {route.path}" for route in ROUTES for method in route.methods or ()}
    assert len({one["operationId"] for one in OPERATIONS.values()}) == len(OPERATIONS)


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_says_what_it_does_and_shows_it(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    assert operation["security"]
    for status, answer in operation["responses"].items():
        if "$ref" not in answer:
            assert answer["description"]
            content = answer["content"]["application/json"]
            assert fits(content["schema"], content["example"]), status
    assert {"401", "429", "500"} <= set(operation["responses"])
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = DOCUMENT["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
        assert schema["examples"]
        assert schema["additionalProperties"] is False
        assert all(fits(content["schema"], example) for example in schema["examples"])


def test_every_refusal_has_an_example_that_holds() -> None:
    for name, answer in DOCUMENT["components"]["responses"].items():
        content = answer["content"]["application/problem+json"]
        assert content["example"]["status"] == int(name)
        assert fits(content["schema"], content["example"])


async def test_it_is_open_and_holds_no_secret(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/api/v1/openapi.json")
    assert (answer.status_code, answer.headers["content-type"], answer.json()["openapi"]) == (200, "application/json", "3.1.0")
    assert "HTTPValidationError" not in answer.text
    assert "x-practicestudio" not in answer.text


async def test_people_can_read_it(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/api/v1/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<style" not in answer.text
    assert " style=" not in answer.text
    assert answer.text.count("<script") == answer.text.count("<script src=")
    text = unescape(answer.text)
    for name, operation in OPERATIONS.items():
        assert operation["summary"] in text
        assert name.partition(" ")[2] in text
