"""The demo's athenahealth: the sandbox as a child process, and the control address by which people and faults are steered there."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx2

from practicestudio.cli.processes import ChildCommand, start_child, stop_child
from practicestudio.errors import Unreachable

Record = Mapping[str, Any]
_START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class DemoSandbox:
    """A running sandbox. patients: how many each of its practices began with."""

    base_url: str
    patients: int
    _child: asyncio.subprocess.Process
    _http: httpx2.AsyncClient

    async def ready(self) -> None:
        """Wait until it answers. Raises Unreachable."""
        give_up = time.monotonic() + _START_SECONDS
        while self._child.returncode is None and time.monotonic() < give_up:
            if await self._answers():
                return
            await asyncio.sleep(0.05)
        raise Unreachable("The bundled athenahealth did not start.", advice="Run `practicestudio sandbox` by itself to see why.")

    async def _answers(self) -> bool:
        try:
            await self._http.get(f"{self.base_url}/control/state")
        except httpx2.TransportError:
            return False
        return True

    async def make_happen(self, practice: str, action: str, **wish: Any) -> Sequence[Record]:
        """People there do something; answers with what happened to whom."""
        found: Sequence[Record] = (await self._control("people", {"practice": practice, "action": action, **wish}))["happened"]
        return found

    async def add_faults(self, *rules: Record) -> None:
        """Let calls go wrong."""
        await self._control("faults", {"rules": list(rules)})

    async def person(self, practice: str, patient: int) -> Record:
        """The truth about a patient."""
        found: Record = (await self._http.get(f"{self.base_url}/control/people/{practice}/{patient}")).raise_for_status().json()
        return found

    async def _control(self, path: str, body: Record) -> dict[str, Any]:
        found: dict[str, Any] = (await self._http.post(f"{self.base_url}/control/{path}", json=body)).raise_for_status().json()
        return found


@asynccontextmanager
async def run_sandbox(practices: Sequence[str], patients: int, seed: int) -> AsyncIterator[DemoSandbox]:
    """A sandbox on a free port of this machine, which is ready in a moment, stopped at the end."""
    port = _free_port()
    arguments = ("--port", str(port), "--practices", ",".join(practices), "--patients", str(patients), "--seed", str(seed))
    child = await start_child(ChildCommand("sandbox", ("sandbox", *arguments, "--with-parent")))
    try:
        async with httpx2.AsyncClient(mounts={"all://127.0.0.1": None}, timeout=60) as http:
            yield DemoSandbox(f"http://127.0.0.1:{port}", patients, child, http)
    finally:
        await stop_child(child)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
