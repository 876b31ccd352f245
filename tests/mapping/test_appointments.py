"""Appointments received, slots, and bookings sent."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from practicestudio.mapping import Finding, PracticeMapping
from practicestudio.mapping.assembled import IMPOSSIBLE_DURATION, NO_DURATION
from practicestudio.mapping.times import SKIPPED, TWICE
from practicestudio.records import Appointment

EAST, WEST, PROVIDER, TYPE, PATIENT = UUID(int=1), UUID(int=2), UUID(int=10), UUID(int=20), UUID(int=99)


def taken(mapping: PracticeMapping, body: dict[str, Any]) -> Appointment:
    mapped = mapping.appointment_in(body, PATIENT)
    assert mapped.record is not None, mapped.report
    return mapped.record


def test_a_cancelled_appointment_with_everything(mapping: PracticeMapping, appointment_body: Any) -> None:
    body = appointment_body(
        appointmentstatus="x",
        cancelreasonname="NO SHOW",
        cancelreasonnoshow="true",
        cancelreasonid="-5",
        checkindatetime="06/15/2023 08:55:00",
        checkoutdatetime="06/15/2023 09:31:10",
        rescheduledappointmentid="659400",
        lastmodified="06/15/2023 10:00:00",
        supervisingproviderid=0,
        copay=0,
        appointmentnotes=[{"id": 12, "text": "Second"}, {"id": "11", "text": "First", "displayonschedule": False}, {"id": 13, "text": None}],
    )
    mapped = mapping.appointment_in(body, PATIENT)
    assert mapped.report == ()
    assert mapped.record == Appointment(
        external_id="659324",
        patient_id=PATIENT,
        provider_id=PROVIDER,
        location_id=EAST,
        appointment_type=TYPE,
        start_time=datetime(2023, 6, 15, 13, tzinfo=UTC),
        end_time=datetime(2023, 6, 15, 13, 30, tzinfo=UTC),
        status="cancelled",
        no_show=True,
        notes="First\nSecond",
        cancel_reason="NO SHOW",
        checked_in_at=datetime(2023, 6, 15, 12, 55, tzinfo=UTC),
        checked_out_at=datetime(2023, 6, 15, 13, 31, 10, tzinfo=UTC),
        rescheduled_to="659400",
    )
    assert mapping.modified_at(body) == datetime(2023, 6, 15, 14, tzinfo=UTC)


def test_the_department_says_whose_clock_the_start_is_on(mapping: PracticeMapping, appointment_body: Any) -> None:
    east, west = taken(mapping, appointment_body(departmentid=1)), taken(mapping, appointment_body(departmentid=2))
    assert east.start_time is not None
    assert west.start_time == east.start_time + timedelta(hours=3)


@pytest.mark.parametrize(("day", "clock", "warning"), [("03/10/2024", "02:30", SKIPPED), ("11/03/2024", "01:30", TWICE)])
def test_a_start_that_the_clocks_make_doubtful_is_taken_with_a_warning(
    day: str, clock: str, warning: str, mapping: PracticeMapping, appointment_body: Any
) -> None:
    mapped = mapping.appointment_in(appointment_body(date=day, starttime=clock), PATIENT)
    assert mapped.record is not None
    assert mapped.report == (Finding("starttime", warning, "warning"),)


def test_the_end_counts_real_minutes_over_a_change_of_the_clocks(mapping: PracticeMapping, appointment_body: Any) -> None:
    appointment = taken(mapping, appointment_body(date="03/10/2024", starttime="01:45", duration="30"))
    assert appointment.end_time == datetime(2024, 3, 10, 7, 15, tzinfo=UTC)


def test_an_unknown_department_refuses_in_one_sentence(mapping: PracticeMapping, appointment_body: Any) -> None:
    refused = mapping.appointment_in(appointment_body(departmentid="5"), PATIENT).refused
    assert refused is not None
    assert refused.what == (
        "The appointment was not taken because of departmentid: This location is not known here; "
        "read the practice's locations from athenahealth again."
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"date": "02/30/2023"},
        {"starttime": "25:00"},
        {"starttime": None},
        {"date": None},
        {"appointmentid": None},
        {"appointmentstatus": None},
        {"appointmentstatus": "z"},
    ],
)
def test_what_an_appointment_cannot_be_without_refuses_it(changes: dict[str, Any], mapping: PracticeMapping, appointment_body: Any) -> None:
    mapped = mapping.appointment_in(appointment_body(**changes), PATIENT)
    assert mapped.record is None
    assert len([finding for finding in mapped.report if finding.severity == "error"]) == 1


@pytest.mark.parametrize(
    ("duration", "finding"),
    [
        (None, Finding("duration", NO_DURATION, "warning")),
        (0, Finding("duration", IMPOSSIBLE_DURATION, "no_place")),
        ("-15", Finding("duration", IMPOSSIBLE_DURATION, "no_place")),
        (10**9, Finding("duration", IMPOSSIBLE_DURATION, "no_place")),
    ],
)
def test_without_a_duration_the_end_is_not_guessed(duration: Any, finding: Finding, mapping: PracticeMapping, appointment_body: Any) -> None:
    mapped = mapping.appointment_in(appointment_body(duration=duration), PATIENT)
    assert mapped.record is not None
    assert mapped.record.end_time is None
    assert mapped.report == (finding,)


def test_an_unknown_provider_or_type_is_told(mapping: PracticeMapping, appointment_body: Any) -> None:
    mapped = mapping.appointment_in(appointment_body(providerid="5", appointmenttypeid="6"), PATIENT)
    assert mapped.record is not None
    assert [finding.place for finding in mapped.report] == ["providerid", "appointmenttypeid"]


@pytest.mark.parametrize("nobody", ["", 0, "0", None])
def test_no_provider_is_no_finding(nobody: Any, mapping: PracticeMapping, appointment_body: Any) -> None:
    mapped = mapping.appointment_in(appointment_body() | {"providerid": nobody}, PATIENT)
    assert mapped.report == ()
    assert mapped.record is not None
    assert mapped.record.provider_id is None


def test_notes_over_the_limit_refuse_alone_or_together(mapping: PracticeMapping, appointment_body: Any) -> None:
    assert mapping.appointment_in(appointment_body(note="x" * 30_000_000), PATIENT).record is None
    assert mapping.appointment_in(appointment_body(appointmentnotes=[{"id": n, "text": "x" * 200_000} for n in (1, 2)]), PATIENT).record is None


def test_an_open_slot_needs_neither_status_nor_patient(mapping: PracticeMapping, appointment_body: Any) -> None:
    slot = appointment_body(appointmentid=2204083, patientid=None, appointmentstatus=None, reasonid=["-1"], localproviderid=40)
    mapped = mapping.appointment_slot(slot)
    assert mapped.report == ()
    assert mapped.record is not None
    assert (mapped.record.status, mapped.record.external_id, mapped.record.patient_id) == ("open", "2204083", None)


@pytest.mark.parametrize("changes", [{"appointmentstatus": "f"}, {"frozen": True}, {"frozenyn": "true"}])
def test_a_slot_that_cannot_be_booked_is_refused(changes: dict[str, Any], mapping: PracticeMapping, appointment_body: Any) -> None:
    slot = appointment_body(appointmentstatus=None) | changes
    assert mapping.appointment_slot(slot).refused is not None


def booked(**changes: Any) -> Appointment:
    known: dict[str, Any] = {
        "provider_id": PROVIDER,
        "location_id": WEST,
        "appointment_type": TYPE,
        "start_time": datetime(2024, 7, 1, 16, tzinfo=UTC),
        "end_time": datetime(2024, 7, 1, 16, 20, tzinfo=UTC),
        "notes": "Bring films",
    }
    return Appointment(**(known | changes))


def test_on_the_platform_a_slot_is_booked_by_type_or_by_reason(mapping: PracticeMapping) -> None:
    by_type = mapping.booking_out(booked(), "5309")
    assert by_type.values == {"patientid": "5309", "departmentid": "2", "appointmenttypeid": "82", "bookingnote": "Bring films"}
    by_reason = mapping.booking_out(booked(notes=None), "5309", "563")
    assert by_reason.values == {"patientid": "5309", "departmentid": "2", "reasonid": "563"}
    assert by_reason.refused is None


def test_in_the_guide_a_booking_names_its_local_time(make_mapping: Any) -> None:
    body = make_mapping("guide").booking_out(booked(), "5309").json_body()
    assert (body["starttime"], body["duration"], body["departmentid"]) == ("2024-07-01T09:00:00", 20, 2)


def test_a_booking_without_what_it_needs_is_refused(mapping: PracticeMapping, make_mapping: Any) -> None:
    assert mapping.booking_out(booked(appointment_type=None), "5309").refused is not None
    assert mapping.booking_out(booked(), "").refused is not None
    guide = make_mapping("guide")
    for field in ("provider_id", "location_id", "start_time", "end_time"):
        assert guide.booking_out(booked(**{field: None}), "5309").refused is not None, field


def test_a_booking_of_a_place_that_is_not_known_is_refused(mapping: PracticeMapping) -> None:
    assert mapping.booking_out(booked(location_id=UUID(int=77)), "5309").refused is not None


def test_the_last_change_is_read_where_athenahealth_tells_it(mapping: PracticeMapping) -> None:
    assert mapping.modified_at({"lastupdated": "06/15/2023"}) == datetime(2023, 6, 15, 4, tzinfo=UTC)
    assert mapping.modified_at({"lastmodified": "never"}) is mapping.modified_at({}) is None
