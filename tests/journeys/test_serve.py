"""`practicestudio serve` as a service manager runs it: watched children, a clean stop, nobody left behind."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORKER, SCHEDULER = ("run-role", "worker"), ("run-role", "scheduler")


def test_a_child_that_dies_is_started_again_and_sigterm_stops_all_of_it(
    start: Callable[..., Any], eventually: Callable[..., None], alive: Callable[[int], bool], tmp_path: Path
) -> None:
    serve = start("--home", str(tmp_path / "home"), "serve", workers="2")
    eventually(lambda: len(serve.children(*WORKER)) == 2 and serve.children(*SCHEDULER))
    before = serve.children(*WORKER)
    os.kill(before[0], signal.SIGKILL)
    eventually(lambda: len(serve.children(*WORKER)) == 2 and set(serve.children(*WORKER)) != set(before))
    children = serve.children(*WORKER) + serve.children(*SCHEDULER)
    started = time.monotonic()
    serve.send(signal.SIGTERM)
    assert serve.wait(15) == 0
    assert time.monotonic() - started < 10
    assert not any(alive(one) for one in children)
    assert "Traceback" not in serve.err.read_text()


def test_children_end_when_their_parent_is_killed(
    start: Callable[..., Any], eventually: Callable[..., None], alive: Callable[[int], bool], tmp_path: Path
) -> None:
    serve = start("--home", str(tmp_path / "home"), "serve")
    eventually(lambda: serve.children(*WORKER) and serve.children(*SCHEDULER))
    children = serve.children(*WORKER) + serve.children(*SCHEDULER)
    serve.send(signal.SIGKILL)
    serve.wait(10)
    eventually(lambda: not any(alive(one) for one in children))
