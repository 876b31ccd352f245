"""For the programs that watch: life, readiness, and metrics that are not for everybody."""

from typing import Any

import httpx2
import pytest
from pydantic import SecretStr
from starlette.requests import Request

from practicestudio.settings import Settings
from practicestudio.web.ops import may_scrape

TOKEN = "a token of sixteen and more"


async def test_a_process_that_lives_says_so_to_everybody(stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/healthz")).text == "ok\n"


async def test_a_process_that_may_serve_says_so(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/readyz")
    assert (answer.status_code, answer.json()["ready"]) == (200, True)


async def test_this_machine_may_ask_for_the_metrics(stranger: httpx2.AsyncClient) -> None:
    answer = await stranger.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "practicestudio_build_info" in answer.text


async def test_what_came_through_a_proxy_is_refused_without_a_token(stranger: httpx2.AsyncClient) -> None:
    assert (await stranger.get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"})).status_code == 403


def request(client: str = "127.0.0.1", host: str = "localhost:8765", **headers: str) -> Request:
    pairs: list[tuple[bytes, bytes]] = [(name.encode(), value.encode()) for name, value in {"host": host, **headers}.items()]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/metrics",
        "query_string": b"",
        "headers": pairs,
        "client": (client, 1),
        "scheme": "http",
    }
    return Request(scope)


@pytest.fixture
def locked(tmp_path: Any) -> Settings:
    return Settings(home=tmp_path, metrics_token=SecretStr(TOKEN))


def test_with_a_token_set_only_who_presents_it_is_answered(locked: Settings) -> None:
    assert may_scrape(request("192.0.2.1", "ps.example", authorization=f"Bearer {TOKEN}"), locked)
    assert not may_scrape(request(authorization="Bearer wrong"), locked)
    assert not may_scrape(request(authorization=TOKEN), locked)
    assert not may_scrape(request(), locked)


def test_without_a_token_another_machine_or_another_name_is_refused(tmp_path: Any) -> None:
    settings = Settings(home=tmp_path)
    assert may_scrape(request(), settings)
    assert may_scrape(request("::1", "[::1]:8765"), settings)
    assert not may_scrape(request("192.0.2.1"), settings)
    assert not may_scrape(request(host="ps.example"), settings)
