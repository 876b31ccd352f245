import asyncio
import threading
from collections.abc import Iterator

import httpx2
import pytest
import uvicorn

from practicestudio.sandbox import SandboxConfig, app


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A real server on a free port."""
    server = uvicorn.Server(app.server_settings(SandboxConfig(patients=100), "127.0.0.1", 0))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()), daemon=True)
    thread.start()
    while not server.started:
        threading.Event().wait(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def http(address: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=address) as client:
        form = {"grant_type": "client_credentials", "scope": "athena/service/Athenanet.MDP.*"}
        token = client.post("/oauth2/v1/token", data=form, auth=("sandbox", "sandbox")).json()["access_token"]
        client.headers["authorization"] = f"Bearer {token}"
        yield client


def test_the_server_answers_with_its_own_headers_once(http: httpx2.Client) -> None:
    answer = http.get("/v1/195900/ping")
    assert answer.json() == {"pong": "true"}
    assert answer.headers.get_list("server") == ["Apache"]
    assert len(answer.headers.get_list("date")) == 1


def test_a_dropped_connection_is_closed_without_an_answer_and_the_server_goes_on(http: httpx2.Client) -> None:
    for kind, address in (("drop_before", None), ("drop_after", "Suite 9")):
        http.post("/control/faults", json={"kind": kind, "match": "PUT", "times": 1})
        with pytest.raises(httpx2.TransportError):
            http.put("/v1/195900/patients/1", data={"address2": "Suite 9"})
        assert http.get("/control/people/195900/1").json().get("address2") == address
    assert http.get("/v1/195900/ping").status_code == 200
