"""`practicestudio appointment`: a free time is booked, moved and cancelled; a patient comes and goes."""

from typing import Any


def state(clinic: Any, appointment: str) -> str:
    listed = clinic.ok("appointment", "list", "--days", "30", "--json").json
    return str(next(one["status"] for one in listed if one["id"] == appointment))


def test_a_time_is_booked_moved_and_cancelled(clinic: Any) -> None:
    free = clinic.ok("appointment", "slots", "--days", "7", "--json").json
    patient = clinic.patient("9")["id"]
    booked = clinic.ok("appointment", "book", "--patient", patient, "--slot", free[5]["slot"]).err.split()[1]
    clinic.ok("sync", "feeds")
    assert state(clinic, booked) == "booked"
    moved = clinic.ok("appointment", "reschedule", booked, "--slot", free[9]["slot"]).err.split()[7]
    clinic.ok("sync", "feeds")
    assert (state(clinic, booked), state(clinic, moved)) == ("cancelled", "booked")
    clinic.ok("appointment", "cancel", moved, "--reason", "patient called")
    clinic.ok("sync", "feeds")
    assert state(clinic, moved) == "cancelled"
    kinds = [one["kind"] for one in clinic.ok("messages", "list", "--state", "done", "--json").json]
    assert {"appointment.book", "appointment.reschedule", "appointment.cancel"} <= set(kinds)


def test_a_visit_begins_and_ends(clinic: Any) -> None:
    free = clinic.ok("appointment", "slots", "--days", "3", "--json").json
    booked = clinic.ok("appointment", "book", "--patient", clinic.patient("10")["id"], "--slot", free[0]["slot"]).err.split()[1]
    clinic.ok("appointment", "check-in", booked)
    assert state(clinic, booked) == "checked_in"
    clinic.ok("appointment", "check-out", booked)
    assert state(clinic, booked) == "checked_out"
    again = clinic("appointment", "cancel", booked)
    assert again.status == 1
    assert "checked out" in again.err


def test_a_slot_that_is_not_free_is_a_sentence(clinic: Any) -> None:
    result = clinic("appointment", "book", "--patient", clinic.patient("9")["id"], "--slot", "1")
    assert result.status == 1
    assert "appointment slots" in result.err
