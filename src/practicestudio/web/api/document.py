"""The API as an OpenAPI 3.1 document, written from the routes: what each asks for, answers, and may refuse."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute

from practicestudio.access.rights import WORDS
from practicestudio.web.api.answers import IDEMPOTENCY_KEY, REPLAYED
from practicestudio.web.api.body import JSON, MERGE_PATCH
from practicestudio.web.api.described import MARK
from practicestudio.web.api.refusals import PROBLEM, REFUSALS, refusals_of
from practicestudio.web.guard import Guard, guards_of, routes_of
from practicestudio.web.problem import MEDIA_TYPE

TITLE = "Practice Studio API"
INTRODUCTION = (
    "Patients, appointments, messages and synchronisation of a practice, for programs.",
    "Send a key as `Authorization: Bearer <key>`; an administrator makes keys in Settings > API keys. A key is for one practice, has scopes, "
    "and ends.",
    "What an address names is no patient data: patients are searched for by POST and named by our ids. Every look and change stands in the audit "
    "trail under the key's name.",
    "A change of a record needs the ETag that it was read with as If-Match, so that nobody's change is overwritten unseen. A request with an "
    "Idempotency-Key is carried out once within 24 hours, however often it is sent; the answer comes again with Idempotency-Replayed.",
    "Lists go on by `next_cursor`, which is good for the very query that gave it. Errors are problem documents (RFC 9457) with `code`, what is "
    "wrong, and what to do. Every answer has X-Request-ID, and those to a key tell by RateLimit how many calls it has left.",
    "Days are YYYY-MM-DD, times have their offset and are answered in UTC, ids are UUIDs. Fields that are not named here are refused.",
)
HEADERS: Mapping[str, tuple[str, str]] = {
    "X-Request-ID": ("By which we find the request again.", "01a20e5b-7d40-7a6e-8f10-c2d3e4f5a6b7"),
    "RateLimit-Policy": ("The rate: so many calls (q) within so many seconds (w).", '"key";q=600;w=60'),
    "RateLimit": ("Calls left (r), and seconds until all are there again (t).", '"key";r=592;t=1'),
    "ETag": ("The version of the record that is shown.", '"3"'),
    REPLAYED: ("`true` where the answer was given before.", "true"),
    "Location": ("The address of what was made.", "/api/v1/practices/195900/patients/01a20e44-cda9-7c5c-9f3f-0b37415bc8fa"),
    "Link": ("The next page.", '</api/v1/practices/195900/messages?cursor=…>; rel="next"'),
    "Retry-After": ("Seconds to wait.", "3"),
    "WWW-Authenticate": ("What is needed to be let in.", 'Bearer realm="Practice Studio"'),
}


def write_document(routes: Sequence[BaseRoute]) -> dict[str, Any]:
    """The document of these routes."""
    document: dict[str, Any] = get_openapi(title=TITLE, version="1", openapi_version="3.1.0", description="\n\n".join(INTRODUCTION), routes=routes)
    document["servers"] = [{"url": "/"}]
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "An API key."}}
    components["headers"] = {name: _header(says, example) for name, (says, example) in HEADERS.items()}
    components["responses"] = {str(status): _refusal(status, code, says) for status, (code, says) in REFUSALS.items()}
    for name in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(name, None)
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    components["parameters"] = {IDEMPOTENCY_KEY: _IDEMPOTENCY}
    for route in documented(routes):
        if route.body_field is not None:
            model: Any = route.body_field.field_info.annotation
            components["schemas"][model.__name__]["examples"] = model.model_config["json_schema_extra"]["examples"]
        for method in route.methods or ():
            _complete(document["paths"][route.path][method.lower()], route)
    return document


def documented(routes: Iterable[BaseRoute]) -> Iterator[APIRoute]:
    """The routes that the document tells of."""
    return (route for route in routes_of(routes) if route.include_in_schema)


def _complete(operation: dict[str, Any], route: APIRoute) -> None:
    """Add what FastAPI does not know: who may, what may be refused, which headers come."""
    kind: Mapping[str, bool] = operation.pop(MARK)
    [guard] = guards_of(route)
    method = next(iter(route.methods or ()))
    operation["summary"], operation["description"] = _words(route, guard)
    operation["operationId"] = f"{route.endpoint.__module__.rpartition('.')[2]}_{route.name}"
    operation["security"] = [{"key": [guard.right.value] if guard.right else []}]
    parameters = operation.setdefault("parameters", [])
    versioned = _require_version(parameters)
    if kind["changes"]:
        parameters.append({"$ref": f"#/components/parameters/{IDEMPOTENCY_KEY}"})
    if not parameters:
        del operation["parameters"]
    operation["responses"].pop("422", None)
    for status, answer in operation["responses"].items():
        answer["content"][JSON]["example"] = route.responses[int(status)]["content"][JSON]["example"]  # FastAPI leaves out what is null
        answer["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in _headers(kind, answer, status, route)}
    body = "requestBody" in operation
    if body and method == "PATCH":
        content = operation["requestBody"]["content"]
        operation["requestBody"]["content"] = {MERGE_PATCH: content[JSON], JSON: content[JSON]}
    known = refusals_of(
        of_practice=guard.of_practice,
        names_a_record="}" in route.path.replace("{practice}", ""),
        scoped=guard.right is not None,
        body=body,
        values=bool(parameters) or body,
        changes=kind["changes"],
        versioned=versioned,
        asks_athenahealth=kind["asks_athenahealth"],
    )
    operation["responses"] |= {str(status): {"$ref": f"#/components/responses/{status}"} for status in known}


def _words(route: APIRoute, guard: Guard) -> tuple[str, str]:
    """The first sentence of what the route says of itself, and the rest with the scope that it needs."""
    summary, _, rest = (route.endpoint.__doc__ or "").strip().partition("\n\n")
    needs = f"Scope `{guard.right.value}`: {WORDS[guard.right].lower()}." if guard.right else "Any scope will do."
    return summary.rstrip("."), "\n\n".join(part for part in (" ".join(rest.split()), needs) if part)


def _require_version(parameters: Sequence[dict[str, Any]]) -> bool:
    for one in parameters:
        if one["name"] == "If-Match":
            one |= {"required": True, "schema": {"type": "string", "pattern": '^"[0-9]+"$', "maxLength": 20}, "example": '"3"'}
            return True
    return False


def _headers(kind: Mapping[str, bool], answer: Mapping[str, Any], status: str, route: APIRoute) -> Iterator[str]:
    yield from ("X-Request-ID", "RateLimit-Policy", "RateLimit")
    if kind["version"]:
        yield "ETag"
    if kind["changes"]:
        yield REPLAYED
    if status in ("201", "202"):
        yield "Location"
    if route.methods == {"GET"} and "next_cursor" in str(answer.get("content", {}).get(JSON, {}).get("example", "")):
        yield "Link"


def _header(says: str, example: str) -> dict[str, Any]:
    return {"description": says, "schema": {"type": "string"}, "example": example}


def _refusal(status: int, code: str, says: str) -> dict[str, Any]:
    title = HTTPStatus(status).phrase
    example: dict[str, Any] = {
        "type": f"/api/v1/docs#{code}", "title": title, "status": status, "detail": says, "advice": "What to do about it.", "code": code,
        "request_id": HEADERS["X-Request-ID"][1],
    }  # fmt: skip
    if status == 422:
        example["faults"] = [{"place": "/date_of_birth", "within": "body", "says": "It is a date, YYYY-MM-DD."}]
    also = {401: ["WWW-Authenticate"], 403: ["WWW-Authenticate"], 412: ["ETag"], 429: ["Retry-After"]}.get(status, [])
    return {
        "description": says,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in ["X-Request-ID", *also]},
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}},
    }


_IDEMPOTENCY = {
    "name": IDEMPOTENCY_KEY,
    "in": "header",
    "required": False,
    "description": "Any 1 to 255 visible characters; a random UUID is good. The same request with the same key is carried out once within 24 hours.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 257, "pattern": r'^"?[\x21\x23-\x7e]{1,255}"?$'},
    "example": "5f0c1a9e-7d7c-4f0e-9b1a-0f2d3c4b5a69",
}
