"""Whatever a program sends, it gets an answer of the kind that the document promises, and never a fault of ours (Schemathesis)."""

import asyncio
from contextlib import suppress
from typing import Any

import httpx2
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from tests.web.api.conftest import Program, Register

CHECKS = [
    not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
EACH = 3
"""Requests of each kind to each operation."""


async def test_the_document_keeps_what_it_promises(desk: Program, register: Register) -> None:
    document = (await desk.http.get("/api/v1/openapi.json")).json()
    for operation in (one for methods in document["paths"].values() for one in methods.values()):
        del operation["security"]  # every request has the key; what is said without one is tested elsewhere
    schema = schemathesis.openapi.from_dict(document)
    loop, known = asyncio.get_running_loop(), {"practice": desk.practice.athena_id, "patient_id": (await register())["id"]}

    def send(case: schemathesis.Case) -> httpx2.Response:
        """In this process, on the loop of the test; half of the requests name what there is."""
        if case.path_parameters and len(str(case.body)) % 2:
            case.path_parameters.update({name: value for name, value in known.items() if name in case.path_parameters})
        elif case.path_parameters and "practice" in case.path_parameters:
            case.path_parameters["practice"] = known["practice"]
        given = case.as_transport_kwargs(base_url="http://localhost:8765", headers={"Authorization": f"Bearer {desk.token}"})
        wanted = {name: given[name] for name in ("method", "url", "params", "headers", "json", "content", "data") if given.get(name) is not None}
        if isinstance(wanted.get("data"), bytes | str):
            wanted["content"] = wanted.pop("data")
        return asyncio.run_coroutine_threadsafe(desk.http.request(**wanted), loop).result(30)

    def try_everything() -> int:
        tried = 0
        for operation in schema.get_all_operations():
            for mode in GenerationMode:
                tried += _try(operation.ok().as_strategy(generation_mode=mode), send)
        return tried

    tried = await asyncio.to_thread(try_everything)
    assert tried > 100


def _try(cases: Any, send: Any) -> int:
    tried = 0

    @seed(20261124)
    @settings(max_examples=EACH, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(case=cases)
    def attempt(case: schemathesis.Case) -> None:
        nonlocal tried
        tried += 1
        answer = send(case)
        case.validate_response(answer, checks=[*CHECKS, *([] if answer.status_code == 413 else [checks.negative_data_rejection])])

    with suppress(Unsatisfiable):  # there is nothing about it that could be wrong
        attempt()
    return tried
