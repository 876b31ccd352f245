"""A practice with a location, a provider, an appointment type and custom fields; and bodies as athenahealth sends them."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID

import pytest

from practicestudio.mapping import Override, PracticeMapping, References
from practicestudio.mapping.rows import Dialect
from practicestudio.records import AppointmentType, CustomField, Location, Provider

EAST, WEST = UUID(int=1), UUID(int=2)
PROVIDER, TYPE = UUID(int=10), UUID(int=20)

Body = dict[str, Any]
MakeBody = Callable[..., Body]
MakeMapping = Callable[..., PracticeMapping]


def _references() -> References:
    return References.of(
        locations=[
            Location(id=EAST, external_id="1", name="Harbor Street", time_zone="America/New_York"),
            Location(id=WEST, external_id="2", name="Ocean Avenue", time_zone="America/Los_Angeles"),
        ],
        providers=[Provider(id=PROVIDER, external_id="71", name="Ada Quimby, MD")],
        appointment_types=[AppointmentType(id=TYPE, external_id="82", name="Any 15", duration=15)],
    )


CUSTOM_FIELDS = (
    CustomField(external_id="22", name="chart number", kind="text"),
    CustomField(external_id="41", name="consent date", kind="date"),
    CustomField(external_id="323", name="heard of us", kind="select", options=(("61", "A friend"), ("62", "The web"))),
    CustomField(external_id="324", name="migrated from", kind="text", read_only=True),
)


@pytest.fixture(scope="session")
def make_mapping() -> MakeMapping:
    """A mapping of that practice, in a dialect, with overrides."""

    def make(dialect: Dialect = "platform", overrides: Iterable[Override] = ()) -> PracticeMapping:
        return PracticeMapping(dialect, overrides, CUSTOM_FIELDS, _references())

    return make


@pytest.fixture(scope="session")
def mapping(make_mapping: MakeMapping) -> PracticeMapping:
    """The mapping in athenahealth's own dialect, without overrides."""
    return make_mapping()


@pytest.fixture(scope="session")
def patient_body() -> MakeBody:
    """A patient as athenahealth sends one; a change of None takes the field away."""

    def make(**changes: Any) -> Body:
        body: Body = {
            "patientid": "5309",
            "firstname": "Imogen",
            "lastname": "Tarrant",
            "dob": "02/29/1984",
            "sex": "F",
            "status": "active",
            "departmentid": "1",
            "primarydepartmentid": "1",
        }
        return {name: value for name, value in (body | changes).items() if value is not None}

    return make


@pytest.fixture(scope="session")
def appointment_body() -> MakeBody:
    """A booked appointment as athenahealth sends one; a change of None takes the field away."""

    def make(**changes: Any) -> Body:
        body: Body = {
            "appointmentid": "659324",
            "patientid": "5309",
            "providerid": "71",
            "departmentid": "1",
            "appointmenttypeid": "82",
            "date": "06/15/2023",
            "starttime": "09:00",
            "duration": 30,
            "appointmentstatus": "f",
        }
        return {name: value for name, value in (body | changes).items() if value is not None}

    return make
