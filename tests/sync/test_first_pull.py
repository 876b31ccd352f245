"""The first pull: everything that athenahealth has is here, once."""

from typing import Any


async def test_every_patient_and_appointment_arrives_once(clinic: Any) -> None:
    await clinic.run("pull.practice", "pull.patients", "pull.appointments")
    patients, appointments = await clinic.patients(), await clinic.appointments()
    assert len(patients) == clinic.size
    assert len(appointments) > 20
    assert {one.record.patient_id for one in appointments.values()} <= {one.id for one in patients.values()}
    assert {message.state for message in await clinic.messages()} == {"done"}
