"""One token for all processes."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from practicestudio.athena.rest import MemoryTokens, RestClient
from practicestudio.athena.rest.budget import MemoryBudgets
from practicestudio.athena.rest.calls import MemoryCallLog
from practicestudio.clock import now
from practicestudio.errors import AccessDenied, RateLimited, Unreachable
from practicestudio.practices.connection import Limits


def processes(athena: Any, make_settings: Any, count: int, **changes: Any) -> tuple[list[RestClient], MemoryTokens, MemoryCallLog]:
    """Clients that share nothing but the stores, as processes do."""
    tokens, budgets, calls = MemoryTokens(now), MemoryBudgets(now), MemoryCallLog()
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(athena.handle))
    return [RestClient(make_settings(**changes), http, budgets, tokens, calls, now) for _ in range(count)], tokens, calls


async def test_processes_that_start_together_ask_for_one_token(athena: Any, make_settings: Any) -> None:
    athena.says({"pong": "true"})
    clients, _, _ = processes(athena, make_settings, 4)
    await asyncio.gather(*(client.call("ping") for client in clients for _ in range(10)))
    assert len(athena.token_requests) == 1
    assert {request.headers["authorization"] for request in athena.requests} == {"Bearer token-1"}


async def test_a_token_in_its_last_minutes_is_renewed_by_one_process(athena: Any, make_settings: Any) -> None:
    athena.says({"pong": "true"})
    clients, tokens, _ = processes(athena, make_settings, 4)
    await tokens.put(clients[0].connection.token_name, "old", now() + timedelta(seconds=100))
    await asyncio.gather(*(client.call("ping") for client in clients for _ in range(5)))
    assert len(athena.token_requests) == 1
    await asyncio.gather(*(client.call("ping") for client in clients))
    assert {request.headers["authorization"] for request in athena.requests[-4:]} == {"Bearer token-1"}


async def test_while_one_process_renews_the_others_use_the_old_token_without_waiting(athena: Any, make_settings: Any) -> None:
    athena.says({"pong": "true"})
    clients, tokens, _ = processes(athena, make_settings, 3)
    name = clients[0].connection.token_name
    await tokens.put(name, "old", now() + timedelta(seconds=100))
    assert await tokens.begin_refresh(name, 20)
    async with asyncio.timeout(1):
        await asyncio.gather(*(client.call("ping") for client in clients))
    assert athena.token_requests == []
    assert {request.headers["authorization"] for request in athena.requests} == {"Bearer old"}


async def test_if_renewing_early_fails_the_old_token_serves_on_and_nobody_hammers(athena: Any, make_settings: Any) -> None:
    athena.says({"pong": "true"})
    athena.token_replies.append(httpx2.Response(503))
    (client,), tokens, calls = processes(athena, make_settings, 1)
    await tokens.put(client.connection.token_name, "old", now() + timedelta(seconds=100))
    for _ in range(5):
        await client.call("ping")
    assert len(athena.token_requests) == 1
    assert [call.error_code for call in calls.calls if call.operation == "token"] == ["server_fault"]


async def test_refused_credentials_are_remembered_by_every_process(athena: Any, make_settings: Any) -> None:
    athena.token_replies.append(httpx2.Response(401, json={"error": "access_denied"}))
    clients, _, _ = processes(athena, make_settings, 4)
    for client in clients * 3:
        with pytest.raises(AccessDenied):
            await client.call("ping")
    assert len(athena.token_requests) == 1
    assert athena.requests == []


async def test_a_limited_token_endpoint_is_left_alone_until_the_minute_ends(athena: Any, make_settings: Any) -> None:
    athena.token_replies.append(httpx2.Response(429))
    clients, _, _ = processes(athena, make_settings, 2)
    for client in clients * 2:
        with pytest.raises(RateLimited) as caught:
            await client.call("ping")
        assert 0 < (caught.value.retry_after or 0) <= 60
    assert len(athena.token_requests) == 1


async def test_our_own_count_stops_before_the_endpoint_locks(athena: Any, make_settings: Any) -> None:
    athena.says(b"Developer Inactive", 401)
    clients, _, _ = processes(athena, make_settings, 6, limits=Limits(per_second=None, tokens_per_minute=5))
    results = await asyncio.gather(*(client.call("ping") for client in clients for _ in range(5)), return_exceptions=True)
    assert all(isinstance(result, AccessDenied | RateLimited) for result in results)
    assert len(athena.token_requests) <= 5


async def test_a_caller_who_gives_up_does_not_end_the_search_for_others(athena: Any, make_settings: Any) -> None:
    athena.says({"pong": "true"})
    (client,), _, _ = processes(athena, make_settings, 1)
    first = asyncio.create_task(client.call("ping"))
    await asyncio.sleep(0)
    second = asyncio.create_task(client.call("ping"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await second).fields == {"pong": "true"}
    assert first.cancelled()


async def test_a_search_that_ends_with_the_refused_token_is_not_taken_for_a_new_one(athena: Any, make_settings: Any) -> None:
    def gate(request: httpx2.Request) -> httpx2.Response:
        old = request.headers["authorization"] == "Bearer old"
        return httpx2.Response(401, text="Developer Inactive") if old else httpx2.Response(200, json={"pong": "true"})

    athena.replies.append(gate)
    (client,), tokens, _ = processes(athena, make_settings, 1)
    await tokens.put(client.connection.token_name, "old", now() + timedelta(hours=1))
    keeper = client._keeper
    refused = await keeper.token()
    keeper._held = None
    searching = asyncio.create_task(keeper.token())  # finds the old token in the store, while someone asks for another
    await asyncio.sleep(0)
    assert (await keeper.renew(refused)).value == "token-1"
    await searching


async def test_a_process_waits_for_the_one_that_asks(athena: Any, make_settings: Any) -> None:
    athena.says({"pong": "true"})
    (client,), tokens, _ = processes(athena, make_settings, 1)
    name = client.connection.token_name
    assert await tokens.begin_refresh(name, 20)
    waiting = asyncio.create_task(client.call("ping"))
    await asyncio.sleep(0.05)
    assert not waiting.done()
    await tokens.put(name, "from-elsewhere", now() + timedelta(hours=1))
    await waiting
    assert athena.token_requests == []
    assert athena.requests[0].headers["authorization"] == "Bearer from-elsewhere"


async def test_an_unreachable_token_endpoint_is_one_clear_error(athena: Any, make_settings: Any) -> None:
    athena.token_replies.append(httpx2.ConnectError("x"))
    (client,), _, calls = processes(athena, make_settings, 1)
    with pytest.raises(Unreachable, match=r"No connection came about to athena\.example"):
        await client.call("ping")
    with pytest.raises(Unreachable, match="failed a moment ago"):
        await client.call("ping")
    assert len(calls.calls) == 1
