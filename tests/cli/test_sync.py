"""`practicestudio sync`: worked in this process where nobody serves, with a summary, or the sentence of what failed."""

from typing import Any

import pytest

from practicestudio.cli.sync_run import jobs_for

PATIENTS = 12  # that the clinic began with


def test_everything_is_there_after_the_first_pull(clinic: Any) -> None:
    kinds = {}
    for entry in clinic.ok("messages", "list", "--limit", "5000", "--json").json:
        kinds.setdefault(entry["kind"], set()).add(entry["state"])
    assert kinds["pull.patients"] == kinds["pull.appointments"] == kinds["appointment"] == {"done"}


def test_a_change_there_is_here_after_sync_patients(clinic: Any) -> None:
    moved = clinic.happen("move", patientid="2")
    told = clinic.ok("sync", "patients")
    assert "done" in told.err
    assert clinic.patient("2")["address"]["line1"] == moved["fields"]["address1"]


def test_nothing_new_is_told_as_that(clinic: Any) -> None:
    clinic.ok("sync", "feeds")
    assert "nothing new" in clinic.ok("sync", "appointments").err


def test_all_are_pulled_again_with_full(clinic: Any) -> None:
    taken = len(pulled(clinic))
    clinic.ok("sync", "patients", "--full")
    assert taken == PATIENTS
    assert len(pulled(clinic)) >= 2 * PATIENTS


def pulled(clinic: Any) -> list[Any]:
    """Patients that a pull took, one entry for each time."""
    listed = clinic.ok("messages", "list", "--kind", "patient", "--limit", "1000", "--json").json
    return [one for one in listed if one["run_id"]]


def test_what_fails_is_one_sentence_and_status_1(command: Any, sandbox: Any) -> None:
    command.ok("practice", "add", "999999", "--name", "Nowhere", "--time-zone", "America/New_York")
    at = ("--practice", "999999")
    command.ok("connection", "set", *at, "--client-id", "sandbox", "--base-url", sandbox.base_url, "--secret-stdin", stdin="sandbox\n")
    result = command("sync", "practice", *at)
    assert result.status == 1
    assert "does not know the practice" in result.err.splitlines()[-1]


@pytest.mark.parametrize(
    ("what", "full", "jobs"),
    [
        ("practice", True, ("pull.practice",)),
        ("patients", True, ("feed.patients", "pull.patients")),
        ("patients", False, ("feed.patients",)),
        ("appointments", True, ("feed.appointments", "pull.appointments")),
        ("feeds", False, ("feed.patients", "feed.appointments", "feed.providers")),
    ],
)
def test_a_full_pull_subscribes_before_it_reads(what: Any, full: bool, jobs: tuple[str, ...]) -> None:
    assert jobs_for(what, full=full) == jobs
