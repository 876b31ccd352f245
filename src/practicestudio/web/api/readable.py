"""The OpenAPI document as people read it: operations by chapter, with their fields in words and examples."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from practicestudio.web.api.body import JSON

Spec = Mapping[str, Any]

_FORMATS = {"date": "day", "date-time": "time", "uuid": "id"}
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false", "object": "object", "null": "null"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field or parameter. kind: in words. of: the object that stands in it, which is described by itself."""

    name: str
    kind: str
    needed: bool
    says: str
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked for. sends, answers: examples as they cross the line. refusals: status, its name, when."""

    id: str
    method: str
    path: str
    summary: str
    says: str
    scope: str | None
    parameters: tuple[Field, ...]
    takes: str | None
    sends: str | None
    status: str
    gives: str
    answers: str
    refusals: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Shape:
    """An object that crosses the line."""

    name: str
    says: str
    fields: tuple[Field, ...]


def chapters(document: Spec) -> dict[str, list[Operation]]:
    """The operations by what they are about, in the order of the routes."""
    found: dict[str, list[Operation]] = {}
    for path, methods in document["paths"].items():
        for method, spec in methods.items():
            found.setdefault(spec["tags"][0], []).append(_operation(document, method.upper(), path, spec))
    return found


def shapes(document: Spec) -> list[Shape]:
    """The objects, by name."""
    return [
        Shape(name, schema.get("description", ""), tuple(_fields(schema)))
        for name, schema in sorted(document["components"]["schemas"].items())
        if schema.get("properties")
    ]


def _operation(document: Spec, method: str, path: str, spec: Spec) -> Operation:
    status, answer = next((status, one) for status, one in spec["responses"].items() if "$ref" not in one)
    body = spec.get("requestBody", {}).get("content", {}).get(JSON)
    takes = _name(body["schema"]) if body else None
    return Operation(
        id=spec["operationId"],
        method=method,
        path=path,
        summary=spec["summary"],
        says=spec["description"],
        scope=next(iter(spec["security"][0]["key"]), None),
        parameters=tuple(_parameter(_resolved(document, one)) for one in spec.get("parameters", ())),
        takes=takes,
        sends=_as_text(document["components"]["schemas"][takes]["examples"][0]) if takes else None,
        status=f"{status} {HTTPStatus(int(status)).phrase}",
        gives=_name(answer["content"][JSON]["schema"]) or "",
        answers=_as_text(answer["content"][JSON]["example"]),
        refusals=tuple(
            (one, HTTPStatus(int(one)).phrase, document["components"]["responses"][one]["description"]) for one in spec["responses"] if one != status
        ),
    )


def _parameter(spec: Spec) -> Field:
    where = {"path": "in the path", "query": "in the query", "header": "header"}[spec["in"]]
    return Field(spec["name"], f"{_kind(spec['schema'])}, {where}", spec.get("required", False), spec.get("description", ""))


def _fields(schema: Spec) -> Iterator[Field]:
    needed = set(schema.get("required", ()))
    for name, one in schema["properties"].items():
        yield Field(name, _kind(one), name in needed, one.get("description", ""), _name(one))


def _kind(schema: Spec) -> str:
    """What a value is, in words."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_kind(one) for one in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    if "$ref" in schema:
        return str(_name(schema))
    return _FORMATS.get(schema.get("format", ""), _TYPES.get(schema.get("type", ""), "anything"))


def _name(schema: Spec) -> str | None:
    """The object that stands there, by name; also within a list, or beside null."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    inner = [*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else [])]
    return next((name for one in inner if (name := _name(one))), None)


def _resolved(document: Spec, spec: Spec) -> Spec:
    if "$ref" not in spec:
        return spec
    found: Spec = document["components"]["parameters"][spec["$ref"].rpartition("/")[2]]
    return found


def _as_text(example: Any) -> str:
    return orjson.dumps(example, option=orjson.OPT_INDENT_2).decode()
