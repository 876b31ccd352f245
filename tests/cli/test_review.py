"""`practicestudio review`: questions are listed without values, shown with them, and answered once."""

from typing import Any

import pytest


def question(clinic: Any, kind: str) -> dict[str, Any]:
    listed = [one for one in clinic.ok("review", "list", "--json").json if one["kind"] == kind]
    assert len(listed) == 1
    return dict(listed[0])


@pytest.fixture
def conflict(clinic: Any) -> dict[str, Any]:
    """Both sides give the same patient another phone."""
    patient = clinic.patient("6")
    clinic.happen("phone", patientid="6", mobilephone="6175550177")
    clinic.ok("patient", "change", patient["id"], "phone_mobile=6175550188")
    clinic.ok("sync", "patients")
    return question(clinic, "conflict")


def test_a_conflict_is_shown_with_both_values_and_decided_for_one(clinic: Any, conflict: dict[str, Any]) -> None:
    assert "phone_mobile" in conflict["question"]
    shown = clinic.ok("review", "show", conflict["id"]).out
    assert "+16175550177" in shown
    assert "+16175550188" in shown
    clinic.ok("review", "decide", conflict["id"], "--theirs", "--by", "A. Analyst")
    assert clinic.patient("6")["phone_mobile"] == "+16175550177"
    assert "no longer open" in clinic("review", "decide", conflict["id"], "--ours").err
    [decided] = [one for one in clinic.ok("review", "list", "--state", "decided", "--json").json if one["id"] == conflict["id"]]
    assert (decided["decision"], decided["decided_by"]) == ("theirs", "A. Analyst")
    clinic.ok("review", "undo", conflict["id"], "--why", "the card was old", "--by", "A. Analyst")
    assert clinic.patient("6")["phone_mobile"] == "+16175550188"
    clinic.ok("review", "decide", question(clinic, "conflict")["id"], "--theirs", "--why", "called")


def test_a_duplicate_is_asked_about_and_can_be_somebody_new(clinic: Any) -> None:
    made = clinic.happen("duplicate", patientid="7")
    clinic.ok("sync", "patients")
    asked = question(clinic, "match")
    assert clinic.ok("review", "show", asked["id"], "--json").json["content"]["candidates"]
    clinic.ok("review", "decide", asked["id"], "--new")
    clinic.ok("sync", "feeds")
    assert clinic.patient(made["patientid"])["external_id"] == made["patientid"]


def test_exactly_one_answer_is_wanted(clinic: Any) -> None:
    review = "01a2063c-5b71-7078-a950-39262a5dff85"
    assert clinic("review", "decide", review).status == 2
    assert clinic("review", "decide", review, "--ours", "--theirs").status == 2
    assert "no such question" in clinic("review", "decide", review, "--ours").err
