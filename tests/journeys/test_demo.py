"""The demo as people and programs start it: what it prints, what it never prints, and that a killed worker changes nothing of it."""

import json
import os
import re
import signal
from collections.abc import Callable
from typing import Any

from practicestudio.sandbox import Sandbox, SandboxConfig

PATIENTS = 40
NEWCOMER = ("Rosalind", "Okonkwo")


def names() -> set[str]:
    """First and last names of everybody in the demo."""
    practices = Sandbox(SandboxConfig(patients=PATIENTS)).practices.values()
    records = [practice.people.record(one) or {} for practice in practices for one in range(1, PATIENTS + 1)]
    return {str(record[name]) for record in records for name in ("firstname", "lastname")} | set(NEWCOMER)


def check(document: Any) -> None:
    """Everything that the story holds has happened, in both dialects, once."""
    assert [one["practice"] for one in document["practices"]] == ["195900", "195901"]
    for one in document["practices"]:
        assert set(one) == {"practice", "patients", "appointments", "calls", "calls_per_record", "messages", "seconds"}
        assert set(one["patients"]) == set(one["appointments"]) == {"pulled", "changed", "pushed"}
        assert one["patients"]["pulled"] == PATIENTS
        assert one["appointments"]["pulled"] > 500
        assert one["patients"]["changed"] >= 2
        assert one["appointments"]["changed"] >= 3
        assert one["patients"]["pushed"] == 4
        assert one["appointments"]["pushed"] == 2
        assert one["messages"]["failed"] >= 4
        assert one["messages"]["parked"] == 2
        assert not {"received", "working", "waiting"} & set(one["messages"])
        assert 0 < one["calls_per_record"] < 0.5
        assert one["calls"] > 20
        assert one["seconds"] > 0


def test_demo_once_prints_what_it_did_and_nobodys_name(start: Callable[..., Any]) -> None:
    demo = start("demo", "--once", "--json", "--patients", str(PATIENTS))
    assert demo.wait(120) == 0, demo.err.read_text()
    check(json.loads(demo.out.read_text()))
    printed = set(re.findall(r"[\w'-]+", demo.out.read_text() + demo.err.read_text()))
    assert not names() & printed


def test_a_worker_killed_midway_loses_and_doubles_nothing(start: Callable[..., Any], eventually: Callable[..., None]) -> None:
    demo = start("demo", "--once", "--json", "--patients", str(PATIENTS), lease_seconds="5")
    worker = ("run-role", "worker")
    eventually(lambda: "appointments" in demo.err.read_text() or demo.children(*worker))
    eventually(lambda: demo.children(*worker))
    [first] = demo.children(*worker)
    eventually(lambda: os.path.getsize(f"/proc/{first}/cmdline") == 0 or _has_worked(first))
    os.kill(first, signal.SIGKILL)
    eventually(lambda: demo.children(*worker) not in ([], [first]))
    assert demo.wait(120) == 0, demo.err.read_text()
    check(json.loads(demo.out.read_text()))


def _has_worked(pid: int) -> bool:
    """Whether a worker is past its start: it has used more than a second and a half of processor time."""
    with open(f"/proc/{pid}/stat") as stat:
        user, system = stat.read().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK") > 1.5
