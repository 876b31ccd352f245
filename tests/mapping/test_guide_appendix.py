"""Every row of the guide's appendix, received and sent, in both dialects."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from practicestudio.mapping import PracticeMapping
from practicestudio.mapping.outbound import getter
from practicestudio.mapping.rows import Dialect
from practicestudio.records import Appointment, Coded, Patient

EAST, PROVIDER, TYPE, PATIENT = UUID(int=1), UUID(int=10), UUID(int=20), UUID(int=99)

# The field at athenahealth, its value as received in either dialect, the field in Practice Studio, its value there, and what is sent back.
PATIENT_ROWS: list[tuple[str, dict[str, Any], str, Any, dict[str, str | None]]] = [
    ("patientid", {"platform": "5309", "guide": 5309}, "external_id", "5309", {"platform": None, "guide": None}),
    ("firstname", {"platform": "John", "guide": "John"}, "first_name", "John", {"platform": "John", "guide": "John"}),
    ("lastname", {"platform": "Smith", "guide": "Smith"}, "last_name", "Smith", {"platform": "Smith", "guide": "Smith"}),
    (
        "dob",
        {"platform": "05/15/1980", "guide": "1980-05-15"},
        "date_of_birth",
        date(1980, 5, 15),
        {"platform": "05/15/1980", "guide": "1980-05-15"},
    ),
    ("sex", {"platform": "M", "guide": "M"}, "gender", "male", {"platform": "M", "guide": "M"}),
    ("sex", {"platform": "F", "guide": "F"}, "gender", "female", {"platform": "F", "guide": "F"}),
    ("sex", {"platform": "O", "guide": "O"}, "gender", "other", {"platform": None, "guide": "O"}),
    ("sex", {"platform": "U", "guide": "U"}, "gender", "unknown", {"platform": None, "guide": "U"}),
    (
        "address1",
        {"platform": "123 Main St", "guide": "123 Main St"},
        "address.line1",
        "123 Main St",
        {"platform": "123 Main St", "guide": "123 Main St"},
    ),
    ("address2", {"platform": "Apt 4B", "guide": "Apt 4B"}, "address.line2", "Apt 4B", {"platform": "Apt 4B", "guide": "Apt 4B"}),
    ("city", {"platform": "Springfield", "guide": "Springfield"}, "address.city", "Springfield", {"platform": "Springfield", "guide": "Springfield"}),
    ("state", {"platform": "IL", "guide": "IL"}, "address.state", "IL", {"platform": "IL", "guide": "IL"}),
    ("zip", {"platform": "62701", "guide": 62701}, "address.postal_code", "62701", {"platform": "62701", "guide": "62701"}),
    (
        "homephone",
        {"platform": "6175550123", "guide": "(617) 555-0123"},
        "phone_home",
        "+16175550123",
        {"platform": "6175550123", "guide": "6175550123"},
    ),
    (
        "mobilephone",
        {"platform": "5552345678", "guide": "5552345678"},
        "phone_mobile",
        "+15552345678",
        {"platform": "5552345678", "guide": "5552345678"},
    ),
    (
        "email",
        {"platform": "j@example.com", "guide": "j@example.com"},
        "email",
        "j@example.com",
        {"platform": "j@example.com", "guide": "j@example.com"},
    ),
    ("language", {"platform": "spa", "guide": "Spanish"}, "preferred_language", Coded("spa", "Spanish"), {"platform": "spa", "guide": "spa"}),
    ("race", {"platform": ["2106-3"], "guide": "White"}, "race", (Coded("2106-3", "White"),), {"platform": "2106-3", "guide": "2106-3"}),
    (
        "ethnicity",
        {"platform": "2186-5", "guide": "Not Hispanic or Latino"},
        "ethnicity",
        Coded("2186-5", "Not Hispanic or Latino"),
        {"platform": "2186-5", "guide": "2186-5"},
    ),
]
ON_THE_PLATFORM = {"language": "language6392code", "ethnicity": "ethnicitycode"}


@pytest.mark.parametrize("dialect", ["platform", "guide"])
@pytest.mark.parametrize(("field", "received", "ours", "value", "sent"), PATIENT_ROWS)
def test_patient_row(
    field: str, received: dict[str, Any], ours: str, value: Any, sent: dict[str, Any], dialect: Dialect, make_mapping: Any, patient_body: Any
) -> None:
    mapping: PracticeMapping = make_mapping(dialect)
    wire = ON_THE_PLATFORM.get(field, field) if dialect == "platform" else field
    patient = mapping.patient_in(patient_body(**{wire: received[dialect]})).record
    assert patient is not None
    assert getter(ours)(patient) == value
    assert mapping.patient_out(patient, fields=[ours.partition(".")[0]]).values.get(wire) == sent[dialect]


START = {"platform": {"date": "06/15/2023", "starttime": "09:00"}, "guide": {"starttime": "2023-06-15T09:00:00"}}

# The field of the appendix, the fields as received, the field in Practice Studio, its value there, and how it is sent to book.
APPOINTMENT_ROWS: list[tuple[str, dict[str, dict[str, Any]], str, Any, dict[str, Any]]] = [
    ("appointmentid", {"platform": {"appointmentid": "659324"}, "guide": {"appointmentid": 659324}}, "external_id", "659324", {}),
    ("patientid", {"platform": {"patientid": "5309"}, "guide": {"patientid": 5309}}, "patient_id", PATIENT, {"platform": "5309", "guide": 5309}),
    ("providerid", {"platform": {"providerid": "71"}, "guide": {"providerid": 71}}, "provider_id", PROVIDER, {"guide": 71}),
    (
        "appointmenttypeid",
        {"platform": {"appointmenttypeid": "82"}, "guide": {"appointmenttypeid": 82}},
        "appointment_type",
        TYPE,
        {"platform": "82", "guide": 82},
    ),
    ("starttime", START, "start_time", datetime(2023, 6, 15, 13, tzinfo=UTC), {"guide": "2023-06-15T09:00:00"}),
    ("duration", {"platform": {"duration": "30"}, "guide": {"duration": 30}}, "end_time", datetime(2023, 6, 15, 13, 30, tzinfo=UTC), {"guide": 30}),
    ("appointmentstatus", {"platform": {"appointmentstatus": "x"}, "guide": {"appointmentstatus": "x"}}, "status", "cancelled", {}),
    ("appointmentstatus", {"platform": {"appointmentstatus": "f"}, "guide": {"appointmentstatus": "f"}}, "status", "booked", {}),
    ("appointmentstatus", {"platform": {"appointmentstatus": "o"}, "guide": {"appointmentstatus": "o"}}, "status", "open", {}),
    ("appointmentstatus", {"platform": {"appointmentstatus": "2"}, "guide": {"appointmentstatus": 2}}, "status", "checked_in", {}),
    ("appointmentstatus", {"platform": {"appointmentstatus": "3"}, "guide": {"appointmentstatus": 3}}, "status", "checked_out", {}),
    ("appointmentstatus", {"platform": {"appointmentstatus": "4"}, "guide": {"appointmentstatus": 4}}, "status", "charge_entered", {}),
    ("reason", {"platform": {"reason": "Cough"}, "guide": {"reason": "Cough"}}, "reason", "Cough", {}),
    ("departmentid", {"platform": {"departmentid": "1"}, "guide": {"departmentid": 1}}, "location_id", EAST, {"platform": "1", "guide": 1}),
    ("note", {"platform": {"note": "Bring films"}, "guide": {"note": "Bring films"}}, "notes", "Bring films", {"guide": "Bring films"}),
]


@pytest.mark.parametrize("dialect", ["platform", "guide"])
@pytest.mark.parametrize(("field", "received", "ours", "value", "sent"), APPOINTMENT_ROWS)
def test_appointment_row(
    field: str,
    received: dict[str, dict[str, Any]],
    ours: str,
    value: Any,
    sent: dict[str, Any],
    dialect: Dialect,
    make_mapping: Any,
    appointment_body: Any,
) -> None:
    mapping: PracticeMapping = make_mapping(dialect)
    body = appointment_body(date=None, **START[dialect]) if dialect == "guide" else appointment_body()
    appointment = mapping.appointment_in(body | received[dialect], PATIENT).record
    assert isinstance(appointment, Appointment)
    assert getattr(appointment, ours) == value
    if dialect in sent:
        booked = mapping.booking_out(appointment, "5309")
        assert (booked.json_body() if dialect == "guide" else booked.values)[field] == sent[dialect]


def test_a_field_with_a_name_of_the_guides_own_is_sent_under_both(make_mapping: Any) -> None:
    patient = Patient(preferred_language=Coded("spa", "Spanish"), ethnicity=Coded("2186-5", "Not Hispanic or Latino"))
    units = ["preferred_language", "ethnicity"]
    on_the_platform = {"language6392code": "spa", "ethnicitycode": "2186-5"}
    assert make_mapping("platform").patient_out(patient, units).values == on_the_platform
    assert make_mapping("guide").patient_out(patient, units).values == {**on_the_platform, "language": "spa", "ethnicity": "2186-5"}


def test_the_guides_own_booking_is_sent_as_it_prints_it(make_mapping: Any, appointment_body: Any) -> None:
    mapping: PracticeMapping = make_mapping("guide")
    appointment = mapping.appointment_in(appointment_body(), PATIENT).record
    assert appointment is not None
    assert mapping.booking_out(appointment, "12345", "123").json_body() == {
        "patientid": 12345,
        "providerid": 71,
        "appointmenttypeid": 82,
        "departmentid": 1,
        "starttime": "2023-06-15T09:00:00",
        "duration": 30,
        "reasonid": 123,
    }
