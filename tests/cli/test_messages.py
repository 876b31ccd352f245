"""`practicestudio messages`: lists without patient data, the error queue, and what the trail notes."""

import csv
import io
import json
from typing import Any

import pytest


@pytest.fixture(scope="module")
def refused(clinic: Any) -> str:
    """The id of a message that cannot be taken: its patient was born on a day that never was."""
    clinic.happen("set", patientid="3", fields={"dob": "02/31/1980"})
    clinic.ok("sync", "patients")
    listed = clinic.ok("messages", "list", "--state", "failed", "--kind", "patient", "--json").json
    assert listed
    return str(listed[-1]["id"])


def test_the_list_narrows_by_state_kind_time_and_number(clinic: Any, refused: str) -> None:
    listed = clinic.ok("messages", "list", "--state", "failed", "--kind", "patient", "--since", "2020-01-01T00:00:00", "--limit", "1", "--json").json
    assert [one["state"] for one in listed] == ["failed"]
    assert clinic.ok("messages", "list", "--since", "2999-01-01", "--json").json == []
    assert clinic("messages", "list", "--state", "lost").status == 2


def test_no_list_holds_a_patients_name_or_number(clinic: Any, refused: str) -> None:
    patient = clinic.patient("2")
    lists = [clinic.ok(*words) for words in (("messages", "list"), ("messages", "errors"), ("messages", "export"), ("review", "list"))]
    for text in (patient["last_name"], patient["phone_home"], patient["email"]):
        assert text
        assert all(str(text) not in one.out + one.err for one in lists)


def test_show_tells_the_tries_and_keeps_the_body_until_it_is_asked_for(clinic: Any, refused: str) -> None:
    shown = clinic.ok("messages", "show", refused, "--json").json
    assert shown["tries"][0]["error_code"] == "invalid_value"
    assert "bodies" not in shown
    assert "02/31/1980" not in clinic.ok("messages", "show", refused).out
    assert "02/31/1980" in clinic.ok("messages", "show", refused, "--body", "--by", "A. Analyst").out


def test_the_error_queue_stands_by_cause(clinic: Any, refused: str) -> None:
    groups = clinic.ok("messages", "errors", "--json").json
    assert ("patient", "invalid_value") in [(group["kind"], group["error_code"]) for group in groups]
    assert "There is no such date" in clinic.ok("messages", "errors").out


def test_a_dry_run_changes_nothing(clinic: Any, refused: str) -> None:
    told = clinic.ok("messages", "retry", "--all-of-code", "invalid_value", "--dry-run")
    assert "would be worked again" in told.err
    assert clinic.ok("messages", "show", refused, "--json").json["state"] == "failed"


def test_retry_wants_ids_or_a_code_and_not_both(clinic: Any, refused: str) -> None:
    assert clinic("messages", "retry").status == 2
    assert clinic("messages", "retry", refused, "--all-of-code", "x").status == 2


def test_what_is_not_in_the_error_queue_is_told(clinic: Any) -> None:
    done = clinic.ok("messages", "list", "--state", "done", "--limit", "1", "--json").json[0]["id"]
    result = clinic("messages", "retry", done)
    assert result.status == 1
    assert done in result.err


def test_a_corrected_copy_is_worked_and_linked_to_its_original(clinic: Any, refused: str) -> None:
    body = json.loads(clinic.ok("messages", "show", refused, "--body", "--json").json["bodies"]["received"])
    corrected = json.dumps({**body, "dob": "02/28/1980"})
    clinic_file = clinic._command.home / "corrected.json"
    clinic_file.write_text(corrected)
    told = clinic.ok("messages", "edit", refused, "--file", str(clinic_file))
    copy = told.err.split()[-1].rstrip(".")
    assert clinic.ok("messages", "show", copy, "--json").json["retry_of"] == refused
    assert clinic.ok("messages", "show", refused, "--json").json["state"] == "discarded"


def test_a_discarded_message_keeps_its_reason(clinic: Any) -> None:
    clinic.happen("set", patientid="4", remove=["dob"])
    clinic.ok("sync", "patients")
    one = clinic.ok("messages", "list", "--state", "failed", "--json").json[0]["id"]
    clinic.ok("messages", "discard", one, "--reason", "test patient", "--by", "A. Analyst")
    shown = clinic.ok("messages", "show", one, "--json").json
    assert (shown["state"], shown["decided_by"]) == ("discarded", "A. Analyst")
    assert "test patient" in shown["error"]


def test_both_exports_hold_every_message_once(clinic: Any) -> None:
    lines = [json.loads(line) for line in clinic.ok("messages", "export", "--kind", "patient", "--format", "ndjson").out.splitlines()]
    rows = list(csv.DictReader(io.StringIO(clinic.ok("messages", "export", "--kind", "patient").out)))
    assert [row["id"] for row in rows] == [line["id"] for line in lines]
    assert len({line["id"] for line in lines}) == len(lines) >= 12


def test_what_messages_say_is_searched_and_noted(clinic: Any, refused: str) -> None:
    result = clinic.ok("messages", "search", "02/31/1980")
    assert refused in result.out
    assert "02/31/1980" in result.out
    assert "messages were searched" in result.err
    found = clinic.ok("messages", "search", "02/31/1980", "--kind", "patient", "--json").json
    assert refused in [one["message_id"] for one in found]
    assert len(clinic.ok("messages", "search", "02/31/1980", "--limit", "1", "--json").json) == 1
    assert clinic("messages", "search", "x").status == 1


def test_calls_are_listed_by_operation_and_answer(clinic: Any) -> None:
    listed = clinic.ok("messages", "calls", "--operation", "patient.list", "--answer", "2xx", "--json").json
    assert {(one["operation"], one["status"]) for one in listed} == {("patient.list", 200)}
    assert clinic.ok("messages", "calls", "--since", "2999-01-01", "--json").json == []
    assert clinic("messages", "calls", "--answer", "6xx").status == 2
