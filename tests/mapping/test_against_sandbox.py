"""The mapping and the bundled athenahealth, which know nothing of each other."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from practicestudio.mapping import ItemKind, PracticeMapping, References, practice_item_in
from practicestudio.mapping.rows import Dialect
from practicestudio.mapping.times import us_date
from practicestudio.merging import units
from practicestudio.records import AppointmentType, CustomField, Location, Patient, Provider
from practicestudio.sandbox import SandboxConfig, create_app

PRACTICES: dict[Dialect, str] = {"platform": "195900", "guide": "195901"}
WHOLE = {"showcustomfields": "true", "showinsurance": "true"}


class Practice:
    """A practice of the sandbox and its mapping, set up from what athenahealth lists."""

    def __init__(self, http: httpx2.AsyncClient, dialect: Dialect) -> None:
        self._http, self._dialect, self._path = http, dialect, f"/v1/{PRACTICES[dialect]}/"

    async def get(self, path: str, **query: str) -> Any:
        answer = await self._http.get(self._path + path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def send(self, method: str, path: str, values: Any) -> Any:
        """Form fields on the platform, a JSON body in the guide's dialect."""
        body: dict[str, Any] = {"data": values} if self._dialect == "platform" else {"json": values}
        answer = await self._http.request(method, self._path + path, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def mapping(self) -> PracticeMapping:
        self.locations = [Location(id=uuid4(), **one) for one in _items("location", (await self.get("departments"))["departments"])]
        providers = [Provider(id=uuid4(), **one) for one in _items("provider", (await self.get("providers"))["providers"])]
        types = (await self.get("appointmenttypes", hidenonpatient="false"))["appointmenttypes"]
        kinds = [AppointmentType(id=uuid4(), **one) for one in _items("appointment_type", types)]
        fields = [CustomField(**one) for one in _items("custom_field", await self.get("customfields"))]
        return PracticeMapping(self._dialect, (), fields, References.of(self.locations, providers, kinds))


def _items(kind: ItemKind, bodies: list[dict[str, Any]]) -> list[dict[str, Any]]:
    mapped = [practice_item_in(kind, body) for body in bodies]
    assert all(one.report == () for one in mapped), mapped
    return [one.record for one in mapped if one.record is not None]


@pytest.fixture(params=["platform", "guide"])
async def practice(request: pytest.FixtureRequest) -> AsyncIterator[Practice]:
    transport = httpx2.ASGITransport(app=create_app(SandboxConfig(patients=40)))
    async with httpx2.AsyncClient(transport=transport, base_url="http://sandbox.test") as http:
        form = {"grant_type": "client_credentials", "scope": "athena/service/Athenanet.MDP.*"}
        token = (await http.post("/oauth2/v1/token", data=form, auth=("sandbox", "sandbox"))).json()["access_token"]
        http.headers["authorization"] = f"Bearer {token}"
        yield Practice(http, request.param)


async def test_every_patient_finds_its_place_and_comes_back_when_made_anew(practice: Practice) -> None:
    mapping, seen = await practice.mapping(), 0
    for location in practice.locations:
        for body in (await practice.get("patients", departmentid=location.external_id, limit="15", **WHOLE))["patients"]:
            mapped = mapping.patient_in(body)
            assert mapped.record is not None
            assert mapped.report == ()
            assert _plain(await _made_anew(practice, mapping, mapped.record)) == _plain(mapped.record)
            seen += 1
    assert seen > 20


async def _made_anew(practice: Practice, mapping: PracticeMapping, patient: Patient) -> Patient:
    outgoing = mapping.patient_out(patient)
    assert outgoing.refused is None, outgoing.report
    ((made,), ids) = await practice.send("POST", "patients", {**outgoing.values, "bypasspatientmatching": "true"}), {}
    for call in outgoing.insurances:
        ids = await practice.send("POST", f"patients/{made['patientid']}/insurances", call.values)
    assert bool(ids) == bool(patient.insurances)
    values = {"departmentid": "1", "customfields": json.dumps(outgoing.custom_fields)}
    await practice.send("PUT", f"patients/{made['patientid']}/customfields", values)
    (body,) = await practice.get(f"patients/{made['patientid']}", **WHOLE)
    mapped = mapping.patient_in(body)
    assert mapped.record is not None
    assert mapped.report == ()
    return mapped.record


def _plain(patient: Patient) -> dict[str, Any]:
    """What can come back: the social security number is not sent, and insurances get new ids."""
    insurances = [(one.sequence, one.package_id, one.member_id, one.relationship, one.policy_holder_date_of_birth) for one in patient.insurances]
    kept = {unit: value for unit, value in units(patient).items() if unit != "ssn_last4" and not unit.startswith("insurances.")}
    return {**kept, "insurances": insurances}


async def test_every_appointment_and_slot_finds_its_place(practice: Practice) -> None:
    mapping, booked, free, today = await practice.mapping(), 0, 0, datetime.now(UTC).date()
    for location in practice.locations:
        days = {"startdate": us_date(today), "enddate": us_date(today + timedelta(days=6)), "showcancelled": "true"}
        for body in (await practice.get("appointments/booked", departmentid=location.external_id, **days))["appointments"]:
            assert mapping.appointment_in(body, None).report == ()
            booked += 1
        open_now = await practice.get("appointments/open", departmentid=location.external_id, reasonid="-1")
        for body in open_now["appointments"]:
            mapped = mapping.appointment_slot(body)
            assert mapped.record is not None
            assert mapped.report == ()
            free += 1
    assert booked
    assert free
