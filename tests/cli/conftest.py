"""The command, called in this process on a throw-away home; and a practice that is in step with a sandbox of its own."""

import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest
import structlog
import uvicorn

from practicestudio.app import embedded_server, load_keyring
from practicestudio.cli.main import main
from practicestudio.sandbox import SandboxConfig, create_app


@dataclass(frozen=True)
class Result:
    """What a command line did."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Command:
    """`practicestudio --home … ARGUMENTS`."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdout", out)
            patch.setattr("sys.stderr", err)
            patch.setattr("sys.stdin", io.StringIO(stdin))
            patch.setattr("practicestudio.cli.sync_run.NOBODY_AFTER", 0.0)  # nobody else serves this home
            patch.setattr("practicestudio.cli.sync_run.GLANCE", 0.05)
            try:
                status = main(["--home", str(self.home), *arguments])
            finally:
                structlog.reset_defaults()
        return Result(status, out.getvalue(), err.getvalue())

    def ok(self, *arguments: str, stdin: str = "") -> Result:
        """The same, where it must not fail."""
        result = self(*arguments, stdin=stdin)
        assert result.status == 0, result.err
        return result


@pytest.fixture(scope="session")
def command(new_home: Any) -> Iterator[Command]:
    """The command on a home whose database keeps running between two calls."""
    with new_home() as settings, embedded_server(settings, load_keyring(settings)):
        yield Command(settings.home)


@dataclass(frozen=True)
class Sandbox:
    """A sandbox that serves on a port of this machine."""

    base_url: str

    def control(self, path: str, body: Any) -> Any:
        answer = httpx2.post(f"{self.base_url}/control/{path}", json=body, trust_env=False)
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Twelve patients at each of two practices."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        config = uvicorn.Config(create_app(SandboxConfig(patients=12)), log_level="error", lifespan="off")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield Sandbox(f"http://127.0.0.1:{port}")
        server.should_exit = True
        thread.join()


class Clinic:
    """A practice that the command has connected and pulled. Every call names it."""

    id = "195900"

    def __init__(self, command: Command, sandbox: Sandbox) -> None:
        self._command = command
        self.sandbox = sandbox

    def __call__(self, *arguments: str, stdin: str = "") -> Result:
        return self._command(*arguments, "--practice", self.id, stdin=stdin)

    def ok(self, *arguments: str, stdin: str = "") -> Result:
        return self._command.ok(*arguments, "--practice", self.id, stdin=stdin)

    def happen(self, action: str, **wish: Any) -> dict[str, Any]:
        """Something happens at athenahealth."""
        found: dict[str, Any] = self.sandbox.control("people", {"practice": self.id, "action": action, **wish})["happened"][0]
        return found

    def patient(self, athena_id: str) -> dict[str, Any]:
        """What the command shows of a patient, found by the name that the sandbox has for it."""
        truth = httpx2.get(f"{self.sandbox.base_url}/control/people/{self.id}/{athena_id}", trust_env=False).json()
        found = self.ok("patient", "search", f"{truth['firstname']} {truth['lastname']}", "--json").json
        ours = next(one["id"] for one in found if one["athena_id"] == athena_id)
        shown: dict[str, Any] = self.ok("patient", "show", ours, "--json").json
        return shown


@pytest.fixture(scope="session")
def clinic(command: Command, sandbox: Sandbox) -> Clinic:
    """Added, connected, and pulled whole."""
    command.ok("practice", "add", Clinic.id, "--name", "Harborview", "--time-zone", "America/New_York")
    one = Clinic(command, sandbox)
    limits = ("--calls-per-second", "none", "--calls-per-day", "none", "--tokens-per-minute", "none")
    one.ok("connection", "set", "--client-id", "sandbox", "--base-url", sandbox.base_url, "--secret-stdin", *limits, stdin="sandbox\n")
    one.ok("sync", "patients")
    one.ok("sync", "appointments")
    return one
