"""What is stored as bytes is read back as it was."""

from dataclasses import fields
from datetime import UTC, date, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from practicestudio.errors import Unreadable
from practicestudio.merging import decode, decode_units, encode, encode_units, units
from practicestudio.records import Appointment, Insurance, Patient

ANY_PATIENT = st.builds(Patient, **{f.name: ... for f in fields(Patient)})
AN_APPOINTMENT = Appointment(external_id="5", patient_id=UUID(int=7), start_time=datetime(2026, 3, 8, 14, 30, tzinfo=UTC), no_show=True)


@given(ANY_PATIENT)
def test_a_patient_survives_the_bytes(patient):
    assert decode(Patient, encode(patient)) == patient


@given(ANY_PATIENT)
def test_a_patients_units_survive_the_bytes(patient):
    assert decode_units(Patient, encode_units(units(patient))) == units(patient)


def test_an_appointment_survives_the_bytes_with_its_times_aware():
    assert decode(Appointment, encode(AN_APPOINTMENT)) == AN_APPOINTMENT
    assert decode_units(Appointment, encode_units(units(AN_APPOINTMENT)))["start_time"].tzinfo is not None


def test_units_may_be_some_of_a_record_only():
    some = {"date_of_birth": date(1980, 5, 15), "insurances.9": Insurance(external_id="9"), "email": None}
    assert decode_units(Patient, encode_units(some)) == some


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"gender":"Rumpelstiltskin"}', b'{"date_of_birth":"1980-02-31"}'])
def test_bytes_that_are_no_record_are_unreadable_and_their_values_are_not_told(data):
    for read in (decode, decode_units):
        with pytest.raises(Unreadable) as caught:
            read(Patient, data)
        assert "Rumpelstiltskin" not in caught.value.sentence
        assert "1980" not in caught.value.sentence


def test_a_stored_unit_that_is_unknown_today_is_unreadable():
    with pytest.raises(Unreadable):
        decode_units(Patient, b'{"shoe_size":"43"}')
